import { missing, queryError } from "./errors.ts";
import type { Owner, PropertyType } from "./property-types.ts";
import { arrayOf, DATE_TIME_64, type Type, type } from "./types.ts";
import type { Value } from "./value.ts";

/** Where a query reads from. */
export type Source = {
  /** What stands after FROM: the name of a table, or a query. */
  from: (persons: PersonsOnEvents) => string;
  /** A column that every row has. */
  anchor: string;
  /** The value of `chain`, read from `alias`; undefined when there is no such field. */
  field: (alias: string, chain: string[], reader: Reader) => Value | undefined;
  /** What `*` stands for; undefined where the sandbox has not all of it. */
  asterisk?: string[];
};

/** How fields are read in this query. */
export type Reader = {
  add: (value: string | number | bigint) => string;
  propertyType: (owner: Owner, name: string) => PropertyType | undefined;
  /** In the order of their index. */
  groupTypes: string[];
  persons: PersonsOnEvents;
  /** A property as the text that is stored, whatever its definition says. */
  asStored: boolean;
};

/** `modifiers.personsOnEventsMode`: whose id an event has after a merge, and from when its person's properties are. */
export const personsOnEventsModes = {
  person_id_override_properties_on_events: { merged: true, asTheyWere: true },
  person_id_no_override_properties_on_events: { merged: false, asTheyWere: true },
  person_id_override_properties_joined: { merged: true, asTheyWere: false },
  disabled: { merged: true, asTheyWere: false },
};
export type PersonsOnEvents = (typeof personsOnEventsModes)[keyof typeof personsOnEventsModes];

const text = type("String");
const time = type(DATE_TIME_64);
const uuid = type("UUID");
const nobody = "'00000000-0000-0000-0000-000000000000'";

/** A field of `events` that stands in the row itself. */
const eventFields: Record<string, [of: Type, sql: (alias: string) => string]> = {
  uuid: [uuid, (t) => `${t}.uuid`],
  event: [text, (t) => `${t}.event`],
  properties: [text, (t) => `${t}.properties`],
  timestamp: [time, (t) => `${t}.timestamp`],
  distinct_id: [text, (t) => `${t}.distinct_id`],
  elements_chain: [text, (t) => `${t}.elements_chain`],
  created_at: [time, (t) => `${t}.captured_at`],
  $session_id: [text, (t) => `ifnull(${t}.properties ->> '$."$session_id"', '')`],
  $window_id: [text, (t) => `ifnull(${t}.properties ->> '$."$window_id"', '')`],
  person_mode: [
    text,
    (t) => `iif(${t}.properties -> '$."$process_person_profile"' = 'false', 'propertyless', 'full')`,
  ],
  elements_chain_href: [text, (t) => `hog_elements(${t}.elements_chain, 'href')`],
  elements_chain_texts: [arrayOf(text), (t) => `hog_elements(${t}.elements_chain, 'texts')`],
  elements_chain_ids: [arrayOf(text), (t) => `hog_elements(${t}.elements_chain, 'ids')`],
  elements_chain_elements: [arrayOf(text), (t) => `hog_elements(${t}.elements_chain, 'elements')`],
};
const groupFields = [0, 1, 2, 3, 4].map((index) => `$group_${index}`);
const eventNames = Object.keys(eventFields);

/** Every table of the subset. An event is there once it was matched, as it is once PostHog has ingested it. */
export const tables: Record<string, Source> = {
  events: {
    from: (persons) =>
      `SELECT *, ${personId(persons)} AS person_id FROM events WHERE matched = 1 AND internal IS NULL`,
    anchor: "row",
    field: eventField,
    asterisk: [...eventNames.slice(0, 10), ...groupFields, ...eventNames.slice(10)],
  },
  persons: {
    from: () => "persons",
    anchor: "id",
    field: (t, [name = "", ...path], reader) => {
      if (name === "properties") return property(`${t}.properties`, path, "person", reader);
      if (path.length > 0) return undefined;
      if (name === "id") return { sql: `${t}.id`, type: uuid };
      return name === "created_at" ? { sql: `${t}.created_at`, type: time } : undefined;
    },
  },
  groups: {
    from: () =>
      "SELECT position, key, properties FROM groups JOIN group_types ON group_types.name = groups.type",
    anchor: "key",
    field: (t, [name = "", ...path]) => {
      if (name === "properties" && path.length === 0) return { sql: `${t}.properties`, type: text };
      if (name === "properties") throw missing("groups.properties.… (events have group_0.properties.…)");
      if (name === "key") return { sql: `${t}.key`, type: text };
      return name === "index" ? { sql: `${t}.position`, type: type("UInt8") } : undefined;
    },
  },
  person_distinct_ids: {
    from: () => "distinct_ids",
    anchor: "distinct_id",
    field: (t, [name = "", ...path]) => {
      if (path.length > 0) return undefined;
      if (name === "distinct_id") return { sql: `${t}.distinct_id`, type: text };
      return name === "person_id" ? { sql: `${t}.person_id`, type: uuid } : undefined;
    },
    asterisk: ["distinct_id", "person_id"],
  },
};

function eventField(t: string, [name = "", ...path]: string[], reader: Reader): Value | undefined {
  if (name === "properties" && path.length > 0) {
    if (groupFields.includes(path[0] ?? "")) throw missing(`properties.${path[0]} (events have ${path[0]})`);
    return property(`${t}.properties`, path, "event", reader);
  }
  if (name === "person") return personField(t, path, reader);
  const group = /^group_([0-4])$/.exec(name)?.[1];
  if (group !== undefined) return groupField(t, Number(group), path, reader);
  if (path.length > 0) return undefined;
  if (name === "person_id") return { sql: `${t}.person_id`, type: uuid };
  if (groupFields.includes(name)) return { sql: groupKey(t, groupFields.indexOf(name), reader), type: text };
  const known = Object.hasOwn(eventFields, name) ? eventFields[name] : undefined;
  return known && { sql: known[1](t), type: known[0] };
}

function personField(t: string, [name, ...path]: string[], reader: Reader): Value | undefined {
  const id = `${t}.person_id`;
  if (name === "id" && path.length === 0) return { sql: id, type: uuid };
  if (name === "created_at" && path.length === 0) {
    return {
      sql: `(SELECT created_at FROM persons WHERE persons.id = ${id})`,
      type: type(DATE_TIME_64, true),
    };
  }
  if (name !== "properties") return undefined;
  const today = `(SELECT properties FROM persons WHERE persons.id = ${id})`;
  const then = `${t}.context -> '$.person.properties'`;
  const held = reader.persons.asTheyWere ? `coalesce(${then}, ${today}, '{}')` : `coalesce(${today}, '{}')`;
  return property(held, path, "person", reader);
}

function personId({ merged }: PersonsOnEvents): string {
  const today = "(SELECT person_id FROM distinct_ids WHERE distinct_ids.distinct_id = events.distinct_id)";
  const then = "context ->> '$.person.id'";
  // a text also for SQLite's planner: only then may an index find it
  return `CAST(coalesce(${merged ? `${today}, ${then}` : `${then}, ${today}`}, ${nobody}) AS TEXT)`;
}

/** The group as it is now (contract §11.12). */
function groupField(t: string, index: number, [name, ...path]: string[], reader: Reader): Value | undefined {
  const key = groupKey(t, index, reader);
  if (name === "key" && path.length === 0) return { sql: key, type: text };
  if (name !== "properties") return undefined;
  const group = reader.groupTypes[index] ?? "";
  const found = `(SELECT properties FROM groups WHERE type = ${reader.add(group)} AND key = ${key})`;
  return property(`coalesce(${found}, '{}')`, path, { group }, reader);
}

function groupKey(t: string, index: number, reader: Reader): string {
  const group = reader.groupTypes[index];
  if (group === undefined) return "''";
  return `ifnull(${t}.properties ->> ${reader.add(`$."$groups"${step(group)}`)}, '')`;
}

/** A property is a nullable text, unless its definition says otherwise (`posthog/hogql/transforms/property_types.py`). */
function property(sql: string, path: string[], owner: Owner, reader: Reader): Value {
  if (path.length === 0) return { sql, type: text };
  const found = `hog_text(${sql} -> ${reader.add(`$${path.map(step).join("")}`)})`;
  const [name = ""] = path;
  const known = path.length > 1 || reader.asStored ? "String" : reader.propertyType(owner, name);
  if (known === "Numeric") return { sql: `hog_float(${found})`, type: type("Float64", true) };
  if (known === "Boolean") return { sql: `hog_bool(${found})`, type: type("Bool", true) };
  if (known === "DateTime") return { sql: `hog_time(${found})`, type: type(DATE_TIME_64, true) };
  return { sql: found, type: type("String", true) };
}

function step(name: string): string {
  if (/["\\]/.test(name)) throw missing(`a property with a quote or a backslash in its name`);
  return `."${name}"`;
}

export function unresolved(chain: (string | number)[]): Error {
  return queryError(`Unable to resolve field: ${chain[0]}`);
}
