import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { PostHogError } from "./errors.ts";
import { type Clock, createLimiter, type Limiter, retryAfter } from "./limiter.ts";

const cloud = "https://eu.posthog.com";
const selfHosted = "https://posthog.acme.example";
const minute = 60_000;
const hour = 3_600_000;

/** Time that passes only when everybody sleeps. */
class IdleClock implements Clock {
  #time = Date.parse("2026-11-01T00:00:00Z");
  readonly #start = this.#time;
  #sleepers: { at: number; wake: () => void }[] = [];

  readonly now = () => this.#time;

  sleep(milliseconds: number): Promise<void> {
    return new Promise((wake) => this.#sleepers.push({ at: this.#time + milliseconds, wake }));
  }

  get passed(): number {
    return this.#time - this.#start;
  }

  /** Lets time pass until `work` is done. */
  async until<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const finish = () => {
      isDone = true;
    };
    work.then(finish, finish);
    for (;;) {
      await setImmediate();
      if (isDone) return work;
      this.#sleepers.sort((a, b) => a.at - b.at);
      const next = this.#sleepers.shift();
      if (!next) throw new Error("nobody will ever go on");
      this.#time = next.at;
      next.wake();
    }
  }
}

function throttled(retryAfter: string | null = null): PostHogError {
  return new PostHogError({ status: 429, detail: "Request was throttled.", retryAfter, request: "GET /x" });
}

/** Answers so often with a 429, then for good; counts. */
function throttling(times: number, retryAfter: string | null) {
  return {
    calls: 0,
    async call() {
      this.calls++;
      if (this.calls <= times) throw throttled(retryAfter);
      return "done";
    },
  };
}

function start(host = cloud) {
  const clock = new IdleClock();
  const said: string[] = [];
  const limiter = createLimiter({ host, clock, say: (text) => said.push(text) });
  return { clock, said, limiter };
}

function many(limiter: Limiter, count: number, call = async () => {}): Promise<unknown> {
  return Promise.all(Array.from({ length: count }, () => limiter.run(call)));
}

test("holds PostHog's two windows: 480 calls a minute, and 4,800 an hour even when each minute has its 480", async () => {
  const { clock, limiter } = start();
  await clock.until(many(limiter, 480));
  expect(clock.passed).toBe(0);
  await clock.until(many(limiter, 1));
  expect(clock.passed).toBe(minute);
  await clock.until(many(limiter, 4_319));
  expect(clock.passed).toBe(9 * minute);
  await clock.until(many(limiter, 1));
  expect(clock.passed).toBe(hour);
});

test.each([
  ["https://us.posthog.com", minute],
  ["https://eu.posthog.com/", minute],
  ["https://app.posthog.com", minute],
  [selfHosted, 0],
  ["https://posthog.com.acme.example", 0],
  ["http://127.0.0.1:8010", 0],
])("makes 481 calls to %s in %i ms: only PostHog Cloud has limits unasked", async (host, passed) => {
  const { clock, limiter } = start(host);
  await clock.until(many(limiter, 481));
  expect(clock.passed).toBe(passed);
});

test("elsewhere holds the windows from the first 429 on, and the calls before it count", async () => {
  const { clock, limiter } = start(selfHosted);
  await clock.until(many(limiter, 500));
  const posthog = throttling(1, "5");
  await clock.until(limiter.run(() => posthog.call()));
  expect(clock.passed).toBe(minute);
});

test("makes the calls in the order in which was asked, a throttled one where it stood", async () => {
  const { clock, limiter } = start();
  const order: string[] = [];
  let isFirst = true;
  const call = (name: string) =>
    limiter.run(async () => {
      order.push(name);
      if (name === "a" && isFirst) {
        isFirst = false;
        throw throttled("5");
      }
    });
  const first = call("a");
  await clock.until(clock.sleep(1));
  await clock.until(Promise.all([first, call("b"), call("c")]));
  expect(order).toEqual(["a", "a", "b", "c"]);
});

test("waits as long as was asked, an hour too", async () => {
  const { clock, limiter } = start();
  const posthog = throttling(1, "3600");
  await clock.until(limiter.run(() => posthog.call()));
  expect(clock.passed).toBe(hour);
});

test("goes on waiting when another's answer asks for more", async () => {
  const { clock, limiter } = start();
  const [short, long] = [throttling(1, "2"), throttling(1, "6")];
  const late = limiter.run(async () => {
    await clock.sleep(1000);
    return long.call();
  });
  await clock.until(Promise.all([limiter.run(() => short.call()), late]));
  expect(clock.passed).toBe(1000 + 6000 + 1000);
});

test("one wait is said once, however many wait, and so is each further one", async () => {
  const { clock, said, limiter } = start(selfHosted);
  const until = clock.now() + 24_000;
  const call = async () => {
    await clock.sleep(10);
    if (clock.now() < until) throw throttled("12");
  };
  await clock.until(many(limiter, 200, call));
  expect(said).toEqual(Array(2).fill("waiting 12 s for PostHog's rate limit"));
});

test("waits of a second that follow one another are not said each", async () => {
  const { clock, said, limiter } = start(selfHosted);
  const posthog = throttling(30, "1");
  await clock.until(limiter.run(() => posthog.call()));
  expect(said).toHaveLength(3);
});

test("after a 429 a single call tries, so that those behind it ask for nothing in vain", async () => {
  const { clock, limiter } = start(selfHosted);
  let calls = 0;
  const until = clock.now() + 10 * minute;
  const call = async () => {
    calls++;
    await clock.sleep(10);
    if (clock.now() < until) throw throttled("60");
  };
  await clock.until(many(limiter, 300, call));
  expect(calls).toBe(300 + 10 + 300 - 1);
});

test.each([
  ["a minute", null, 2 * hour],
  ["an hour", "3600", 2 * hour],
  ["no time", "0", 2 * hour],
  ["thirty years", "1000000000", 0],
])(
  "gives up on a PostHog that for ever asks to wait for %s, and all that wait with it",
  async (_name, header, passed) => {
    const { clock, limiter } = start(selfHosted);
    const call = async () => {
      throw throttled(header);
    };
    const failures = Array.from({ length: 50 }, () => limiter.run(call).catch((error: unknown) => error));
    const [first, ...others] = await clock.until(Promise.all(failures));
    expect(first).toMatchObject({
      status: 429,
      message: expect.stringMatching(/lets nothing through.*\n.*shared/),
    });
    expect(others).toEqual(Array(49).fill(first));
    expect(clock.passed - passed).toBeLessThanOrEqual(minute);
    expect(clock.passed - passed).toBeGreaterThanOrEqual(-minute);
  },
);

test("a wait of days is given up, though another call that was under way comes through after it was asked for", async () => {
  const { clock, limiter } = start(selfHosted);
  const slow = Promise.withResolvers<string>();
  const underWay = limiter.run(() => slow.promise);
  const refused = limiter
    .run(async () => {
      throw throttled("3000000");
    })
    .catch((error: Error) => error.message);
  await expect.poll(() => clock.passed).toBe(0);
  slow.resolve("through");
  expect(await underWay).toBe("through");
  expect(await clock.until(refused)).toMatch(/lets nothing through.*3000000 s more/);
  expect(clock.passed).toBe(0);
});

test("what fails otherwise fails at once, and holds nobody up", async () => {
  const { clock, limiter } = start();
  const failing = limiter.run(async () => {
    throw new Error("cut");
  });
  await expect(failing).rejects.toThrow("cut");
  await clock.until(many(limiter, 3));
  expect(clock.passed).toBe(0);
});

test("never more calls in a window than allowed, first come first served, and everybody is served, whoever else uses the key", async () => {
  const scenario = fc.record({
    host: fc.constantFrom(cloud, selfHosted),
    /** When each asks, and how long the way to PostHog takes. */
    calls: fc.array(fc.record({ at: fc.nat(20_000), way: fc.nat(300) }), {
      minLength: 1,
      maxLength: 700,
      size: "max",
    }),
    /** Somebody else asks every so many milliseconds; 126 would leave a place every half an hour. */
    others: fc.integer({ min: 128, max: 2000 }),
  });
  await fc.assert(
    fc.asyncProperty(scenario, async ({ host, calls, others }) => {
      const { clock, limiter } = start(host);
      const posthog = createServer(clock, others);
      const starts: number[] = [];
      /** Who waits, and since when. */
      const waits = new Map<number, number>();
      let heldSince = host === cloud ? 0 : Number.POSITIVE_INFINITY;
      let asked = 0;
      const run = async ({ at, way }: { at: number; way: number }) => {
        await clock.sleep(at);
        const number = asked++;
        waits.set(number, clock.now());
        await limiter.run(async () => {
          waits.delete(number);
          const now = clock.now();
          const overtaken = [...waits].filter(([other, since]) => other < number && since < now);
          expect(overtaken).toEqual([]);
          starts.push(now);
          if (now > heldSince)
            expect(starts.filter((other) => other > now - minute).length).toBeLessThanOrEqual(480);
          await clock.sleep(way);
          const wait = posthog.take();
          if (wait === 0) return;
          heldSince = Math.min(heldSince, clock.now());
          waits.set(number, clock.now());
          throw throttled(String(wait));
        });
      };
      await clock.until(Promise.all(calls.map(run)));
      expect(asked).toBe(calls.length);
    }),
    { numRuns: process.env.LONG ? 200 : 15 },
  );
});

/** As PostHog counts: 480 a minute over all that use the key, and whole seconds to wait (contract §6.7). */
function createServer(clock: Clock, everyMs: number) {
  const taken: number[] = [];
  let others = clock.now() - minute;
  const room = (now: number) => {
    while ((taken[0] ?? now) <= now - minute) taken.shift();
    return taken.length < 480;
  };
  return {
    take(): number {
      const now = clock.now();
      for (; others <= now; others += everyMs) if (room(others)) taken.push(others);
      if (!room(now)) return Math.ceil(((taken[0] ?? now) + minute - now) / 1000);
      taken.push(now);
      return 0;
    },
  };
}

test.each([
  ["42", 42_000],
  [" 0 ", 0],
  ["Thu, 01 Jan 1970 00:01:30 GMT", 30_000],
  ["Thursday, 01-Jan-70 00:01:30 GMT", 30_000],
  ["Thu Jan  1 00:01:30 1970", 30_000],
  ["Thu, 01 Jan 1970 01:01:00 GMT", 3_600_000],
  ["Thu, 01 Jan 1970 00:00:01 GMT", 0],
  ["-1", undefined],
  ["1e9", undefined],
  ["12.5", undefined],
  ["soon", undefined],
  ["", undefined],
  [null, undefined],
])("reads Retry-After %j as %j ms", (header, expected) => {
  expect(retryAfter(header, 60_000)).toBe(expected);
});
