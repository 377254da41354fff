import { setTimeout as wait } from "node:timers/promises";

/** Time as a parameter, so that tests drive it. `sleep` rejects when `signal` aborts. */
export type Clock = { now(): number; sleep(milliseconds: number, signal?: AbortSignal): Promise<void> };

export const systemClock: Clock = {
  now: Date.now,
  sleep: (milliseconds, signal) => wait(milliseconds, undefined, signal && { signal }),
};
