import type { DatabaseSync } from "node:sqlite";
import type { Clock } from "../clock.ts";
import { preparer } from "../database.ts";
import type { Writes } from "../writes.ts";
import type { Handling } from "./handling.ts";

export type Counts = { sent: number; failed: number; notMatched: number; heldBack: number };
export type EventRow = {
  row: number;
  uuid: string;
  event: string;
  distinctId: string;
  at: string;
  isMatched: boolean;
  /** PostHog itself raised it. */
  isInternal: boolean;
  /** By how many functions. */
  filtered: number;
  /** What became of it at the others, in the order in which they met it. */
  outcomes: { state: string; functionId: string; handling?: Handling }[];
};
export type Run = Pick<EventRow, "row" | "uuid" | "event" | "distinctId" | "at"> & {
  state: string;
  reason: string | undefined;
  handling?: Handling;
};

export type StoredEvent = { isInternal: boolean; properties: unknown; person: unknown; groups: unknown[] };

const noCounts: Counts = { sent: 0, failed: 0, notMatched: 0, heldBack: 0 };
const countedAs = new Map<unknown, keyof Counts>([
  ["succeeded", "sent"],
  ["failed", "failed"],
  ["filtering_failed", "failed"],
  ["inputs_failed", "failed"],
  ["disabled_permanently", "failed"],
  ["filtered", "notMatched"],
  ["masked", "heldBack"],
]);
/** How far back a function's runs are looked for: an index would cost each of them. */
const latestInvocations = 20_000;
const latestEvents = 500;

/** What the console asks of the tables, beside what the API's own stores answer. */
export class ReadModel {
  readonly #sql: ReturnType<typeof preparer>;
  readonly #writes: Writes;
  readonly #clock: Clock;

  constructor({ database, writes, clock }: { database: DatabaseSync; writes: Writes; clock: Clock }) {
    this.#sql = preparer(database);
    this.#writes = writes;
    this.#clock = clock;
  }

  /** Another one whenever something may have changed: all that writes here writes through this connection. */
  version(): string {
    this.#writes.flush();
    return String(this.#sql("SELECT total_changes() AS n").get()?.n);
  }

  /** The last 24 hours, by function. */
  counts(): ReadonlyMap<string, Counts> {
    this.#writes.flush();
    const counts = new Map<string, Counts>();
    const rows = this.#sql(
      `SELECT function_id, app_metrics.name, sum(count) AS n FROM hog_functions
       JOIN app_metrics ON function_id = hog_functions.id AND minute > ? GROUP BY function_id, app_metrics.name`,
    ).all(Math.floor(this.#clock.now() / 1000) - 86_400);
    for (const row of rows) {
      const kind = countedAs.get(row.name);
      const id = String(row.function_id);
      const known = counts.get(id) ?? noCounts;
      if (kind) counts.set(id, { ...known, [kind]: known[kind] + Number(row.n) });
    }
    return counts;
  }

  /** The newest first, from `before` on; `search` is part of a name or of a distinct id. */
  events(query: { limit: number; before?: number | undefined; search?: string | undefined }): EventRow[] {
    this.#writes.flush();
    const { limit, before = Number.MAX_SAFE_INTEGER, search = "" } = query;
    const outcomes = this.#sql(
      "SELECT state, function_id FROM invocations WHERE event_uuid = ? ORDER BY row",
    );
    return this.#sql(
      `SELECT *, coalesce(json_array_length(filtered), 0) AS filters FROM events
       WHERE row < :before AND (:search = '' OR instr(lower(event || char(10) || distinct_id), lower(:search)) > 0)
       ORDER BY row DESC LIMIT :limit`,
    )
      .all({ limit, before, search })
      .map((row) => ({
        ...eventOf(row),
        isMatched: row.matched === 1,
        isInternal: row.internal !== null,
        filtered: Number(row.filters),
        outcomes: outcomes
          .all(String(row.uuid))
          .map((met) => ({ state: String(met.state), functionId: String(met.function_id) })),
      }));
  }

  /** A function's latest runs: those that its filter did not keep away. */
  runs(functionId: string, limit: number): Run[] {
    this.#writes.flush();
    return this.#sql(
      `SELECT events.*, max(events.row), met.state, met.reason FROM
         (SELECT row, event_uuid, state, reason FROM invocations
          WHERE function_id = ? AND row > (SELECT max(row) - ${latestInvocations} FROM invocations)
          ORDER BY row DESC LIMIT ?) AS met
       JOIN events ON uuid = event_uuid GROUP BY met.row ORDER BY met.row DESC`,
    )
      .all(functionId, limit)
      .map((row) => ({
        ...eventOf(row),
        state: String(row.state),
        reason: row.reason === null ? undefined : String(row.reason),
      }));
  }

  /** The latest events that a function's filters said no to. */
  refused(functionId: string, limit: number): Run[] {
    return this.#sql(
      `SELECT * FROM (SELECT * FROM events ORDER BY row DESC LIMIT ${latestEvents}) AS latest
       WHERE EXISTS (SELECT 1 FROM json_each(filtered) JOIN filter_versions ON filter_versions.id = value WHERE function_id = ?)
       ORDER BY row DESC LIMIT ?`,
    )
      .all(functionId, limit)
      .map((row) => ({ ...eventOf(row), state: "filtered", reason: undefined }));
  }

  /** Of all functions, by id; deleted ones too, as their runs are still told. */
  names(): ReadonlyMap<string, string> {
    const rows = this.#sql("SELECT id, name FROM hog_functions").all();
    return new Map(rows.map(({ id, name }) => [String(id), String(name ?? "")]));
  }

  /** A person's, by it or by the person's own id, as `person.url` has the one or the other (contract §4.4). */
  distinctIdOf(id: string): string | undefined {
    const row = this.#sql(
      "SELECT distinct_id FROM distinct_ids WHERE distinct_id = ?1 OR person_id = ?1 LIMIT 1",
    ).get(id);
    return row && String(row.distinct_id);
  }

  /** The last capture under a uuid, with whom it concerned once it was matched. */
  event(uuid: string): StoredEvent | undefined {
    const row = this.#sql(
      "SELECT properties, context, internal FROM events WHERE uuid = ? ORDER BY row DESC LIMIT 1",
    ).get(uuid);
    if (!row) return undefined;
    const { person = null, groups = [] } = JSON.parse(String(row.context ?? "{}"));
    const isInternal = row.internal !== null;
    return { isInternal, properties: JSON.parse(String(row.properties)), person, groups };
  }

  /** Names that were captured lately, for a list to choose from. */
  eventNames(): string[] {
    return this.#sql(
      `SELECT DISTINCT event FROM (SELECT event FROM events ORDER BY row DESC LIMIT ${latestEvents}) ORDER BY event`,
    )
      .all()
      .map(({ event }) => String(event));
  }
}

function eventOf(row: Record<string, unknown>): Pick<Run, "row" | "uuid" | "event" | "distinctId" | "at"> {
  return {
    row: Number(row.row),
    uuid: String(row.uuid),
    event: String(row.event),
    distinctId: String(row.distinct_id),
    at: String(row.captured_at),
  };
}
