import { isMap } from "../path.ts";

export const ABSENT = Symbol("absent from this stack");

/**
 * A destination as a stack sees it: maps merge, lists and single values replace, `null` removes; `ABSENT` where the
 * environment says `absent`. Takes any data: what comes out is checked against the model.
 */
export function overlay(
  file: Record<string, unknown>,
  stack: string | undefined,
): Record<string, unknown> | typeof ABSENT {
  const { environments: _environments, ...base } = file;
  const own = stack === undefined ? undefined : environmentsOf(file)[stack];
  if (own === "absent") return ABSENT;
  return isMap(own) ? merge(base, own) : base;
}

export function environmentsOf(file: unknown): Record<string, unknown> {
  return isMap(file) && isMap(file.environments) ? file.environments : {};
}

/** Each is checked as a file of its own: more would take minutes. */
export const MAX_ENVIRONMENTS = 50;

export function environmentNames(file: unknown): string[] {
  return Object.keys(environmentsOf(file)).slice(0, MAX_ENVIRONMENTS);
}

function merge(base: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const result = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = result[key];
    if (value === null) delete result[key];
    else result[key] = isMap(value) ? merge(isMap(below) ? below : {}, value) : value;
  }
  return result;
}
