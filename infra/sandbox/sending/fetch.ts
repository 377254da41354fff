import { randomUUID } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { HogFunction } from "../functions/hog-function.ts";
import type { HogFunctions } from "../functions/hog-functions.ts";
import type { FetchResult } from "../runtime/run.ts";
import type { RunLog } from "../runtime/run-log.ts";
import type { RuntimeSettings } from "../runtime/settings.ts";
import { type Attempt, deliver, type SentRequest } from "./delivery.ts";
import { readFetchCall } from "./fetch-call.ts";
import { guardAgainstLoop, type OwnCapture } from "./loop-guard.ts";
import type { Sends } from "./send.ts";
import { type StandIns, withStandIn } from "./stand-ins.ts";

export type FetchContext = {
  clock: Clock;
  random: () => number;
  sender: Sends;
  settings: RuntimeSettings;
  standIns: StandIns;
  functions: HogFunctions;
  ownCapture: OwnCapture;
  signal: AbortSignal;
  /** Of the event that the run is about. */
  eventProperties: unknown;
  /** Null when the request is not signed. */
  onStart: (webhookId: string | null) => void;
  /** Without secrets; `nextInMs` when there is another attempt. */
  onAttempt: (attempt: Attempt, request: SentRequest, nextInMs: number | undefined) => void;
};

/** A function's `fetch(…)`, with what the runtime writes in the log about it. Rejects as `deliver` does. */
export async function fetchFor(
  fn: HogFunction,
  args: unknown[],
  log: RunLog,
  context: FetchContext,
): Promise<FetchResult> {
  const { standIns, functions, settings } = context;
  const { signingInput: named, ...call } = guardAgainstLoop(
    readFetchCall(args),
    fn.id,
    context.eventProperties,
    context.ownCapture,
  );
  const signingInput = settings.signing === "known" ? named : undefined;
  const asked = signingInput === undefined ? call : { ...call, signingInput };
  const webhookId = randomUUID();
  context.onStart(signingInput === undefined ? null : webhookId);
  let count = 0;
  let failure: string | undefined;
  const response = await deliver(
    { ...asked, url: withStandIn(asked.url, standIns) },
    {
      ...context,
      webhookId,
      secretOf: (input) => {
        const today = functions.enabled().get(fn.id) ?? fn;
        return (today.secret_inputs[input] ?? today.inputs[input])?.value;
      },
      onAttempt: (attempt, request, nextInMs) => {
        count++;
        if (attempt.status === null || attempt.status >= 400) {
          const message = failedAttempt(attempt, count, nextInMs);
          const isFine = isNoFailure(fn, attempt.status);
          log.write(isFine ? "INFO" : "ERROR", message);
          if (nextInMs === undefined && !isFine) failure = message;
        }
        context.onAttempt(log.redacted(attempt), log.redacted(request), nextInMs);
      },
    },
  );
  return { ...response, ...(failure !== undefined && { failure }) };
}

function failedAttempt({ status, error }: Attempt, count: number, nextInMs: number | undefined): string {
  const what = error === undefined ? `status ${status}` : `no answer (${error})`;
  const next = nextInMs === undefined ? "" : `; the next in ${Math.round(nextInMs)} ms`;
  return `Attempt ${count} of the request failed with ${what}${next}`;
}

/** Whether an input of type `non_failure_status_codes` says that the status, such as 404 or one of "4xx", is fine. */
function isNoFailure({ inputs, inputs_schema }: HogFunction, status: number | null): boolean {
  const key = inputs_schema.find(({ type }) => type === "non_failure_status_codes")?.key;
  const listed = key === undefined ? undefined : inputs[key]?.value;
  if (status === null || !Array.isArray(listed)) return false;
  return listed.some((one) => one === status || one === `${Math.floor(status / 100)}xx`);
}
