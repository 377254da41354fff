import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { Clock } from "../clock.ts";
import type { User } from "./users.ts";

/** What a person says of an event, besides what its captures say. */
export type EventDetails = {
  description: string;
  tags: string[];
  verified: boolean;
  hidden: boolean;
  primary_property: string | null;
  verified_at: string | null;
  verified_by: User | null;
  updated_at: string | null;
  updated_by: User | null;
};

/** Times are null until the event was seen (contract §6.4). */
export type EventDefinition = EventDetails & {
  id: string;
  name: string;
  created_at: string | null;
  last_seen_at: string | null;
};

export const noDetails: EventDetails = {
  description: "",
  tags: [],
  verified: false,
  hidden: false,
  primary_property: null,
  verified_at: null,
  verified_by: null,
  updated_at: null,
  updated_by: null,
};

/** Longer names have no definition (`rust/property-defs-rs`). */
export const maxNameBytes = 200;

/** The project's events: each that was captured, and each that somebody declared. */
export class EventDefinitions {
  readonly #database: DatabaseSync;
  readonly #clock: Clock;

  constructor(database: DatabaseSync, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** In no order. */
  all(): EventDefinition[] {
    const said = new Map(
      this.#database
        .prepare("SELECT name, details, forgotten FROM event_definitions")
        .all()
        .map((row) => [String(row.name), row]),
    );
    const seen = new Map(
      this.#database
        .prepare(
          `SELECT event AS name, min(captured_at) AS first, max(captured_at) AS last
           FROM events LEFT JOIN event_definitions ON event_definitions.name = events.event
           WHERE internal IS NULL AND events.row > coalesce(forgotten, 0) GROUP BY event`,
        )
        .all()
        .map((row) => [String(row.name), { created_at: String(row.first), last_seen_at: String(row.last) }]),
    );
    const names = new Set([...seen.keys(), ...said.keys()]);
    return [...names].flatMap((name) => {
      const [times, row] = [seen.get(name), said.get(name)];
      if (Buffer.byteLength(name) > maxNameBytes || (!times && row?.details === null)) return [];
      const details: EventDetails | null = JSON.parse(String(row?.details ?? "null"));
      return {
        ...noDetails,
        ...details,
        id: idOf(name, Number(row?.forgotten ?? 0)),
        name,
        created_at: null,
        last_seen_at: null,
        ...times,
      };
    });
  }

  /** A new definition, or what is said of one that is there. */
  save(name: string, details: EventDetails, by: User | null): EventDefinition {
    const updated = { ...details, updated_at: new Date(this.#clock.now()).toISOString(), updated_by: by };
    this.#database
      .prepare(
        `INSERT INTO event_definitions (name, details, forgotten) VALUES (?, ?, 0)
         ON CONFLICT (name) DO UPDATE SET details = excluded.details`,
      )
      .run(name, JSON.stringify(updated));
    const saved = this.all().find((definition) => definition.name === name);
    if (!saved) throw new Error(`The definition of ${name} was not saved.`);
    return saved;
  }

  /** Gone until the event is captured again. */
  forget(name: string): void {
    this.#database
      .prepare(
        `INSERT INTO event_definitions (name, details, forgotten) SELECT ?, NULL, coalesce(max(row), 0) FROM events WHERE 1
         ON CONFLICT (name) DO UPDATE SET details = NULL, forgotten = excluded.forgotten`,
      )
      .run(name);
  }
}

/** The same for a name over restarts, another one after it was forgotten. */
function idOf(name: string, forgotten: number): string {
  const hex = createHash("sha256")
    .update(JSON.stringify(["event", name, forgotten]))
    .digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
