import type { Clock } from "../clock.ts";
import { throttled } from "./api-error.ts";

const buckets = [
  { requests: 480, milliseconds: 60_000 },
  { requests: 4_800, milliseconds: 3_600_000 },
];

/** Sliding windows for each key (contract §6.7): 480 requests a minute and 4,800 an hour. */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #taken = new Map<string, number[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts one request; throws the 429, which is not counted, with the whole seconds to wait. */
  take(key: string): void {
    const now = this.#clock.now();
    const taken = (this.#taken.get(key) ?? []).filter((time) => now - time < 3_600_000);
    const waits = buckets.map(({ requests, milliseconds }) => {
      const oldest = taken.at(-requests);
      return oldest === undefined ? 0 : oldest + milliseconds - now;
    });
    const wait = Math.max(...waits);
    if (wait > 0) throw throttled(Math.ceil(wait / 1000));
    this.#taken.set(key, [...taken, now]);
  }
}
