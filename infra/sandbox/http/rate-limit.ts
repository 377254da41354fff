import type { Clock } from "../clock.ts";
import { throttled } from "./api-error.ts";

/** Requests a minute and an hour (contract §6.7). */
const limits = {
  default: { minute: 480, hour: 4_800 },
  clickhouse: { minute: 240, hour: 1_200 },
  query: { minute: 240, hour: 2_400 },
  values: { minute: 60, hour: 300 },
};

export type Bucket = keyof typeof limits;

/** Sliding windows for each key and bucket; all that use a key share them (contract §6.7). */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #windows = new Map<string, Window[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts one request; throws the 429, which is not counted, with the whole seconds to wait. */
  take(key: string, bucket: Bucket = "default"): void {
    const now = this.#clock.now();
    const windows = this.#of(key, bucket);
    const wait = Math.max(...windows.map((window) => window.wait(now)));
    if (wait > 0) throw throttled(Math.ceil(wait / 1000));
    for (const window of windows) window.add(now);
  }

  #of(key: string, bucket: Bucket): Window[] {
    const name = `${bucket} ${key}`;
    const known = this.#windows.get(name);
    if (known) return known;
    const { minute, hour } = limits[bucket];
    const windows = [new Window(minute, 60_000), new Window(hour, 3_600_000)];
    this.#windows.set(name, windows);
    return windows;
  }
}

/** A ring of the last `size` times: there is room when the oldest of them is out of the window. */
class Window {
  readonly #milliseconds: number;
  readonly #times: Float64Array;
  #next = 0;

  constructor(size: number, milliseconds: number) {
    this.#milliseconds = milliseconds;
    this.#times = new Float64Array(size).fill(Number.NEGATIVE_INFINITY);
  }

  wait(now: number): number {
    return (this.#times[this.#next] ?? now) + this.#milliseconds - now;
  }

  add(now: number): void {
    this.#times[this.#next] = now;
    this.#next = (this.#next + 1) % this.#times.length;
  }
}
