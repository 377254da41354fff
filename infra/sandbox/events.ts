import type { DatabaseSync } from "node:sqlite";
import type { HogEvent } from "../hog/types.ts";
import type { Clock } from "./clock.ts";
import { transaction } from "./database.ts";

/** The captured events, and which of them still have to be held against the functions. */
export class Events {
  readonly #database: DatabaseSync;
  readonly #clock: Clock;

  constructor(database: DatabaseSync, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** All or none. The same uuid twice is two events here, and two deliveries, as in PostHog's pipeline. */
  add(events: HogEvent[]): void {
    const now = new Date(this.#clock.now()).toISOString();
    const insert = this.#database.prepare(
      "INSERT INTO events (uuid, event, distinct_id, properties, timestamp, captured_at) VALUES (?, ?, ?, ?, ?, ?)",
    );
    transaction(this.#database, () => {
      for (const { uuid, event, distinct_id, properties, timestamp } of events) {
        insert.run(uuid, event, distinct_id, JSON.stringify(properties), timestamp, now);
      }
    });
  }

  nextUnmatched(): (HogEvent & { row: number }) | undefined {
    const row = this.#database.prepare("SELECT * FROM events WHERE matched = 0 ORDER BY row LIMIT 1").get();
    if (!row) return undefined;
    return {
      row: Number(row.row),
      uuid: String(row.uuid),
      event: String(row.event),
      distinct_id: String(row.distinct_id),
      properties: JSON.parse(String(row.properties)),
      timestamp: String(row.timestamp),
    };
  }

  setMatched(row: number): void {
    this.#database.prepare("UPDATE events SET matched = 1 WHERE row = ?").run(row);
  }

  /** When an event was captured first, and whether all of its captures have been matched. */
  find(uuid: string): { capturedAt: string; event: string; isMatched: boolean } | undefined {
    const row = this.#database
      .prepare(
        "SELECT min(captured_at) AS captured_at, event, min(matched) AS matched FROM events WHERE uuid = ? GROUP BY uuid",
      )
      .get(uuid);
    return (
      row && { capturedAt: String(row.captured_at), event: String(row.event), isMatched: row.matched === 1 }
    );
  }
}
