import type { DatabaseSync } from "node:sqlite";
import { setImmediate as nextTick, setTimeout as wait } from "node:timers/promises";
import { HogRuntimeError } from "../../hog/evaluate.ts";
import { transaction } from "../database.ts";
import type { StoredEvent } from "../events/events.ts";
import type { HogFunction } from "../functions/hog-function.ts";
import { isObject } from "../http/fields.ts";
import { configuredSecrets, secretsOf, withInputsNow } from "../matching/inputs.ts";
import { type MatcherOptions, matchEvent } from "../matching/matcher.ts";
import type { SentRequest } from "../sending/delivery.ts";
import { type FetchContext, fetchFor } from "../sending/fetch.ts";
import type { Job, OpenDelivery } from "./invocations.ts";
import { type FetchResult, type Run, runProgram } from "./run.ts";
import { RunLog } from "./run-log.ts";

type RuntimeOptions = MatcherOptions &
  Omit<FetchContext, "signal" | "eventProperties" | "onStart" | "onAttempt"> & {
    database: DatabaseSync;
    /** A run that made this request runs once more: a trouble that was asked for. */
    isRedelivered: (request: SentRequest) => boolean;
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
  }

  async #match(): Promise<void> {
    const { database, events } = this.#options;
    for (;;) {
      const found = events.unmatched(matchedAtOnce);
      if (found.length === 0) break;
      const end = performance.now() + matchingMs;
      transaction(database, () => {
        for (const event of found) {
          this.#matchOne(event);
          if (performance.now() > end) break;
        }
      });
      this.#startJobs();
      await nextTick(); // requests go first
      if (this.#end.signal.aborted) return;
    }
    this.#startJobs();
  }

  /** Our own mistake about one event: unmatched still, it would end the sandbox again at each start. */
  #matchOne(event: StoredEvent): void {
    try {
      matchEvent(event, this.#options);
    } catch (error) {
      console.error(error);
      const nobody = { person: { id: "", properties: {} }, groups: [], isNews: false };
      this.#options.events.setMatched(event.row, nobody, []);
    }
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
    const { functions, invocations, metrics, watcher } = this.#options;
    const fn = functions.enabled().get(job.functionId);
    // PostHog's worker leaves it out without a word: no log, no metric
    if (!fn) return invocations.settle(job, "failed", "it was disabled or deleted after the event matched");
    try {
      const first = await this.#execute(job, fn);
      const { error, timings } = first.isRepeated ? await this.#execute(job, fn) : first;
      const state = error === undefined ? "succeeded" : "failed";
      invocations.settle(job, state, error);
      metrics.count(fn.id, state);
      watcher.observe(fn.id, timings);
    } catch (error) {
      if (this.#end.signal.aborted) return; // it stays queued
      // Our own mistake: queued still, it would end the sandbox again at each start.
      console.error(error);
      invocations.settle(job, "failed", "the sandbox made a mistake; its log has it");
    }
  }

  async #execute(job: Job, fn: HogFunction): Promise<Run & { isRepeated?: boolean }> {
    const { clock, logs, isRedelivered } = this.#options;
    const logFor = (secrets: unknown[]) =>
      new RunLog(clock.now, secrets, (entry) => logs.add(fn.id, job.id, entry));
    let { globals } = job;
    try {
      if (globals.inputs === undefined) globals = withInputsNow(fn, globals, new Date(clock.now()));
    } catch (error) {
      if (!(error instanceof HogRuntimeError)) throw error;
      const log = logFor(configuredSecrets(fn));
      log.write("ERROR", `The inputs for event ${job.eventUuid} could not be made: ${error.message}`);
      return { error: log.redact(error.message), timings: [] };
    }
    const log = logFor(secretsOf(fn, globals));
    const sent: SentRequest[] = [];
    const run = await runProgram(fn.bytecode, globals, {
      eventUuid: job.eventUuid,
      log,
      now: clock.now,
      fetch: (args) => this.#fetch(job, fn, args, log, (request) => sent.push(request)),
    });
    return { ...run, isRepeated: sent.some(isRedelivered) };
  }

  async #fetch(
    job: Job,
    fn: HogFunction,
    args: unknown[],
    log: RunLog,
    onSent: (request: SentRequest) => void,
  ): Promise<FetchResult> {
    const { invocations, metrics } = this.#options;
    let delivery: OpenDelivery | undefined;
    const save = () => delivery && invocations.saveDelivery(delivery);
    try {
      const result = await fetchFor(fn, args, log, {
        ...this.#options,
        signal: this.#end.signal,
        eventProperties: isObject(job.globals.event) ? job.globals.event.properties : undefined,
        onStart: (webhookId) => {
          delivery = invocations.openDelivery(job, webhookId);
        },
        onAttempt: (attempt, request, nextInMs) => {
          delivery?.attempts.push(attempt);
          if (delivery) delivery.request = request;
          save();
          if (nextInMs === undefined) onSent(request);
        },
      });
      if (delivery) delivery.state = result.status < 300 ? "delivered" : "failed";
      metrics.count(fn.id, "fetch");
      return result;
    } catch (error) {
      if (delivery && !this.#end.signal.aborted) delivery.state = "failed";
      throw error;
    } finally {
      save();
    }
  }
}
