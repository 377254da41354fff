import { randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { setImmediate as nextTick, setTimeout as wait } from "node:timers/promises";
import { transaction } from "../database.ts";
import type { HogFunction } from "../functions/hog-function.ts";
import { isObject } from "../http/fields.ts";
import { type Attempt, deliver, readFetchCall } from "./delivery.ts";
import { tokensOf } from "./integrations.ts";
import type { Job } from "./invocations.ts";
import { type MatcherOptions, matchEvent } from "./matcher.ts";
import { isNoFailure } from "./non-failure.ts";
import { type FetchResult, runProgram } from "./run.ts";
import { RunLog } from "./run-log.ts";
import type { Sender } from "./send.ts";
import { type StandIns, withStandIn } from "./stand-ins.ts";

type RuntimeOptions = MatcherOptions & {
  database: DatabaseSync;
  random: () => number;
  sender: Sender;
  standIns: StandIns;
};

const maxUnderWay = 50;
const matchedAtOnce = 50;
/** Requests wait no longer than this for events to be matched. */
const matchingMs = 10;

/** From a captured event to its deliveries (contract §4). Both queues are tables: what is left is done after a restart. */
export class Runtime {
  readonly #options: RuntimeOptions;
  readonly #underWay = new Set<Promise<void>>();
  readonly #end = new AbortController();
  #matching = Promise.resolve();
  #isMatching = false;

  constructor(options: RuntimeOptions) {
    this.#options = options;
  }

  /** Says that there may be something to do. */
  wake(): void {
    if (this.#end.signal.aborted || this.#isMatching) return;
    this.#isMatching = true;
    this.#matching = this.#match().finally(() => {
      this.#isMatching = false;
    });
  }

  /** Waits a second for the attempts under way, then leaves the rest to the next start. */
  async close(): Promise<void> {
    this.#isMatching = true;
    const underWay = Promise.allSettled([this.#matching, ...this.#underWay]);
    await Promise.race([underWay, wait(1_000, undefined, { ref: false })]);
    this.#end.abort(new Error("the sandbox is closing"));
    await underWay;
    this.#options.sender.close();
  }

  async #match(): Promise<void> {
    const { database, events } = this.#options;
    for (;;) {
      const found = events.unmatched(matchedAtOnce);
      if (found.length === 0) break;
      const end = performance.now() + matchingMs;
      transaction(database, () => {
        for (const event of found) {
          matchEvent(event, this.#options);
          if (performance.now() > end) break;
        }
      });
      this.#startJobs();
      await nextTick(); // requests go first
      if (this.#end.signal.aborted) return;
    }
    this.#startJobs();
  }

  #startJobs(): void {
    const free = maxUnderWay - this.#underWay.size;
    if (free <= 0 || this.#end.signal.aborted) return;
    for (const job of this.#options.invocations.take(free)) {
      const run = this.#run(job).finally(() => {
        this.#underWay.delete(run);
        this.#startJobs();
      });
      this.#underWay.add(run);
    }
  }

  /** Runs the function's own code to its end; today's code, yesterday's inputs (contract §4.1). */
  async #run(job: Job): Promise<void> {
    const { clock, functions, invocations, logs, metrics, watcher } = this.#options;
    const fn = functions.enabled().get(job.functionId);
    // PostHog's worker leaves it out without a word: no log, no metric
    if (!fn) return invocations.settle(job, "failed", "it was disabled or deleted after the event matched");
    const log = new RunLog(clock.now, secretsOf(fn, job.globals), (entry) => logs.add(fn.id, job.id, entry));
    try {
      const { error, timings } = await runProgram(fn.bytecode, job.globals, {
        eventUuid: job.eventUuid,
        log,
        now: clock.now,
        fetch: (args) => this.#fetch(job, fn, args, log),
      });
      const state = error === undefined ? "succeeded" : "failed";
      invocations.settle(job, state, error);
      metrics.count(fn.id, state);
      watcher.observe(fn.id, timings);
    } catch (error) {
      if (!this.#end.signal.aborted) throw error; // else it stays queued
    }
  }

  async #fetch(job: Job, fn: HogFunction, args: unknown[], log: RunLog): Promise<FetchResult> {
    const { clock, random, settings, sender, standIns, functions, invocations, metrics } = this.#options;
    const asked = readFetchCall(args);
    const call = { ...asked, url: withStandIn(asked.url, standIns) };
    const { signingInput } = call;
    const webhookId = randomUUID();
    const delivery = invocations.openDelivery(job, signingInput === undefined ? null : webhookId);
    let failure: string | undefined;
    const isFailure = ({ status }: Attempt) => status === null || status >= 400;
    try {
      const response = await deliver(call, {
        clock,
        random,
        sender,
        settings,
        signal: this.#end.signal,
        webhookId,
        signingKey: () => {
          const today = functions.enabled().get(fn.id) ?? fn;
          return today.secret_inputs[signingInput ?? ""]?.value;
        },
        onAttempt: (attempt, request, nextInMs) => {
          delivery.attempts.push(log.redacted(attempt));
          delivery.request = log.redacted(request);
          invocations.saveDelivery(delivery);
          if (!isFailure(attempt)) return;
          const message = failedAttempt(attempt, delivery.attempts.length, nextInMs);
          const isFine = isNoFailure(fn, attempt.status);
          log.write(isFine ? "INFO" : "ERROR", message);
          if (nextInMs === undefined && !isFine) failure = message;
        },
      });
      delivery.state = response.status < 300 ? "delivered" : "failed";
      metrics.count(fn.id, "fetch");
      return { ...response, ...(failure !== undefined && { failure }) };
    } catch (error) {
      if (!this.#end.signal.aborted) delivery.state = "failed";
      throw error;
    } finally {
      invocations.saveDelivery(delivery);
    }
  }
}

function failedAttempt({ status, error }: Attempt, count: number, nextInMs: number | undefined): string {
  const what = error === undefined ? `status ${status}` : `no answer (${error})`;
  const next = nextInMs === undefined ? "" : `; the next in ${Math.round(nextInMs)} ms`;
  return `Attempt ${count} of the request failed with ${what}${next}`;
}

/** As the program has them: a template's escapes are gone. */
function secretsOf(fn: HogFunction, globals: Record<string, unknown>): unknown[] {
  const inputs = isObject(globals.inputs) ? globals.inputs : {};
  return [...Object.keys(fn.secret_inputs).map((key) => inputs[key]), ...tokensOf(inputs)];
}
