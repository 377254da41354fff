import type { HogCompiler } from "../../hog/compile.ts";
import { matches } from "../../hog/evaluate.ts";
import { droppedConditions } from "../../hog/filters/filters.ts";
import { holdsWhenMissing } from "../../hog/filters/holds-when-missing.ts";
import { filterGlobals } from "../../hog/globals.ts";
import { HogError } from "../../hog/hog-error.ts";
import { checkRegex } from "../../hog/regex.ts";
import type { HogFilters, HogProperty } from "../../hog/types.ts";
import type { LoweredProperty } from "../lowered.ts";
import type { Path } from "../path.ts";
import { type Fix, type Problem, sentence, type Tools } from "../report.ts";
import { nearest } from "../suggest.ts";
import type { Section } from "./conditions.ts";

type Fault = Pick<Problem, "code" | "message" | "hint" | "fix" | "within">;

/** Reports what PostHog would drop, refuse or take for something else. `section` is where it is written, if in any. */
export function checkProperty(
  property: LoweredProperty,
  path: Path,
  section: Section | undefined,
  { compiler, report }: Tools,
): void {
  const fault = (section && faultOfType(property, section, path)) ?? assess(property, compiler).fault;
  if (fault) report({ path, ...fault });
}

/** Whether PostHog lets an event through that lacks the property; `undefined` where the condition is wrong anyway. */
export function letsMissingThrough(property: LoweredProperty, compiler: HogCompiler): boolean | undefined {
  return assess(property, compiler).letsMissingThrough;
}

const TYPES = ["event", "person", "group", "element", "event_metadata", "hogql", "error_tracking_issue"];

function faultOfType(
  { type = "event", group_type_index: index }: LoweredProperty,
  section: Section,
  path: Path,
): Fault | undefined {
  if (/cohort/.test(type)) {
    const hint = "Write the person properties that make the cohort, under `person:`.";
    return { code: "HW032", message: "PostHog refuses a cohort in a destination", hint };
  }
  if (type === "feature") {
    const message = "PostHog would drop a condition of type `feature`: it is a property of the event";
    const fix: Fix = { kind: "set", path: [...path, "type"], value: "event" };
    return { code: "HW031", message, hint: "Write `type: event`, with the same key.", fix };
  }
  if (!TYPES.includes(type)) {
    const near = nearest(type, TYPES);
    const hint = near === undefined ? `There are ${TYPES.join(", ")}.` : `Did you mean \`${near}\`?`;
    return {
      code: "HW034",
      message: `a destination has no conditions of type \`${type}\``,
      hint,
      ...(near === undefined ? {} : { fix: { kind: "set", path: [...path, "type"], value: near } }),
    };
  }
  if (index !== undefined && type !== "group") {
    const hint = "Write `type: group`, or `group: { company: … }` by the group type's name.";
    return { code: "HW034", message: `\`group_type_index\` stands in a condition of type \`${type}\``, hint };
  }
  if (section.type !== "event" && type !== section.type) {
    const hint = "Move it to `properties:`.";
    return {
      code: "HW034",
      message: `a condition of type \`${type}\` stands under \`${section.type}\``,
      hint,
    };
  }
  return undefined;
}

type Assessment = { fault: Fault | undefined; letsMissingThrough: boolean | undefined };

// A condition is looked at in each environment, and many files have the same ones.
const assessments = new WeakMap<HogCompiler, Map<string, Assessment>>();
const MOST_KEPT = 20_000;

function assess(property: LoweredProperty, compiler: HogCompiler): Assessment {
  const known = assessments.get(compiler) ?? new Map<string, Assessment>();
  if (known.size === 0 || known.size > MOST_KEPT)
    assessments.set(compiler, known.size === 0 ? known : new Map());
  const identity = JSON.stringify(property);
  const assessment = known.get(identity) ?? assessAnew(property, compiler);
  known.set(identity, assessment);
  return assessment;
}

function assessAnew(lowered: LoweredProperty, compiler: HogCompiler): Assessment {
  const property = toHogProperty(lowered, new Map());
  const filters: HogFilters = { events: [{ id: null, type: "events" }], properties: [property] };
  const { operator, value } = property;
  const patterns = operator === "regex" || operator === "not_regex" ? [value].flat() : [];
  const fault = droppedFault(filters, property) ?? regexFault(patterns);
  if (fault) return { fault, letsMissingThrough: undefined };
  try {
    compiler.filters(filters);
    const empty =
      property.type === "hogql" ? unseenFault(property.key, compiler) : alwaysFault(property, compiler);
    return { fault: empty, letsMissingThrough: holdsWhenMissing(property, compiler) };
  } catch (error) {
    if (!(error instanceof HogError)) throw error;
    const what = property.type === "hogql" && error.kind === "syntax" ? "not a HogQL expression: " : "";
    const { start, end = start } = error;
    const within = start === undefined || end === undefined ? {} : { within: { start, end } };
    const fault = { code: "HW036", message: `${what}${sentence(error.message)}`, ...within } as const;
    return { fault, letsMissingThrough: undefined };
  }
}

// Every name that a filter sees exists, whatever the event carries (contract §4.3).
const SEEN = Object.keys(
  filterGlobals({
    event: { uuid: "", event: "", distinct_id: "", properties: {}, timestamp: "" },
    person: null,
  }),
);

const PROBES = [
  undefined,
  "",
  "some text",
  0,
  1e9,
  -1e9,
  true,
  false,
  "1970-01-01",
  "2999-01-01",
  "0.0.1",
  "999.0.0",
  ["a"],
];

/** A condition that holds whatever the value, as `icontains: ""` does: the filter matches more than it says (law 1). */
function alwaysFault(property: HogProperty, compiler: HogCompiler): Fault | undefined {
  const { key, type = "event", group_type_index: index = 0, operator } = property;
  // A negative one is false for its own value, which is not among these.
  const isNegative = operator === "semver_neq" || /^(?:is|not)_/.test(operator ?? "");
  if (!["event", "person", "group"].includes(type) || isNegative) return undefined;
  const bytecode = compiler.filters({ events: [{ id: null, type: "events" }], properties: [property] });
  const isAlways = PROBES.every((value) => {
    const properties = value === undefined ? {} : { [key]: value };
    const of = (owner: string) => (owner === type ? properties : {});
    const event = { uuid: "", event: "", distinct_id: "", properties: of("event"), timestamp: "" };
    const groups = [{ type: "", index, id: "", properties: of("group") }];
    return matches(bytecode, filterGlobals({ event, person: { id: "", properties: of("person") }, groups }))
      .matched;
  });
  if (!isAlways) return undefined;
  const message = `the condition on \`${key}\` holds for every event`;
  return { code: "HW031", message, hint: "Give it a value that tells events apart, or remove it." };
}

/** PostHog saves it, and it fails on every event, or is never true: a template sees other names. */
function unseenFault(expression: string, compiler: HogCompiler): Fault | undefined {
  for (const {
    name,
    path: [field, ...rest],
    start,
    end,
  } of compiler.expressionGlobals(expression)) {
    const fault = { code: "HW042", within: { start, end } } as const;
    if (!SEEN.includes(name)) {
      const group = "A group's properties stand under `group:`.";
      const hint = `A property of the event is \`properties.${name}\`, of the person \`person.properties.${name}\`.`;
      const isGroup = name === "groups" || name === "group";
      return { ...fault, message: `a condition sees no \`${name}\``, hint: isGroup ? group : hint };
    }
    if (name === "event" && field !== undefined) {
      const meant = (field === "properties" ? ["properties", ...rest] : [field, ...rest]).join(".");
      return { ...fault, message: "in a condition `event` is the event's name", hint: `Write \`${meant}\`.` };
    }
    if (name === "person" && field !== undefined && field !== "id" && field !== "properties") {
      const meant = ["person.properties", field, ...rest].join(".");
      return { ...fault, message: `a condition sees no \`person.${field}\``, hint: `Write \`${meant}\`.` };
    }
  }
  return undefined;
}

function droppedFault(
  filters: HogFilters,
  { key, type, group_type_index: index }: HogProperty,
): Fault | undefined {
  const [dropped] = droppedConditions(filters);
  if (!dropped) return undefined;
  const isNumberless = type === "group" && index === undefined;
  const hint = isNumberless
    ? "Write it under `group:`, by the group type's name, and each project's own number is looked up."
    : "Give it a value, or remove it if every event is meant.";
  const message = `PostHog would drop the condition on \`${key}\`: ${dropped.reason}`;
  return { code: "HW031", message, hint };
}

/** The first of the patterns that is not RE2. */
export function regexFault(patterns: unknown[]): Fault | undefined {
  const wrong = patterns
    .map((pattern) => (typeof pattern === "string" ? checkRegex(pattern) : "it must be text, in quotes"))
    .find((fault) => fault !== null);
  if (!wrong) return undefined;
  const hint = "PostHog uses RE2: no look-ahead, look-behind or back-references.";
  return { code: "HW035", message: `not an RE2 regular expression: ${sentence(wrong)}`, hint };
}

/** As the compiler wants it: a group's name stands for one of five numbers, which only a project knows. */
export function toHogProperty(
  { group_type, ...property }: LoweredProperty,
  groups: ReadonlyMap<string, number>,
): HogProperty {
  return group_type === undefined ? property : { ...property, group_type_index: groups.get(group_type) ?? 0 };
}
