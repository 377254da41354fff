import { HogRuntimeError, jsonText } from "../../hog/evaluate.ts";
import { isObject, type Json } from "../http/fields.ts";
import type { OutgoingRequest } from "./send.ts";
import { signatureHeaders } from "./signing.ts";
import { UnsafeRequestError } from "./unsafe-request-error.ts";

/** What a function's `fetch(url, options)` asks for. */
export type FetchCall = OutgoingRequest & {
  /** The input that holds the signing key; left out when unsigned. */
  signingInput?: string;
  /** The dictionary input with headers that the program does not see. */
  headersInput?: string;
};

/** The value of an input, read anew for each attempt, so that a rotated key counts at once. */
export type SecretOf = (input: string) => unknown;

/** Reads the arguments of Hog's `fetch` with PostHog's defaults (contract §4.6). Throws `HogRuntimeError`. */
export function readFetchCall([url, given]: unknown[]): FetchCall {
  if (typeof url !== "string") throw new HogRuntimeError("fetch() takes a URL as text");
  const options: Json = isObject(given) ? given : {};
  if (options.aws_sigv4) throw new HogRuntimeError("The sandbox does not sign requests for AWS (aws_sigv4)");
  const method = text("method", options.method || "POST").toUpperCase();
  const { body } = options;
  const signing = isObject(options.standard_webhooks) ? options.standard_webhooks.secret_input : undefined;
  const headersInput = options.secret_headers_input;
  return {
    url,
    method,
    headers: textsIn(options.headers) ?? { "Content-Type": "application/json" }, // only where there are none at all
    body:
      body && !["GET", "HEAD"].includes(method)
        ? typeof body === "string"
          ? body
          : jsonText(body)
        : undefined,
    ...(signing !== undefined && { signingInput: text("secret_input", signing) }),
    ...(headersInput !== undefined && { headersInput: text("secret_headers_input", headersInput) }),
  };
}

function text(name: string, value: unknown): string {
  if (typeof value !== "string") throw new HogRuntimeError(`fetch() takes \`${name}\` as text`);
  return value;
}

/** The request of one attempt at `now`, milliseconds. Throws `UnsafeRequestError`. */
export function prepare(
  call: FetchCall,
  secretOf: SecretOf,
  webhookId: string,
  now: number,
): OutgoingRequest {
  const { url, method, body, signingInput, headersInput } = call;
  let { headers } = call;
  if (headersInput !== undefined) headers = replaced(headers, secretHeaders(secretOf(headersInput)));
  if (signingInput !== undefined) {
    const key = secretOf(signingInput);
    headers = replaced(headers, signatureHeaders(key, webhookId, Math.floor(now / 1000), body ?? ""));
  }
  return { url, method, headers, body };
}

function secretHeaders(value: unknown): Record<string, string> {
  const headers = textsIn(value);
  if (headers) return headers;
  throw new UnsafeRequestError("The secret headers are no dictionary; nothing was sent.");
}

/** A header counts by its name in any case: the user's own of that name is dropped. */
function replaced(headers: Record<string, string>, by: Record<string, string>): Record<string, string> {
  const names = new Set(Object.keys(by).map((name) => name.toLowerCase()));
  const others = Object.entries(headers).filter(([name]) => !names.has(name.toLowerCase()));
  return { ...Object.fromEntries(others), ...by };
}

/** Values that are not text are dropped. */
function textsIn(value: unknown): Record<string, string> | undefined {
  if (!isObject(value)) return undefined;
  const texts = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries(texts);
}
