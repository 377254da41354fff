import type { HogCompiler } from "../hog/compile.ts";
import { matches } from "../hog/evaluate.ts";
import { droppedConditions } from "../hog/filters.ts";
import { filterGlobals } from "../hog/globals.ts";
import { HogError } from "../hog/hog-error.ts";
import { checkRegex } from "../hog/regex.ts";
import type { HogFilters, HogProperty } from "../hog/types.ts";
import type { LoweredEvent, LoweredFilters } from "./lowered.ts";
import type { Conditions, FiltersFile, Incomplete } from "./model.ts";
import { dotted, type Path } from "./path.ts";
import { type Problem, sentence, type Tools } from "./report.ts";
import { matchesEverything } from "./shape.ts";
import { nearest } from "./suggest.ts";

type Section = "event" | "person";

/** Short forms expanded to PostHog's own JSON; whatever would make the filter match more than it says is reported. */
export function lowerFilters(filters: Incomplete<FiltersFile>, tools: Tools): LoweredFilters {
  const { events: written = [] } = filters;
  const events = written === "all" ? written : written.map((item, index) => lowerEvent(item, index, tools));
  const properties = lowerConditions(filters, ["filters"], tools);
  return {
    events,
    ...(properties.length > 0 ? { properties } : {}),
    ...(filters.filter_test_accounts ? { filter_test_accounts: true } : {}),
  };
}

function lowerEvent(
  item: Exclude<FiltersFile["events"], "all">[number],
  index: number,
  tools: Tools,
): LoweredEvent {
  if (typeof item === "string") return { id: item };
  const path = ["filters", "events", index];
  if (item.type === "actions") {
    tools.report({
      code: "HW014",
      path: [...path, "type"],
      message: "an action in a filter is not supported yet",
    });
  }
  if (item.id === null) tools.report(matchesEverything([...path, "id"]));
  const properties = lowerConditions(item, path, tools);
  return { id: item.id ?? "", ...(properties.length > 0 ? { properties } : {}) };
}

type Conditioned = { properties?: Conditions | undefined; person?: Conditions | undefined };

function lowerConditions({ properties, person }: Conditioned, path: Path, tools: Tools): HogProperty[] {
  return [
    ...lowerSection(properties, [...path, "properties"], "event", tools),
    ...lowerSection(person, [...path, "person"], "person", tools),
  ];
}

/** A lowered filter as the compiler, and PostHog, want it. */
export function toHogFilters({ events, properties, filter_test_accounts }: LoweredFilters): HogFilters {
  return {
    source: "events",
    events: events === "all" ? [{ id: null }] : events,
    ...(properties ? { properties } : {}),
    ...(filter_test_accounts ? { filter_test_accounts } : {}),
  };
}

function lowerSection(
  section: Conditions | undefined,
  path: Path,
  type: Section,
  tools: Tools,
): HogProperty[] {
  if (section === undefined) return [];
  if (Array.isArray(section)) {
    return section.map(({ key, value, operator, type: own = type }, index) => {
      const property = toProperty(key, operator, value, own);
      checkProperty(property, [...path, index], type, tools);
      return property;
    });
  }
  if ("key" in section && ("operator" in section || "value" in section)) {
    const message = `\`${dotted(path)}\` is one of PostHog's conditions without its list`;
    tools.report({
      code: "HW011",
      path,
      message,
      hint: "Put it in a list: `- { key: …, value: …, operator: … }`.",
    });
    return [];
  }
  return Object.entries(section).flatMap(([key, condition]) => {
    const operators =
      typeof condition === "object" && !Array.isArray(condition) ? condition : { exact: condition };
    return lowerOperators(key, operators, [...path, key], type, tools);
  });
}

function lowerOperators(
  key: string,
  { missing, ...operators }: Partial<Record<string, unknown>>,
  path: Path,
  type: Section,
  tools: Tools,
): HogProperty[] {
  const properties = Object.entries(operators).map(([operator, value]) => {
    const property = toProperty(key, operator, value, type);
    checkProperty(property, [...path, operator], type, tools);
    if (needsNoValue(operator) && value !== true) {
      const message = `\`${operator}\` is \`true\` or left out`;
      const hint = `The opposite is \`${operator === "is_set" ? "is_not_set" : "is_set"}: true\`.`;
      tools.report({ code: "HW015", path: [...path, operator], message, hint });
    }
    return property;
  });
  if (properties.length === 0) {
    const message = `the condition on \`${key}\` has no operator, so it would hold for every event`;
    tools.report({
      code: "HW031",
      path,
      message,
      hint: "Write for example `{ is_set: true }`, or remove it.",
    });
    return [];
  }
  if (missing === undefined) return properties;
  checkMissing(missing, properties, [...path, "missing"], tools);
  return missing === "skip" ? [...properties, toProperty(key, "is_set", undefined, type)] : properties;
}

function needsNoValue(operator: string): boolean {
  return operator === "is_set" || operator === "is_not_set";
}

/** PostHog's defaults are left out; an operator without a value gets the one that PostHog's own editor writes. */
function toProperty(key: string, operator = "exact", value: unknown, type: string): HogProperty {
  return {
    key,
    ...(needsNoValue(operator) ? { value: operator } : value === undefined ? {} : { value }),
    ...(operator === "exact" ? {} : { operator }),
    ...(type === "event" ? {} : { type }),
  };
}

// The types of contract §4.3 that the language has no words for yet.
const LATER_TYPES = ["group", "element", "event_metadata", "hogql"];

type Fault = Pick<Problem, "code" | "message" | "hint">;

function checkProperty(
  property: HogProperty,
  path: Path,
  section: Section,
  { compiler, report }: Tools,
): void {
  const fault = faultOfType(property, section) ?? faultOfValue(property, compiler);
  if (fault) report({ path, ...fault });
}

function faultOfType({ type = "event" }: HogProperty, section: Section): Fault | undefined {
  if (/cohort/.test(type)) {
    const hint = "Write the person properties that make the cohort, under `person:`.";
    return { code: "HW032", message: "PostHog refuses a cohort in a destination", hint };
  }
  if (LATER_TYPES.includes(type)) {
    return { code: "HW014", message: `a condition of type \`${type}\` is not supported yet` };
  }
  if (type !== "event" && type !== "person") {
    const near = nearest(type, ["event", "person"]);
    const hint = near === undefined ? "There are `event` and `person`." : `Did you mean \`${near}\`?`;
    return { code: "HW034", message: `a destination has no conditions of type \`${type}\``, hint };
  }
  if (section === "person" && type === "event") {
    const hint = "Move it to `properties:`.";
    return { code: "HW034", message: "a condition on the event stands under `person`", hint };
  }
  return undefined;
}

function faultOfValue(property: HogProperty, compiler: HogCompiler): Fault | undefined {
  const { key, value, operator } = property;
  const filters: HogFilters = { events: [{ id: null }], properties: [property] };
  const [dropped] = droppedConditions(filters);
  if (dropped) {
    const message = `PostHog would drop the condition on \`${key}\`: ${dropped.reason}`;
    return { code: "HW031", message, hint: "Give it a value, or remove it if every event is meant." };
  }
  const patterns = operator === "regex" || operator === "not_regex" ? [value].flat() : [];
  const wrong = patterns.map((pattern) => checkRegex(String(pattern))).find((fault) => fault !== null);
  if (wrong) {
    const hint = "PostHog uses RE2: no look-ahead, look-behind or back-references.";
    return { code: "HW035", message: `not an RE2 regular expression: ${sentence(wrong)}`, hint };
  }
  try {
    compiler.filters(filters);
    return undefined;
  } catch (error) {
    if (error instanceof HogError) return { code: "HW036", message: sentence(error.message) };
    throw error;
  }
}

/** `missing:` has something to say only where PostHog lets an event through that lacks the property. */
function checkMissing(
  missing: unknown,
  properties: HogProperty[],
  path: Path,
  { compiler, report }: Tools,
): void {
  if (missing !== "skip" && missing !== "send") {
    report({ code: "HW015", path, message: "`missing` must be `skip` or `send`" });
    return;
  }
  if (properties.some((property) => matchesMissing(property, compiler))) return;
  const message = "`missing` has no effect: without the property the condition is false";
  report({
    code: "HW037",
    path,
    part: "key",
    message,
    hint: "It belongs to negative conditions such as `is_not`.",
  });
}

function matchesMissing(property: HogProperty, compiler: HogCompiler): boolean {
  const event = { uuid: "", event: "", distinct_id: "", properties: {}, timestamp: "" };
  try {
    const bytecode = compiler.filters({ events: [{ id: null }], properties: [property] });
    return matches(bytecode, filterGlobals({ event, person: { id: "", properties: {} } })).matched;
  } catch (error) {
    if (error instanceof HogError) return true; // reported where it stands
    throw error;
  }
}
