import { jsonText } from "../../hog/evaluate.ts";
import type { HogFunction } from "../functions/hog-function.ts";
import { isObject, type Json } from "../http/fields.ts";
import { asFilterGlobals, configuredSecrets, secretsOf } from "../matching/inputs.ts";
import { judge } from "../matching/match.ts";
import { sourceOf } from "../matching/matcher.ts";
import type { Project } from "../matching/occasions.ts";
import { type FetchContext, fetchFor } from "../sending/fetch.ts";
import { readFetchCall } from "../sending/fetch-call.ts";
import { type FetchResult, runProgram } from "./run.ts";
import { type LogEntry, RunLog } from "./run-log.ts";

type TestContext = Omit<FetchContext, "eventProperties" | "onStart" | "onAttempt"> & { project: Project };

type TestAnswer = {
  result: null;
  status: "success" | "error" | "skipped";
  errors: string[];
  logs: { timestamp: string; level: string; message: string }[];
};

/** Thrown where the test ends without an outcome: PostHog would go on later, in a queue that a test is not in. */
class Rescheduled extends Error {
  override name = "Rescheduled";
}

/**
 * Runs a configuration on the given globals, as PostHog's editor does (contract §3): filters count, masking and the
 * watcher do not, nothing is kept. A fetch is not made but told in the log, or with `isMocked` false made once.
 */
export async function testRun(
  fn: HogFunction,
  given: Json & { event: Json },
  isMocked: boolean,
  context: TestContext,
): Promise<TestAnswer> {
  const { clock, project } = context;
  const logs: TestAnswer["logs"] = [];
  const write = ({ level, ...entry }: LogEntry) => logs.push({ ...entry, level: level.toLowerCase() });
  const globals: Json = {
    ...given,
    project: { ...project, ...(isObject(given.project) ? given.project : {}) },
  };
  const verdicts = judge(fn, {
    event: String(given.event.event),
    forFilters: asFilterGlobals(given),
    forInputs: () => ({ ...globals, source: sourceOf(fn, project) }),
    now: () => new Date(clock.now()),
    isQuotaUsedUp: false,
    isDisabled: () => false,
    isHeldBack: () => false,
  });
  const errors: string[] = [];
  for (const verdict of verdicts) {
    if (verdict.state !== "queued") {
      const log = new RunLog(clock.now, configuredSecrets(fn), write);
      if (verdict.state === "filtered")
        log.write("INFO", "The filters do not take this event: it was left out");
      else log.write("ERROR", `The event was not sent: ${verdict.reason}`);
      continue;
    }
    const log = new RunLog(clock.now, secretsOf(fn, verdict.globals), write);
    const real = { ...context, eventProperties: given.event.properties };
    const fetch = (args: unknown[]) => (isMocked ? mockedFetch(args, log) : fetchOnce(fn, args, log, real));
    try {
      const eventUuid = String(given.event.uuid);
      const { error } = await runProgram(fn.bytecode, verdict.globals, {
        eventUuid,
        log,
        now: clock.now,
        fetch,
      });
      if (error !== undefined) errors.push(error);
    } catch (error) {
      if (!(error instanceof Rescheduled)) throw error;
    }
  }
  const wasRun = verdicts.some(({ state }) => state === "queued");
  return { result: null, status: errors.length > 0 ? "error" : wasRun ? "success" : "skipped", errors, logs };
}

async function mockedFetch(args: unknown[], log: RunLog): Promise<FetchResult> {
  const { url } = readFetchCall(args);
  log.write("INFO", "fetch was mocked: nothing was sent. It was called as");
  log.write("INFO", `fetch('${url}', ${jsonText(args[1], 2)})`);
  return { status: 200, body: {} };
}

function fetchOnce(
  fn: HogFunction,
  args: unknown[],
  log: RunLog,
  context: Omit<FetchContext, "onStart" | "onAttempt">,
): Promise<FetchResult> {
  return fetchFor(fn, args, log, {
    ...context,
    onStart() {},
    onAttempt(_attempt, _request, nextInMs) {
      if (nextInMs !== undefined) throw new Rescheduled();
    },
  });
}
