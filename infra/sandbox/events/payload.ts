import { gunzipSync } from "node:zlib";
import { nestsDeeperThan } from "../http/nesting.ts";

/** Capture answers errors in plain text (contract §7). */
export class CaptureError extends Error {
  readonly status: 400 | 401;

  constructor(status: 400 | 401, message: string) {
    super(message);
    this.status = status;
  }
}

/** What a request may weigh, packed and unpacked; PostHog's own limit is not known to us (contract §7). */
const maxBytes = 20 * 1024 * 1024;

/** As far as Rust's `serde_json` reads, with which PostHog's capture is made. */
const mostLevels = 127;

type Hints = { contentType: string; contentEncoding: string; compression: string | undefined };

/**
 * The JSON of a capture request, however a client packed it (contract §7): as it is, gzipped, in base64, or as the field
 * `data` of a form. Gzip is known by its first bytes and base64 by its letters, whatever the hints say.
 */
export function readPayload(body: Buffer, hints: Hints): unknown {
  const form = hints.contentType.startsWith("application/x-www-form-urlencoded") ? readForm(body) : undefined;
  const compression = hints.compression ?? form?.compression ?? hints.contentEncoding;
  if (/^lz/i.test(compression)) {
    throw new CaptureError(400, "the sandbox does not have lz64, which no client of today sends; use gzip");
  }
  const text = unpacked(unpacked(form?.data ?? body)).toString("utf8");
  if (nestsDeeperThan(mostLevels, text)) {
    throw new CaptureError(400, "failed to parse request: the JSON is nested too deep");
  }
  try {
    const value: unknown = JSON.parse(text);
    if (!/\\ud/i.test(text) || isWellFormed(value)) return value;
  } catch {
    throw new CaptureError(400, "failed to parse request: it is neither JSON nor gzipped JSON");
  }
  throw new CaptureError(400, "failed to parse request: a text holds half of a surrogate pair");
}

/** Neither `serde_json` reads such halves, nor can they stand in a URL; `JSON.stringify` escapes them and no other letters so. */
function isWellFormed(value: unknown): boolean {
  return !/(?<!\\)(?:\\\\)*\\ud[89a-f]/.test(JSON.stringify(value));
}

/** In a form a plus sign became a space. */
function readForm(body: Buffer): { data: Buffer; compression: string | undefined } {
  // not guessed to be base64: `data=` and what follows has the letters of it
  const form = new URLSearchParams((isGzip(body) ? gunzipped(body) : body).toString("utf8"));
  const data = form.get("data");
  if (data === null) throw new CaptureError(400, "failed to decode request: the form has no `data`");
  const restored = data.replaceAll(" ", "+");
  const bytes = Buffer.from(isBase64(Buffer.from(restored)) ? restored : data);
  return { data: bytes, compression: form.get("compression") ?? undefined };
}

/** One layer off, if there is one. */
function unpacked(bytes: Buffer): Buffer {
  if (bytes.length > maxBytes) throw tooLarge();
  if (isGzip(bytes)) return gunzipped(bytes);
  return isBase64(bytes) ? Buffer.from(bytes.toString("latin1"), "base64") : bytes;
}

function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function gunzipped(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge();
    throw new CaptureError(400, "failed to decode request: invalid gzip data");
  }
}

/** By its first letters and its length, as PostHog guesses. JSON begins with another letter. */
function isBase64(bytes: Buffer): boolean {
  const start = bytes.subarray(0, 128).toString("latin1");
  return bytes.length > 0 && bytes.length % 4 === 0 && /^[A-Za-z0-9+/=]+$/.test(start);
}

function tooLarge(): CaptureError {
  return new CaptureError(400, "the request is larger than 20 MB");
}
