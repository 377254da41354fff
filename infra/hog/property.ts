import { all, any, call, compare, constant, type Expression, field } from "./ast.ts";
import { HogError } from "./hog-error.ts";
import { applyOperator, type Clock, pythonText } from "./operators.ts";
import type { HogProperty } from "./types.ts";

export type PropertyContext = Clock & {
  /** Parses a property of type `hogql`. */
  parse: (source: string) => Expression;
  /** PostHog's own events carry nested properties: a key's dots are steps into them. */
  nested?: boolean;
};

const COHORTS = ["cohort", "static-cohort", "precalculated-cohort", "dynamic-cohort"];
const COMPILED = ["event", "person", "group", "element", "event_metadata", "hogql"];

// They exist in PostHog's queries, not in a destination's filter: there they never match, or always.
const ELSEWHERE = [
  ...["session", "feature", "flag", "behavioral", "recording", "log_entry", "log", "log_attribute"],
  ...["log_resource_attribute", "span", "span_attribute", "span_resource_attribute", "error_tracking_issue"],
  ...["data_warehouse", "data_warehouse_person_property", "revenue_analytics", "workflow_variable"],
];

// The only columns of an event that a filter sees (contract §4.3, the globals).
const METADATA = /^(event|uuid|timestamp|distinct_id|elements_chain|\$group_[0-4])$/;

// Exceptions become lists that only PostHog's queries can read alike.
const EXCEPTION_LISTS = /^\$exception_(types|values|sources|functions)$/;

/** Why PostHog leaves a condition out, as if it were true; null when it does not (contract §4.3, fail-open). */
export function droppedBecause(property: HogProperty): string | null {
  const { key, value, operator, type = "event" } = property;
  if (typeof key !== "string") return "it has no `key`";
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
  if (type === "element") return elementCondition(key, operator, value, context);

  const target = targetOf(property, context);
  if (!Array.isArray(value) || takesList(operator)) return applyOperator(operator, target, value, context);
  if (value.length > 1 && ["exact", "is_not", "in", "not_in"].includes(operator)) {
    const op = operator === "exact" || operator === "in" ? "in" : "not in";
    return compare(op, target, { node: "Tuple", exprs: value.map(constant) });
  }
  return eachOf(operator, value, (one) => applyOperator(operator, target, one, context));
}

function takesList(operator: string | undefined): boolean {
  return ["between", "not_between", "icontains", "not_icontains"].includes(operator ?? "");
}

/** A list means any of its values, and none of them for a negative operator. */
function eachOf(operator: string, values: unknown[], build: (value: unknown) => Expression): Expression {
  if (values.includes(null)) throw new HogError("unsupported", "A list of values cannot hold null");
  const conditions = values.map(build);
  return ["is_not", "not_icontains", "not_regex"].includes(operator) ? all(conditions) : any(conditions);
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
      if (EXCEPTION_LISTS.test(key)) throw refuse("it is a list, which filters here do not support");
      return field("properties", ...(context.nested ? key.split(".") : [key]));
  }
}

function elementCondition(
  key: string,
  operator: string,
  value: unknown,
  context: PropertyContext,
): Expression {
  if (Array.isArray(value)) {
    return eachOf(operator, value, (one) => elementCondition(key, operator, one, context));
  }
  switch (key) {
    case "tag_name": {
      if (operator !== "exact" && operator !== "is_not") {
        throw new HogError("unsupported", `Element \`tag_name\` takes exact and is_not, not \`${operator}\``);
      }
      const pattern = constant(`(^|;)${pythonText(value)}(\\.|$|;|:)`);
      const matches = compare("=~", field("elements_chain"), pattern);
      return operator === "exact" ? matches : call("not", matches);
    }
    case "href":
      return applyOperator(operator, field("elements_chain_href"), value, context);
    case "text": {
      const expr = applyOperator(operator, field("text"), value, context);
      return call("arrayExists", { node: "Lambda", args: ["text"], expr }, field("elements_chain_texts"));
    }
    default:
      // The selector's regular expression differs between PostHog's versions.
      throw new HogError("unsupported", `Element \`${key}\` is not supported: use tag_name, text or href`);
  }
}
