import { randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../clock.ts";
import { isEmpty, type Json } from "../http/fields.ts";
import type { User } from "./users.ts";

type ActivityScope = "HogFunction" | "Action" | "EventDefinition";

/** One field of a change, in PostHog's form. */
type Change = {
  type: ActivityScope;
  action: "created" | "changed" | "deleted";
  field: string;
  before: unknown;
  after: unknown;
};

type Happening = {
  scope: ActivityScope;
  itemId: string;
  name: string | null;
  /** What kind of item it is, where its scope has kinds. */
  type?: string;
  /** Null when PostHog itself did it. */
  user: User | null;
};

export type Entry = Happening & {
  row: number;
  id: string;
  activity: string;
  changes: Change[] | null;
  created_at: string;
};

export type ActivityQuery = { scopes?: string[]; itemId?: string };

/** Whose values are told apart but never shown (contract §1.7). */
const masked = new Set(["encrypted_inputs"]);

/** Who changed what, field by field (`posthog/models/activity_logging/activity_log.py`). */
export class ActivityLog {
  readonly #database: DatabaseSync;
  readonly #clock: Clock;

  constructor(database: DatabaseSync, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  created(happening: Happening): void {
    this.#add(happening, "created", null);
  }

  /** An update that changed nothing leaves no entry. */
  updated(happening: Happening, before: Json, after: Json, activity = "updated"): void {
    const changes = changesBetween(happening.scope, before, after);
    if (changes.length > 0) this.#add(happening, activity, changes);
  }

  deleted(happening: Happening): void {
    this.#add(happening, "deleted", null);
  }

  count(query: ActivityQuery): number {
    const { where, values } = condition(query);
    return Number(
      this.#database.prepare(`SELECT count(*) AS n FROM activity_log WHERE ${where}`).get(...values)?.n,
    );
  }

  /** The newest first unless told; `after` is the row that the page before ended with. */
  list(
    query: ActivityQuery,
    page: { ascending: boolean; limit: number; offset?: number; after?: number },
  ): Entry[] {
    const { where, values } = condition(query);
    const { ascending, limit, offset = 0, after } = page;
    const from = after === undefined ? "" : ` AND row ${ascending ? ">" : "<"} ${after}`;
    return this.#database
      .prepare(
        `SELECT * FROM activity_log WHERE ${where}${from} ORDER BY row ${ascending ? "ASC" : "DESC"} LIMIT ? OFFSET ?`,
      )
      .all(...values, limit, offset)
      .map((row) => ({ row: Number(row.row), ...JSON.parse(String(row.entry)) }));
  }

  #add(happening: Happening, activity: string, changes: Change[] | null): void {
    const { scope, itemId } = happening;
    const created_at = new Date(this.#clock.now()).toISOString();
    const entry = { ...happening, id: randomUUID(), activity, changes, created_at };
    this.#database
      .prepare("INSERT INTO activity_log (scope, item_id, entry) VALUES (?, ?, ?)")
      .run(scope, itemId, JSON.stringify(entry));
  }
}

/** Of fields that are empty on both sides nothing is said, however they are empty. */
function changesBetween(type: ActivityScope, before: Json, after: Json): Change[] {
  return Object.keys(after).flatMap((field) => {
    const [left, right] = [before[field], after[field]];
    if (isDeepStrictEqual(left, right) || (isAbsent(left) && isAbsent(right))) return [];
    const action = isAbsent(left) ? "created" : isAbsent(right) ? "deleted" : "changed";
    const show = (value: unknown) => (masked.has(field) ? "masked" : value);
    return {
      type,
      action,
      field,
      before: action === "created" ? null : show(left),
      after: action === "deleted" ? null : show(right),
    };
  });
}

/** What Django calls an empty value: not false, and not 0. */
function isAbsent(value: unknown): boolean {
  return value !== false && value !== 0 && isEmpty(value);
}

function condition({ scopes, itemId }: ActivityQuery): { where: string; values: string[] } {
  const terms = ["1"];
  if (scopes) terms.push(`scope IN (${scopes.map(() => "?").join()})`);
  if (itemId !== undefined) terms.push("item_id = ?");
  return {
    where: terms.join(" AND "),
    values: [...(scopes ?? []), ...(itemId === undefined ? [] : [itemId])],
  };
}
