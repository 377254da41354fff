import type { HogProperty } from "../types.ts";
import { choice, code, shown } from "./shown.ts";

/** What a condition says, after `with plan …` and after `the person's plan …`. */
export type Predicate = { noun: string; clause: string };

/** Every operator of contract §4.3 in words; one that does not exist by its name. */
export function predicate({ operator, value }: HogProperty): Predicate {
  const name = operator || "exact";
  const say = Object.hasOwn(WORDS, name) ? WORDS[name] : undefined;
  return say ? say(listOf(value)) : is(`${code(name)} ${values(listOf(value))}`);
}

const WORDS: Record<string, (list: unknown[]) => Predicate> = {
  exact: (list) => is(values(list)),
  in: (list) => is(values(list)),
  is_cleaned_path_exact: (list) => is(`equal to ${values(list)} after path cleaning`),
  is_not: (list) => not(values(list)),
  not_in: (list) => not(values(list)),
  is_set: () => is("set"),
  is_not_set: () => is("not set"),
  icontains: (list) => verb("containing", "contains", values(list)),
  icontains_multi: (list) => verb("containing", "contains", values(list)),
  not_icontains: (list) => verb("not containing", "does not contain", values(list)),
  not_icontains_multi: (list) => verb("not containing", "does not contain", values(list)),
  regex: (list) => verb("matching", "matches", patterns(list)),
  not_regex: (list) => verb("not matching", "does not match", patterns(list)),
  gt: (list) => is(`more than ${values(list)}`),
  gte: (list) => is(`at least ${values(list)}`),
  min: (list) => is(`at least ${values(list)}`),
  lt: (list) => is(`less than ${values(list)}`),
  lte: (list) => is(`at most ${values(list)}`),
  max: (list) => is(`at most ${values(list)}`),
  between: (list) => is(`between ${choice(list.map(shown), "and")}`),
  not_between: (list) => is(`not between ${choice(list.map(shown), "and")}`),
  is_date_exact: (list) => is(dates(list, "exactly")),
  is_date_before: (list) => is(dates(list, "before")),
  is_date_after: (list) => is(dates(list, "after")),
  semver_eq: (list) => is(`version ${values(list)}`),
  semver_neq: (list) => not(`version ${values(list)}`),
  semver_gt: (list) => is(`above version ${values(list)}`),
  semver_gte: (list) => is(`at least version ${values(list)}`),
  semver_lt: (list) => is(`below version ${values(list)}`),
  semver_lte: (list) => is(`at most version ${values(list)}`),
  semver_tilde: (list) => is(`within version ${values(list.map(prefixed("~")))}`),
  semver_caret: (list) => is(`within version ${values(list.map(prefixed("^")))}`),
  semver_wildcard: (list) => is(`within version ${values(list)}`),
};

function prefixed(sign: string): (version: unknown) => unknown {
  return (version) => (typeof version === "string" ? sign + version : version);
}

export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function is(text: string): Predicate {
  return { noun: text, clause: `is ${text}` };
}

function not(text: string): Predicate {
  return { noun: `other than ${text}`, clause: `is not ${text}` };
}

function verb(noun: string, clause: string, object: string): Predicate {
  return { noun: `${noun} ${object}`, clause: `${clause} ${object}` };
}

function values(list: unknown[]): string {
  return choice(list.map(shown));
}

function patterns(list: unknown[]): string {
  return choice(list.map(code));
}

const UNITS: ReadonlyMap<string, string> = new Map([
  ...([
    ["s", "second"],
    ["M", "minute"],
    ["h", "hour"],
    ["d", "day"],
  ] as const),
  ...([
    ["w", "week"],
    ["m", "month"],
    ["q", "quarter"],
    ["y", "year"],
  ] as const),
]);

/** A relative date is fixed when PostHog saves the filter (contract §4.2): after `-7d` is less than 7 days before. */
function dates(list: unknown[], how: "exactly" | "before" | "after"): string {
  const relative = { exactly: "exactly", before: "more than", after: "less than" }[how];
  return choice(
    list.map((date) => {
      const [, digits, unit = ""] = /^-?(\d+)([a-zA-Z])$/.exec(typeof date === "string" ? date : "") ?? [];
      const [count, name] = [Number(digits), UNITS.get(unit)];
      if (digits === undefined || name === undefined) return `${how} ${shown(date)}`;
      return `${relative} ${count} ${name}${count === 1 ? "" : "s"} before the last save`;
    }),
  );
}
