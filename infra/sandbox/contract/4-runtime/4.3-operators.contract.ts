import { expect } from "vitest";
import type { Json } from "../../test-support.ts";
import { fact } from "../contract.ts";
import { holds } from "../holds.ts";

/** A condition, the values of `x` that meet it and those that do not, and whether it holds where `x` is missing. */
type Case = [condition: Json, yes: unknown[], no: unknown[], missing: boolean];

function operatorFact(title: string, ...cases: Case[]): void {
  fact("4.3", title, { needs: "sandbox" }, async () => {
    for (const [condition, yes, no, missing] of cases) {
      const said = (x: unknown) => `${JSON.stringify(condition)} for ${JSON.stringify(x)}`;
      for (const x of yes) expect(await holds(condition, { x }), said(x)).toBe(true);
      for (const x of no) expect(await holds(condition, { x }), said(x)).toBe(false);
      expect(await holds(condition, {}), said("nothing")).toBe(missing);
    }
  });
}

operatorFact(
  "exact is equality, and what holds without an operator",
  [{ value: "a", operator: "exact" }, ["a"], ["A", "ab"], false],
  [{ value: "a" }, ["a"], ["b"], false],
);
operatorFact("exact with a list is one of them", [
  { value: ["a", "b"], operator: "exact" },
  ["a", "b"],
  ["c"],
  false,
]);
operatorFact(
  "is_not is inequality, with a list none of them; missing is true",
  [{ value: "a", operator: "is_not" }, ["b"], ["a"], true],
  [{ value: ["a", "b"], operator: "is_not" }, ["c"], ["a", "b"], true],
);
operatorFact("Texts are compared as texts", [{ value: "5", operator: "exact" }, ["5"], ["05", "5.0"], false]);
operatorFact(
  "icontains looks for a text, whatever the case; a list is any of them",
  [{ value: "cme", operator: "icontains" }, ["ACME Inc"], ["other"], false],
  [{ value: ["one", "two"], operator: "icontains" }, ["a ONE", "a two"], ["three"], false],
);
operatorFact(
  "not_icontains is its contrary; a list is none of them; missing is true",
  [{ value: "cme", operator: "not_icontains" }, ["other"], ["ACME"], true],
  [{ value: ["one", "two"], operator: "not_icontains" }, ["three"], ["a one", "a TWO"], true],
);
operatorFact(
  "regex searches anywhere; missing is false",
  [{ value: "^a.c", operator: "regex" }, ["abcd"], ["xabc"], false],
  [{ value: "b+", operator: "regex" }, ["abbc"], ["ac"], false],
);
operatorFact("not_regex is its contrary; missing is true", [
  { value: "^a", operator: "not_regex" },
  ["xyz"],
  ["abc"],
  true,
]);
operatorFact("A regex is RE2's: (?i) at its start holds for all of it", [
  { value: "(?i)^acme$", operator: "regex" },
  ["ACME", "acme"],
  ["other"],
  false,
]);
operatorFact(
  "gt, gte and min compare numbers and texts; missing is false",
  [{ value: 5, operator: "gt" }, [6], [5, 4], false],
  [{ value: 5, operator: "gte" }, [5], [4], false],
  [{ value: 5, operator: "min" }, [5], [4], false],
  [{ value: "b", operator: "gt" }, ["c"], ["a"], false],
);
operatorFact(
  "lt, lte and max as well, but missing counts as 0: the contract says false, the published machine does not",
  [{ value: 5, operator: "lt" }, [4], [5], true],
  [{ value: 5, operator: "lte" }, [5], [6], true],
  [{ value: 5, operator: "max" }, [5], [6], true],
  [{ value: -1, operator: "lt" }, [-2], [0], false],
);
operatorFact("between has two ends", [{ value: [2, 4], operator: "between" }, [2, 3, 4], [1, 5], false]);
operatorFact("not_between is its contrary; missing is true", [
  { value: [2, 4], operator: "not_between" },
  [1, 5],
  [2, 3, 4],
  true,
]);
operatorFact(
  "in and not_in are membership",
  [{ value: ["a", "b"], operator: "in" }, ["a", "b"], ["c"], false],
  [{ value: ["a", "b"], operator: "not_in" }, ["c"], ["a", "b"], true],
);
operatorFact(
  "is_set is not null, and an empty text is set; is_not_set is null or missing",
  [{ value: "is_set", operator: "is_set" }, ["a", ""], [null], false],
  [{ value: "is_not_set", operator: "is_not_set" }, [null], ["a", ""], true],
);
operatorFact(
  "is_date_before and is_date_after compare times, is_date_exact too",
  [{ value: "2026-02-01", operator: "is_date_before" }, ["2026-01-31T00:00:00Z"], ["2026-02-02"], false],
  [{ value: "2026-02-01", operator: "is_date_after" }, ["2026-02-03"], ["2026-01-31"], false],
  [{ value: "2026-02-01", operator: "is_date_exact" }, ["2026-02-01"], ["2026-02-02"], false],
);
operatorFact("A relative date such as -7d is counted from now", [
  { value: "-7d", operator: "is_date_after" },
  [new Date().toISOString()],
  ["2020-01-01"],
  false,
]);
operatorFact("is_cleaned_path_exact compares paths, after the project's rules if it has some", [
  { value: "/docs", operator: "is_cleaned_path_exact" },
  ["/docs"],
  ["/docs/a", "/"],
  false,
]);
operatorFact(
  "semver_… compare versions",
  [{ value: "1.2.0", operator: "semver_gt" }, ["1.10.0", "2.0.0"], ["1.2.0", "1.1.9"], false],
  [{ value: "1.2.0", operator: "semver_gte" }, ["1.2.0", "1.10.0"], ["1.1.9"], false],
  [{ value: "1.2.0", operator: "semver_eq" }, ["1.2.0"], ["1.2.1"], false],
  [{ value: "1.2.0", operator: "semver_neq" }, ["1.2.1"], ["1.2.0"], true],
);
