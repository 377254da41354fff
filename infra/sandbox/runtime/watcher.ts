import type { DatabaseSync } from "node:sqlite";
import type { Clock } from "../clock.ts";
import { preparer } from "../database.ts";
import type { Writes } from "../writes.ts";
import type { Timing } from "./run.ts";
import type { RuntimeSettings } from "./settings.ts";

/** 11 and 12 are set by PostHog's staff, and nothing but them changes these (contract §1.11). */
export const watcherStates = {
  healthy: 1,
  degraded: 2,
  disabled: 3,
  forcefullyDegraded: 11,
  forcefullyDisabled: 12,
};

const { healthy, degraded, disabled, forcefullyDegraded, forcefullyDisabled } = watcherStates;
const bucketSize = 10_000;
const refillPerSecond = 10;
const degradedBelow = 0.8;
const lockMs = 60_000;
const costs = {
  hog: { fromMs: 50, toMs: 550, tokens: 100 },
  async_function: { fromMs: 100, toMs: 5_000, tokens: 20 },
};

/** `tokens` as they were at `at`, in seconds; `lockedUntil` in milliseconds. */
type Watched = { tokens: number; at: number; state: number; lockedUntil: number };

/** Functions that take long pay for it: a bucket of tokens each, and a state by what is left (contract §4.8). */
export class Watcher {
  readonly #sql: ReturnType<typeof preparer>;
  readonly #writes: Writes;
  readonly #clock: Clock;
  readonly #settings: RuntimeSettings;
  readonly #watched = new Map<string, Watched>();

  constructor(database: DatabaseSync, writes: Writes, clock: Clock, settings: RuntimeSettings) {
    this.#sql = preparer(database);
    this.#writes = writes;
    this.#clock = clock;
    this.#settings = settings;
    for (const row of this.#sql("SELECT * FROM watched_functions").all()) {
      const [tokens, at, state, lockedUntil] = [row.tokens, row.at, row.state, row.locked_until].map(Number);
      this.#watched.set(String(row.function_id), { tokens, at, state, lockedUntil } as Watched); // four numbers
    }
  }

  /** As the API shows it: a disabled function has none (contract §1.11). */
  status({ id, enabled }: { id: string; enabled: boolean }): { state: number; tokens: number } {
    if (!enabled) return { state: 0, tokens: 0 };
    const { tokens, state } = this.#now(id);
    return { state, tokens };
  }

  isDisabled(id: string): boolean {
    const state = this.#watched.get(id)?.state;
    return state === disabled || state === forcefullyDisabled;
  }

  /** A run is over. */
  observe(id: string, timings: Timing[]): void {
    const cost = timings.reduce((sum, timing) => sum + costOf(timing), 0);
    if (cost === 0 && !this.#watched.has(id)) return;
    const watched = this.#now(id);
    watched.tokens -= cost;
    const next = this.#stateFor(watched.tokens);
    const isFinal = watched.state === disabled || watched.state >= forcefullyDegraded;
    const now = this.#clock.now();
    if (next !== watched.state && !isFinal && watched.lockedUntil <= now) {
      watched.state = next;
      watched.lockedUntil = now + lockMs;
    }
    this.#save(id, watched);
  }

  /** The tokens stay as they are. */
  force(id: string, state: number): void {
    this.#save(id, { ...this.#now(id), state, lockedUntil: this.#clock.now() + lockMs });
  }

  /** A save that leaves the function enabled gives it another chance (contract §1.11). */
  saved({ id, enabled }: { id: string; enabled: boolean }): void {
    if (enabled && this.#watched.get(id)?.state === disabled) this.force(id, degraded);
  }

  #now(id: string): Watched {
    const at = Math.round(this.#clock.now() / 1000); // whole seconds, or nothing would come back under steady load
    const known = this.#watched.get(id) ?? { tokens: bucketSize, at, state: healthy, lockedUntil: 0 };
    const refill = Math.max(at - known.at, 0) * refillPerSecond;
    return { ...known, tokens: Math.min(known.tokens + refill, bucketSize), at };
  }

  #stateFor(tokens: number): number {
    if (tokens < 0 && this.#settings.disabling === "on") return disabled;
    return tokens / bucketSize <= degradedBelow ? degraded : healthy;
  }

  #save(id: string, watched: Watched): void {
    this.#watched.set(id, watched);
    const upsert = this.#sql("INSERT OR REPLACE INTO watched_functions VALUES (?, ?, ?, ?, ?)");
    this.#writes.add(() => {
      const { tokens, at, state, lockedUntil } = watched;
      upsert.run(id, tokens, at, state, lockedUntil);
    }, `watched ${id}`);
  }
}

function costOf({ kind, ms }: Timing): number {
  const { fromMs, toMs, tokens } = costs[kind];
  const share = Math.min(Math.max((ms - fromMs) / (toMs - fromMs), 0), 1);
  return Math.round(tokens * share);
}
