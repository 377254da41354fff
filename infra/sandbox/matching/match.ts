import { HogRuntimeError } from "../../hog/evaluate.ts";
import type { HogFunction } from "../functions/hog-function.ts";
import type { Mapping } from "../functions/mappings.ts";
import type { InvocationState } from "../runtime/invocations.ts";
import { type Filtered, filter } from "./filter.ts";
import { withInputs } from "./inputs.ts";

type Globals = Record<string, unknown>;

/** `part` is the number of the mapping whose filters said no; left out for the function's own. */
export type Verdict =
  | { state: "filtered"; part?: number }
  | { state: Exclude<InvocationState, "filtered" | "queued">; reason: string }
  | { state: "queued"; globals: Globals };

type Gates = Filtered & {
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
