import { createHash, randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { isDeepStrictEqual } from "node:util";
import type { HogEvent, HogGroup, HogPerson } from "../../hog/types.ts";
import { preparer } from "../database.ts";
import { isObject, type Json, textOf } from "../http/fields.ts";

/** The persons and groups of the project, as far as destinations see them. */
export class Persons {
  readonly #sql: ReturnType<typeof preparer>;

  constructor(database: DatabaseSync) {
    this.#sql = preparer(database);
  }

  /**
   * Applies what the event says of its person (`$set`, `$set_once`, `$unset`, `$identify`, aliases) and returns the
   * person after it, and whether that is news: a person who was not there before, or other properties.
   */
  record(event: HogEvent): { person: HogPerson; isNews: boolean } {
    const { distinct_id: distinctId, properties } = event;
    // A personless event still has a person, with no properties (contract §11.3)
    if (properties.$process_person_profile === false) {
      const id = this.#idOf(distinctId) ?? personlessId(distinctId);
      return { person: { id, properties: {} }, isNews: false };
    }
    const other = mergedId(event);
    const isNew = [distinctId, other].every((id) => id === undefined || this.#idOf(id) === undefined);
    const person =
      other === undefined ? this.#personOf(distinctId, event.timestamp) : this.#merge(event, other);
    const set = isObject(properties.$set) ? properties.$set : {};
    const once = isObject(properties.$set_once) ? properties.$set_once : {};
    const after: Json = { ...once, ...person.properties, ...set };
    if (Array.isArray(properties.$unset)) for (const key of properties.$unset) delete after[textOf(key)];
    const isNews = isNew || !isDeepStrictEqual(this.#stored(person.id), after);
    this.#save(person.id, after);
    return { person: { id: person.id, properties: after }, isNews };
  }

  /** As they are now; nothing where no event made the person. */
  find(distinctId: string): HogPerson | undefined {
    const id = this.#idOf(distinctId);
    return id === undefined ? undefined : { id, properties: this.#stored(id) };
  }

  /** `$groupidentify` sets a group's properties. */
  recordGroup({ event, properties }: HogEvent): void {
    const { $group_type: type, $group_key: key, $group_set: set } = properties;
    if (event !== "$groupidentify" || typeof type !== "string" || key === undefined) return;
    this.#position(type);
    this.#sql(
      `INSERT INTO groups (type, key, properties) VALUES (?, ?, ?)
       ON CONFLICT (type, key) DO UPDATE SET properties = json_patch(properties, excluded.properties)`,
    ).run(type, textOf(key), JSON.stringify(isObject(set) ? set : {}));
  }

  /** The groups that the event belongs to, as they are now; five types at most. */
  groupsOf({ properties: { $groups } }: HogEvent): HogGroup[] {
    return Object.entries(isObject($groups) ? $groups : {}).flatMap(([name, value]) => {
      const index = this.#position(name);
      if (index === undefined) return [];
      const id = textOf(value);
      const row = this.#sql("SELECT properties FROM groups WHERE type = ? AND key = ?").get(name, id);
      return [{ type: name, index, id, properties: row ? JSON.parse(String(row.properties)) : {} }];
    });
  }

  /** In the order of their index. */
  groupTypes(): string[] {
    const rows = this.#sql("SELECT name FROM group_types ORDER BY position").all();
    return rows.map((row) => String(row.name));
  }

  /** As if an event of each had come, in this order. */
  declareGroupTypes(types: string[]): void {
    for (const type of types) this.#position(type);
  }

  /** Made at the event's time where nobody has this distinct id. */
  #personOf(distinctId: string, createdAt: string): HogPerson {
    const known = this.#idOf(distinctId);
    const id = known ?? randomUUID();
    if (known === undefined) {
      this.#sql("INSERT INTO persons (id, properties, created_at) VALUES (?, '{}', ?)").run(id, createdAt);
      this.#claim(distinctId, id);
    }
    return { id, properties: this.#stored(id) };
  }

  #stored(id: string): Json {
    const row = this.#sql("SELECT properties FROM persons WHERE id = ?").get(id);
    return JSON.parse(String(row?.properties ?? "{}"));
  }

  /** Both become one person, as old as the older; the identified one's properties win. */
  #merge({ distinct_id: distinctId, timestamp }: HogEvent, otherId: string): HogPerson {
    const other = this.#personOf(otherId, timestamp);
    const person = this.#idOf(distinctId) === undefined ? other : this.#personOf(distinctId, timestamp);
    this.#claim(distinctId, person.id);
    if (person.id === other.id) return person;
    this.#sql("UPDATE distinct_ids SET person_id = ? WHERE person_id = ?").run(person.id, other.id);
    this.#sql(
      "UPDATE persons SET created_at = (SELECT min(created_at) FROM persons WHERE id IN (?1, ?2)) WHERE id = ?1",
    ).run(person.id, other.id);
    this.#sql("DELETE FROM persons WHERE id = ?").run(other.id);
    return { id: person.id, properties: { ...other.properties, ...person.properties } };
  }

  #idOf(distinctId: string): string | undefined {
    const row = this.#sql("SELECT person_id FROM distinct_ids WHERE distinct_id = ?").get(distinctId);
    return row && String(row.person_id);
  }

  #claim(distinctId: string, personId: string): void {
    this.#sql("INSERT OR REPLACE INTO distinct_ids VALUES (?, ?)").run(distinctId, personId);
  }

  #save(id: string, properties: Json): void {
    this.#sql("UPDATE persons SET properties = ? WHERE id = ?").run(JSON.stringify(properties), id);
  }

  /** A group type's number, in the order in which the types first appeared. */
  #position(type: string): number | undefined {
    this.#sql(
      `INSERT OR IGNORE INTO group_types (name, position)
         SELECT ?, count(*) FROM group_types HAVING count(*) < 5`,
    ).run(type);
    const row = this.#sql("SELECT position FROM group_types WHERE name = ?").get(type);
    return row && Number(row.position);
  }
}

/** The distinct id that the event joins to its own. */
function mergedId({ event, distinct_id: own, properties }: HogEvent): string | undefined {
  const other = { $identify: properties.$anon_distinct_id, $create_alias: properties.alias }[event];
  return typeof other === "string" && other !== "" && other !== own ? other : undefined;
}

function personlessId(distinctId: string): string {
  const hex = createHash("sha256").update(distinctId).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
