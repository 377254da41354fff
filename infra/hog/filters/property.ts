import { all, any, call, compare, constant, type Expression, field } from "../compiler/ast.ts";
import { HogError } from "../hog-error.ts";
import type { HogProperty } from "../types.ts";
import { elementCondition } from "./elements.ts";
import { applyOperator, DENIED, type ProjectSettings } from "./operators.ts";

export type PropertyContext = ProjectSettings & {
  /** Parses a property of type `hogql`. */
  parse: (source: string) => Expression;
  /** PostHog's own events carry nested properties: a key's dots are steps into them. */
  nested?: boolean;
};

const COHORTS = ["cohort", "static-cohort", "precalculated-cohort", "dynamic-cohort"];
const COMPILED = [
  ...["event", "person", "group", "element", "event_metadata", "hogql"],
  // The properties of PostHog's own error tracking alerts: event properties by another name (#95489).
  "error_tracking_issue",
];

// They exist in PostHog's queries, not in a destination's filter: there they never match, or always.
const ELSEWHERE = [
  ...["session", "flag", "behavioral", "recording", "log_entry", "log", "log_attribute", "person_metadata"],
  ...["log_resource_attribute", "span", "span_attribute", "span_resource_attribute"],
  ...["data_warehouse", "data_warehouse_person_property", "revenue_analytics", "workflow_variable"],
];

// The only columns of an event that a filter sees (contract §4.3, the globals).
const METADATA = /^(event|uuid|timestamp|distinct_id|elements_chain|\$group_[0-4])$/;

// The properties of an exception that are lists of texts.
export const EXCEPTION_LISTS = /^\$exception_(types|values|sources|functions)$/;

/** Why PostHog leaves a condition out, as if it were true; null when it does not (contract §4.3, fail-open). */
export function droppedBecause(property: HogProperty): string | null {
  const { key, value, operator, type = "event" } = property;
  if (typeof key !== "string") return "it has no `key`";
  if (type === "feature") return "PostHog leaves out type `feature`: use type `event`, with the same key";
  if (![...COMPILED, ...COHORTS, ...ELSEWHERE].includes(type)) return `there is no property type \`${type}\``;
  if (type === "hogql") return null;
  if ((value === undefined || value === null) && operator !== "is_set" && operator !== "is_not_set") {
    return "it has no `value`";
  }
  if (type === "group" && (property.group_type_index ?? null) === null) return "it has no `group_type_index`";
  if (Array.isArray(value) && value.length === 0 && type !== "element" && !takesList(operator)) {
    return "its list of values is empty";
  }
  return null;
}

/** A condition as PostHog's compiler builds it; `HogError` for what it refuses or what is not supported here. */
export function propertyCondition(property: HogProperty, context: PropertyContext): Expression {
  if (droppedBecause(property)) return constant(1);
  const { key, value, type = "event" } = property;
  const operator = property.operator || "exact";
  if (type === "hogql") return context.parse(key);
  if (type === "element") {
    return eachOf(operator, value, (one) =>
      elementCondition(key, operator, one, (text) => applyOperator(operator, text, one, context)),
    );
  }

  const target = targetOf(property, context);
  const isList = type === "event" && EXCEPTION_LISTS.test(key);
  const condition = (value: unknown) =>
    isList ? someOfList(operator, target, value, context) : valueCondition(operator, target, value, context);
  return takesList(operator) || isMembership(operator, value)
    ? condition(value)
    : eachOf(operator, value, condition);
}

/**
 * On the texts of an exception; a negative operator wants none of them to match (#91418). Where the list is missing the
 * machine fails, and with it the whole filter: PostHog's queries differ.
 */
function someOfList(
  operator: string,
  list: Expression,
  value: unknown,
  context: PropertyContext,
): Expression {
  const denied = DENIED.get(operator);
  const texts = call("JSONExtract", call("ifNull", list, constant("")), constant("Array(String)"));
  const expr = valueCondition(denied ?? operator, field("v"), value, context);
  const found = call("arrayExists", { node: "Lambda", args: ["v"], expr }, texts);
  return denied ? call("not", found) : found;
}

function valueCondition(
  operator: string,
  target: Expression,
  value: unknown,
  context: PropertyContext,
): Expression {
  if (!isMembership(operator, value)) return applyOperator(operator, target, value, context);
  const op = DENIED.has(operator) ? "not in" : "in";
  return compare(op, target, { node: "Tuple", exprs: value.map(constant) });
}

function isMembership(operator: string, value: unknown): value is unknown[] {
  return Array.isArray(value) && value.length > 1 && ["exact", "is_not", "in", "not_in"].includes(operator);
}

function takesList(operator: string | undefined): boolean {
  return ["between", "not_between", "icontains", "not_icontains"].includes(operator ?? "");
}

/** A list means any of its values, and none of them for a negative operator. */
function eachOf(operator: string, value: unknown, build: (value: unknown) => Expression): Expression {
  if (!Array.isArray(value)) return build(value);
  if (value.includes(null)) throw new HogError("unsupported", "A list of values cannot hold null");
  if (operator === "not_icontains_multi" && value.length > 1) {
    const why = "means none of the values in one PostHog and not all of them in another";
    throw new HogError("unsupported", `\`${operator}\` with a list ${why}: use \`not_icontains\``);
  }
  const conditions = value.map(build);
  // `is_not_set` takes no value: PostHog joins it as it does what is not denied, to no effect.
  return DENIED.has(operator) && operator !== "is_not_set" ? all(conditions) : any(conditions);
}

function targetOf(
  { key, type = "event", group_type_index: index }: HogProperty,
  context: PropertyContext,
): Expression {
  const refuse = (why: string) =>
    new HogError("unsupported", `Property \`${key}\` of type \`${type}\`: ${why}`);
  if (COHORTS.includes(type)) {
    throw refuse("cohorts cannot be used in a destination: write the person properties that make the cohort");
  }
  if (ELSEWHERE.includes(type)) throw refuse("this type cannot be used in a destination");
  if (key.startsWith("$virt")) throw refuse("virtual properties do not exist in a destination");

  switch (type) {
    case "event_metadata":
      if (!METADATA.test(key)) throw refuse("a destination's filter does not see this column");
      return field(key);
    case "person":
      if (key === "distinct_id") throw refuse("it is always missing: use type `event_metadata`");
      return field("person", "properties", key);
    case "group":
      if (![0, 1, 2, 3, 4].includes(index ?? -1)) throw refuse("`group_type_index` must be 0 to 4");
      return field(`group_${index}`, "properties", key);
    default:
      if (key === "$elements_chain") return field("elements_chain");
      return field("properties", ...(context.nested ? key.split(".") : [key]));
  }
}
