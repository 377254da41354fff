import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCompiler } from "../compile.ts";
import { matches } from "../evaluate.ts";
import { anyFilters } from "../fixtures/random-filters.ts";
import { filterGlobals } from "../globals.ts";
import { HogError } from "../hog-error.ts";
import type { HogActionStep, HogFilters, HogProperty } from "../types.ts";
import { actionWords, filterWords } from "./filter.ts";

const compiler = await createCompiler();
const names = { actions: new Map([["7", { name: "Paying signup" }]]), groups: new Map([[0, "company"]]) };

const on = (key: string, operator: string, value?: unknown): HogProperty => ({ key, operator, value });
const ofPerson = (key: string, operator: string, value?: unknown): HogProperty => ({
  ...on(key, operator, value),
  type: "person",
});
const ofElement = (key: string, operator: string, value: unknown): HogProperty => ({
  ...on(key, operator, value),
  type: "element",
});
const plan = on("plan", "exact", "pro");

describe("a filter in words", () => {
  it.each<[string, HogFilters]>([
    ["on every event.", {}],
    ["on every event.", { events: [], actions: [] }],
    ["on every event.", { events: [{ id: null }] }],
    ["on every event.", { events: [{ id: "a" }, { id: null }] }],
    ["on every event with plan pro.", { properties: [plan] }],
    ["on every event with plan pro.", { events: [{ id: null, properties: [plan] }] }],
    ["on every event; not for internal test accounts.", { filter_test_accounts: true }],
    ["on every event of PostHog's own.", { source: "internal-events" }],
    [
      "when *$insight_alert_firing*.",
      { source: "internal-events", events: [{ id: "$insight_alert_firing" }] },
    ],
    ["when a person changes.", { source: "person-updates" }],
    [
      "when a person changes where the person's plan is pro; not for internal test accounts.",
      {
        source: "person-updates",
        properties: [ofPerson("plan", "exact", "pro")],
        filter_test_accounts: true,
      },
    ],
    ["when *a*.", { events: [{ id: "a" }] }],
    ["when *user signed up*.", { events: [{ id: "user  signed\nup" }] }],
    ["when *a*, or *b*, or *c*.", { events: [{ id: "a" }, { id: "b" }, { id: "c" }] }],
    ["when *a*, or any event with plan pro.", { events: [{ id: "a" }, { id: null, properties: [plan] }] }],
    [
      "when *user_signed_up*, or *subscription_started* with plan pro or team; not for internal test accounts.",
      {
        events: [
          { id: "user_signed_up" },
          { id: "subscription_started", properties: [{ key: "plan", value: ["pro", "team"] }] },
        ],
        filter_test_accounts: true,
      },
    ],
    [
      "when *a* with plan pro and seats 5.",
      { events: [{ id: "a", properties: [plan] }], properties: [{ key: "seats", value: 5 }] },
    ],
    [
      "when *a*; or *b* with x 1, y 2 and z 3; in each case with plan pro.",
      {
        events: [
          { id: "a" },
          { id: "b", properties: ["x", "y", "z"].map((key, i) => ({ key, value: i + 1 })) },
        ],
        properties: [plan],
      },
    ],
    [
      "when *Paying signup*, or the action 8 with plan pro.",
      { actions: [{ id: "7" }, { id: "8", properties: [plan] }] },
    ],
    ["when *a*, or *Paying signup*.", { events: [{ id: "a" }], actions: [{ id: "7" }] }],
  ])("Fires %s", (expected, filters) => {
    expect(filterWords(filters, compiler, names)).toBe(`Fires ${expected}`);
  });

  it("has no names where it knows none", () => {
    const filters = { events: [{ id: "a b" }], actions: [{ id: "7" }] };
    expect(filterWords(filters, compiler)).toBe("Fires when *a b*, or the action 7.");
  });
});

describe("an action in words", () => {
  const pageview = { event: "$pageview", url: "acme.example/pricing" };
  it.each<[string, ...HogActionStep[]]>([
    ["any event"],
    ["any event", {}],
    ["*a*", { event: "a" }],
    ["*a*, or *b*", { event: "a" }, { event: "b", url: null, properties: null }],
    ["*a* with plan pro", { event: "a", properties: [plan] }],
    [
      "*a* with x 1, y 2 and plan pro; or *b*",
      ...[{ event: "a", properties: [on("x", "exact", 1), on("y", "exact", 2), plan] }, { event: "b" }],
    ],
    ["*$pageview* where the page contains acme.example/pricing", pageview],
    ["*$pageview* where the page is acme.example/pricing", { ...pageview, url_matching: "exact" }],
    ["*$pageview* where the page matches `acme.example/pricing`", { ...pageview, url_matching: "regex" }],
    [
      "any event with plan pro, where the person's plan is pro and the page contains /buy",
      { url: "/buy", properties: [plan, ofPerson("plan", "exact", "pro")] },
    ],
    ["any event with plan other than pro (or without plan)", { properties: [on("plan", "is_not", "pro")] }],
    [
      'where the clicked element is a button matching `.cta` and with the text "Buy now"'.replace(
        /^/,
        "*$autocapture* ",
      ),
      { event: "$autocapture", tag_name: "button", selector: ".cta", text: "Buy now" },
    ],
    [
      "*$autocapture* where the clicked element has a text containing Buy and has a link matching `^/buy`",
      {
        event: "$autocapture",
        text: "Buy",
        text_matching: "contains",
        href: "^/buy",
        href_matching: "regex",
      },
    ],
    // PostHog does not read them here.
    ["*a*", { event: "a", text: "Buy", tag_name: "button" }],
  ])("%s", (expected, ...steps) => {
    expect(actionWords(steps, compiler, names)).toBe(`Matches ${expected}.`);
    const known = { ...names, actions: new Map([["7", { name: "Buys", steps }]]) };
    const filters = { actions: [{ id: "7", properties: [on("q", "exact", 1)] }] };
    expect(filterWords(filters, compiler, known)).toBe(`Fires when *Buys* (${expected}) with q 1.`);
  });

  it("says nothing of a missing property that the action or the destination rules out", () => {
    const steps = [{ event: "a", properties: [on("plan", "is_set"), on("seats", "is_not", 1)] }];
    const known = { actions: new Map([["7", { name: "F", steps }]]) };
    const properties = [on("plan", "is_not", "pro"), on("seats", "gt", 0)];
    const words =
      "Fires when *F* (*a* with plan set and seats other than 1) with plan other than pro and seats more than 0.";
    expect(filterWords({ actions: [{ id: "7", properties }] }, compiler, known)).toBe(words);
    expect(filterWords({ actions: [{ id: "7" }], properties }, compiler, known)).toBe(words);
  });
});

describe("conditions in words", () => {
  it.each<[string, ...HogProperty[]]>([
    ["with plan pro", plan],
    ["with plan pro", { key: "plan", value: "pro", operator: "" }],
    ["with plan true", on("plan", "exact", true)],
    ['with plan "pro plan"', on("plan", "exact", "pro plan")],
    ['with plan ""', on("plan", "exact", "")],
    ["with plan a, b or c", on("plan", "in", ["a", "b", "c"])],
    ["with plan a, b, c, d or 3 more", on("plan", "exact", ["a", "b", "c", "d", "e", "f", "g"])],
    ["with plan other than pro (or without plan)", on("plan", "is_not", "pro")],
    ["with plan other than pro or team (or without plan)", on("plan", "not_in", ["pro", "team"])],
    ["with plan other than pro", on("plan", "is_not", "pro"), on("plan", "is_set")],
    ["with plan set", on("plan", "is_set")],
    ["without plan", on("plan", "is_not_set")],
    ["with plan pro, without trial", plan, on("trial", "is_not_set")],
    ["with email containing @acme.example", on("email", "icontains", "@acme.example")],
    ["with email containing a or b", on("email", "icontains_multi", ["a", "b"])],
    [
      "with email not containing @acme.example (or without email)",
      on("email", "not_icontains", "@acme.example"),
    ],
    ["with url matching `^a b`", on("url", "regex", "^a  b")],
    ["with url not matching `a` or `b` (or without url)", on("url", "not_regex", ["a", "b"])],
    ["with seats more than 5", on("seats", "gt", 5)],
    ["with seats more than -1 (or without seats)", on("seats", "gt", -1)],
    ["with seats at least 5 and less than 500", on("seats", "gte", 5), on("seats", "lt", 500)],
    ["with seats less than 500 (or without seats)", on("seats", "lt", 500)],
    ["with seats at least 5 and at most 9", on("seats", "min", 5), on("seats", "max", 9)],
    ["with seats between 1 and 5", on("seats", "between", [1, 5])],
    ["with seats not between 1 and 5 (or without seats)", on("seats", "not_between", [1, 5])],
    ["with day exactly 2026-09-01", on("day", "is_date_exact", "2026-09-01")],
    ["with day before 2026-09-01", on("day", "is_date_before", "2026-09-01")],
    ["with day less than 7 days before the last save", on("day", "is_date_after", "-7d")],
    ["with day more than 1 month before the last save", on("day", "is_date_before", "1m")],
    ["with v version 1.2.3", on("v", "semver_eq", "1.2.3")],
    ["with v other than version 1.2.3 (or without v)", on("v", "semver_neq", "1.2.3")],
    [
      "with v at least version 1.2.3 and below version 2.0",
      on("v", "semver_gte", "1.2.3"),
      on("v", "semver_lt", "2.0"),
    ],
    ["with v within version ^1.2.3", on("v", "semver_caret", "1.2.3")],
    ["with v within version 1.*", on("v", "semver_wildcard", "1.*")],
    ["with $pathname equal to /a after path cleaning", on("$pathname", "is_cleaned_path_exact", "/a")],
    ["with x `starts_with` a", on("x", "starts_with", "a")],
    ["where the person's plan is pro", ofPerson("plan", "exact", "pro")],
    ["where the person's plan is not pro (or is missing)", ofPerson("plan", "is_not", "pro")],
    ["where the person's plan is not set", ofPerson("plan", "is_not_set")],
    [
      "where the person's email contains a and does not contain b",
      ofPerson("email", "icontains", "a"),
      ofPerson("email", "not_icontains", "b"),
    ],
    [
      "where the company's tier is enterprise",
      { ...on("tier", "exact", "enterprise"), type: "group", group_type_index: 0 },
    ],
    [
      "where group 1's tier is enterprise",
      { ...on("tier", "exact", "enterprise"), type: "group", group_type_index: 1 },
    ],
    [
      "where the company is not acme (or is missing)",
      { ...on("$group_0", "is_not", "acme"), type: "event_metadata" },
    ],
    ["where the distinct ID is not d", { ...on("distinct_id", "is_not", "d"), type: "event_metadata" }],
    ["where the issue's assignee is set", { ...on("assignee", "is_set"), type: "error_tracking_issue" }],
    ["where the person's cohort is 5", { ...on("id", "exact", 5), type: "cohort" }],
    [
      "where `toFloat(properties.amount) > 100`",
      { key: "toFloat(properties.amount)  >\n100", type: "hogql" },
    ],
    [
      "where a condition on plan counts as true, because its list of values is empty",
      on("plan", "exact", []),
    ],
    [
      "with plan pro, where `1 = 1` and the person's a is b, with b c",
      ...[plan, { key: "1 = 1", type: "hogql" }, ofPerson("a", "exact", "b"), on("b", "exact", "c")],
    ],
    ["where the clicked element is a button", ofElement("tag_name", "exact", "button")],
    [
      "where the clicked element is a button or a `div` element",
      ofElement("tag_name", "exact", ["button", "div"]),
    ],
    ["where the clicked element is not a link", ofElement("tag_name", "is_not", "a")],
    [
      'where the clicked element is a button with the text "Buy now"',
      ...[ofElement("text", "exact", "Buy now"), ofElement("tag_name", "exact", "button")],
    ],
    [
      "where the clicked element has the link /buy and does not match `.no`",
      ...[ofElement("href", "exact", "/buy"), ofElement("selector", "is_not", ".no")],
    ],
    [
      "where the clicked element is a link with a text containing buy and matching `.cta > a`",
      ofElement("tag_name", "exact", "a"),
      ofElement("text", "icontains", "buy"),
      ofElement("selector", "exact", ".cta > a"),
    ],
  ])("%s", (expected, ...properties) => {
    expect(filterWords({ events: [{ id: "a", properties }] }, compiler, names)).toBe(
      `Fires when *a* ${expected}.`,
    );
  });

  it("says nothing of a missing property that a global condition rules out", () => {
    const properties = [on("plan", "is_not", "pro")];
    const filters = { events: [{ id: "a", properties }, { id: "b" }], properties: [on("plan", "is_set")] };
    expect(filterWords(filters, compiler)).toBe(
      "Fires when *a* with plan other than pro, or *b*; in each case with plan set.",
    );
  });

  it("names each condition, however many there are", () => {
    const properties = Array.from({ length: 9 }, (_, index) => on(`k${index}`, "exact", index));
    for (const { key } of properties) expect(filterWords({ properties }, compiler)).toContain(`${key} `);
  });
});

const VALUES = [
  ...["", "a", "0", "5", "-1", " ", "null", "ul", "%", ".*", "^$", "1.2.3", "2", "v1.2", "2026-09-01", "-7d"],
  ...[0, 5, -1, 1.5, true, false, null, [], [""], ["a"], ["a", "b"], [-1, 5], [1, 5], ["-1", "5"], ["", "a"]],
  ...[[".*"], ["1.2.3", "2.0"], { a: 1 }],
];

const OPERATORS = [
  ...["exact", "in", "is_cleaned_path_exact", "is_not", "not_in", "is_set", "icontains", "icontains_multi"],
  ...["not_icontains", "not_icontains_multi", "regex", "not_regex", "gt", "gte", "min", "lt", "lte", "max"],
  ...[
    "between",
    "not_between",
    "is_date_exact",
    "is_date_before",
    "is_date_after",
    "semver_eq",
    "semver_neq",
  ],
  ...[
    "semver_gt",
    "semver_gte",
    "semver_lt",
    "semver_lte",
    "semver_tilde",
    "semver_caret",
    "semver_wildcard",
  ],
  ...["", "nonsense"],
];

const nobody = filterGlobals({
  event: { uuid: "u", event: "a", distinct_id: "d", timestamp: "2026-09-10T12:00:00Z", properties: {} },
  person: null,
});

function holdsForNobody(filters: HogFilters): boolean {
  try {
    return matches(compiler.filters(filters), nobody).matched;
  } catch (error) {
    if (error instanceof HogError) return false;
    throw error;
  }
}

describe("says that a property may be missing exactly where the machine matches without it", () => {
  const types = ["event", "person", "group"];
  const expectTruth = (properties: HogProperty[]) => {
    const filters = { events: [{ id: "a", type: "events", properties }] };
    const words = filterWords(filters, compiler);
    const isSaid = /\(or (without \S+|is missing)\)\.$|counts as true/.test(words);
    expect([words, isSaid]).toEqual([words, holdsForNobody(filters)]);
  };

  it.each(OPERATORS)("%s", (operator) => {
    for (const value of VALUES) {
      for (const type of types) expectTruth([{ key: "p", operator, value, type, group_type_index: 0 }]);
    }
  });

  it("also of several conditions on one thing", () => {
    const operator = fc.constantFrom(...OPERATORS);
    // Without those that PostHog leaves out.
    const value = fc.constantFrom(...VALUES.filter((one) => one !== null && String(one) !== ""), "", 0);
    const conditions = fc.array(fc.record({ operator, value }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.constantFrom(...types), conditions, (type, list) => {
        expectTruth(list.map((one) => ({ key: "p", type, group_type_index: 0, ...one })));
      }),
      { numRuns: 2000 },
    );
  });
});

it("has one well-formed sentence for any filter", () => {
  const anything = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.anything());
  const property = fc.record(
    {
      key: anything,
      value: anything,
      operator: anything,
      type: fc.oneof(fc.string(), fc.constant("element")),
      group_type_index: fc.anything(),
    },
    { requiredKeys: [] },
  );
  const properties = fc.array(property, { maxLength: 3 });
  const wild = fc.record(
    {
      source: fc.string(),
      events: fc.array(fc.record({ id: fc.option(fc.string()), properties })),
      actions: fc.array(fc.record({ id: fc.string(), properties })),
      properties,
      filter_test_accounts: fc.boolean(),
    },
    { requiredKeys: [] },
  );
  // Whatever a file may hold, where the types promise more.
  const any = fc.oneof(anyFilters, wild as fc.Arbitrary<HogFilters>);
  fc.assert(
    fc.property(any, (filters) => {
      const words = filterWords(filters, compiler);
      expect(words).toMatch(/^Fires (on|when) .*\.$/);
      expect(words).not.toMatch(/\s\s|[\n\t]/);
      expect(filterWords(structuredClone(filters), compiler)).toBe(words);
    }),
    { numRuns: 2000 },
  );
});
