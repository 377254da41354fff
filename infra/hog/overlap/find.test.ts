import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCompiler } from "../compile.ts";
import { matches } from "../evaluate.ts";
import { anyContext, anyEvent, anyFilters } from "../fixtures/random-filters.ts";
import { filterGlobals } from "../globals.ts";
import { HogError } from "../hog-error.ts";
import type { FilterContext, HogActionStep, HogFilters, HogProperty } from "../types.ts";
import { findOverlap } from "./find.ts";
import { mayOverlap, prepare } from "./prepare.ts";

const compiler = await createCompiler();
const context: FilterContext = {
  now: new Date("2026-09-10T12:00:00Z"),
  testAccountFilters: [{ key: "email", type: "person", operator: "not_icontains", value: "@acme.example" }],
  actions: new Map<string, HogActionStep[]>([
    ["1", [{ event: "$autocapture", selector: "#buy > .label", text: "buy", text_matching: "contains" }]],
    ["2", [{ event: "login" }, { url: "/pricing" }]],
  ]),
};

const on = (key: string, operator: string, value?: unknown, type?: string): HogProperty => {
  return { key, operator, value, ...(type !== undefined && { type }) };
};
const named = (id: string | null, ...properties: HogProperty[]): HogFilters => ({
  events: [{ id, type: "events", properties }],
});
const find = (a: HogFilters, b: HogFilters) => findOverlap(prepare(a), prepare(b), compiler, context);

describe("finds an event for both, with no more in it than that takes", () => {
  it.each<[HogFilters, HogFilters, event: object, others?: object]>([
    [named("a"), named("a"), { event: "a", properties: {} }],
    [named("a"), {}, { event: "a", properties: {} }],
    [{}, {}, { event: "any_event", properties: {} }],
    [
      {
        events: [
          { id: "a", type: "events" },
          { id: "b", type: "events" },
        ],
      },
      {
        events: [
          { id: "c", type: "events" },
          { id: "b", type: "events" },
        ],
      },
      { event: "b" },
    ],
    [
      named("a", on("plan", "exact", ["pro", "team"])),
      named(null, on("plan", "is_not", "pro")),
      { event: "a", properties: { plan: "team" } },
    ],
    [
      named("a", on("n", "gt", 2)),
      named("a", on("n", "lt", 3), on("n", "is_not", 2.5)),
      { properties: { n: 2.25 } },
    ],
    // The machine's == takes these for the same.
    [named("a", on("n", "exact", "5")), named("a", on("n", "exact", 5)), { properties: { n: "5" } }],
    [named("a", on("n", "exact", "5.0")), named("a", on("n", "exact", "5")), { properties: { n: 5 } }],
    [named("a", on("n", "exact", true)), named("a", on("n", "exact", "true")), { properties: { n: true } }],
    [named("a", on("n", "exact", "5")), named("a", on("n", "between", [1, 9])), { properties: { n: "5" } }],
    [
      named("a", on("e", "icontains", "ab"), on("e", "icontains", "cd")),
      named("a", on("e", "regex", "^x.*d$")),
      { properties: { e: "xabcd" } },
    ],
    [named("a", on("e", "regex", "^(v|w)\\d{2}-[^a-z]?$")), named("a"), { properties: { e: "v11-" } }],
    [
      named("a", on("d", "is_date_after", "2026-09-01")),
      named("a", on("d", "is_date_before", "-7d")),
      { properties: { d: "2026-09-02 00:00:00" } },
    ],
    [
      named("a", on("v", "semver_caret", "1.2.3")),
      named("a", on("v", "semver_gt", "1.4.0")),
      { properties: { v: "1.4.1" } },
    ],
    [
      {
        properties: [
          on(
            "toFloat(properties.amount) > 100 and person.properties.plan = 'pro'",
            "exact",
            undefined,
            "hogql",
          ),
        ],
      },
      named("buy", on("amount", "lt", 200)),
      { event: "buy", properties: { amount: 101 } },
      { person: { properties: { plan: "pro" } } },
    ],
    [
      { properties: [on("event in ('a', 'b')", "", undefined, "hogql")] },
      named(null, on("event", "is_not", "a", "event_metadata")),
      { event: "b" },
    ],
    [
      named("a", { ...on("tier", "exact", "x", "group"), group_type_index: 1 }),
      named("a", on("$group_1", "exact", "acme", "event_metadata")),
      { event: "a" },
      { groups: [{ index: 1, id: "acme", properties: { tier: "x" } }] },
    ],
    [
      { ...named("a", on("email", "icontains", "acme", "person")), filter_test_accounts: true },
      named("a"),
      { event: "a" },
      { person: { properties: { email: "acme" } } },
    ],
    [
      { actions: [{ id: "2", type: "actions" }] },
      named("b"),
      { event: "b", properties: { $current_url: "/pricing" } },
    ],
    [
      { actions: [{ id: "2", type: "actions", properties: [on("x", "is_set")] }] },
      named("login"),
      { event: "login", properties: { x: "other" } },
    ],
    [
      { actions: [{ id: "1", type: "actions" }] },
      named(
        "$autocapture",
        on("tag_name", "exact", "a", "element"),
        on("href", "icontains", "/x", "element"),
      ),
      { elements_chain: 'a.label:href="/x"text="buy";div:attr_id="buy"' },
    ],
    [
      named(
        "$autocapture",
        on("selector", "is_not", ".a", "element"),
        on("text", "not_icontains", "b", "element"),
      ),
      named("$autocapture", on("$elements_chain", "icontains", "button")),
      { event: "$autocapture" },
    ],
    [
      named("$exception", on("$exception_types", "icontains", "Type")),
      {
        events: [
          { id: "$exception", type: "events" },
          { id: "x", type: "events", properties: [on("$exception_values", "exact", "y")] },
        ],
      },
      { properties: { $exception_types: ["Type"], $exception_values: [] } },
    ],
    [
      named("$activity_log_entry_created", on("detail.name", "exact", "x")),
      named("$activity_log_entry_created", on("detail.id", "gt", 1)),
      { properties: { detail: { name: "x", id: 2 } } },
    ],
  ])("%j and %j", (a, b, event, others = {}) => {
    const found = find(a, b);
    expect(found).toMatchObject({ event, ...others });
    const keys = (found?.event.properties ?? {}) as object;
    if ("properties" in event) expect(Object.keys(keys)).toEqual(Object.keys(event.properties as object));
  });

  it.each<[HogFilters, HogFilters, may: boolean]>([
    [named("a"), named("b"), false],
    [{ source: "person-updates" }, {}, false],
    [named("a", on("plan", "exact", "pro")), named("a", on("plan", "exact", ["team", "free"])), false],
    [named("a", on("plan", "exact", "pro")), { properties: [on("plan", "is_not_set")] }, false],
    [
      { ...named("a", on("plan", "in", ["a", "b"])), properties: [on("plan", "exact", ["b", "c"])] },
      named("a", on("plan", "exact", "a")),
      false,
    ],
    [named("a", on("n", "gt", 5)), named("a", on("n", "lt", 5)), true],
    [named("a", on("e", "icontains", "x")), named("a", on("e", "not_icontains", "X")), true],
    [{ actions: [{ id: "1", type: "actions" }] }, named("b"), true], // without the action's steps
    [{ actions: [{ id: "9", type: "actions" }] }, named("b"), true], // PostHog refuses the filter
  ])("none for %j and %j", (a, b, may) => {
    expect(mayOverlap(prepare(a), prepare(b))).toBe(may);
    expect(find(a, b)).toBeUndefined();
  });

  it("knows an action's events where it is given the steps", () => {
    const [action, login] = [
      prepare({ actions: [{ id: "1", type: "actions" }] }, context),
      prepare(named("login")),
    ];
    expect(mayOverlap(action, login)).toBe(false);
    expect(mayOverlap(action, prepare(named("$autocapture")))).toBe(true);
  });
});

it("overlaps wherever a random event matches both, and whatever it finds matches both", () => {
  let both = 0;
  let found = 0;
  const matched = (
    filters: HogFilters,
    context: FilterContext,
    sample: Parameters<typeof filterGlobals>[0],
  ) => {
    try {
      return matches(compiler.filters(filters, context), filterGlobals(sample)).matched;
    } catch (error) {
      expect(error).toBeInstanceOf(HogError);
      return false;
    }
  };
  fc.assert(
    fc.property(anyFilters, anyFilters, anyContext, anyEvent, (one, other, context, sample) => {
      const { source: _, ...a } = one;
      const { source: __, ...b } = other;
      for (const known of [undefined, context]) {
        const [left, right] = [prepare(a, known), prepare(b, known)];
        if (matched(a, context, sample) && matched(b, context, sample)) {
          both++;
          expect(mayOverlap(left, right)).toBe(true);
        }
        const witness = findOverlap(left, right, compiler, context);
        if (!witness) continue;
        found++;
        expect([matched(a, context, witness), matched(b, context, witness)]).toEqual([true, true]);
      }
    }),
    { numRuns: 1500 },
  );
  expect(both).toBeGreaterThan(20);
  expect(found).toBeGreaterThan(200);
});

it("finds an event exactly where there is one, for plain conditions on small domains", () => {
  const letters = ["", "a", "b", "x"];
  const words = letters.flatMap((one) => letters.flatMap((two) => letters.map((three) => one + two + three)));
  const numbers = Array.from({ length: 15 }, (_, index) => index / 2 - 1);
  const domain = [undefined, ...new Set<unknown>([...words, ...numbers, true])];

  const text = fc.constantFrom("a", "b", "ab", "ba");
  const number = fc.integer({ min: 0, max: 4 });
  const condition = (type: string) =>
    fc
      .oneof(
        fc.record({ operator: fc.constantFrom("exact", "is_not"), value: fc.oneof(text, number) }),
        fc.record({ operator: fc.constant("exact"), value: fc.array(text, { minLength: 2, maxLength: 3 }) }),
        fc.record({ operator: fc.constantFrom("gt", "lt"), value: number }),
        fc.record({ operator: fc.constant("icontains"), value: fc.constantFrom("a", "b") }),
        fc.record({ operator: fc.constantFrom("is_set", "is_not_set"), value: fc.constant("") }),
      )
      .map((rest): HogProperty => ({ key: "p", type, ...rest }));
  const properties = fc.array(fc.oneof(condition("event"), condition("person")), { maxLength: 3 });
  const filters = fc.record({
    events: fc.array(
      fc.record({ id: fc.constantFrom("a", "b", null), type: fc.constant("events"), properties }),
      { maxLength: 2 },
    ),
    properties,
  });

  const counts = { some: 0, none: 0 };
  fc.assert(
    fc.property(filters, filters, (a, b) => {
      const exists = ["a", "b", "c"].some((event) => isPossible(event, a, b));
      counts[exists ? "some" : "none"]++;
      expect(findOverlap(prepare(a), prepare(b), compiler) !== undefined).toBe(exists);
    }),
    { numRuns: 1000 },
  );
  expect(Math.min(counts.some, counts.none)).toBeGreaterThan(100);

  /** By items: the event's and the person's value are independent, so each is looked for alone. */
  function isPossible(event: string, a: HogFilters, b: HogFilters): boolean {
    const ways = ({ events = [], properties = [] }: HogFilters) =>
      (events.length > 0 ? events : [{ id: null, properties: [] }])
        .filter(({ id }) => id === null || id === event)
        .map((item) => [...properties, ...(item.properties ?? [])]);
    return ways(a).some((left) =>
      ways(b).some((right) => {
        const all = [...left, ...right];
        return ["event", "person"].every((type) => {
          const same = all.filter((property) => property.type === type);
          const code = compiler.filters({ events: [{ id: null, type: "events", properties: same }] });
          return domain.some((p) => matches(code, filterGlobals(sampleOf(type, p))).matched);
        });
      }),
    );
  }

  function sampleOf(type: string, p: unknown) {
    const properties = p === undefined ? {} : { p };
    return {
      event: {
        uuid: "u",
        event: "e",
        distinct_id: "d",
        timestamp: "t",
        properties: type === "event" ? properties : {},
      },
      person: { id: "1", properties: type === "person" ? properties : {} },
    };
  }
});
