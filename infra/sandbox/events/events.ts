import type { DatabaseSync } from "node:sqlite";
import type { HogEvent, HogGroup, HogPerson } from "../../hog/types.ts";
import type { Clock } from "../clock.ts";
import { preparer, transaction } from "../database.ts";
import type { Internal } from "./internal-events.ts";

/** `internal` where PostHog itself raised it. */
export type StoredEvent = HogEvent & { row: number; internal?: Internal };

/** Whom an event concerned when it was matched; `isNews` when it made or changed its person. */
export type EventContext = { person: HogPerson; groups: HogGroup[]; isNews: boolean };

/** What happened, captured or raised by PostHog itself, and what of it still has to be held against the functions. */
export class Events {
  readonly #database: DatabaseSync;
  readonly #sql: ReturnType<typeof preparer>;
  readonly #clock: Clock;

  constructor(database: DatabaseSync, clock: Clock) {
    this.#database = database;
    this.#sql = preparer(database);
    this.#clock = clock;
  }

  /** All or none. The same uuid twice is two events here, and two deliveries, as in PostHog's pipeline. */
  add(events: HogEvent[], internal?: Internal): void {
    const now = new Date(this.#clock.now()).toISOString();
    const insert = this.#sql(
      `INSERT INTO events (uuid, event, distinct_id, properties, timestamp, captured_at, elements_chain, internal)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    const sender = internal ? JSON.stringify(internal) : null;
    transaction(this.#database, () => {
      for (const { uuid, event, distinct_id, properties, timestamp, elements_chain = "" } of events) {
        const json = JSON.stringify(properties);
        insert.run(uuid, event, distinct_id, json, timestamp, now, elements_chain, sender);
      }
    });
  }

  /** The oldest of those that no function was held against yet. */
  unmatched(limit: number): StoredEvent[] {
    return this.#sql("SELECT * FROM events WHERE matched = 0 ORDER BY row LIMIT ?").all(limit).map(fromRow);
  }

  /** `filtered` are the ids of the filters that said no. Inside a transaction. */
  setMatched(row: number, context: EventContext, filtered: number[]): void {
    this.#sql("UPDATE events SET matched = 1, context = ?, filtered = ? WHERE row = ?").run(
      JSON.stringify(context),
      JSON.stringify(filtered),
      row,
    );
  }

  /** Every capture under this uuid, the first one first. */
  find(
    uuid: string,
  ): { row: number; capturedAt: string; event: string; distinct_id: string; isMatched: boolean }[] {
    return this.#sql(
      "SELECT row, captured_at, event, distinct_id, matched FROM events WHERE uuid = ? ORDER BY row",
    )
      .all(uuid)
      .map((row) => ({
        row: Number(row.row),
        capturedAt: String(row.captured_at),
        event: String(row.event),
        distinct_id: String(row.distinct_id),
        isMatched: row.matched === 1,
      }));
  }

  /** A matched event with whom it concerned and the filters that said no. */
  matched(row: number): { event: StoredEvent; context: EventContext; filtered: number[] } | undefined {
    const found = this.#sql("SELECT * FROM events WHERE row = ? AND context IS NOT NULL").get(row);
    if (!found) return undefined;
    const filtered = found.filtered === null ? [] : JSON.parse(String(found.filtered));
    return { event: fromRow(found), context: JSON.parse(String(found.context)), filtered };
  }
}

function fromRow(row: Record<string, unknown>): StoredEvent {
  return {
    row: Number(row.row),
    uuid: String(row.uuid),
    event: String(row.event),
    distinct_id: String(row.distinct_id),
    properties: JSON.parse(String(row.properties)),
    timestamp: String(row.timestamp),
    elements_chain: String(row.elements_chain),
    ...(row.internal !== null && { internal: JSON.parse(String(row.internal)) }),
  };
}
