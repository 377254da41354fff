import type { DatabaseSync } from "node:sqlite";
import { transaction } from "../database.ts";
import { Persons } from "../events/persons.ts";
import { isObject, type Json } from "../http/fields.ts";
import { createMonth, type PastEvent } from "./month.ts";

/**
 * Puts a month of Plover's events into a project without any, as history: they were matched long ago, nothing is delivered.
 * How many there are; 0 where the project has events already.
 */
export function fillWithMonth(database: DatabaseSync, seed: number, until: number): number {
  if (database.prepare("SELECT 1 FROM events LIMIT 1").get()) return 0;
  const { events, companies } = createMonth(seed, until);
  const persons = new Map<string, Json>();
  const born = new Map<string, string>();
  const add = database.prepare(
    `INSERT INTO events (uuid, event, distinct_id, properties, timestamp, captured_at, elements_chain, matched)
     VALUES (?, ?, ?, ?, ?, ?, ?, 1)`,
  );
  const claim = database.prepare("INSERT OR REPLACE INTO distinct_ids VALUES (?, ?)");
  const claimed = new Set<string>();
  transaction(database, () => {
    for (const event of events) {
      const { uuid, distinct_id, properties, timestamp, elements_chain = "", personId } = event;
      if (!claimed.has(distinct_id)) claim.run(distinct_id, personId);
      claimed.add(distinct_id);
      if (!born.has(personId)) born.set(personId, timestamp);
      persons.set(personId, after(event, persons.get(personId) ?? {}));
      add.run(
        uuid,
        event.event,
        distinct_id,
        JSON.stringify(properties),
        timestamp,
        timestamp,
        elements_chain,
      );
    }
    const save = database.prepare("INSERT INTO persons (id, properties, created_at) VALUES (?, ?, ?)");
    for (const [id, properties] of persons) save.run(id, JSON.stringify(properties), born.get(id) ?? "");
    new Persons(database).declareGroupTypes(["company"]);
    const group = database.prepare("INSERT INTO groups (type, key, properties) VALUES ('company', ?, ?)");
    for (const { key, properties } of companies) group.run(key, JSON.stringify(properties));
  });
  return events.length;
}

/** A person's properties after one of their events; the very same object when it changes none. */
function after({ properties: { $set, $set_once } }: PastEvent, before: Json): Json {
  if (!isObject($set) && !isObject($set_once)) return before;
  return { ...(isObject($set_once) ? $set_once : {}), ...before, ...(isObject($set) ? $set : {}) };
}
