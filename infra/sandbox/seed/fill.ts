import type { DatabaseSync } from "node:sqlite";
import type { HogGroup } from "../../hog/types.ts";
import { transaction } from "../database.ts";
import type { EventContext } from "../events/events.ts";
import { Persons } from "../events/persons.ts";
import { isObject, type Json } from "../http/fields.ts";
import { createMonth, type PastEvent } from "./month.ts";
import type { Company } from "./population.ts";

/**
 * Puts a month of Plover's events into a project without any, as history: they were matched long ago, nothing is delivered.
 * How many there are; 0 where the project has events already.
 */
export function fillWithMonth(database: DatabaseSync, seed: number, until: number): number {
  if (database.prepare("SELECT 1 FROM events LIMIT 1").get()) return 0;
  const { events, companies } = createMonth(seed, until);
  transaction(database, () => {
    addEvents(database, events, companies);
    new Persons(database).declareGroupTypes(["company"]);
    const group = database.prepare("INSERT INTO groups (type, key, properties) VALUES ('company', ?, ?)");
    for (const { key, properties } of companies) group.run(key, JSON.stringify(properties));
  });
  return events.length;
}

/** Each with its person and company as they were then, the persons as they are in the end. */
function addEvents(database: DatabaseSync, events: PastEvent[], companies: Company[]): void {
  const add = database.prepare(
    `INSERT INTO events (uuid, event, distinct_id, properties, timestamp, captured_at, elements_chain, context, matched, filtered)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, '[]')`,
  );
  const claim = database.prepare("INSERT OR IGNORE INTO distinct_ids VALUES (?, ?)");
  const claimed = new Set<string>();
  const persons = new Map<string, { properties: Json; born: string }>();
  const groups = new Map(companies.map(({ key, properties }) => [key, inContext(key, properties)]));
  for (const event of events) {
    const { uuid, distinct_id, properties, timestamp, elements_chain = "", personId } = event;
    if (!claimed.has(distinct_id)) claim.run(distinct_id, personId);
    claimed.add(distinct_id);
    const before = persons.get(personId);
    const person = { born: before?.born ?? timestamp, properties: after(event, before?.properties ?? {}) };
    persons.set(personId, person);
    const context: EventContext = {
      person: { id: personId, properties: person.properties },
      groups: groups.get(companyOf(event)) ?? [],
      isNews: person.properties !== before?.properties,
    };
    add.run(
      uuid,
      event.event,
      distinct_id,
      JSON.stringify(properties),
      timestamp,
      timestamp,
      elements_chain,
      JSON.stringify(context),
    );
  }
  const save = database.prepare("INSERT INTO persons (id, properties, created_at) VALUES (?, ?, ?)");
  for (const [id, { properties, born }] of persons) save.run(id, JSON.stringify(properties), born);
}

function inContext(id: string, properties: Json): HogGroup[] {
  return [{ type: "company", index: 0, id, properties }];
}

function companyOf({ properties: { $groups } }: PastEvent): string {
  return isObject($groups) ? String($groups.company) : "";
}

/** A person's properties after one of their events; the very same object when it changes none. */
function after({ properties: { $set, $set_once } }: PastEvent, before: Json): Json {
  if (!isObject($set) && !isObject($set_once)) return before;
  return { ...(isObject($set_once) ? $set_once : {}), ...before, ...(isObject($set) ? $set : {}) };
}
