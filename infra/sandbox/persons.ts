import { createHash, randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { HogEvent, HogGroup, HogPerson } from "../hog/types.ts";
import { isObject, type Json } from "./fields.ts";

/** The persons and groups of the project, as far as destinations see them. */
export class Persons {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Applies what the event says of its person (`$set`, `$set_once`, `$unset`, `$identify`, aliases) and returns the person after it. */
  record(event: HogEvent): HogPerson {
    const { distinct_id: distinctId, properties } = event;
    // A personless event still has a person, with no properties (contract §11.3)
    if (properties.$process_person_profile === false) {
      return { id: this.#idOf(distinctId) ?? personlessId(distinctId), properties: {} };
    }
    const other = mergedId(event);
    const person = other === undefined ? this.#personOf(distinctId) : this.#merge(distinctId, other);
    const set = isObject(properties.$set) ? properties.$set : {};
    const once = isObject(properties.$set_once) ? properties.$set_once : {};
    const after: Json = { ...once, ...person.properties, ...set };
    if (Array.isArray(properties.$unset)) for (const key of properties.$unset) delete after[String(key)];
    this.#save(person.id, after);
    return { id: person.id, properties: after };
  }

  /** The groups that the event belongs to; `$groupidentify` sets a group's properties. Five types at most. */
  groupsOf(event: HogEvent): HogGroup[] {
    const { $groups, $group_type: type, $group_key: key, $group_set: set } = event.properties;
    if (event.event === "$groupidentify" && typeof type === "string" && key !== undefined && isObject(set)) {
      this.#position(type);
      this.#database
        .prepare(
          `INSERT INTO groups (type, key, properties) VALUES (?, ?, ?)
           ON CONFLICT (type, key) DO UPDATE SET properties = json_patch(properties, excluded.properties)`,
        )
        .run(type, String(key), JSON.stringify(set));
    }
    return Object.entries(isObject($groups) ? $groups : {}).flatMap(([name, value]) => {
      const index = this.#position(name);
      if (index === undefined) return [];
      const id = String(value);
      const row = this.#database
        .prepare("SELECT properties FROM groups WHERE type = ? AND key = ?")
        .get(name, id);
      return [{ type: name, index, id, properties: row ? JSON.parse(String(row.properties)) : {} }];
    });
  }

  #personOf(distinctId: string): HogPerson {
    const known = this.#idOf(distinctId);
    const id = known ?? randomUUID();
    if (known === undefined) {
      this.#save(id, {});
      this.#claim(distinctId, id);
    }
    const row = this.#database.prepare("SELECT properties FROM persons WHERE id = ?").get(id);
    return { id, properties: JSON.parse(String(row?.properties ?? "{}")) };
  }

  /** Both become one person; the identified one's properties win. */
  #merge(distinctId: string, otherId: string): HogPerson {
    const other = this.#personOf(otherId);
    const person = this.#idOf(distinctId) === undefined ? other : this.#personOf(distinctId);
    this.#claim(distinctId, person.id);
    if (person.id === other.id) return person;
    this.#database
      .prepare("UPDATE distinct_ids SET person_id = ? WHERE person_id = ?")
      .run(person.id, other.id);
    this.#database.prepare("DELETE FROM persons WHERE id = ?").run(other.id);
    return { id: person.id, properties: { ...other.properties, ...person.properties } };
  }

  #idOf(distinctId: string): string | undefined {
    const row = this.#database
      .prepare("SELECT person_id FROM distinct_ids WHERE distinct_id = ?")
      .get(distinctId);
    return row && String(row.person_id);
  }

  #claim(distinctId: string, personId: string): void {
    this.#database.prepare("INSERT OR REPLACE INTO distinct_ids VALUES (?, ?)").run(distinctId, personId);
  }

  #save(id: string, properties: Json): void {
    this.#database
      .prepare(
        "INSERT INTO persons (id, properties) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET properties = excluded.properties",
      )
      .run(id, JSON.stringify(properties));
  }

  /** A group type's number, in the order in which the types first appeared. */
  #position(type: string): number | undefined {
    this.#database
      .prepare(
        `INSERT OR IGNORE INTO group_types (name, position)
         SELECT ?, count(*) FROM group_types HAVING count(*) < 5`,
      )
      .run(type);
    const row = this.#database.prepare("SELECT position FROM group_types WHERE name = ?").get(type);
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
