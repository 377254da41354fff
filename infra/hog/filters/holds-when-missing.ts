import type { HogCompiler } from "../compile.ts";
import { matches } from "../evaluate.ts";
import { filterGlobals } from "../globals.ts";
import { HogError } from "../hog-error.ts";
import type { HogProperty } from "../types.ts";

const EVENT = { uuid: "", event: "", distinct_id: "", properties: {}, timestamp: "" };
const NOTHING = filterGlobals({ event: EVENT, person: { id: "", properties: {} } });

/**
 * Whether a condition holds for an event that lacks the property: the machine is asked (contract §4.3, §9.9).
 * `undefined` for a condition that PostHog refuses.
 */
export function holdsWhenMissing(property: HogProperty, compiler: HogCompiler): boolean | undefined {
  if (isAlwaysThere(property)) return false;
  try {
    return matches(
      compiler.filters({ events: [{ id: null, type: "events" }], properties: [property] }),
      NOTHING,
    ).matched;
  } catch (error) {
    if (error instanceof HogError) return undefined;
    throw error;
  }
}

/** Of an event's own columns only the group and the elements may be missing. */
function isAlwaysThere({ type, key }: HogProperty): boolean {
  return type === "event_metadata" && !key.startsWith("$group_") && key !== "elements_chain";
}
