import { DateTime, type DurationLikeObject } from "luxon";
import { all, any, call, compare, constant, type Expression } from "../compiler/ast.ts";
import { HogError } from "../hog-error.ts";

/** A condition's left side and its value to the condition; throws `HogError` for a value that PostHog refuses. */
type Operator = (field: Expression, value: unknown, project: ProjectSettings) => Expression;

/** What of the project becomes part of a condition when it is compiled: relative dates are fixed in its time zone. */
export type ProjectSettings = {
  now: Date;
  timezone: string;
  pathCleaning?: { regex: string; alias: string }[];
};

/**
 * Every operator of a property filter (contract §4.3, with #91418 of §11.6), as PostHog turns it into an expression.
 * A missing property is null, which the machine compares as 0: `lt: 5`, `gte: 0` and `between: [0, 9]` hold for it.
 */
const OPERATORS: Record<string, Operator> = {
  exact: (field, value) => compare("==", field, constant(booleanText(value))),
  is_not: (field, value) => compare("!=", field, constant(booleanText(value))),
  is_set: (field) => compare("!=", field, constant(null)),
  is_not_set: (field) => compare("==", field, constant(null)),
  icontains: (field, value) => (isMany(value) ? found(field, value) : contains("ilike", field, value)),
  not_icontains: (field, value) =>
    isMany(value) ? notFound(field, value) : contains("not ilike", field, value),
  regex: (field, value) => call("ifNull", matchCall(field, value), constant(0)),
  not_regex: (field, value) => call("ifNull", call("not", matchCall(field, value)), constant(1)),
  gt: (field, value) => compare(">", field, constant(value)),
  gte: (field, value) => compare(">=", field, constant(value)),
  min: (field, value) => compare(">=", field, constant(value)),
  lt: (field, value) => compare("<", field, constant(value)),
  lte: (field, value) => compare("<=", field, constant(value)),
  max: (field, value) => compare("<=", field, constant(value)),
  between: (field, value) => {
    const [low, high] = range("between", value);
    return all([compare(">=", field, constant(low)), compare("<=", field, constant(high))]);
  },
  not_between: (field, value) => {
    const [low, high] = range("not_between", value);
    return any([
      compare("<", field, constant(low)),
      compare(">", field, constant(high)),
      call("isNull", field),
    ]);
  },
  in: () => refuse("`in` wants a list of at least two values; for one value use `exact`"),
  not_in: () => refuse("`not_in` wants a list of at least two values; for one value use `is_not`"),
  is_date_exact: (field, value, project) => compareDates("==", field, value, project),
  is_date_before: (field, value, project) => compareDates("<", field, value, project),
  is_date_after: (field, value, project) => compareDates(">", field, value, project),
  semver_eq: (field, value) => compareVersions("==", field, value),
  semver_neq: (field, value) => compareVersions("!=", field, value),
  semver_gt: (field, value) => compareVersions(">", field, value),
  semver_gte: (field, value) => compareVersions(">=", field, value),
  semver_lt: (field, value) => compareVersions("<", field, value),
  semver_lte: (field, value) => compareVersions("<=", field, value),
  semver_tilde: (field, value) => versionRange(field, tildeRange(version(value))),
  semver_caret: (field, value) => versionRange(field, caretRange(version(value))),
  semver_wildcard: (field, value) => versionRange(field, wildcardRange(value)),
  icontains_multi: (field, value) => found(field, manyOf(value)),
  not_icontains_multi: (field, value) => notFound(field, manyOf(value)),
  is_cleaned_path_exact: (field, value, project) =>
    compare("==", cleaned(field, project), cleaned(constant(value), project)),
};

/** What a negative operator denies (`operator_is_negative` in posthog/hogql/property.py). */
export const DENIED: ReadonlyMap<string, string> = new Map([
  ["is_not", "exact"],
  ["not_icontains", "icontains"],
  ["not_icontains_multi", "icontains_multi"],
  ["not_regex", "regex"],
  ["is_not_set", "is_set"],
  ["not_between", "between"],
  ["not_in", "in"],
]);

/** Throws `HogError` for an operator it does not know: PostHog refuses it too. */
export function applyOperator(
  operator: string,
  field: Expression,
  value: unknown,
  project: ProjectSettings,
): Expression {
  const build = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
  if (!build) return refuse(`Operator \`${operator}\` does not exist`);
  return build(field, value, project);
}

/** Python's `str()`, which is how PostHog puts a value into a pattern. */
export function pythonText(value: unknown): string {
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value) && value.length === 0) return "[]";
  if (typeof value === "string" || typeof value === "number") return String(value);
  return refuse(`A value must be text, a number or true or false: ${JSON.stringify(value)}`);
}

function refuse(message: string): never {
  throw new HogError("unsupported", message);
}

/** PostHog compares with the text "true" unless the property's definition says Boolean; the machine equates both. */
function booleanText(value: unknown): unknown {
  return typeof value === "boolean" ? String(value) : value;
}

function isMany(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.length > 1;
}

function text(field: Expression): Expression {
  return call("toString", field);
}

function contains(op: string, field: Expression, value: unknown): Expression {
  const single = Array.isArray(value) && value.length === 1 ? value[0] : value;
  return compare(op, text(field), constant(`%${pythonText(single)}%`));
}

function search(field: Expression, values: unknown[]): Expression {
  const needles: Expression = { node: "Array", exprs: values.map((value) => constant(pythonText(value))) };
  return call("multiSearchAnyCaseInsensitive", text(field), needles);
}

function found(field: Expression, values: unknown[]): Expression {
  return compare(">", search(field, values), constant(0));
}

function notFound(field: Expression, values: unknown[]): Expression {
  return compare("==", call("ifNull", search(field, values), constant(0)), constant(0));
}

function manyOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

/** Where a project has rules PostHog calls a function that its machine does not have, and refuses the filter. */
function cleaned(path: Expression, { pathCleaning = [] }: ProjectSettings): Expression {
  return pathCleaning.reduce(
    (expr, { regex, alias }) => call("replaceRegexpAll", expr, constant(regex), constant(alias)),
    path,
  );
}

function matchCall(field: Expression, value: unknown): Expression {
  return call("match", text(field), constant(value));
}

function range(operator: string, value: unknown): [unknown, unknown] {
  if (!Array.isArray(value) || value.length !== 2)
    return refuse(`\`${operator}\` wants two values, [from, to]`);
  const [low, high] = value.map((bound) => (isNumeric(bound) ? Number(bound) : Number.NaN));
  if (low === undefined || high === undefined || !(low <= high)) {
    return refuse(`\`${operator}\` wants two numbers, the smaller first`);
  }
  return [value[0], value[1]];
}

function isNumeric(value: unknown): boolean {
  return typeof value === "number" || (typeof value === "string" && value.trim() !== "");
}

function compareDates(op: string, field: Expression, value: unknown, project: ProjectSettings): Expression {
  if (typeof value !== "string") return refuse("A date must be text: `2026-09-01`, a time, or `-7d`");
  return compare(
    op,
    call("toDateTime", text(field)),
    call("toDateTime", constant(absoluteDate(value, project))),
  );
}

const UNITS: Record<string, (count: number) => DurationLikeObject> = {
  s: (seconds) => ({ seconds }),
  M: (minutes) => ({ minutes }),
  h: (hours) => ({ hours }),
  d: (days) => ({ days }),
  w: (weeks) => ({ weeks }),
  m: (months) => ({ months }),
  q: (quarters) => ({ weeks: 13 * quarters }),
  y: (years) => ({ years }),
};

/** `-7d` and `7d` both mean seven days ago; the result is the wall clock of the project's time zone. */
export function absoluteDate(value: string, { now, timezone }: ProjectSettings): string {
  const relative = /^-?(\d+)([A-Za-z].*)$/.exec(value);
  if (!relative) {
    // The machine would take it for no date, and the condition would never hold.
    if (DateTime.fromISO(value.replace(" ", "T")).isValid) return value;
    return refuse(`\`${value}\` is no date: write \`2026-09-01\`, \`2026-09-01T12:00:00\` or \`-7d\``);
  }
  const unit = relative[2] ?? "";
  const duration = Object.hasOwn(UNITS, unit) ? UNITS[unit]?.(Number(relative[1])) : undefined;
  if (!duration)
    return refuse(`The relative date \`${value}\` wants one of ${Object.keys(UNITS).join(", ")}: \`-7d\``);
  return DateTime.fromJSDate(now, { zone: timezone }).minus(duration).toFormat("yyyy-MM-dd HH:mm:ss");
}

/** The machine finds two or more numbers in a text; what it finds none in is to it as a missing property. */
function compareVersions(op: string, field: Expression, value: unknown): Expression {
  if (typeof value !== "string" || !/^v?\d+(\.\d+)+([-+].*)?$/.test(value)) {
    return refuse("A version must be text of at least two numbers, such as `1.2.3`");
  }
  return compare(op, call("sortableSemver", field), call("sortableSemver", constant(value)));
}

function versionRange(field: Expression, [from, below]: [string, string]): Expression {
  return all([compareVersions(">=", field, from), compareVersions("<", field, below)]);
}

type Version = { major: number; minor: number; patch: number; given: number };

function version(value: unknown): Version {
  const numbers = typeof value === "string" ? (value.split("-")[0] ?? "").split(".") : [];
  if (numbers.length === 0 || !numbers.slice(0, 3).every((part) => /^\d+$/.test(part))) {
    return refuse("A version must be text such as `1.2.3`");
  }
  const [major = 0, minor = 0, patch = 0] = numbers.map(Number);
  return { major, minor, patch, given: numbers.length };
}

function tildeRange({ major, minor, patch, given }: Version): [string, string] {
  const below = given < 2 ? `${major + 1}.0.0` : `${major}.${minor + 1}.0`;
  return [`${major}.${minor}.${patch}`, below];
}

function caretRange({ major, minor, patch }: Version): [string, string] {
  const below = major > 0 ? `${major + 1}.0.0` : minor > 0 ? `0.${minor + 1}.0` : `0.0.${patch + 1}`;
  return [`${major}.${minor}.${patch}`, below];
}

function wildcardRange(value: unknown): [string, string] {
  const { major, minor, patch, given } = version(
    typeof value === "string" ? value.replace(/[.*]+$/, "") : value,
  );
  if (given === 1) return [`${major}.0.0`, `${major + 1}.0.0`];
  if (given === 2) return [`${major}.${minor}.0`, `${major}.${minor + 1}.0`];
  return [`${major}.${minor}.${patch}.0`, `${major}.${minor}.${patch + 1}.0`];
}
