import { randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { setImmediate as nextTick, setTimeout as wait } from "node:timers/promises";
import { HogRuntimeError, resumeProgram, startProgram } from "../../hog/evaluate.ts";
import type { Clock } from "../clock.ts";
import { transaction } from "../database.ts";
import type { EventContext, Events, StoredEvent } from "../events/events.ts";
import type { Persons } from "../events/persons.ts";
import type { HogFunction } from "../functions/hog-function.ts";
import type { HogFunctions } from "../functions/hog-functions.ts";
import { isObject } from "../http/fields.ts";
import { type Attempt, deliver, readFetchCall } from "./delivery.ts";
import { tokensOf } from "./integrations.ts";
import type { Invocations, Job } from "./invocations.ts";
import { JobLog } from "./job-log.ts";
import { isMasked } from "./masking.ts";
import { judge } from "./match.ts";
import { type Occasion, occasionsOf, type Project } from "./occasions.ts";
import { SigningKeyError } from "./signing.ts";
import { type StandIns, withStandIn } from "./stand-ins.ts";

type RuntimeOptions = {
  database: DatabaseSync;
  clock: Clock;
  random: () => number;
  retries: "spaced" | "back-to-back";
  sendsAnywhere: boolean;
  standIns: StandIns;
  project: Project;
  events: Events;
  functions: HogFunctions;
  invocations: Invocations;
  persons: Persons;
};

const maxUnderWay = 50;

/** From a captured event to its deliveries (contract §4). Both queues are tables: what is left is done after a restart. */
export class Runtime {
  readonly #options: RuntimeOptions;
  readonly #underWay = new Map<string, Promise<void>>();
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
    const underWay = Promise.allSettled([this.#matching, ...this.#underWay.values()]);
    await Promise.race([underWay, wait(1_000, undefined, { ref: false })]);
    this.#end.abort(new Error("the sandbox is closing"));
    await underWay;
  }

  async #match(): Promise<void> {
    const { database, events, project } = this.#options;
    for (;;) {
      const event = events.nextUnmatched();
      if (!event) break;
      transaction(database, () => {
        const context = this.#contextOf(event);
        for (const occasion of occasionsOf(project, event, context)) this.#hold(event.uuid, occasion);
        events.setMatched(event.row, context);
      });
      this.#startJobs();
      await nextTick(); // requests go first
      if (this.#end.signal.aborted) return;
    }
    this.#startJobs();
  }

  /** What the event says of its person and groups is applied first. */
  #contextOf(event: StoredEvent): EventContext {
    const { persons } = this.#options;
    if (event.internal) return { person: { id: "", properties: {} }, groups: [], isNews: false };
    const groups = persons.groupsOf(event);
    return { ...persons.record(event), groups };
  }

  #hold(uuid: string, { event, concerns, forFilters, forInputs }: Occasion): void {
    const { database, clock, project, functions, invocations } = this.#options;
    for (const fn of functions.enabled().filter(concerns)) {
      const source = { name: fn.name ?? "", url: `${project.url}/functions/${fn.id}/configuration/` };
      const { masking } = fn;
      const mask = (globals: Record<string, unknown>) =>
        masking !== null && isMasked(database, clock, fn.id, masking, globals);
      for (const verdict of judge(fn, event, forFilters, forInputs(source), mask)) {
        invocations.add(uuid, fn.id, verdict);
      }
    }
  }

  #startJobs(): void {
    const free = maxUnderWay - this.#underWay.size;
    if (free <= 0 || this.#end.signal.aborted) return;
    for (const job of this.#options.invocations.nextJobs(free, new Set(this.#underWay.keys()))) {
      const run = this.#run(job).finally(() => {
        this.#underWay.delete(job.id);
        this.#startJobs();
      });
      this.#underWay.set(job.id, run);
    }
  }

  /** Runs the function's own code to its end; today's code, yesterday's inputs (contract §4.1). */
  async #run(job: Job): Promise<void> {
    const { functions, invocations } = this.#options;
    const fn = functions.get(job.functionId);
    const inputs = isObject(job.globals.inputs) ? job.globals.inputs : {};
    const secrets = [...Object.keys(fn?.secret_inputs ?? {}).map((key) => inputs[key]), ...tokensOf(inputs)];
    const log = new JobLog(invocations, job, secrets);
    if (!fn?.enabled || fn.deleted) {
      log.warn("Not sent: the function was disabled or deleted after the event matched");
      return invocations.settle(job, "failed", "it was disabled or deleted after the event matched");
    }
    try {
      let step = startProgram(fn.bytecode, job.globals, log.info);
      while (!step.done)
        step = resumeProgram(step.state, await this.#fetch(job, fn, step.call.args, log), log.info);
      invocations.settle(job, "succeeded");
    } catch (error) {
      if (this.#end.signal.aborted) return; // stays queued
      if (!(error instanceof HogRuntimeError || error instanceof SigningKeyError)) throw error;
      log.error(`The function failed: ${error.message}`);
      invocations.settle(job, "failed", log.redact(error.message));
    }
  }

  async #fetch(job: Job, fn: HogFunction, args: unknown[], log: JobLog) {
    const { clock, random, retries, sendsAnywhere, standIns, functions, invocations } = this.#options;
    const asked = readFetchCall(args);
    const call = { ...asked, url: withStandIn(asked.url, standIns) };
    const { signingInput } = call;
    const webhookId = randomUUID();
    const row = invocations.addDelivery(job, signingInput === undefined ? null : webhookId);
    const attempts: Attempt[] = [];
    invocations.count(fn.id, "fetch");
    try {
      const response = await deliver(call, {
        clock,
        random,
        retries,
        sendsAnywhere,
        signal: this.#end.signal,
        webhookId,
        signingKey: () => functions.get(fn.id)?.secret_inputs[signingInput ?? ""]?.value,
        onAttempt: (attempt, request, nextInMs) => {
          attempts.push(log.redacted(attempt));
          invocations.saveDelivery(row, "sending", attempts, log.redacted(request));
          if (nextInMs === undefined) return;
          const outcome = attempt.error ?? `status ${attempt.status}`;
          log.warn(`Attempt ${attempts.length} failed (${outcome}); the next in ${Math.round(nextInMs)} ms`);
        },
      });
      invocations.saveDelivery(row, response.status < 300 ? "delivered" : "failed", attempts);
      return response;
    } catch (error) {
      if (!this.#end.signal.aborted) invocations.saveDelivery(row, "failed", attempts);
      throw error;
    }
  }
}
