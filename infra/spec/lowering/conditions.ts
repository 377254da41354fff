import type { LoweredProperty } from "../lowered.ts";
import type { ConditionKeys, Conditions } from "../model/conditions.ts";
import { dotted, type Path } from "../path.ts";
import type { Problem, Tools } from "../report.ts";
import { checkProperty, letsMissingThrough } from "./check-property.ts";

/** A section of conditions, and what it adds to each of them. */
export type Section = { type: "event" | "person" | "group" | "element"; group_type?: string };

/** Short forms expanded to PostHog's own JSON, in the order of the language; `path` is where they stand. */
export function lowerConditions(
  { properties, person, group, element, hogql }: Partial<ConditionKeys>,
  path: Path,
  tools: Tools,
): LoweredProperty[] {
  if (group !== undefined && Object.keys(group).length === 0) reportEmpty([...path, "group"], tools);
  if (Array.isArray(hogql) && hogql.length === 0) reportEmpty([...path, "hogql"], tools);
  return [
    ...lowerSection(properties, [...path, "properties"], { type: "event" }, tools),
    ...lowerSection(person, [...path, "person"], { type: "person" }, tools),
    ...Object.entries(group ?? {}).flatMap(([name, conditions]) =>
      lowerSection(conditions, [...path, "group", name], { type: "group", group_type: name }, tools),
    ),
    ...lowerSection(element, [...path, "element"], { type: "element" }, tools),
    ...[hogql ?? []].flat().map((expression, index) => {
      const at = [...path, "hogql", ...(Array.isArray(hogql) ? [index] : [])];
      return checked({ key: expression, type: "hogql" }, at, undefined, tools);
    }),
  ];
}

function lowerSection(
  section: Conditions | undefined,
  path: Path,
  own: Section,
  tools: Tools,
): LoweredProperty[] {
  if (section === undefined) return [];
  if (Array.isArray(section)) {
    return section.map(({ key, value, operator, type = own.type, group_type_index }, index) => {
      const more = group_type_index === undefined ? {} : { group_type_index };
      return checked(
        { ...toProperty(key, operator, value, { type }), ...more },
        [...path, index],
        own,
        tools,
      );
    });
  }
  if ("key" in section && ("operator" in section || "value" in section)) {
    const message = `\`${dotted(path)}\` is one of PostHog's conditions without its list`;
    const hint = "Put it in a list: `- { key: …, value: …, operator: … }`.";
    tools.report({ code: "HW011", path, message, hint });
    return [];
  }
  if (Object.keys(section).length === 0) reportEmpty(path, tools);
  return Object.entries(section).flatMap(([key, condition]) => {
    if (condition === undefined) return [];
    const operators =
      typeof condition === "object" && !Array.isArray(condition) ? condition : { exact: condition };
    return lowerOperators(key, operators, [...path, key], own, operators === condition, tools);
  });
}

/** `spelt`: the operators stand in the file, so a fault has a place of its own. */
function lowerOperators(
  key: string,
  { missing, ...operators }: Partial<Record<string, unknown>>,
  path: Path,
  own: Section,
  spelt: boolean,
  tools: Tools,
): LoweredProperty[] {
  const properties = Object.entries(operators).map(([operator, value]) => {
    const at = spelt ? [...path, operator] : path;
    if (needsNoValue(operator) && value !== true) {
      const opposite = operator === "is_set" ? "is_not_set" : "is_set";
      tools.report({
        code: "HW015",
        path: at,
        message: `\`${operator}\` is \`true\` or left out`,
        hint: `The opposite is \`${opposite}: true\`.`,
        ...(value === false
          ? {
              fix: [
                { kind: "rename", key: opposite },
                { kind: "set", value: true },
              ],
            }
          : {}),
      });
    }
    return checked(toProperty(key, operator, value, own), at, own, tools);
  });
  if (properties.length === 0) {
    const message = `the condition on \`${key}\` has no operator, so it would hold for every event`;
    const hint = "Write for example `{ is_set: true }`, or remove it.";
    tools.report({ code: "HW031", path, message, hint });
    return [];
  }
  const lets = properties.map((property) => letsMissingThrough(property, tools.compiler));
  if (missing === undefined) {
    const isMeant = own.type === "element" || Object.keys(operators).some(needsNoValue);
    if (!isMeant && lets.every((holds) => holds === true)) noteMissing(key, path, tools);
    return properties;
  }
  const at: Pick<Problem, "path" | "part" | "fix"> = {
    path: [...path, "missing"],
    part: "key",
    fix: { kind: "remove" },
  };
  if (own.type === "element") {
    // What an event without elements has in their place is an empty text, which is set.
    const message = "`missing` has no effect under `element`: an event without one has an empty text";
    tools.report({
      ...at,
      code: "HW037",
      message,
      hint: "Name the event: `- { id: $autocapture, element: … }`.",
    });
    return properties;
  }
  if (lets.includes(false)) {
    tools.report({
      ...at,
      code: "HW037",
      severity: "note",
      message: "`missing` has no effect: without the property the condition is false",
      hint: "It belongs to negative conditions such as `is_not`.",
    });
  }
  if (missing !== "skip") return properties;
  const set = toProperty(key, "is_set", undefined, own);
  tools.origins.set(set, [...path, "missing"]);
  return [...properties, set];
}

/** `{}`, as a configuration may hold it: what should narrow the filter does not. */
function reportEmpty(path: Path, { report }: Tools): void {
  const message = `\`${dotted(path)}\` holds no condition, so it holds for every event`;
  report({ code: "HW031", path, message, hint: "Write a condition, or remove it." });
}

function noteMissing(key: string, path: Path, { report }: Tools): void {
  report({
    code: "HW075",
    severity: "note",
    path,
    part: "key",
    message: `the condition on \`${key}\` also holds where \`${key}\` is missing`,
    hint: "Say what is meant: `missing: send` (PostHog's way) or `missing: skip`.",
  });
}

function checked(
  property: LoweredProperty,
  path: Path,
  section: Section | undefined,
  tools: Tools,
): LoweredProperty {
  tools.origins.set(property, path);
  checkProperty(property, path, section, tools);
  return property;
}

function needsNoValue(operator: string): boolean {
  return operator === "is_set" || operator === "is_not_set";
}

/** PostHog's defaults are left out; an operator without a value gets the one that PostHog's own editor writes. */
function toProperty(
  key: string,
  operator = "exact",
  value: unknown,
  { type, group_type }: { type: string; group_type?: string },
): LoweredProperty {
  return {
    key,
    ...(needsNoValue(operator) ? { value: operator } : value === undefined ? {} : { value }),
    ...(operator === "exact" ? {} : { operator }),
    ...(type === "event" ? {} : { type }),
    ...(group_type === undefined ? {} : { group_type }),
  };
}
