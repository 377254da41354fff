import type { Clock } from "../clock.ts";
import type { RuntimeSettings } from "../runtime/settings.ts";
import { type FetchCall, prepare, type SecretOf } from "./fetch-call.ts";
import { isBrokenConnection, type OutgoingRequest, type Sends } from "./send.ts";
import { UnsafeRequestError } from "./unsafe-request-error.ts";

/** One try. `status` is null when no answer came; `at` is ISO 8601. */
export type Attempt = {
  at: string;
  status: number | null;
  ms: number;
  error?: string;
  response?: { headers: Record<string, string>; body: string };
};

/** What one try sent. */
export type SentRequest = {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string | null;
};

type DeliveryContext = {
  clock: Clock;
  random: () => number;
  sender: Sends;
  settings: Pick<RuntimeSettings, "retries" | "retryAfter">;
  /** Ends the waiting and the request under way. */
  signal: AbortSignal;
  /** Stays the same for all attempts of a call (contract §2.3). */
  webhookId: string;
  secretOf: SecretOf;
  onAttempt: (attempt: Attempt, request: SentRequest, nextInMs: number | undefined) => void;
};

const maxAttempts = 3;
const deadlineMs = 3_000;
const maxBackoffMs = 30_000;
const maxRetryAfterMs = 300_000;
const retriedStatuses = new Set([408, 429, 500, 502, 503, 504]);

/**
 * Three attempts in all; then the program sees the last status, or a 500 with the error's name where no answer came.
 * Throws `UnsafeRequestError`, and the signal's reason when it aborts.
 */
export async function deliver(
  call: FetchCall,
  context: DeliveryContext,
): Promise<{ status: number; body: unknown }> {
  for (let count = 1; ; count++) {
    const { attempt, request, isRetried } = await tryOnce(call, context);
    if (count === maxAttempts || !isRetried) {
      context.onAttempt(attempt, request, undefined);
      const { status, response, error } = attempt;
      return { status: status ?? 500, body: response === undefined ? error : parsed(response.body) };
    }
    const pause = pauseAfter(attempt, count, context);
    context.onAttempt(attempt, request, pause);
    if (pause > 0) await context.clock.sleep(pause, context.signal);
  }
}

/** PostHog means to wait, but its queue may not: retries can come back to back (contract §11.4). */
function pauseAfter(
  { response }: Attempt,
  count: number,
  { settings, random, clock }: DeliveryContext,
): number {
  if (settings.retries === "back-to-back") return 0;
  const backoff = Math.min(1000 * count + random() * 1000, maxBackoffMs);
  const asked =
    settings.retryAfter === "honoured" ? retryAfterMs(response?.headers["retry-after"], clock) : 0;
  return Math.max(backoff, asked + random() * Math.min(asked, maxBackoffMs));
}

/** Seconds or an HTTP date, five minutes at most; 0 for what is neither (RFC 9110 §10.2.3). */
function retryAfterMs(header: string | undefined, clock: Clock): number {
  if (!header) return 0;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - clock.now();
  return ms > 0 ? Math.min(ms, maxRetryAfterMs) : 0;
}

async function tryOnce(
  call: FetchCall,
  { clock, signal, sender, secretOf, webhookId }: DeliveryContext,
): Promise<{ attempt: Attempt; request: SentRequest; isRetried: boolean }> {
  const start = clock.now();
  const at = new Date(start).toISOString();
  let request: OutgoingRequest = call;
  try {
    request = prepare(call, secretOf, webhookId, start);
    const send = () => sendInTime(request, sender, clock, signal);
    const { status, headers, text } = await send().catch((error: unknown) => {
      if (isBrokenConnection(error)) return send();
      throw error;
    });
    const attempt = { at, status, ms: clock.now() - start, response: { headers, body: text } };
    return { attempt, request: sent(request), isRetried: retriedStatuses.has(status) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof UnsafeRequestError) throw error;
    const attempt = { at, status: null, ms: clock.now() - start, error: nameAndMessage(error) };
    return { attempt, request: sent(request), isRetried: !isUnbuildable(error) };
  }
}

/** One deadline for everything up to the last byte of the answer (contract §4.6). */
async function sendInTime(request: OutgoingRequest, sender: Sends, clock: Clock, signal: AbortSignal) {
  const finished = new AbortController();
  const late = new AbortController();
  const tooLate = () => late.abort(new NoAnswerError());
  clock.sleep(deadlineMs, finished.signal).then(tooLate, () => {});
  try {
    return await sender.send(request, AbortSignal.any([signal, late.signal]));
  } catch (error) {
    throw late.signal.aborted ? late.signal.reason : error;
  } finally {
    finished.abort(answered); // a reason of its own costs less than the one that is made
  }
}

const answered = new Error("answered");

class NoAnswerError extends Error {
  override name = "TimeoutError";

  constructor() {
    super(`No answer within ${deadlineMs / 1000} s`);
  }
}

function sent({ method, url, headers, body }: OutgoingRequest): SentRequest {
  return { method, url, headers, body: body ?? null };
}

function parsed(text: string): unknown {
  if (!/^\s*[[{"tfn\d-]/.test(text)) return text; // most answers are no JSON, and an error is dear
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isUnbuildable(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_");
}

function nameAndMessage(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
