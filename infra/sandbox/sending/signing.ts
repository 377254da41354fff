import { createHmac } from "node:crypto";
import { UnsafeRequestError } from "./unsafe-request-error.ts";

/** The three headers of Standard Webhooks; `timestamp` in whole Unix seconds. Throws `UnsafeRequestError`. */
export function signatureHeaders(
  key: unknown,
  id: string,
  timestamp: number,
  body: string,
): Record<string, string> {
  const digest = createHmac("sha256", keyBytes(key)).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": String(timestamp), "webhook-signature": `v1,${digest}` };
}

function keyBytes(key: unknown): Buffer {
  const text = typeof key === "string" ? key.replace(/^whsec_/, "") : "";
  const bytes = Buffer.from(text, "base64");
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(text) && bytes.length >= 24) return bytes;
  throw new UnsafeRequestError("The signing secret must be base64 of at least 24 bytes; nothing was sent.");
}
