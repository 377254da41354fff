import { expect, test } from "vitest";
import { type Clock, createLimiter, retryAfter } from "./limiter.ts";

/** Time that passes only while somebody sleeps. */
function fakeClock(): Clock & { time: number } {
  return {
    time: 1_000_000,
    now() {
      return this.time;
    },
    async sleep(milliseconds) {
      this.time += milliseconds;
    },
  };
}

test.each([
  { window: "minute", calls: 480, seconds: 60 },
  { window: "hour", calls: 4_800, seconds: 3_600 },
])(
  "allows $calls calls a $window and makes the next wait for the first to leave the window",
  async ({ calls, seconds }) => {
    const clock = fakeClock();
    const start = clock.time;
    const limiter = createLimiter({ clock, windows: [{ calls, milliseconds: seconds * 1000 }] });
    for (let call = 0; call < calls; call++) await limiter.take();
    expect(clock.time).toBe(start);
    await limiter.take();
    expect(clock.time).toBe(start + seconds * 1000);
  },
);

test("holds PostHog's published limits: 4,800 an hour even when each minute is within its 480", async () => {
  const clock = fakeClock();
  const start = clock.time;
  const limiter = createLimiter({ clock });
  for (let call = 0; call < 4_800; call++) await limiter.take();
  expect(clock.time - start).toBe(9 * 60_000);
  await limiter.take();
  expect(clock.time - start).toBe(3_600_000);
});

test("serves waiting callers in the order in which they asked", async () => {
  const limiter = createLimiter({ clock: fakeClock(), windows: [{ calls: 1, milliseconds: 1000 }] });
  const served: number[] = [];
  await Promise.all([1, 2, 3].map((caller) => limiter.take().then(() => served.push(caller))));
  expect(served).toEqual([1, 2, 3]);
});

test("waits out a pause in full and says so once", async () => {
  const clock = fakeClock();
  const start = clock.time;
  const said: string[] = [];
  const limiter = createLimiter({ clock, say: (text) => said.push(text) });
  limiter.pause(12_000);
  limiter.pause(3_000);
  await Promise.all([limiter.take(), limiter.take()]);
  expect(clock.time - start).toBe(12_000);
  expect(said).toEqual(["waiting 12 s for PostHog's rate limit"]);
});

test("goes on waiting when a pause grows while it sleeps", async () => {
  const clock = fakeClock();
  const start = clock.time;
  const limiter = createLimiter({
    clock: {
      now: () => clock.now(),
      async sleep(milliseconds) {
        await clock.sleep(milliseconds);
        if (clock.time - start < 5_000) limiter.pause(4_000);
      },
    },
  });
  limiter.pause(2_000);
  await limiter.take();
  expect(clock.time - start).toBe(6_000);
});

test.each([
  ["42", 42_000],
  [" 0 ", 0],
  ["Thu, 01 Jan 1970 00:01:30 GMT", 30_000],
  ["Thu, 01 Jan 1970 00:00:01 GMT", 0],
  ["soon", undefined],
  [null, undefined],
])("reads Retry-After %j as %j ms", (header, expected) => {
  expect(retryAfter(header, 60_000)).toBe(expected);
});
