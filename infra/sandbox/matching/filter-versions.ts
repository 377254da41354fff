import type { DatabaseSync } from "node:sqlite";
import type { HogFilters } from "../../hog/types.ts";
import { preparer } from "../database.ts";
import type { HogFunction } from "../functions/hog-function.ts";

/** Filters that said no to an event, with the function whose they are, by its name of today. */
export type FilterVersion = { functionId: string; name: string | null; type: string; filters: HogFilters };

/**
 * The filters that events were held against, each kept once: what an event was filtered by is told from them when
 * somebody asks, whatever the function's filters are by then.
 */
export class FilterVersions {
  readonly #sql: ReturnType<typeof preparer>;
  /** By the function as it was loaded, which is a new object after each write. */
  readonly #ids = new WeakMap<HogFunction, Map<number | undefined, number>>();

  constructor(database: DatabaseSync) {
    this.#sql = preparer(database);
  }

  /** Of the function's own filters, or (`part`) of those of its nth mapping. Inside a transaction. */
  idOf(fn: HogFunction, part: number | undefined): number {
    const known = this.#ids.get(fn) ?? new Map<number | undefined, number>();
    this.#ids.set(fn, known);
    const id = known.get(part) ?? this.#stored(fn, part);
    known.set(part, id);
    return id;
  }

  get(ids: number[]): FilterVersion[] {
    const select = this.#sql(
      `SELECT function_id, name, type, filter_versions.filters FROM filter_versions
       JOIN hog_functions ON hog_functions.id = function_id WHERE filter_versions.id = ?`,
    );
    return ids.flatMap((id) => {
      const row = select.get(id);
      if (!row) return [];
      return {
        functionId: String(row.function_id),
        name: row.name === null ? null : String(row.name),
        type: String(row.type),
        filters: JSON.parse(String(row.filters)),
      };
    });
  }

  #stored(fn: HogFunction, part: number | undefined): number {
    const filters = part === undefined ? fn.filters : fn.mappings?.[part]?.filters;
    const values = [fn.id, part ?? null, JSON.stringify(filters)];
    const row =
      this.#sql("SELECT id FROM filter_versions WHERE function_id = ? AND part IS ? AND filters = ?").get(
        ...values,
      ) ??
      this.#sql("INSERT INTO filter_versions (function_id, part, filters) VALUES (?, ?, ?) RETURNING id").get(
        ...values,
      );
    return Number(row?.id);
  }
}
