import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { Clock } from "../clock.ts";
import { detectType, type PropertyType } from "../hogql/property-types.ts";
import { maxNameBytes } from "./event-definitions.ts";

/** Whose properties; those of groups by the number of their type. */
export type PropertyOwner = { type: "event" } | { type: "person" } | { type: "group"; index: number };

export type PropertyDefinition = {
  id: string;
  name: string;
  is_numerical: boolean;
  /** By the first value that has a type; it stays, whatever comes later. */
  property_type: PropertyType | null;
};

/** What ingestion uses itself. */
const skipped = [
  "$set",
  "$set_once",
  "$unset",
  "$groups",
  ...[0, 1, 2, 3, 4].map((index) => `$group_${index}`),
];

/** The properties that were captured (`rust/property-defs-rs`, contract §6.4). */
export class PropertyDefinitions {
  readonly #database: DatabaseSync;
  readonly #clock: Clock;

  constructor(database: DatabaseSync, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** By name. */
  of(owner: PropertyOwner): PropertyDefinition[] {
    const { from, values } = sourceOf(owner);
    const rows = this.#database
      .prepare(
        `SELECT p.key AS name, json_quote(p.value) AS value, p.type AS type,
           min(CASE WHEN p.type IN ('null', 'array', 'object') THEN events.row + 1e15 ELSE events.row END)
         FROM ${from} WHERE internal IS NULL GROUP BY p.key ORDER BY p.key`,
      )
      .all(...values);
    const isEvent = owner.type === "event";
    return rows.flatMap((row) => {
      const name = String(row.name);
      if (Buffer.byteLength(name) > maxNameBytes || (isEvent && skipped.includes(name))) return [];
      const property_type = detectType(name, firstValue(row), this.#clock.now()) ?? null;
      return { id: idOf(owner, name), name, is_numerical: property_type === "Numeric", property_type };
    });
  }

  /** Those that were seen on any of these events, or on any at all. */
  seenOn(events: string[]): Set<string> {
    const among = events.length > 0 ? `AND event IN (${events.map(() => "?").join()})` : "";
    const rows = this.#database
      .prepare(
        `SELECT DISTINCT p.key AS name FROM events, json_each(properties) AS p
         WHERE internal IS NULL AND event <> '$groupidentify' ${among}`,
      )
      .all(...events);
    return new Set(rows.map((row) => String(row.name)));
  }
}

/** Of an event that sets a group's properties, only those count. */
function sourceOf(owner: PropertyOwner): { from: string; values: (string | number)[] } {
  if (owner.type === "event") {
    return {
      from: "(SELECT * FROM events WHERE event <> '$groupidentify') AS events, json_each(properties) AS p",
      values: [],
    };
  }
  if (owner.type === "person") {
    const set = (path: string) =>
      `SELECT row, internal, properties -> '${path}' AS given FROM events WHERE event <> '$groupidentify'`;
    return {
      from: `(${set('$."$set"')} UNION ALL ${set('$."$set_once"')}) AS events, json_each(given) AS p`,
      values: [],
    };
  }
  return {
    from: `(SELECT row, internal, properties -> '$."$group_set"' AS given FROM events
              JOIN group_types ON name = properties ->> '$."$group_type"'
            WHERE event = '$groupidentify' AND position = ?) AS events, json_each(given) AS p`,
    values: [owner.index],
  };
}

function firstValue({ value, type }: Record<string, unknown>): unknown {
  if (type === "true" || type === "false") return type === "true";
  return ["null", "array", "object"].includes(String(type)) ? null : JSON.parse(String(value));
}

function idOf(owner: PropertyOwner, name: string): string {
  const hex = createHash("sha256")
    .update(JSON.stringify([owner, name]))
    .digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
