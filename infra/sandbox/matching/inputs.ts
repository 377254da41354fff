import { render } from "../../hog/evaluate.ts";
import { filterGlobals } from "../../hog/globals.ts";
import type { HogGroup } from "../../hog/types.ts";
import type { HogFunction } from "../functions/hog-function.ts";
import type { Inputs } from "../functions/inputs.ts";
import { isObject, textOf } from "../http/fields.ts";
import { filter } from "./filter.ts";
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

const credentialKey =
  /authorization|cookie|token|secret|password|passcode|credential|(?:api|private|signing)[-_]?key/i;
const credentialHeader =
  /^(?:(?:proxy-)?authorization|cookie|x-api-key|api-?key|(?:x-)?auth-?token|access-?token|x-auth|token|(?:x-)?secret)$/i;

/**
 * What must not be told of a run: the values as its program has them, where a template's escapes are gone. Also what is
 * secret by its name alone, as PostHog has it: of an input, or of a header in a dictionary (contract §4.6).
 */
export function secretsOf(fn: HogFunction, globals: Globals): unknown[] {
  const inputs = isObject(globals.inputs) ? globals.inputs : {};
  const named = fn.inputs_schema.flatMap(({ key, type }) => {
    const value = inputs[key];
    if (credentialKey.test(key)) return [value];
    return type === "dictionary" && isObject(value) ? credentialsIn(value) : [];
  });
  return [...Object.keys(fn.secret_inputs).map((key) => inputs[key]), ...tokensOf(inputs), ...named];
}

/** `Bearer abc` is often quoted back as `abc`. */
function credentialsIn(headers: Globals): unknown[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    if (typeof value !== "string" || !credentialHeader.test(name.trim())) return [];
    return [value, value.replace(/^(?:bearer|basic|token)\s+/i, "")];
  });
}

/** The same before they are rendered. */
export function configuredSecrets(fn: HogFunction): unknown[] {
  return Object.values(fn.secret_inputs).map(({ value }) => value);
}

/**
 * Inputs for a run that was put into the queue without inputs. It does not know which mapping it came from: PostHog
 * takes the inputs of all that the event passes (`hog-executor.service.ts`).
 */
export function withInputsNow(fn: HogFunction, globals: Globals, now: Date): Globals {
  const forFilters = asFilterGlobals(globals);
  const event = String(forFilters.event);
  const matching = (fn.mappings ?? []).filter(
    ({ filters }) => !filters || filter(filters, { event, forFilters }) === undefined,
  );
  return withInputs(fn, globals, now, Object.assign({}, ...matching.map(({ inputs }) => inputs)));
}

/** From the shape that inputs see (contract §4.4) to the one that filters see (contract §4.3). */
export function asFilterGlobals({ event, person, groups }: Globals): Globals {
  const given = isObject(event) ? event : {};
  const { uuid, distinct_id, timestamp, properties, elements_chain } = given;
  return filterGlobals({
    event: {
      uuid: textOf(uuid),
      event: textOf(given.event),
      distinct_id: textOf(distinct_id),
      timestamp: textOf(timestamp),
      properties: isObject(properties) ? properties : {},
      ...(typeof elements_chain === "string" && { elements_chain }),
    },
    person: isObject(person)
      ? { id: textOf(person.id), properties: isObject(person.properties) ? person.properties : {} }
      : null,
    groups: isObject(groups) ? Object.values(groups).filter(isGroup) : [],
  });
}

function isGroup(value: unknown): value is HogGroup {
  return isObject(value) && typeof value.index === "number" && isObject(value.properties);
}
