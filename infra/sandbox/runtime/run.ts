import { HogRuntimeError, resumeProgram, startProgram } from "../../hog/evaluate.ts";
import type { Bytecode } from "../../hog/types.ts";
import { UnsafeRequestError } from "../sending/unsafe-request-error.ts";
import type { RunLog } from "./run-log.ts";

/** What the code gets back; `failure` when the fetch failed for good, which fails the run whatever the code makes of it. */
export type FetchResult = { status: number; body: unknown; failure?: string };

/** How long a step took, in milliseconds: what the watcher charges for (contract §4.8). */
export type Timing = { kind: "hog" | "async_function"; ms: number };

export type Run = { error?: string; timings: Timing[] };

/** A function's own code to its end, with what it says in the log; rejects with what `fetch` rejects with. */
export async function runProgram(
  bytecode: Bytecode,
  globals: Record<string, unknown>,
  {
    eventUuid,
    log,
    now,
    fetch,
  }: {
    eventUuid: string;
    log: RunLog;
    now: () => number;
    fetch: (args: unknown[]) => Promise<FetchResult>;
  },
): Promise<Run> {
  const timings: Timing[] = [];
  const charge = (kind: Timing["kind"], start: number) => timings.push({ kind, ms: now() - start });
  const timed = <T>(step: () => T): T => {
    const start = now();
    try {
      return step();
    } finally {
      charge("hog", start);
    }
  };
  let failure: string | undefined;
  try {
    let step = timed(() => startProgram(bytecode, globals, log.print));
    while (!step.done) {
      const { state, call } = step;
      const start = now();
      const { failure: failed, ...response } = await fetch(call.args);
      charge("async_function", start);
      failure = failed;
      log.startStep();
      step = timed(() => resumeProgram(state, response, log.print));
    }
    const total = timings.reduce((sum, { ms }) => sum + ms, 0);
    log.write("DEBUG", `The function ran to its end in ${total} ms. Event: ${eventUuid}`);
  } catch (error) {
    if (!(error instanceof HogRuntimeError || error instanceof UnsafeRequestError)) throw error;
    failure = error.message;
    log.write("ERROR", `The function failed on event ${eventUuid}: ${error.message}`);
  }
  return { timings, ...(failure !== undefined && { error: log.redact(failure) }) };
}
