import { HogRuntimeError, matches, render } from "../../hog/evaluate.ts";
import type { Filters } from "../functions/filters.ts";
import type { HogFunction } from "../functions/hog-function.ts";
import type { Inputs } from "../functions/inputs.ts";
import { integrationInputs } from "./integrations.ts";
import type { InvocationState } from "./invocations.ts";

type Globals = Record<string, unknown>;
type Verdict = { state: InvocationState; reason?: string; globals?: Globals };

/**
 * Filter, then inputs, then masking (contract §4.1): what one function does with one event. With mappings there is one
 * verdict for each of them (contract §1.10).
 */
export function judge(
  fn: HogFunction,
  eventName: string,
  filterGlobals: Globals,
  inputGlobals: Globals,
  isMasked: (globals: Globals) => boolean,
): Verdict[] {
  const refused = filter(fn.filters, eventName, filterGlobals);
  if (refused) return [refused];
  const own = { ...fn.inputs, ...fn.secret_inputs };
  const accounts = integrationInputs(fn);
  if (fn.mappings === null) return [prepare({ ...own, ...accounts }, inputGlobals, isMasked)];
  return fn.mappings.map(
    (mapping) =>
      (mapping.filters && filter(mapping.filters, eventName, filterGlobals)) ??
      prepare({ ...own, ...mapping.inputs, ...accounts }, inputGlobals, isMasked),
  );
}

/** Nothing when the event passes (contract §4.2). */
function filter(filters: Filters, eventName: string, globals: Globals): Verdict | undefined {
  const { events = [], actions = [], bytecode } = filters;
  const isNamed = events.some(({ id }) => id === null || id === eventName);
  if (events.length > 0 && actions.length === 0 && !isNamed) {
    const names = events.map(({ id }) => id).join(", ");
    return { state: "filtered", reason: `the event is ${eventName}, the filter takes ${names}` };
  }
  if (bytecode === null)
    return { state: "filtered", reason: `its filter did not compile: ${filters.bytecode_error}` };
  const { matched, error } = matches(bytecode, globals);
  if (error !== undefined) return { state: "filtering_failed", reason: `its filter failed: ${error}` };
  return matched ? undefined : { state: "filtered", reason: "its conditions do not hold for this event" };
}

function prepare(inputs: Inputs, globals: Globals, isMasked: (globals: Globals) => boolean): Verdict {
  try {
    const prepared = { ...globals, inputs: renderInputs(inputs, globals) };
    if (isMasked(prepared)) return { state: "masked", reason: "its masking held the event back" };
    return { state: "queued", globals: prepared };
  } catch (error) {
    if (!(error instanceof HogRuntimeError)) throw error;
    return { state: "inputs_failed", reason: `its inputs could not be made: ${error.message}` };
  }
}

function renderInputs(inputs: Inputs, globals: Globals): Globals {
  const rendered: Globals = {};
  const sorted = Object.entries(inputs).sort(([, a], [, b]) => a.order - b.order);
  for (const [key, input] of sorted) {
    if (input.templating === "liquid") throw new HogRuntimeError("the sandbox has no Liquid templates");
    rendered[key] =
      input.bytecode === undefined ? input.value : render(input.bytecode, { ...globals, inputs: rendered });
  }
  return rendered;
}
