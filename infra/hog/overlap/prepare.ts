import { hasNested, itemsOf, readsNested } from "../filters/filters.ts";
import { droppedBecause } from "../filters/property.ts";
import type { FilterContext, HogActionStep, HogFilters, HogProperty } from "../types.ts";
import { type Field, fieldId, fieldOf } from "./fields.ts";

/** One condition of an alternative: a property's, or one field of an action's step. */
export type Condition = { property: HogProperty; nested: boolean } | { step: HogActionStep };

/** One way in which a filter matches: all of these hold. `name: null` is any event. */
export type Alternative = {
  name: string | null;
  conditions: Condition[];
  /** By field, the values that it may have, where they are known to be these few. */
  fixed: ReadonlyMap<string, readonly string[]>;
};

export type PreparedFilter = { filters: HogFilters; source: string; alternatives: Alternative[] };

/**
 * What the comparison of many filters needs, made once for each. Without `context` an action may be any event. Do not
 * change the filters afterwards.
 */
export function prepare(filters: HogFilters, context?: FilterContext): PreparedFilter {
  const { source = "events", properties = [] } = filters;
  const items = itemsOf(filters);
  const global = conditions(properties, readsNested(filters));
  const alternatives = items.flatMap(({ id, type, properties }) => {
    const own = conditions(properties, hasNested(id));
    if (type !== "actions") return [{ name: type === "events" ? id : null, conditions: own }];
    return stepsOf(String(id), context).map((step) => ({
      name: step.event || null,
      conditions: [...stepConditions(step), ...own],
    }));
  });
  const ways = items.length > 0 ? alternatives : [{ name: null, conditions: [] }];
  return {
    filters,
    source,
    alternatives: ways.flatMap(({ name, conditions: own }) => {
      const all = [...global, ...own];
      const fixed = fixedValues(all);
      return fixed ? [{ name, conditions: all, fixed }] : [];
    }),
  };
}

/**
 * False only where no event can match both: other sources, other names, or no common value of a field that each filter
 * compares with known ones. The machine takes the value `false` for any text but "true"; such events are left aside.
 */
export function mayOverlap(a: PreparedFilter, b: PreparedFilter): boolean {
  if (a.source !== b.source) return false;
  for (const one of a.alternatives) {
    for (const other of b.alternatives) {
      if (areCompatible(one, other)) return true;
    }
  }
  return false;
}

export function areCompatible(one: Alternative, other: Alternative): boolean {
  if (one.name !== other.name && one.name !== null && other.name !== null) return false;
  if (one.fixed.size === 0 || other.fixed.size === 0) return true;
  for (const [field, values] of one.fixed) {
    const others = other.fixed.get(field);
    if (others && !values.some((value) => others.includes(value))) return false;
  }
  return true;
}

/** What the machine's `==` takes for the same, and nothing more than that apart: "5", 5 and "5.0"; true and "true". */
export function canonical(value: unknown): string {
  if (value === true || value === "true") return "1";
  if (value === false || value === "false") return "0";
  if (typeof value === "number") return String(value);
  if (typeof value !== "string") return JSON.stringify(value) ?? "null";
  const number = Number(value);
  return Number.isNaN(number) ? `"${value}` : String(number);
}

function conditions(properties: HogProperty[] | null | undefined, nested: boolean): Condition[] {
  return (properties ?? [])
    .filter((property) => droppedBecause(property) === null)
    .map((property) => ({ property, nested }));
}

function stepsOf(id: string, context: FilterContext | undefined): HogActionStep[] {
  const steps = context?.actions?.get(id);
  return steps?.length ? steps : [{}];
}

/** A step's fields one by one, so that each can be looked at alone. */
function stepConditions(step: HogActionStep): Condition[] {
  const {
    event = null,
    url,
    url_matching = null,
    selector,
    href_matching = null,
    text_matching = null,
  } = step;
  const { tag_name = null, href = null, text = null } = step;
  const parts: HogActionStep[] = [
    ...(url ? [{ url, url_matching }] : []),
    ...(selector ? [{ event, selector }] : []),
    ...(tag_name === null ? [] : [{ event, tag_name }]),
    ...(href === null ? [] : [{ event, href, href_matching }]),
    ...(text === null ? [] : [{ event, text, text_matching }]),
  ];
  return [...parts.map((step) => ({ step })), ...conditions(step.properties, false)];
}

/** Undefined where two conditions leave a field no value. */
function fixedValues(conditions: Condition[]): Map<string, readonly string[]> | undefined {
  const fixed = new Map<string, readonly string[]>();
  for (const condition of conditions) {
    const field = fieldOf(condition);
    const values = field && valuesOf(condition, field);
    if (!field || !values) continue;
    const id = fieldId(field);
    const known = fixed.get(id);
    const common = known ? known.filter((value) => values.includes(value)) : values;
    if (common.length === 0) return undefined;
    fixed.set(id, common);
  }
  return fixed;
}

function valuesOf(condition: Condition, field: Field): string[] | undefined {
  if (!("property" in condition) || field.isList || field.space === "elements") return undefined;
  const { operator, value } = condition.property;
  if (operator === "is_not_set") return [canonical(null)];
  if (operator && operator !== "exact" && operator !== "in") return undefined;
  return (Array.isArray(value) ? value : [value]).map(canonical);
}
