import { createHmac } from "node:crypto";

/** A key that cannot sign: the run fails, nothing is sent unsigned (contract §2.3). */
export class SigningKeyError extends Error {
  override name = "SigningKeyError";
}

/** The three headers of Standard Webhooks; `timestamp` in whole Unix seconds. */
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
  const isBase64 = text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
  if (isBase64 && bytes.length >= 24) return bytes;
  throw new SigningKeyError("The signing secret must be base64 of at least 24 bytes; nothing was sent.");
}
