import type { HogCompiler } from "../compile.ts";
import { type Decision, decide } from "../filters/explain.ts";
import { HogError } from "../hog-error.ts";
import type { FilterContext, HogFilters, HogProperty } from "../types.ts";
import { conditionsInWords } from "./conditions.ts";
import { actionWords, type FilterNames } from "./filter.ts";
import { choice, shown } from "./shown.ts";

/** Which condition of a filter said no: where it stands in the filter's JSON, and what it asks for, in words. */
export type RefusingCondition = { path: Decision["decided"]; words: string };

type Project = { compiler: HogCompiler; project: FilterContext; names: FilterNames };

/** Nothing where the filter says yes, or does not compile any more. */
export function refusingCondition(
  filters: HogFilters,
  globals: Record<string, unknown>,
  { compiler, project, names }: Project,
): RefusingCondition | undefined {
  try {
    const { matched, decided } = decide(filters, globals, compiler, project);
    if (matched || decided.length === 0) return undefined;
    return { path: decided, words: wordsOf(filters, decided, compiler, names) };
  } catch (error) {
    if (error instanceof HogError) return undefined;
    throw error;
  }
}

/** The condition in words, as the reason why an event was not taken. */
export function doesNotHold(words: string): string {
  return `does not hold: ${alone(words)}`;
}

/** Without what joins it to a sentence. */
export function alone(words: string): string {
  return words.replace(/^where /, "");
}

function wordsOf(
  filters: HogFilters,
  path: Decision["decided"],
  compiler: HogCompiler,
  names: FilterNames,
): string {
  const [list, first, , second] = path;
  if (list === "filter_test_accounts") return "not for internal test accounts";
  if (list === "events" && first === undefined) {
    return `the event is ${choice((filters.events ?? []).map(({ id }) => shown(id ?? "any event")))}`;
  }
  const property = propertyAt(filters, list, Number(first), Number(second));
  if (property) return conditionsInWords([property], [], { compiler, groups: names.groups ?? new Map() });
  const ids = (filters.actions ?? []).map(({ id }) => id);
  const [only] = ids;
  const action = ids.length === 1 ? names.actions?.get(only ?? "") : undefined;
  if (action?.steps) return actionWords(action.steps, compiler, names);
  return `the event is one of the action ${choice(ids.map((id) => shown(names.actions?.get(id)?.name ?? id)))}`;
}

function propertyAt(
  { properties, events, actions }: HogFilters,
  list: string | number | undefined,
  first: number,
  second: number,
): HogProperty | undefined {
  if (list === "properties") return properties?.[first];
  return (list === "events" ? events : actions)?.[first]?.properties?.[second];
}
