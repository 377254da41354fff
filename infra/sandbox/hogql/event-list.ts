import type { DatabaseSync } from "node:sqlite";
import { elementsOf } from "../events/elements-chain.ts";
import { invalid } from "../http/api-error.ts";
import { isObject, type Json } from "../http/fields.ts";
import { missing } from "./errors.ts";

export type Filter = { key: string; value: unknown; operator: string; type: string };
export type Listing = {
  event?: string | undefined;
  distinctId?: string | undefined;
  personId?: string | undefined;
  filters: Filter[];
  after?: string | undefined;
  before: string;
  ascending: boolean;
  limit: number;
  offset: number;
};
type Row = {
  uuid: string;
  event: string;
  distinct_id: string;
  properties: string;
  timestamp: string;
  elements_chain: string;
};

/** Captured events as the old events API shows them (`posthog/models/event/util.py`). */
export class EventList {
  readonly #database: DatabaseSync;

  /** The connection must have the functions of `sqlite.ts`. */
  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** One more than the limit, which tells that there are more. */
  list(listing: Listing): Row[] {
    const { event, distinctId, personId, filters, after, before, ascending, limit, offset } = listing;
    const conditions = ["matched = 1 AND internal IS NULL AND timestamp < ?"];
    const values: (string | number)[] = [before];
    const add = (condition: string, ...given: (string | number)[]) => {
      conditions.push(condition);
      values.push(...given);
    };
    if (after !== undefined) add("timestamp > ?", after);
    if (event !== undefined) add("event = ?", event);
    if (distinctId !== undefined) add("distinct_id = ?", distinctId);
    if (personId !== undefined) {
      add("distinct_id IN (SELECT distinct_id FROM distinct_ids WHERE person_id = ?)", personId);
    }
    for (const filter of filters) {
      const { sql, given } = condition(filter);
      add(sql, ...given);
    }
    const rows = this.#database
      .prepare(
        `SELECT * FROM events WHERE ${conditions.join(" AND ")}
         ORDER BY timestamp ${ascending ? "ASC" : "DESC"}, row ${ascending ? "ASC" : "DESC"} LIMIT ? OFFSET ?`,
      )
      .all(...values, limit + 1, offset);
    return rows as unknown as Row[]; // the columns of the table
  }

  find(uuid: string): Row | undefined {
    const sql =
      "SELECT * FROM events WHERE uuid = ? AND matched = 1 AND internal IS NULL ORDER BY row LIMIT 1";
    return this.#database.prepare(sql).get(uuid) as Row | undefined; // the columns of the table
  }

  /** Its person of today, or null where nobody asked for one. */
  shown(row: Row, withPerson: boolean): Json {
    const properties = Object.entries(JSON.parse(row.properties) as Json).map(([key, value]) => [
      key,
      typeof value === "string" ? value.replace(/^"+|"+$/g, "") : value,
    ]);
    return {
      id: row.uuid,
      distinct_id: row.distinct_id,
      properties: Object.fromEntries(properties),
      event: row.event,
      timestamp: isoOf(row),
      person: withPerson ? this.#person(row.distinct_id) : null,
      elements: elementsOf(row.elements_chain),
      elements_chain: row.elements_chain,
    };
  }

  #person(distinctId: string): Json | null {
    const person = this.#database
      .prepare(
        `SELECT persons.id, persons.properties,
           (SELECT distinct_id FROM distinct_ids WHERE person_id = persons.id ORDER BY rowid LIMIT 1) AS first_id,
           EXISTS (SELECT 1 FROM events WHERE event = '$identify' AND properties ->> '$."$anon_distinct_id"' <> ''
             AND distinct_id IN (SELECT distinct_id FROM distinct_ids WHERE person_id = persons.id)) AS is_identified
         FROM persons JOIN distinct_ids ON distinct_ids.person_id = persons.id WHERE distinct_ids.distinct_id = ?`,
      )
      .get(distinctId);
    if (!person) return null;
    const properties: Json = JSON.parse(String(person.properties));
    const shown = ["email", "name", "username"].filter((key) => key in properties);
    return {
      is_identified: person.is_identified === 1,
      distinct_ids: [person.first_id],
      properties: Object.fromEntries(shown.map((key) => [key, properties[key]])),
    };
  }
}

/** As Python writes it. */
export function isoOf({ timestamp }: Row): string {
  return timestamp.replace(/(?:\.(\d{3}))?Z$/, (_, ms = "000") => `${ms === "000" ? "" : `.${ms}000`}+00:00`);
}

/** `properties`: a list of conditions, in JSON; this API holds the stored text against them, whatever its type. */
export function readFilters(json: string | undefined): Filter[] {
  if (json === undefined || json === "") return [];
  let list: unknown;
  try {
    list = JSON.parse(json);
  } catch {
    throw invalid(null, "Properties are unparsable!");
  }
  if (isObject(list) && Object.keys(list).length > 0) throw missing("groups of property filters");
  if (!Array.isArray(list)) return [];
  return list.map((item) => {
    if (!isObject(item) || typeof item.key !== "string") throw invalid(null, "Properties are unparsable!");
    const { key, value, operator = "exact", type = "event" } = item;
    return { key, value, operator: String(operator), type: String(type) };
  });
}

/** Of an event that was not matched here, such as a seeded one. */
const today = `(SELECT persons.properties FROM distinct_ids JOIN persons ON persons.id = distinct_ids.person_id
  WHERE distinct_ids.distinct_id = events.distinct_id)`;
const owners = new Map([
  ["event", "properties"],
  ["person", `coalesce(context -> '$.person.properties', ${today}, '{}')`],
]);
const orders = new Map([
  ["gt", ">"],
  ["gte", ">="],
  ["lt", "<"],
  ["lte", "<="],
]);

function condition({ key, value, operator, type }: Filter): { sql: string; given: (string | number)[] } {
  const owner = owners.get(type);
  if (owner === undefined) throw missing(`a property filter of the type '${type}'`);
  if (/["\\]/.test(key)) throw missing("a property with a quote or a backslash in its name");
  const path = `$."${key}"`;
  const text = `ifnull(hog_text(${owner} -> ?), '')`;
  const texts = (Array.isArray(value) ? value : [value]).map(String);
  const marks = texts.map(() => "?").join(", ");
  const [only = "", another] = texts;
  const isNegative = operator.startsWith("not_") || operator === "is_not";
  const not = isNegative ? "NOT " : "";
  if (operator === "is_set") return { sql: `${owner} -> ? IS NOT NULL`, given: [path] };
  if (operator === "is_not_set") return { sql: `${owner} -> ? IS NULL`, given: [path] };
  if (operator === "exact" || operator === "is_not") {
    return { sql: `${not}${text} IN (${marks})`, given: [path, ...texts] };
  }
  if (another !== undefined) throw missing(`the operator '${operator}' with several values`);
  if (/^(not_)?icontains$/.test(operator)) {
    return { sql: `${not}instr(lower(${text}), lower(?)) > 0`, given: [path, only] };
  }
  if (/^(not_)?regex$/.test(operator)) return { sql: `${not}hog_match(${text}, ?)`, given: [path, only] };
  const order = orders.get(operator);
  if (!order || Number.isNaN(Number(only)))
    throw missing(`the operator '${operator}' with '${only.slice(0, 40)}'`);
  return { sql: `hog_float(${text}) ${order} ?`, given: [path, Number(only)] };
}
