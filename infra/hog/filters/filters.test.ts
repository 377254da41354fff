import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCompiler } from "../compile.ts";
import { matches } from "../evaluate.ts";
import { filterGlobals } from "../globals.ts";
import { HogError } from "../hog-error.ts";
import type { FilterContext, HogActionStep, HogEvent, HogFilters, HogProperty } from "../types.ts";
import { droppedConditions } from "./filters.ts";

const compiler = await createCompiler();
const [INTEGER, TRUE, AND] = [33, 29, 3];
const event: HogEvent = {
  uuid: "u",
  event: "signup",
  distinct_id: "d",
  timestamp: "2026-09-10T12:00:00Z",
  properties: {
    plan: "pro",
    amount: 150,
    $current_url: "https://example.com/docs/a",
    "a.b": "flat",
    a: { b: "deep" },
  },
  elements_chain: 'button.primary:text="Buy now"attr_id="buy";a:href="https://example.com/buy"text="Buy"',
};
const person = { id: "1", properties: { email: "someone@example.com" } };
const groups = [{ type: "company", index: 1, id: "acme", properties: { tier: "enterprise" } }];

function sent(filters: HogFilters, context: FilterContext = {}, changes: Partial<HogEvent> = {}) {
  const globals = filterGlobals({ event: { ...event, ...changes }, person, groups });
  return matches(compiler.filters(filters, context), globals);
}

const plan = (value: string): HogProperty => ({ key: "plan", value });

describe("events and actions", () => {
  const actions = new Map<string, HogActionStep[]>([
    ["1", [{ event: "signup" }, { event: "login" }]],
    ["2", [{ url: "docs" }]],
    ["3", [{ event: "signup", url: "^https://.*/docs", url_matching: "regex", properties: [plan("team")] }]],
    ["4", [{ url: "https://example.com/docs/a", url_matching: "exact" }]],
    ["5", []],
    ["6", [{}]],
    ["7", [{ event: "signup", text: "no such text", tag_name: "b" }]],
  ]);

  it.each<[HogFilters, boolean]>([
    [{}, true],
    [{ events: [] }, true],
    [{ events: [{ id: "signup", type: "events" }] }, true],
    [{ events: [{ id: "login", type: "events" }] }, false],
    [{ events: [{ id: "login" }] }, true], // an item is what its `type` says
    [{ events: [{ id: "signup", properties: [plan("team")] }] }, false],
    [{ events: [{ id: "3", type: "actions" }] }, false],
    [{ actions: [{ id: "signup", type: "events" }] }, true],
    [
      {
        events: [
          { id: "login", type: "events" },
          { id: "signup", type: "events" },
        ],
      },
      true,
    ],
    [{ events: [{ id: null, type: "events" }] }, true],
    [{ events: [{ id: null, type: "events", properties: [plan("team")] }] }, false],
    [
      {
        events: [
          { id: "signup", type: "events", properties: [plan("team")] },
          { id: "login", type: "events" },
        ],
      },
      false,
    ],
    [{ events: [{ id: "signup", type: "events" }], properties: [plan("pro")] }, true],
    [{ events: [{ id: "signup", type: "events" }], properties: [plan("team")] }, false],
    [{ actions: [{ id: "1", type: "actions" }] }, true],
    [{ actions: [{ id: "2", type: "actions" }] }, true],
    [{ actions: [{ id: "3", type: "actions" }] }, false],
    [{ actions: [{ id: "4", type: "actions", properties: [plan("pro")] }] }, true],
    [{ actions: [{ id: "5", type: "actions" }] }, true],
    // A step without a condition, or with only such that PostHog ignores, is every event.
    [{ actions: [{ id: "6", type: "actions" }] }, true],
    [{ actions: [{ id: "7", type: "actions" }] }, true],
    [{ events: [{ id: "login", type: "events" }], actions: [{ id: "2", type: "actions" }] }, true],
  ])("%j: %s", (filters, expected) => {
    expect(sent(filters, { actions })).toEqual({ matched: expected });
  });

  it("asks for the test accounts only where the filter does", () => {
    const testAccountFilters = [
      { key: "email", value: "@example", operator: "not_icontains", type: "person" },
    ];
    expect(sent({}, { testAccountFilters })).toEqual({ matched: true });
    expect(sent({ filter_test_accounts: true }, { testAccountFilters })).toEqual({ matched: false });
    expect(sent({ filter_test_accounts: true })).toEqual({ matched: true });
  });

  it.each<[string, HogFilters, FilterContext["actions"]]>([
    ["Action 9 does not exist", { actions: [{ id: "9", type: "actions" }] }, new Map()],
    ["Action 9 does not exist", { actions: [{ id: "9", type: "actions" }] }, undefined],
  ])("refuses: %s", (message, filters, actions) => {
    expect(() => compiler.filters(filters, actions ? { actions } : {})).toThrow(message);
  });
});

it("orders conditions as PostHog does: test accounts, properties, then any of events and actions", () => {
  const filters: HogFilters = {
    filter_test_accounts: true,
    properties: [{ key: "email", value: "x", operator: "icontains", type: "person" }],
    events: [
      {
        id: "a",
        type: "events",
        properties: [{ key: "url", value: "docs", operator: "icontains", type: "event" }],
      },
    ],
    actions: [{ id: "1", type: "actions" }],
  };
  const context = {
    testAccountFilters: [{ key: "name", value: "ben", type: "person" }],
    actions: new Map([["1", [{ event: "b", url: "docs" }]]]),
  };
  expect(compiler.filters(filters, context)).toEqual([
    ...["_H", 1],
    ...[32, "ben", 32, "name", 32, "properties", 32, "person", 1, 3, 11],
    ...[32, "%x%", 32, "email", 32, "properties", 32, "person", 1, 3, 2, "toString", 1, 18],
    ...[
      32,
      "a",
      32,
      "event",
      1,
      1,
      11,
      32,
      "%docs%",
      32,
      "url",
      32,
      "properties",
      1,
      2,
      2,
      "toString",
      1,
      18,
      3,
      2,
    ],
    ...[32, "b", 32, "event", 1, 1, 11, 32, "%docs%", 32, "$current_url", 32, "properties", 1, 2, 17, 3, 2],
    ...[4, 2],
    ...[3, 3],
  ]);
});

describe("keeps what it compiled", () => {
  const kept: HogFilters = { events: [{ id: "a", type: "events" }], properties: [plan("pro")] };
  const action = (event: string) => ({ actions: new Map([["1", [{ event }]]]) });

  it("where the project has no part in it", () => {
    const context = { ...action("x"), testAccountFilters: [plan("team")] };
    expect(compiler.filters(structuredClone(kept), context)).toBe(compiler.filters(kept));
  });

  it.each<[HogFilters, FilterContext, FilterContext]>([
    [{ actions: [{ id: "1", type: "actions" }] }, action("a"), action("b")],
    [{ ...kept, filter_test_accounts: true }, {}, { testAccountFilters: [plan("team")] }],
    [
      { properties: [{ key: "d", operator: "is_date_after", value: "-1d" }] },
      { now: new Date("2026-09-10T12:00:00Z") },
      { now: new Date("2026-09-11T12:00:00Z") },
    ],
  ])("but not over another project or day: %j", (filters, one, other) => {
    const first = compiler.filters(filters, one);
    expect(compiler.filters(filters, other)).not.toEqual(first);
    expect(compiler.filters(filters, one)).toEqual(first);
  });
});

describe("property types", () => {
  it.each<[HogProperty, boolean]>([
    [{ key: "plan", value: "pro", type: "event" }, true],
    [{ key: "email", value: "someone@example.com", type: "person" }, true],
    [{ key: "tier", value: "enterprise", type: "group", group_type_index: 1 }, true],
    [{ key: "tier", value: "enterprise", type: "group", group_type_index: 0 }, false],
    [{ key: "distinct_id", value: "d", type: "event_metadata" }, true],
    [{ key: "$group_1", value: "acme", type: "event_metadata" }, true],
    [{ key: "$elements_chain", value: "primary", operator: "icontains" }, true],
    [{ key: "toFloat(properties.amount) > 100 and event = 'signup'", type: "hogql" }, true],
    [{ key: "properties.amount between 1 and 2", type: "hogql" }, false],
    [{ key: "tag_name", value: "button", type: "element" }, true],
    [{ key: "tag_name", value: "but", type: "element" }, false],
    [{ key: "tag_name", value: "form", operator: "is_not", type: "element" }, true],
    [{ key: "tag_name", value: ["form", "a"], type: "element" }, true],
    [{ key: "tag_name", value: ["form", "a"], operator: "is_not", type: "element" }, false],
    [{ key: "href", value: "/buy", operator: "icontains", type: "element" }, true],
    [{ key: "text", value: "Buy", type: "element" }, true],
    [{ key: "text", value: "Sell", type: "element" }, false],
    [{ key: "text", value: ["Sell", "Buy now"], type: "element" }, true],
    [{ key: "text", value: [], type: "element" }, false],
    [{ key: "text", value: ["^Sell", "^Buy"], operator: "regex", type: "element" }, true],
    [{ key: "selector", value: "button.primary", type: "element" }, true],
    [{ key: "selector", value: "button.primary", operator: "is_not", type: "element" }, false],
    [{ key: "selector", value: [".secondary", "#buy"], type: "element" }, true],
    [{ key: "plan", value: "pro", type: "error_tracking_issue" }, true],
  ])("%j: %s", (property, expected) => {
    expect(sent({ properties: [property] })).toEqual({ matched: expected });
  });

  it.each<[operator: string, value: unknown, yes: unknown[], no: unknown[]]>([
    ["exact", "A", [["A"], ["B", "A"], '["A"]'], [["AA"], []]],
    ["exact", ["A", "B"], [["B"]], [["C"], []]],
    ["is_not", "A", [["B"], []], [["A"], ["A", "B"]]],
    ["is_not", ["A", "B"], [["C"], []], [["C", "A"]]],
    ["icontains", "err", [["x", "TypeError"]], [["x"], []]],
    ["icontains", ["x", "err"], [["TypeError"]], [["y"]]],
    ["not_icontains", "err", [["x"], []], [["x", "TypeError"]]],
    ["not_icontains", ["x", "err"], [["y"]], [["y", "x"]]],
    ["regex", ["^A", "^B"], [["BB"]], [["AB".toLowerCase()]]],
    ["not_regex", ["^A", "^B"], [["CA"]], [["CA", "BA"]]],
    ["is_set", undefined, [["A"]], [[]]],
    ["is_not_set", undefined, [[]], [["A"]]],
  ])("asks each text of an exception: %s %j", (operator, value, yes, no) => {
    const filters = { properties: [{ key: "$exception_types", operator, value }] };
    const matched = (list: unknown) => sent(filters, {}, { properties: { $exception_types: list } });
    for (const list of yes) expect(matched(list)).toEqual({ matched: true });
    for (const list of no) expect(matched(list)).toEqual({ matched: false });
    expect(matched(undefined).error).toContain("undefined or null"); // the machine's own way
  });

  it("reads a dotted key as it stands, but as steps for PostHog's own nested events", () => {
    const properties = [{ key: "a.b", value: "deep" }];
    const log = { id: "$activity_log_entry_created" };
    const ofLog = (filters: HogFilters) => sent(filters, {}, { event: log.id }).matched;
    expect(sent({ properties: [{ key: "a.b", value: "flat" }] })).toEqual({ matched: true });
    expect(ofLog({ events: [{ ...log, properties }] })).toBe(true);
    expect(ofLog({ events: [log], properties })).toBe(true);
    expect(ofLog({ events: [log, { id: "other", type: "events" }], properties })).toBe(false);
  });

  it.each<[string, HogProperty]>([
    ["cohorts cannot be used", { key: "id", value: 1, type: "cohort" }],
    ["cohorts cannot be used", { key: "id", value: 1, type: "static-cohort" }],
    ["cannot be used in a destination", { key: "$session_duration", value: 1, type: "session" }],
    ["cannot be used in a destination", { key: "created_at", value: "-7d", type: "person_metadata" }],
    ["virtual properties", { key: "$virt_is_bot", value: "true" }],
    ["use type `event_metadata`", { key: "distinct_id", value: "d", type: "person" }],
    ["does not see this column", { key: "person_id", value: "1", type: "event_metadata" }],
    ["must be 0 to 4", { key: "tier", value: "a", type: "group", group_type_index: 5 }],
    ["Element `id` does not exist", { key: "id", value: "a", type: "element" }],
    ["takes exact and is_not", { key: "selector", value: "a", operator: "regex", type: "element" }],
    ["takes exact and is_not", { key: "tag_name", value: "a", operator: "icontains", type: "element" }],
    ["`nope` does not exist", { key: "nope(properties.a)", type: "hogql" }],
    ["A subquery (`select`) cannot be used", { key: "properties.a in (select 1)", type: "hogql" }],
    ["cohorts cannot be used", { key: "person_id in cohort 2", type: "hogql" }],
    ["unexpected 'b'", { key: "a b", type: "hogql" }],
  ])("refuses: %s %j", (message, property) => {
    const filters = { properties: [property] };
    expect(() => compiler.filters(filters)).toThrow(HogError);
    expect(() => compiler.filters(filters)).toThrow(message);
  });
});

describe("conditions that PostHog leaves out", () => {
  const dropped: [string, object][] = [
    ["its list of values is empty", { key: "a", value: [] }],
    ["its list of values is empty", { key: "a", value: [], operator: "regex" }],
    ["it has no `value`", { key: "a" }],
    ["it has no `value`", { key: "a", value: null, operator: "gt" }],
    ["it has no `key`", { value: "a" }],
    ["it has no `key`", { type: "AND", values: [] }],
    ["use type `event`", { key: "$feature/a", value: "b", type: "feature" }],
    ["there is no property type `events`", { key: "a", value: "a", type: "events" }],
    ["it has no `group_type_index`", { key: "a", value: "a", type: "group" }],
  ];

  it.each(dropped)("%s: %j", (reason, property) => {
    // As a user may write it, and PostHog's API takes it.
    const filters = {
      events: [{ id: "a", type: "events", properties: [plan("pro"), property as HogProperty] }],
    };
    const stands = { path: "events[0].properties[1]", reason: expect.stringContaining(reason) };
    expect(droppedConditions(filters)).toEqual([stands]);
    expect(compiler.filters(filters).slice(-6)).toEqual([INTEGER, 1, AND, 2, AND, 2]);
  });

  it("names none in a complete filter, and each in its place", () => {
    const complete: HogFilters = {
      properties: [plan("pro"), { key: "a", operator: "is_set" }, { key: "1 = 1", type: "hogql" }],
      events: [{ id: "a", type: "events" }],
    };
    expect(droppedConditions(complete)).toEqual([]);
    expect(
      droppedConditions({
        properties: [{ key: "a" }],
        actions: [
          { id: "1", type: "actions" },
          { id: "2", type: "actions", properties: [{ key: "b" }] },
        ],
      }),
    ).toMatchObject([{ path: "properties[0]" }, { path: "actions[1].properties[0]" }]);
  });

  it("alone, gives 1, which is not true: such a filter matches nothing", () => {
    expect(sent({ properties: [{ key: "a", value: [] }] })).toEqual({ matched: false });
    expect(compiler.filters({ events: [{ id: null, type: "events" }] })).toEqual(["_H", 1, TRUE]);
  });
});

it("compiles any filter or says why not", () => {
  const operators = [
    "exact",
    "is_not",
    "icontains",
    "not_icontains",
    "regex",
    "not_regex",
    "gt",
    "lt",
    "between",
  ];
  const more = ["is_set", "is_date_before", "semver_caret", "in", "not_in", "not_between", "x"];
  const types = ["event", "person", "group", "element", "event_metadata", "hogql", "cohort", "session", "x"];
  const scalar = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.double({ noNaN: true }),
    fc.boolean(),
    fc.constant(null),
  );
  const property = fc.record(
    {
      key: fc.oneof(fc.constantFrom("plan", "text", "href", "tag_name", "distinct_id", "a.b"), fc.string()),
      value: fc.oneof(
        scalar,
        fc.array(scalar, { maxLength: 3 }),
        fc.constantFrom("-7d", "1.2.3", "2026-09-01"),
      ),
      operator: fc.constantFrom(...operators, ...more),
      type: fc.constantFrom(...types),
      group_type_index: fc.integer({ min: -1, max: 5 }),
    },
    { requiredKeys: ["key"] },
  );
  const properties = fc.array(property, { maxLength: 3 });
  const filters = fc.record(
    {
      properties,
      events: fc.array(fc.record({ id: fc.option(fc.string()), properties }), { maxLength: 2 }),
      filter_test_accounts: fc.boolean(),
    },
    { requiredKeys: [] },
  );
  let compiled = 0;
  fc.assert(
    fc.property(filters, properties, (filters, testAccountFilters) => {
      let bytecode: unknown[];
      try {
        bytecode = compiler.filters(filters, { testAccountFilters });
      } catch (error) {
        expect(error).toBeInstanceOf(HogError);
        return;
      }
      compiled++;
      expect(JSON.parse(JSON.stringify(bytecode)).slice(0, 2)).toEqual(["_H", 1]);
      expect(matches(bytecode, filterGlobals({ event, person })).matched).toBeTypeOf("boolean");
    }),
    { numRuns: 500 },
  );
  expect(compiled).toBeGreaterThan(50);
});
