import { matches } from "../../hog/evaluate.ts";
import type { Filters } from "../functions/filters.ts";

/** An event as filters see it. */
export type Filtered = {
  /** The event's name. */
  event: string;
  forFilters: Record<string, unknown>;
};

/** Nothing when the event passes (contract §4.2). */
export function filter(
  filters: Filters,
  { event, forFilters }: Filtered,
): { state: "filtered" } | { state: "filtering_failed"; reason: string } | undefined {
  if (isOfAnotherName(filters, event)) return { state: "filtered" };
  if (filters.bytecode === null) {
    return { state: "filtering_failed", reason: `its filter did not compile: ${filters.bytecode_error}` };
  }
  const { matched, error } = matches(filters.bytecode, forFilters);
  if (error !== undefined) return { state: "filtering_failed", reason: `its filter failed: ${error}` };
  return matched ? undefined : { state: "filtered" };
}

/** The quick look before anything runs. */
function isOfAnotherName({ events = [], actions = [] }: Filters, name: string): boolean {
  return events.length > 0 && actions.length === 0 && !events.some(({ id }) => id === null || id === name);
}
