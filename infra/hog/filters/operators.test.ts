import { describe, expect, it } from "vitest";
import { createCompiler } from "../compile.ts";
import { matches } from "../evaluate.ts";
import { filterGlobals } from "../globals.ts";
import { HogError } from "../hog-error.ts";
import type { HogPerson } from "../types.ts";

const compiler = await createCompiler();
const now = new Date("2026-09-10T12:00:00Z");
const event = { uuid: "u", event: "e", distinct_id: "d", timestamp: "2026-09-10T12:00:00Z", properties: {} };

function run(operator: string, value: unknown, person: HogPerson | null) {
  const property = { key: "p", operator, value, type: "person" };
  return matches(compiler.filters({ properties: [property] }, { now }), filterGlobals({ event, person }));
}

const withProperty = (p: unknown) => ({ id: "1", properties: { p } });

// What a missing property makes of each is the fourth column: true is what surprises people (contract §9.9).
const table: [operator: string, value: unknown, yes: unknown[], no: unknown[], missing: boolean][] = [
  ["exact", "a", ["a"], ["A", "", "ab"], false],
  ["exact", 5, [5, "5"], [6, "x"], false],
  ["exact", true, [true, "true"], [false, "false", 1], false],
  ["exact", ["a"], ["a"], ["b"], false],
  ["exact", ["a", "b"], ["a", "b"], ["c", ""], false],
  ["exact", [1, 2], [1], ["1"], false], // a list compares types too
  ["is_not", "a", ["b", ""], ["a"], true],
  ["is_not", ["a", "b"], ["c"], ["a", "b"], true],
  ["in", ["a", "b"], ["a"], ["c"], false],
  ["not_in", ["a", "b"], ["c"], ["a"], true],
  ["is_set", null, ["a", "", 0, false], [], false],
  ["is_not_set", null, [], ["a", "", 0, false], true],
  ["icontains", "Acme", ["x@ACME.example", ["acme"]], ["b", ""], false],
  ["icontains", "a_%b", ["a_%b", "axyb"], ["ab"], false], // % and _ are wildcards
  ["icontains", 5, [456, "5"], [4], false],
  ["icontains", "", ["a", ""], [], true],
  ["icontains", ["Acme", "foo"], ["ACME", "xFOO"], ["b"], false],
  ["icontains", ["Acme"], ["ACME"], ["b"], false],
  ["not_icontains", "Acme", ["b", ""], ["x@ACME.example"], true],
  ["not_icontains", ["Acme", "foo"], ["b"], ["ACME", "foo"], true],
  ["icontains_multi", ["Acme", "foo"], ["ACME", "xFOO"], ["b", ""], false],
  ["icontains_multi", "Acme", ["ACME"], ["b"], false],
  ["not_icontains_multi", ["Acme"], ["b", ""], ["x@ACME.example"], true],
  ["not_icontains_multi", "Acme", ["b"], ["ACME"], true],
  ["is_cleaned_path_exact", "/a/1", ["/a/1"], ["/a/2", "/A/1"], false],
  ["is_cleaned_path_exact", ["/a", "/b"], ["/b"], ["/c"], false],
  ["regex", "b.d", ["abcd", "b-d"], ["B-D", "bd"], false],
  ["regex", "(?i)b.d", ["B-D"], ["bd"], false],
  ["regex", ["^a", "^b"], ["ax", "bx"], ["xa"], false],
  ["not_regex", "b.d", ["bd", "B-D"], ["abcd"], true],
  ["not_regex", ["^a", "^b"], ["xa"], ["ax", "bx"], true],
  ["gt", 5, [6, "6", 5.5], [5, "x"], false],
  ["gte", 5, [5, "5"], [4], false],
  ["min", 5, [5], [4], false],
  // The machine compares as JavaScript does, null as 0 (contract §4.3 says otherwise; PostHog #44892 has the case).
  ["lt", 5, [4, "4", -1], [5, "x"], true],
  ["lte", 5, [5], [6], true],
  ["max", 5, [5], [6], true],
  ["gt", -1, [0], [-1], true],
  ["lt", "b", ["a"], ["c", 1], false],
  ["between", [1, 5], [1, 5, "3"], [0, 6], false],
  ["between", ["1", "5"], [1, 5], [6], false],
  ["not_between", [1, 5], [0, 6], [1, 5], true],
  ["not_between", [-5, 5], [-6], [0], true],
  [
    "is_date_exact",
    "2026-09-01",
    ["2026-09-01", "2026-09-01T00:00:00Z", "2026-09-01 00:00"],
    ["x", ""],
    false,
  ],
  ["is_date_before", "2026-09-01", ["2026-08-31T23:59:59Z"], ["2026-09-01", "x", 1700000000], false],
  ["is_date_after", "2026-09-01", ["2026-09-01 00:00:01"], ["2026-09-01"], false],
  ["is_date_after", "-7d", ["2026-09-03 12:00:01"], ["2026-09-03 12:00:00"], false],
  ["is_date_before", "1m", ["2026-08-10 11:59:59"], ["2026-08-10 12:00:00"], false],
  ["is_date_before", "-30M", ["2026-09-10 11:29:59"], ["2026-09-10 11:30:00"], false],
  ["semver_eq", "1.2.3", ["1.2.3", "v1.2.3"], ["1.2.4"], false],
  ["semver_neq", "1.2.3", ["1.2.4"], ["1.2.3"], true],
  ["semver_gt", "1.2.3", ["1.10.0"], ["1.2.3"], false],
  ["semver_gte", "1.2.3", ["1.2.3"], ["1.2.2"], false],
  ["semver_lt", "1.2.3", ["1.2.2"], ["1.10.0"], true],
  ["semver_lte", "1.2.3", ["1.2.3"], ["1.2.4"], true],
  ["semver_eq", "v1.2.3-rc.1+5", ["1.2.3"], ["1.2.4"], false],
  ["semver_gte", "2.0", ["2.0.0", "2.1"], ["1.9"], false],
  ["semver_tilde", "1.2.3", ["1.2.3", "1.2.9"], ["1.2.2", "1.3.0"], false],
  ["semver_tilde", "1", ["1.9.0"], ["2.0.0"], false],
  ["semver_caret", "1.2.3", ["1.10.0"], ["2.0.0", "1.2.2"], false],
  ["semver_caret", "0.2.3", ["0.2.4"], ["0.3.0"], false],
  ["semver_caret", "0.0.3", ["0.0.3"], ["0.0.4"], false],
  ["semver_wildcard", "1.*", ["1.9.9"], ["2.0.0"], false],
  ["semver_wildcard", "1.2.*", ["1.2.9"], ["1.3.0"], false],
  ["semver_wildcard", "1.2.3.*", ["1.2.3.4"], ["1.2.4.0"], false],
];

describe.each(table)("%s %j", (operator, value, yes, no, missing) => {
  it.each(yes)("matches %j", (p) => expect(run(operator, value, withProperty(p))).toEqual({ matched: true }));
  if (no.length > 0) {
    it.each(no)("does not match %j", (p) => {
      expect(run(operator, value, withProperty(p))).toEqual({ matched: false });
    });
  }
  it(`${missing ? "matches" : "does not match"} where the property, its value or the person is missing`, () => {
    expect(run(operator, value, { id: "1", properties: {} })).toEqual({ matched: missing });
    expect(run(operator, value, withProperty(null))).toEqual({ matched: missing });
    expect(run(operator, value, null)).toEqual({ matched: missing });
  });
});

it("takes a missing property for the text null, as the machine does", () => {
  expect(run("icontains", "ul", null)).toEqual({ matched: true });
  expect(run("regex", "^null$", null)).toEqual({ matched: true });
});

it("fixes a relative date in the project's time zone, when it compiles", () => {
  const property = { key: "p", operator: "is_date_after", value: "-1d" };
  const code = compiler.filters({ properties: [property] }, { now, timezone: "America/New_York" });
  expect(code).toContain("2026-09-09 08:00:00");
});

it.each([
  ["between", [5, 1], "smaller first"],
  ["between", [1], "two values"],
  ["not_between", ["a", "b"], "two numbers"],
  ["in", ["a"], "use `exact`"],
  ["not_in", "a", "use `is_not`"],
  ["is_date_before", 5, "A date must be text"],
  ["is_date_before", "-7x", "relative date `-7x`"],
  ["is_date_after", "7toString", "relative date `7toString`"],
  ["is_date_before", "yesterday", "`yesterday` is no date"],
  ["is_date_exact", "2026-13-45", "`2026-13-45` is no date"],
  ["is_date_before", "-1dStart", "relative date"],
  ["semver_caret", "abc", "A version"],
  ["semver_wildcard", "*", "A version"],
  ...["eq", "neq", "gt", "gte", "lt", "lte"].flatMap((name) =>
    // In the last two the machine finds another version than is meant, in the others none.
    [5, 1.5, true, "2", "abc", "", "1..2", "1.2.x", ">=1.2"].map((value): [string, unknown, string] => [
      `semver_${name}`,
      value,
      "A version must be text",
    ]),
  ),
  ["semver_gte", ["1.2.3", "2"], "A version must be text"],
  ["not_icontains_multi", ["a", "b"], "use `not_icontains`"],
  ["equals", "a", "`equals` does not exist"],
  ["toString", "a", "`toString` does not exist"],
  ["icontains", { a: 1 }, "must be text"],
  ["exact", { a: 1 }, "must be text"],
  ["regex", ["a", null], "cannot hold null"],
])("refuses %s %j", (operator, value, message) => {
  expect(() => run(operator, value, null)).toThrow(HogError);
  expect(() => run(operator, value, null)).toThrow(message);
});

it("refuses a cleaned path where the project has rules for it, as PostHog does", () => {
  const filters = { properties: [{ key: "p", operator: "is_cleaned_path_exact", value: "/a/1" }] };
  const pathCleaning = [{ regex: "/\\d+", alias: "/<id>" }];
  expect(() => compiler.filters(filters, { pathCleaning })).toThrow("`replaceRegexpAll` does not exist");
});
