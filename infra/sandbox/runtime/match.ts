import { HogRuntimeError, matches } from "../../hog/evaluate.ts";
import type { Filters } from "../functions/filters.ts";
import type { HogFunction } from "../functions/hog-function.ts";
import type { Mapping } from "../functions/mappings.ts";
import { withInputs } from "./inputs.ts";
import type { InvocationState } from "./invocations.ts";

type Globals = Record<string, unknown>;

/** `part` is the number of the mapping whose filters said no; left out for the function's own. */
export type Verdict =
  | { state: "filtered"; part?: number }
  | { state: Exclude<InvocationState, "filtered" | "queued">; reason: string }
  | { state: "queued"; globals: Globals };

type Gates = {
  /** The event's name. */
  event: string;
  forFilters: Globals;
  forInputs: () => Globals;
  now: () => Date;
  isQuotaUsedUp: boolean;
  isDisabled: (fn: HogFunction) => boolean;
  isHeldBack: (fn: HogFunction, globals: Globals) => boolean;
};

/**
 * What one function does with one event, in PostHog's order: its filter, inputs, quota, the watcher's state, masking
 * (contract §4.1). With mappings there is one verdict for each of them (contract §1.10).
 */
export function judge(fn: HogFunction, gates: Gates): Verdict[] {
  const refused = filter(fn.filters, gates);
  if (refused) return [refused];
  if (fn.mappings === null) return [prepare(fn, undefined, gates)];
  return fn.mappings.map((mapping, part) => {
    const refused = mapping.filters && filter(mapping.filters, gates);
    if (refused) return refused.state === "filtered" ? { ...refused, part } : refused;
    return prepare(fn, mapping, gates);
  });
}

/** Nothing when the event passes (contract §4.2). */
function filter(filters: Filters, { event, forFilters }: Gates): Verdict | undefined {
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

function prepare(fn: HogFunction, mapping: Mapping | undefined, gates: Gates): Verdict {
  try {
    const globals = withInputs(fn, gates.forInputs(), gates.now(), mapping?.inputs);
    if (gates.isQuotaUsedUp) return { state: "quota_limited", reason: "the quota of events is used up" };
    if (gates.isDisabled(fn)) {
      return { state: "disabled_permanently", reason: "the watcher disabled it, as its runs took too long" };
    }
    if (gates.isHeldBack(fn, globals)) return { state: "masked", reason: "its masking held the event back" };
    return { state: "queued", globals };
  } catch (error) {
    if (!(error instanceof HogRuntimeError)) throw error;
    return { state: "inputs_failed", reason: `its inputs could not be made: ${error.message}` };
  }
}
