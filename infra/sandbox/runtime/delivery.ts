import type { Clock } from "../clock.ts";
import { isObject } from "../http/fields.ts";
import { type OutgoingRequest, send } from "./send.ts";
import { SigningKeyError, signatureHeaders } from "./signing.ts";

/** What a function's `fetch(url, options)` asks for. */
type FetchCall = OutgoingRequest & {
  /** The secret input that holds the signing key; left out when unsigned. */
  signingInput?: string;
};

/** One try. `status` is null when no answer came; `at` is ISO 8601. */
export type Attempt = {
  at: string;
  status: number | null;
  ms: number;
  error?: string;
  response?: { headers: Record<string, string>; body: string };
};

/** What one try sent. */
type SentRequest = { method: string; url: string; headers: Record<string, string>; body: string | null };

type DeliveryContext = {
  clock: Clock;
  random: () => number;
  /** PostHog means to wait, but its queue may not: retries can come back to back (contract §11.4). */
  retries: "spaced" | "back-to-back";
  /** Or to this machine only. */
  sendsAnywhere: boolean;
  /** Ends the waiting and the request under way. */
  signal: AbortSignal;
  /** Stays the same for all attempts of a call (contract §2.3). */
  webhookId: string;
  /** Read anew for each attempt, so that a rotated key counts at once. */
  signingKey: () => unknown;
  onAttempt: (attempt: Attempt, request: SentRequest, nextInMs: number | undefined) => void;
};

const maxAttempts = 3;
const deadlineMs = 3_000;
const retriedStatuses = new Set([408, 429, 500, 502, 503, 504]);

/** Reads the arguments of Hog's `fetch` with PostHog's defaults (contract §4.6). */
export function readFetchCall(args: unknown[]): FetchCall {
  const [url, given] = args;
  const options = isObject(given) ? given : {};
  const method = typeof options.method === "string" ? options.method.toUpperCase() : "POST";
  const hasBody = options.body !== undefined && options.body !== null && !["GET", "HEAD"].includes(method);
  const signing = isObject(options.standard_webhooks) ? options.standard_webhooks.secret_input : undefined;
  return {
    url: String(url),
    method,
    headers: readHeaders(options.headers),
    body: hasBody
      ? typeof options.body === "string"
        ? options.body
        : JSON.stringify(options.body)
      : undefined,
    ...(signing !== undefined && { signingInput: String(signing) }),
  };
}

/**
 * Three attempts in all; then the program sees the last status, or a 500 where no answer came.
 * Throws `SigningKeyError`, and the signal's reason when it aborts.
 */
export async function deliver(
  call: FetchCall,
  context: DeliveryContext,
): Promise<{ status: number; body: unknown }> {
  for (let count = 1; ; count++) {
    const { attempt, request, isRetried } = await tryOnce(call, context);
    if (count === maxAttempts || !isRetried) {
      context.onAttempt(attempt, request, undefined);
      const { status, response } = attempt;
      return { status: status ?? 500, body: response === undefined ? null : parsed(response.body) };
    }
    const pause = context.retries === "spaced" ? Math.min(1000 * count + context.random() * 1000, 30_000) : 0;
    context.onAttempt(attempt, request, pause);
    if (pause > 0) await context.clock.sleep(pause, context.signal);
  }
}

async function tryOnce(
  call: FetchCall,
  { clock, signal, sendsAnywhere, signingKey, webhookId }: DeliveryContext,
): Promise<{ attempt: Attempt; request: SentRequest; isRetried: boolean }> {
  const start = clock.now();
  const at = new Date(start).toISOString();
  const finished = new AbortController();
  const late = new AbortController();
  const tooLate = () => late.abort(new Error(`No answer within ${deadlineMs / 1000} s`));
  clock.sleep(deadlineMs, finished.signal).then(tooLate, () => {});
  let request: OutgoingRequest = call;
  try {
    if (call.signingInput !== undefined) request = signed(call, signingKey(), webhookId, start);
    const { status, headers, text } = await send(
      request,
      sendsAnywhere,
      AbortSignal.any([signal, late.signal]),
    );
    const attempt = { at, status, ms: clock.now() - start, response: { headers, body: text } };
    return { attempt, request: sent(request), isRetried: retriedStatuses.has(status) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SigningKeyError) throw error;
    const reason = late.signal.aborted ? late.signal.reason : error;
    const attempt = { at, status: null, ms: clock.now() - start, error: messageOf(reason) };
    return { attempt, request: sent(request), isRetried: !isUnbuildable(error) };
  } finally {
    finished.abort();
  }
}

function sent({ method, url, headers, body }: OutgoingRequest): SentRequest {
  return { method, url, headers, body: body ?? null };
}

/** Headers of this name that the user gave are dropped (contract §2.3). */
function signed(call: FetchCall, key: unknown, webhookId: string, now: number): OutgoingRequest {
  const own = Object.entries(call.headers).filter(([name]) => !name.toLowerCase().startsWith("webhook-"));
  const signature = signatureHeaders(key, webhookId, Math.floor(now / 1000), call.body ?? "");
  return { ...call, headers: { ...Object.fromEntries(own), ...signature } };
}

/** JSON only where no headers were given at all; values that are not text are dropped. */
function readHeaders(value: unknown): Record<string, string> {
  if (!isObject(value)) return { "Content-Type": "application/json" };
  const texts = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries(texts);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isUnbuildable(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
