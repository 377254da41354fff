import type { HogCompiler } from "../compile.ts";
import { matches } from "../evaluate.ts";
import type { FilterContext, HogEventFilter, HogFilters, HogProperty } from "../types.ts";
import { readsNested } from "./filters.ts";
import { readShape } from "./shape.ts";

/** `decided` is a path into the filters' own JSON, e.g. `["events", 1, "properties", 0]`. */
export type Decision = { matched: boolean; decided: (string | number)[]; error?: string };

type Condition = { path: Decision["decided"]; alone: HogFilters };
/** `named`: an event of this name; `steps`: what an action asks. */
type Item = { path: Decision["decided"]; named: boolean; steps: Condition[]; conditions: Condition[] };
type Run = (alone: HogFilters) => { matched: boolean; error?: string };

/**
 * Which condition decided, in PostHog's order (contract §4.2): the event's name, test accounts, global conditions, then
 * the items. Not matched: the first condition that is false, `["events"]` where no item has the event's name, `["actions"]`
 * or the only `["actions", 0]` where no action fits. Matched: the first item that does, `[]` where there are none. With
 * an error: the first condition that fails when it runs, for the machine runs them all. Throws `HogError` as the
 * compiler does.
 */
export function decide(
  given: HogFilters,
  globals: Record<string, unknown>,
  compiler: HogCompiler,
  context: FilterContext = {},
): Decision {
  const filters = readShape(given); // as the compiler reads them
  // One clock, or a relative date could change between the whole and its parts.
  const fixed = { ...context, now: context.now ?? new Date() };
  const run: Run = (alone) => matches(compiler.filters(alone, fixed), globals);

  const { matched, error } = run(filters);
  if (!matched && isOtherEvent(filters, globals.event)) return { matched, decided: ["events"] };

  const items = itemsWithPaths(filters, globals.event);
  const candidates = () => items.filter(({ named, steps }) => named && holdAll(steps, run));
  if (matched) {
    return { matched, decided: candidates().find((item) => holdAll(item.conditions, run))?.path ?? [] };
  }
  const required = requirements(filters, context, globals.event);
  if (error !== undefined) {
    const parts = [...required, ...items.flatMap(({ steps, conditions }) => [...steps, ...conditions])];
    return { matched, decided: parts.find(({ alone }) => run(alone).error !== undefined)?.path ?? [], error };
  }
  const wrong =
    firstFalse(required, run) ?? candidates().flatMap((item) => firstFalse(item.conditions, run) ?? [])[0];
  return { matched, decided: wrong?.path ?? noItem(filters) ?? required[0]?.path ?? [] };
}

/** PostHog looks at the name before it runs anything, unless there are actions. */
function isOtherEvent({ events = [], actions = [] }: HogFilters, name: unknown): boolean {
  return events.length > 0 && actions.length === 0 && events.every(({ id }) => id !== null && id !== name);
}

/** A condition beside one that is true: an AND makes of any value what it counts for. */
function requirements(filters: HogFilters, context: FilterContext, name: unknown): Condition[] {
  const { properties = [], filter_test_accounts } = filters;
  const testAccounts = filter_test_accounts && context.testAccountFilters?.length;
  const event = readsNested(filters) ? { id: String(name), type: "events" } : ANY;
  return [
    ...(testAccounts
      ? [{ path: ["filter_test_accounts"], alone: { filter_test_accounts, events: [ANY] } }]
      : []),
    ...properties.map((property, index) => {
      return { path: ["properties", index], alone: { events: [event], properties: [property] } };
    }),
  ];
}

function itemsWithPaths({ events = [], actions = [] }: HogFilters, name: unknown): Item[] {
  const item = ({ properties, ...kind }: HogEventFilter, path: Decision["decided"]): Item => {
    const { id, type } = kind;
    const isAction = type === "actions";
    const alone = (property: HogProperty): HogFilters =>
      isAction
        ? { events: [ANY], properties: [property] }
        : { events: [{ ...kind, properties: [property] }] };
    return {
      path,
      named: type !== "events" || id === null || id === name,
      steps: isAction ? [{ path, alone: { events: [kind], properties: [ALWAYS] } }] : [],
      conditions: within(path, properties, alone),
    };
  };
  return [
    ...events.map((event, index) => item(event, ["events", index])),
    ...actions.map((action, index) => item(action, ["actions", index])),
  ];
}

const ANY: HogEventFilter = { id: null, type: "events" };

const ALWAYS: HogProperty = { type: "hogql", key: "true" };

function within(
  path: Decision["decided"],
  properties: HogProperty[] = [],
  alone: (property: HogProperty) => HogFilters,
): Condition[] {
  return properties.map((property, index) => ({
    path: [...path, "properties", index],
    alone: alone(property),
  }));
}

function firstFalse(conditions: Condition[], run: Run): Condition | undefined {
  return conditions.find(({ alone }) => !run(alone).matched);
}

function holdAll(conditions: Condition[], run: Run): boolean {
  return firstFalse(conditions, run) === undefined;
}

function noItem({ events = [], actions = [] }: HogFilters): Decision["decided"] | undefined {
  if (events.length > 0) return ["events"];
  if (actions.length > 0) return actions.length === 1 ? ["actions", 0] : ["actions"];
  return undefined;
}
