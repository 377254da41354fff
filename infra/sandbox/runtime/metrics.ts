import type { DatabaseSync } from "node:sqlite";
import type { Clock } from "../clock.ts";
import { preparer } from "../database.ts";
import type { Writes } from "../writes.ts";

/** PostHog's names, and the kind that each belongs to (contract §3). */
const kinds = {
  triggered: "other",
  filtered: "other",
  filtering_failed: "other",
  masked: "other",
  fetch: "other",
  succeeded: "success",
  failed: "failure",
  inputs_failed: "failure",
  disabled_permanently: "failure",
  quota_limited: "failure",
  rate_limited: "failure",
  billable_invocation: "billing",
} as const;

export type MetricName = keyof typeof kinds;

/** What is counted of the whole project rather than of a function: an event is billed once (contract §11.14). */
export const billedTo = "_event_trigger";

export type MetricsQuery = {
  functionId: string;
  /** Milliseconds; left out: no bound. */
  after?: number | undefined;
  before?: number | undefined;
  names?: string[] | undefined;
  kinds?: string[] | undefined;
  by: "name" | "kind";
};

/** How often what happened, by the minute. */
export class Metrics {
  readonly #sql: ReturnType<typeof preparer>;
  readonly #writes: Writes;
  readonly #clock: Clock;
  #counts = new Map<string, Map<MetricName, number>>();

  constructor(database: DatabaseSync, writes: Writes, clock: Clock) {
    this.#sql = preparer(database);
    this.#writes = writes;
    this.#clock = clock;
  }

  count(functionId: string, name: MetricName): void {
    if (this.#counts.size === 0) this.#writes.add(() => this.#save(), this);
    const counts = this.#counts.get(functionId) ?? new Map<MetricName, number>();
    this.#counts.set(functionId, counts.set(name, (counts.get(name) ?? 0) + 1));
  }

  /** Counts by minute (milliseconds) and by name or kind. */
  read(query: MetricsQuery): { at: number; breakdown: string; count: number }[] {
    this.#writes.flush();
    const { functionId, after = 0, before = Number.MAX_SAFE_INTEGER } = query;
    const rows = this.#sql(
      "SELECT name, minute, count FROM app_metrics WHERE function_id = ? AND minute BETWEEN ? AND ? ORDER BY minute",
    ).all(functionId, toMinute(after), Math.floor(before / 1000));
    return rows.flatMap((row) => {
      const name = String(row.name);
      const kind = name in kinds ? kinds[name as MetricName] : "other";
      if (query.names && !query.names.includes(name)) return [];
      if (query.kinds && !query.kinds.includes(kind)) return [];
      const breakdown = query.by === "name" ? name : kind;
      return [{ at: Number(row.minute) * 1000, breakdown, count: Number(row.count) }];
    });
  }

  #save(): void {
    const minute = toMinute(this.#clock.now());
    const upsert = this.#sql(
      `INSERT INTO app_metrics (function_id, name, minute, count) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET count = count + excluded.count`,
    );
    for (const [functionId, counts] of this.#counts) {
      for (const [name, count] of counts) upsert.run(functionId, name, minute, count);
    }
    this.#counts.clear();
  }
}

function toMinute(milliseconds: number): number {
  return Math.floor(milliseconds / 60_000) * 60;
}
