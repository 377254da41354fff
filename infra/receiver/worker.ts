import { setTimeout as wait } from "node:timers/promises";
import { GiveUp, type Handler, type HandlerContext, RetryAfter } from "./define-handler.ts";
import type { Inbox, Job, Outcome } from "./inbox.ts";
import { describeError, type Log } from "./log.ts";
import { parseBody } from "./parse.ts";

/** About a day, with the waits below: long enough for somebody to mend a partner's outage or an expired token. */
const attemptLimit = 20;
const firstWait = 1_000;
const longestWait = 6 * 60 * 60_000;
/** A lease outlives its handler's time, so that no second run starts while the first may still be settling. */
const leaseMargin = 30_000;
/** How soon a retry that became due is noticed. */
const pollEvery = 250;
/** How soon a write that failed is tried again. */
const afterTrouble = 1_000;
/** Longer than the 30 days that PostHog can send an event again (contract §11.5). */
const keepFor = 45 * 24 * 60 * 60_000;
const pruneEvery = 60 * 60_000;

export type ReadyHandler = {
  name: string;
  handler: Handler;
  secrets: HandlerContext["secrets"];
  config: HandlerContext["config"];
};

export type Worker = {
  start(): void;
  /** Looks for new deliveries now. */
  wake(): void;
  /** Takes no more, lets running handlers finish for so many milliseconds, then aborts them: their leases stay. */
  stop(deadline: number): Promise<void>;
};

type Options = { inbox: Inbox; handlers: ReadyHandler[]; log: Log; now: () => number; random: () => number };

/** Leases deliveries, runs the handlers, settles; each handler on a lane of its own, so a slow one holds up no other. */
export function createWorker({ inbox, handlers, log, now, random }: Options): Worker {
  const running = new Set<Promise<void>>();
  const stopping = new AbortController();
  const aborting = new AbortController();
  const lanes = handlers.map((ready) => ({ ...ready, bell: createBell() }));
  let ended: Promise<unknown> = Promise.resolve();

  return {
    start() {
      ended = Promise.all([
        ...lanes.map(runLane),
        keepPruned(),
        sayForgotten().catch(report("cannot read the inbox")),
      ]);
    },
    wake: ring,
    async stop(deadline) {
      stopping.abort();
      ring();
      await ended;
      await Promise.race([Promise.all(running), wait(deadline, undefined, { ref: false })]);
      aborting.abort(new DOMException("The receiver is stopping.", "AbortError"));
      await Promise.all(running);
    },
  };

  function ring(): void {
    for (const lane of lanes) lane.bell.ring();
  }

  function report(message: string, to: Log = log): (error: unknown) => void {
    return (error) => to.error(message, { error: describeError(error, to) });
  }

  async function runLane({ bell, ...lane }: (typeof lanes)[number]): Promise<void> {
    const { concurrency, timeout } = lane.handler;
    let free = concurrency;
    while (!stopping.signal.aborted) {
      const until = now() + timeout + leaseMargin;
      const request = { handler: lane.name, limit: free, now: now(), until };
      const jobs = free > 0 ? await inbox.lease(request).catch(report("cannot lease")) : [];
      for (const job of jobs ?? []) {
        free -= 1;
        const run = runJob(lane, job).finally(() => {
          free += 1;
          running.delete(run);
          bell.ring();
        });
        running.add(run);
      }
      await bell.rings(jobs ? pollEvery : afterTrouble);
    }
  }

  async function runJob(lane: ReadyHandler, job: Job): Promise<void> {
    const started = now();
    const about = { delivery: job.id, destination: job.destination, event: job.event, uuid: job.uuid };
    const jobLog = log.with({ ...about, handler: lane.name, attempt: job.attempt });
    const outcome = await attempt(lane, job, jobLog);
    if (!outcome) return;
    const duration = now() - started;
    await settle(job, outcome, jobLog);
    const level = outcome.state === "handled" ? "info" : outcome.state === "dead" ? "error" : "warn";
    jobLog[level](`delivery ${outcome.state}`, { ...outcome, duration });
  }

  /** Until it works: what is not settled runs again when its lease ends. */
  async function settle(job: Job, outcome: Outcome, jobLog: Log): Promise<void> {
    for (;;) {
      try {
        return await inbox.settle(job, outcome, now());
      } catch (error) {
        report("cannot settle", jobLog)(error);
        if (stopping.signal.aborted) return;
        await pause(afterTrouble);
      }
    }
  }

  /** Ends early when the receiver stops. */
  async function pause(milliseconds: number): Promise<void> {
    await wait(milliseconds, undefined, { signal: stopping.signal }).catch(() => {});
  }

  /** Undefined when the receiver stopped first: the lease is taken back at the next start. */
  async function attempt(lane: ReadyHandler, job: Job, jobLog: Log): Promise<Outcome | undefined> {
    if (job.attempt > attemptLimit) {
      return {
        state: "dead",
        error: `Interrupted: the receiver died ${attemptLimit} times while this was handled`,
      };
    }
    const body = parseBody(job.body);
    if (!body) return { state: "dead", error: "UnreadableBody: the stored body is not the preset `event`" };
    const handlerLog = jobLog.with({}, [body.event.distinct_id, body.person?.name ?? ""]);
    const { on } = lane.handler;
    const run = Object.hasOwn(on, body.event.event) ? on[body.event.event] : on["*"];
    if (!run) {
      jobLog.info(`no entry in \`on\` for this event: nothing to do`);
      return { state: "handled" };
    }
    const timeout = AbortSignal.timeout(lane.handler.timeout);
    const signal = AbortSignal.any([timeout, aborting.signal]);
    try {
      const { secrets, config } = lane;
      const idempotencyKey = `${job.destination}/${lane.name}/${job.uuid}`;
      const context = { ...body, idempotencyKey, signal, secrets, config, log: handlerLog };
      await Promise.race([run(context), aborted(signal)]);
      return { state: "handled" };
    } catch (thrown) {
      if (aborting.signal.aborted) return undefined;
      const error = timeout.aborted
        ? `TimeoutError: the handler took longer than ${lane.handler.timeout} ms`
        : describeError(thrown, handlerLog);
      if (thrown instanceof GiveUp || job.attempt >= attemptLimit) return { state: "dead", error };
      const delay = thrown instanceof RetryAfter ? thrown.milliseconds : backoff(job.attempt, random());
      return { state: "retrying", dueAt: now() + delay, error };
    }
  }

  async function sayForgotten(): Promise<void> {
    const known = new Set(handlers.map(({ name }) => name));
    for (const [handler, count] of await inbox.waiting()) {
      if (!known.has(handler))
        log.warn("deliveries wait for a handler that no route names", { handler, count });
    }
  }

  async function keepPruned(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        while ((await inbox.prune(now() - keepFor)) > 0);
      } catch (error) {
        report("cannot prune")(error);
      }
      await pause(pruneEvery);
    }
  }
}

/** Exponential with full jitter: anywhere between now and the cap, so that many failures do not return together. */
export function backoff(attempt: number, random: number): number {
  return Math.round(random * Math.min(longestWait, firstWait * 2 ** (attempt - 1)));
}

/** Rings that nobody waited for are kept: one is enough to look again. */
function createBell(): { ring(): void; rings(atMost: number): Promise<void> } {
  let rung = Promise.withResolvers<void>();
  return {
    ring: () => rung.resolve(),
    async rings(atMost) {
      const timer = setTimeout(rung.resolve, atMost);
      await rung.promise;
      clearTimeout(timer);
      rung = Promise.withResolvers();
    },
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
