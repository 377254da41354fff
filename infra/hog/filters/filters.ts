import { all, any, compare, constant, type Expression, field } from "../compiler/ast.ts";
import { HogError } from "../hog-error.ts";
import type { FilterContext, HogActionStep, HogEventFilter, HogFilters, HogProperty } from "../types.ts";
import { stepElements } from "./elements.ts";
import { droppedBecause, type PropertyContext, propertyCondition } from "./property.ts";

/** A condition that PostHog would leave out, as if it were true; `path` is where it stands, e.g. `events[0].properties[1]`. */
export type DroppedCondition = { path: string; reason: string };

const NESTED_EVENTS = ["$activity_log_entry_created"];

/**
 * (test accounts AND global properties) AND (event OR event OR action), contract §4.2. `HogError` for what PostHog would
 * refuse: a cohort, an unknown action, an incompatible operator.
 */
export function filterExpression(
  filters: HogFilters,
  context: FilterContext,
  parse: (source: string) => Expression,
): Expression {
  const { properties = [] } = filters;
  const { now = new Date(), timezone = "UTC", pathCleaning = [] } = context;
  const condition = (nested: boolean) => (property: HogProperty) =>
    propertyCondition(property, { now, timezone, pathCleaning, parse, nested } satisfies PropertyContext);

  const matchers = itemsOf(filters).map((item) =>
    all([
      ...occasion(item, context, condition(false)),
      ...together(item.properties, condition(hasNested(item.id))),
    ]),
  );
  const nested = readsNested(filters);
  const testAccounts = filters.filter_test_accounts ? (context.testAccountFilters ?? []) : [];
  return all([
    ...testAccounts.map(condition(false)),
    ...properties.map(condition(nested)),
    ...(matchers.length > 0 ? [any(matchers)] : []),
  ]);
}

/** Both lists in PostHog's order. */
export function itemsOf({ events = [], actions = [] }: HogFilters): HogEventFilter[] {
  return [...events, ...actions];
}

/** Whether the filter means something else in another project, or after an action was changed. */
export function asksForActions(filters: HogFilters): boolean {
  return itemsOf(filters).some(({ type }) => type === "actions");
}

/** An event whose properties are nested objects: a key's dots are steps into them. */
export function hasNested(event: string | null): boolean {
  return event !== null && NESTED_EVENTS.includes(event);
}

/** Whether the global conditions read into nested properties: only where each item is an event that has them. */
export function readsNested(filters: HogFilters): boolean {
  const items = itemsOf(filters);
  return items.length > 0 && items.every(({ id }) => hasNested(id));
}

/** Every condition that PostHog would leave out in silence: a destination would match more than its filter says. */
export function droppedConditions(filters: HogFilters): DroppedCondition[] {
  const inList = (properties: HogProperty[] | undefined, path: string): DroppedCondition[] =>
    (properties ?? []).flatMap((property, index) => {
      const reason = droppedBecause(property);
      return reason ? [{ path: `${path}[${index}]`, reason }] : [];
    });
  return [
    ...inList(filters.properties, "properties"),
    ...(filters.events ?? []).flatMap((event, index) =>
      inList(event.properties, `events[${index}].properties`),
    ),
    ...(filters.actions ?? []).flatMap((action, index) =>
      inList(action.properties, `actions[${index}].properties`),
    ),
  ];
}

/** What an item asks of the event itself: PostHog goes by its `type`, not by the list it is in. */
function occasion(
  { id, type }: HogEventFilter,
  context: FilterContext,
  condition: (property: HogProperty) => Expression,
): Expression[] {
  if (type === "events") return [id === null ? constant(true) : isEvent(id)];
  return type === "actions" ? [actionExpression(String(id), context, condition)] : [];
}

function isEvent(name: string): Expression {
  return compare("==", field("event"), constant(name));
}

/** The properties of one event, action or step are one condition. */
function together(
  properties: HogProperty[] | null | undefined,
  condition: (property: HogProperty) => Expression,
): Expression[] {
  return properties?.length ? [all(properties.map(condition))] : [];
}

function actionExpression(
  id: string,
  context: FilterContext,
  condition: (property: HogProperty) => Expression,
): Expression {
  const steps = context.actions?.get(id);
  if (!steps) throw new HogError("unsupported", `Action ${id} does not exist in this project`);
  if (steps.length === 0) return constant(true);
  return any(steps.map((step) => all([...stepConditions(step), ...together(step.properties, condition)])));
}

/** A step without any condition is true for every event, as PostHog has it. */
function stepConditions(step: HogActionStep): Expression[] {
  return [
    ...(step.event ? [isEvent(step.event)] : []),
    ...stepElements(step),
    ...(step.url ? [urlCondition(step.url, step.url_matching)] : []),
  ];
}

function urlCondition(url: string, matching: HogActionStep["url_matching"]): Expression {
  const current = field("properties", "$current_url");
  if (matching === "exact") return compare("==", current, constant(url));
  if (matching === "regex") return compare("=~", current, constant(url));
  return compare("like", current, constant(`%${url}%`));
}
