import { render } from "../../hog/evaluate.ts";
import type { HogFunction } from "../functions/hog-function.ts";
import type { Inputs } from "../functions/inputs.ts";
import { isObject } from "../http/fields.ts";
import { integrationInputs, tokensOf } from "./integrations.ts";
import { renderLiquid } from "./liquid.ts";

type Globals = Record<string, unknown>;

/**
 * The globals with the function's inputs rendered: its own, then the secret ones, a mapping's, the accounts
 * (contract §4.1, §1.10). An input sees those before it. Throws `HogRuntimeError`.
 */
export function withInputs(fn: HogFunction, globals: Globals, now: Date, ofMapping: Inputs = {}): Globals {
  const all = { ...fn.inputs, ...fn.secret_inputs, ...ofMapping, ...integrationInputs(fn) };
  const sorted = Object.entries(all).sort(([, a], [, b]) => a.order - b.order);
  const inputs: Globals = {};
  const seen = { ...globals, inputs };
  for (const [key, { value, templating, bytecode }] of sorted) {
    if (templating === "liquid") inputs[key] = renderLiquid(value, seen, now);
    else inputs[key] = bytecode === undefined ? value : render(bytecode, seen);
  }
  return seen;
}

/** What must not be told of a run: the values as its program has them, where a template's escapes are gone. */
export function secretsOf(fn: HogFunction, globals: Globals): unknown[] {
  const inputs = isObject(globals.inputs) ? globals.inputs : {};
  return [...Object.keys(fn.secret_inputs).map((key) => inputs[key]), ...tokensOf(inputs)];
}
