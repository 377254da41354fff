import { randomUUID } from "node:crypto";
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { Clock } from "../clock.ts";
import { preparer } from "../database.ts";
import { sandboxUser, type User } from "../project/users.ts";
import { type HogFunction, type HogFunctionConfig, isNewVersion } from "./hog-function.ts";
import { jsonContains } from "./json-contains.ts";

/** What the list is narrowed to (contract §1.3). */
export type HogFunctionQuery = {
  types?: string[];
  enabled?: boolean;
  id?: string;
  createdBy?: number;
  createdAt?: string;
  updatedAt?: string;
  /** Parts of filters; a row fits whose stored ones contain any of them. */
  filters?: unknown[];
};

const columns = [
  "type",
  "name",
  "description",
  "enabled",
  "deleted",
  "hog",
  "bytecode",
  "inputs_schema",
  "inputs",
  "secret_inputs",
  "filters",
  "masking",
  "mappings",
  "icon_url",
  "template_id",
  "execution_order",
  "version",
  "updated_at",
  "created_by",
] as const satisfies (keyof HogFunction)[];
const json = new Set<string>([
  "bytecode",
  "inputs_schema",
  "inputs",
  "secret_inputs",
  "filters",
  "masking",
  "mappings",
  "created_by",
]);

/** The hog functions of the project. */
export class HogFunctions {
  readonly #sql: ReturnType<typeof preparer>;
  readonly #clock: Clock;
  // Both as the table has them, until the next write: nobody changes a function but through here.
  #enabled: Map<string, HogFunction> | undefined;
  readonly #byId = new Map<string, HogFunction>();

  constructor(database: DatabaseSync, clock: Clock) {
    this.#sql = preparer(database);
    this.#clock = clock;
    database.function("json_contains", { deterministic: true }, (stored, wanted) =>
      Number(jsonContains(JSON.parse(String(stored)), JSON.parse(String(wanted)))),
    );
  }

  create(config: HogFunctionConfig, created_by: User | null = sandboxUser): HogFunction {
    const now = this.#now();
    const id = randomUUID();
    const fn: HogFunction = { ...config, id, version: 1, created_at: now, updated_at: now, created_by };
    const names = ["id", "created_at", ...columns];
    const values = [fn.id, fn.created_at, ...columns.map((column) => toColumn(column, fn))];
    this.#write(
      `INSERT INTO hog_functions (${names.join()}) VALUES (${names.map(() => "?").join()})`,
      values,
    );
    return fn;
  }

  update(stored: HogFunction, config: HogFunctionConfig): HogFunction {
    const version = stored.version + (isNewVersion(stored, config) ? 1 : 0);
    const fn: HogFunction = { ...stored, ...config, version, updated_at: this.#now() };
    const values = [...columns.map((column) => toColumn(column, fn)), fn.id];
    this.#write(
      `UPDATE hog_functions SET ${columns.map((column) => `${column} = ?`).join()} WHERE id = ?`,
      values,
    );
    return fn;
  }

  /** Not an edit: the version stays (contract §1.8). */
  setFilters(fn: HogFunction, filters: HogFunction["filters"]): void {
    const values = [JSON.stringify(filters), this.#now(), fn.id];
    this.#write("UPDATE hog_functions SET filters = ?, updated_at = ? WHERE id = ?", values);
  }

  /** Also finds a soft-deleted one. */
  get(id: string): HogFunction | undefined {
    const known = this.#byId.get(id);
    if (known) return known;
    const row = this.#sql("SELECT * FROM hog_functions WHERE id = ?").get(id);
    if (!row) return undefined;
    const fn = fromRow(row);
    this.#byId.set(id, fn);
    return fn;
  }

  count(query: HogFunctionQuery): number {
    const { where, values } = condition(query);
    return Number(this.#sql(`SELECT count(*) AS n FROM hog_functions ${where}`).get(...values)?.n);
  }

  /** By execution order, then newest first: an order that moves under writes (contract §1.3). */
  list(query: HogFunctionQuery, limit: number, offset: number): HogFunction[] {
    const { where, values } = condition(query);
    const order = "ORDER BY execution_order NULLS LAST, updated_at DESC, row DESC LIMIT ? OFFSET ?";
    return this.#sql(`SELECT * FROM hog_functions ${where} ${order}`)
      .all(...values, limit, offset)
      .map(fromRow);
  }

  /** What events are held against, by id; kept until the next write. */
  enabled(): Map<string, HogFunction> {
    this.#enabled ??= new Map(this.list({ enabled: true }, -1, 0).map((fn) => [fn.id, fn]));
    return this.#enabled;
  }

  /** How many enabled functions there are of each template. */
  templateUsage(): Map<string, number> {
    const rows = this.#sql(
      "SELECT template_id, count(*) AS n FROM hog_functions WHERE deleted = 0 AND enabled = 1 GROUP BY template_id",
    ).all();
    return new Map(rows.map((row) => [String(row.template_id), Number(row.n)]));
  }

  #write(sql: string, values: SQLInputValue[]): void {
    this.#sql(sql).run(...values);
    this.#enabled = undefined;
    this.#byId.clear();
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}

function condition(query: HogFunctionQuery): { where: string; values: SQLInputValue[] } {
  const terms: [sql: string, ...values: SQLInputValue[]][] = [["deleted = 0"]];
  const { types, filters, enabled, id, createdBy, createdAt, updatedAt } = query;
  if (types) terms.push([`type IN (${types.map(() => "?").join()})`, ...types]);
  if (enabled !== undefined) terms.push(["enabled = ?", Number(enabled)]);
  if (id !== undefined) terms.push(["id = ?", id]);
  if (createdBy !== undefined) terms.push(["json_extract(created_by, '$.id') = ?", createdBy]);
  if (createdAt !== undefined) terms.push(["created_at = ?", createdAt]);
  if (updatedAt !== undefined) terms.push(["updated_at = ?", updatedAt]);
  if (filters?.length) {
    const either = filters.map(() => "json_contains(filters, ?)").join(" OR ");
    terms.push([`(${either})`, ...filters.map((part) => JSON.stringify(part))]);
  }
  const where = `WHERE ${terms.map(([sql]) => sql).join(" AND ")}`;
  return { where, values: terms.flatMap(([, ...values]) => values) };
}

function toColumn(column: (typeof columns)[number], fn: HogFunction): SQLInputValue {
  const value = fn[column];
  if (json.has(column)) return JSON.stringify(value);
  return typeof value === "boolean" ? Number(value) : (value as string | number | null); // what is left is neither
}

function fromRow(row: Record<string, unknown>): HogFunction {
  const { row: _, ...rest } = row;
  const fn = Object.fromEntries(
    Object.entries(rest).map(([column, value]) => [
      column,
      json.has(column) ? JSON.parse(String(value)) : value,
    ]),
  );
  return { ...fn, enabled: row.enabled === 1, deleted: row.deleted === 1 } as HogFunction; // as `toColumn` wrote it
}
