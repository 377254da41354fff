import type { DatabaseSync } from "node:sqlite";
import type { HogProperty } from "../../hog/types.ts";

/** A new project of PostHog leaves out what comes from a developer's machine. */
export const newProjectsFilters: HogProperty[] = [
  { key: "$host", operator: "not_regex", value: "^(localhost|127\\.0\\.0\\.1)($|:)", type: "event" },
];

/** A setting of the project that no destination owns: compiled into those that use it (contract §11.10). */
export class TestAccountFilters {
  readonly #database: DatabaseSync;
  #filters: HogProperty[];

  constructor(database: DatabaseSync, initial: HogProperty[]) {
    this.#database = database;
    const row = database
      .prepare("SELECT value FROM project_settings WHERE name = 'test_account_filters'")
      .get();
    this.#filters = row ? JSON.parse(String(row.value)) : initial;
  }

  get(): HogProperty[] {
    return this.#filters;
  }

  set(filters: HogProperty[]): void {
    this.#database
      .prepare("INSERT OR REPLACE INTO project_settings VALUES ('test_account_filters', ?)")
      .run(JSON.stringify(filters));
    this.#filters = filters;
  }
}
