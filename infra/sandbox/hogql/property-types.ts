import type { DatabaseSync } from "node:sqlite";

export type PropertyType = "String" | "Numeric" | "Boolean" | "DateTime";

/** Whose property: an event's, a person's, or of the groups of one type. */
export type Owner = "event" | "person" | { group: string };

/**
 * The type of a property, as PostHog takes it from the first value that it sees (`rust/property-defs-rs`): there it is
 * fixed in the property's definition, and HogQL reads the property by it. Undefined until a value has one.
 */
export class PropertyTypes {
  readonly #database: DatabaseSync;
  readonly #known = new Map<string, PropertyType>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  of(owner: Owner, name: string, now: number): PropertyType | undefined {
    const key = JSON.stringify([owner, name]);
    const known = this.#known.get(key);
    if (known) return known;
    const value = this.#firstValue(owner, `."${name}"`);
    const found = value === undefined ? undefined : detectType(name, JSON.parse(value), now);
    if (found) this.#known.set(key, found);
    return found;
  }

  /** Lists, objects and nulls give a property no type. */
  #firstValue(owner: Owner, path: string): string | undefined {
    const places =
      owner === "event" ? ["$"] : owner === "person" ? ['$."$set"', '$."$set_once"'] : ['$."$group_set"'];
    const isGroup = typeof owner === "object";
    const first = places.map((place) => {
      const row = this.#database
        .prepare(
          `SELECT row, properties -> ?1 AS value FROM events
           WHERE json_type(properties, ?1) NOT IN ('null', 'array', 'object') AND internal IS NULL
             AND (event = '$groupidentify') = ?2 AND (?2 = 0 OR properties ->> '$."$group_type"' = ?3)
           ORDER BY row LIMIT 1`,
        )
        .get(place + path, isGroup ? 1 : 0, isGroup ? owner.group : "");
      return row && { row: Number(row.row), value: String(row.value) };
    });
    return first.filter((one) => one !== undefined).toSorted((a, b) => a.row - b.row)[0]?.value;
  }
}

const halfAYear = 15_768_000;
const dateText =
  /^((\d{4}[/-][0-2]\d[/-][0-3]\d)|([0-2]\d[/-][0-3]\d[/-]\d{4}))([ T][0-2]\d:[0-6]\d:[0-6]\d.*)?$/;
const mailDate = /^([A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d/; // RFC 2822
const nameOfTime = /time|date|_at|-at|createdat|updatedat/;
const alwaysText = /^(utm_|\$initial_utm_|\$feature\/|\$feature_flag_response$|\$survey_response)/;

export function detectType(name: string, value: unknown, now: number): PropertyType | undefined {
  const key = name.toLowerCase();
  if (alwaysText.test(key)) return "String";
  if (typeof value === "boolean") return "Boolean";
  if (typeof value === "number") {
    const isRecent = Number.isInteger(value) && value >= Math.floor(now / 1000) - halfAYear;
    return isRecent && nameOfTime.test(key) ? "DateTime" : "Numeric";
  }
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (["true", "false", "TRUE", "FALSE"].includes(text)) return "Boolean";
  return dateText.test(text) || mailDate.test(text) ? "DateTime" : "String";
}
