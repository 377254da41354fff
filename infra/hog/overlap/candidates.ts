import { DateTime } from "luxon";
import { absoluteDate, DENIED, type ProjectSettings } from "../filters/operators.ts";
import { canonical } from "./prepare.ts";
import { regexExamples } from "./regex-examples.ts";

/** What a condition compares with, whatever it is a condition of. */
export type Comparison = { operator: string; values: unknown[] };

const MOST = 60;
const EQUAL = ["exact", "in", "is_cleaned_path_exact"];
const CONTAINS = ["icontains", "icontains_multi"];
const NUMERIC = ["gt", "gte", "min", "lt", "lte", "max", "between", "not_between"];

/**
 * Values that may satisfy all the comparisons on one field, the likely and readable first; undefined is "missing". Each
 * is to be tried.
 */
export function candidates(comparisons: Comparison[], project: ProjectSettings): unknown[] {
  const found = [
    ...equals(comparisons),
    ...containing(comparisons),
    ...valuesOf(comparisons, ["regex"]).flatMap((value) =>
      typeof value === "string" ? regexExamples(value) : [],
    ),
    ...numbers(comparisons),
    ...dates(comparisons, project),
    ...versions(comparisons),
    // What is compared otherwise, e.g. as text, or denied in another way.
    ...comparisons.flatMap(({ values }) => values),
    ...["other", 1, 0, -1, "", true],
  ].filter((value) => value !== undefined && value !== null);
  const isOnlyDenied = comparisons.every(({ operator }) => DENIED.has(operator) || operator === "semver_neq");
  return distinct(isOnlyDenied ? [undefined, ...found] : [...found, undefined]).slice(0, MOST);
}

/** Common values where several are asked for. */
function equals(comparisons: Comparison[]): unknown[] {
  const [first, ...rest] = comparisons
    .filter(({ operator }) => EQUAL.includes(operator))
    .map(({ values }) => values)
    .toSorted((a, b) => a.length - b.length);
  const others = rest.map((values) => new Set(values.map(canonical)));
  return (first ?? []).filter((value) => others.every((set) => set.has(canonical(value))));
}

/** Each text, then all of them together, then with something around them. */
function containing(comparisons: Comparison[]): unknown[] {
  const asked = comparisons.filter(({ operator }) => CONTAINS.includes(operator)).map(({ values }) => values);
  if (asked.length === 0) return [];
  const texts = asked.flat().map(String);
  const together = asked.map(([first]) => String(first));
  const joined = [together.join(""), together.join(" "), together.toReversed().join("")];
  const around = [...texts, ...joined].flatMap((text) => [`${text}x`, `x${text}`, `x${text}x`]);
  const inNumbers = numbersOf(comparisons).flatMap((number) =>
    texts.flatMap((text) => [`${number}${text}`, `${number}.${text}`, `${text}${number}`]),
  );
  return [...texts, ...joined, ...around, ...inNumbers];
}

/** Just above and below each number, and between two. */
function numbers(comparisons: Comparison[]): unknown[] {
  const bounds = numbersOf(comparisons);
  const between = bounds.slice(1).map((bound, index) => (bound + (bounds[index] ?? bound)) / 2);
  const texts = valuesOf(comparisons, NUMERIC).filter((value) => typeof value === "string");
  return [
    ...bounds.flatMap((bound) => [bound + 1, bound, bound - 1]),
    ...between,
    ...texts.flatMap((text) => [text, `${text}a`, text.slice(0, -1)]),
  ];
}

/** A number that is denied is a bound as well: there is room on both of its sides. */
function numbersOf(comparisons: Comparison[]): number[] {
  const numbers = valuesOf(comparisons, [...NUMERIC, ...EQUAL, "is_not", "not_in"])
    .filter((value) => value !== "" && (typeof value === "number" || typeof value === "string"))
    .map(Number)
    .filter(Number.isFinite);
  return [...new Set(numbers)].toSorted((a, b) => a - b);
}

/** A day and a second before and after each date, and the time between two. */
function dates(comparisons: Comparison[], project: ProjectSettings): unknown[] {
  const moments = valuesOf(comparisons, ["is_date_exact", "is_date_before", "is_date_after"])
    .filter((value) => typeof value === "string")
    .map((value) => momentOf(value, project))
    .filter((moment) => moment?.isValid === true)
    .map((moment) => moment?.toMillis() ?? 0)
    .toSorted((a, b) => a - b);
  const between = moments.slice(1).map((moment, index) => (moment + (moments[index] ?? moment)) / 2);
  const steps = [86_400_000, -86_400_000, 1000, -1000, 0];
  return [...moments.flatMap((moment) => steps.map((step) => moment + step)), ...between].map((moment) =>
    DateTime.fromMillis(moment, { zone: "UTC" }).toFormat("yyyy-MM-dd HH:mm:ss"),
  );
}

function momentOf(value: string, project: ProjectSettings): DateTime | undefined {
  const absolute = absoluteDate(value, project);
  const iso = DateTime.fromISO(absolute, { zone: "UTC" });
  return iso.isValid ? iso : DateTime.fromSQL(absolute, { zone: "UTC" });
}

const SEMVER = /^semver_/;

/** Each version, and its neighbours in each place. */
function versions(comparisons: Comparison[]): unknown[] {
  const given = comparisons.filter(({ operator }) => SEMVER.test(operator)).flatMap(({ values }) => values);
  return given
    .filter((value) => typeof value === "string")
    .flatMap((value) => {
      const [major = 0, minor = 0, patch = 0] = (value.match(/\d+/g) ?? []).map(Number);
      const near = [
        [major, minor, patch],
        [major, minor, patch + 1],
        [major, minor, patch - 1],
        [major, minor + 1, 0],
        [major, minor - 1, 0],
        [major + 1, 0, 0],
        [major - 1, 0, 0],
        [major, minor, patch, 1],
      ];
      return near.filter((version) => version.every((part) => part >= 0)).map((version) => version.join("."));
    });
}

function valuesOf(comparisons: Comparison[], operators: string[]): unknown[] {
  return comparisons.filter(({ operator }) => operators.includes(operator)).flatMap(({ values }) => values);
}

function distinct(values: unknown[]): unknown[] {
  const seen = new Set<unknown>();
  return values.filter((value) => !seen.has(value) && seen.add(value));
}
