import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCompiler } from "../compile.ts";
import { matches } from "../evaluate.ts";
import { anyContext, anyEvent, anyFilters } from "../fixtures/random-filters.ts";
import { filterGlobals } from "../globals.ts";
import { HogError } from "../hog-error.ts";
import type {
  FilterContext,
  HogActionFilter,
  HogActionStep,
  HogEventFilter,
  HogFilters,
  HogProperty,
} from "../types.ts";
import { type Decision, decide } from "./explain.ts";
import { readsNested } from "./filters.ts";

const compiler = await createCompiler();
const globals = filterGlobals({
  event: {
    uuid: "u",
    event: "signup",
    distinct_id: "d",
    timestamp: "2026-09-10T12:00:00Z",
    properties: { plan: "pro", seats: 5 },
  },
  person: { id: "1", properties: { email: "someone@acme.example" } },
});
const context: FilterContext = {
  testAccountFilters: [{ key: "email", type: "person", operator: "not_icontains", value: "@acme.example" }],
  actions: new Map<string, HogActionStep[]>([
    ["1", [{ event: "signup" }]],
    ["2", [{ event: "login" }]],
    ["3", [{ properties: [{ type: "hogql", key: "nope.nope = 1" }] }]],
  ]),
};

const pro: HogProperty = { key: "plan", value: "pro" };
const team: HogProperty = { key: "plan", value: "team" };
const hogql = (key: string): HogProperty => ({ type: "hogql", key });
const broken = hogql("nope.nope = 1");

describe("names the condition that decided", () => {
  it.each<[name: string, HogFilters, Decision["decided"]]>([
    [
      "no event has the name",
      {
        events: [
          { id: "login", type: "events" },
          { id: "logout", type: "events" },
        ],
      },
      ["events"],
    ],
    ["the name comes first", { events: [{ id: "login", type: "events" }], properties: [team] }, ["events"]],
    ["test accounts", { filter_test_accounts: true, properties: [team] }, ["filter_test_accounts"]],
    ["the first global condition that is false", { properties: [pro, team, team] }, ["properties", 1]],
    [
      "global before item",
      { events: [{ id: "signup", type: "events", properties: [team] }], properties: [team] },
      ["properties", 0],
    ],
    [
      "a condition of the item with the name",
      {
        events: [
          { id: "login", type: "events" },
          { id: "signup", type: "events", properties: [pro, team] },
        ],
      },
      ["events", 1, "properties", 1],
    ],
    [
      "the first such item",
      {
        events: [
          { id: "signup", type: "events", properties: [team] },
          { id: null, type: "events", properties: [team] },
        ],
      },
      ["events", 0, "properties", 0],
    ],
    ["the only action", { actions: [{ id: "2", type: "actions" }] }, ["actions", 0]],
    [
      "no action",
      {
        actions: [
          { id: "2", type: "actions" },
          { id: "2", type: "actions" },
        ],
      },
      ["actions"],
    ],
    [
      "a condition on an action",
      {
        actions: [
          { id: "2", type: "actions" },
          { id: "1", type: "actions", properties: [team] },
        ],
      },
      ["actions", 1, "properties", 0],
    ],
    [
      "neither event nor action",
      { events: [{ id: "login", type: "events" }], actions: [{ id: "2", type: "actions" }] },
      ["events"],
    ],
    ["a value that is not true", { properties: [hogql("1")] }, ["properties", 0]],
    ["a condition that PostHog drops, alone", { properties: [{ key: "a", value: [] }] }, ["properties", 0]],
  ])("%s", (_, filters, decided) => {
    expect(decide(filters, globals, compiler, context)).toEqual({ matched: false, decided });
  });

  it.each<[HogFilters, Decision["decided"]]>([
    [{}, []],
    [{ properties: [pro] }, []],
    [
      {
        events: [
          { id: "login", type: "events" },
          { id: "signup", type: "events" },
          { id: null, type: "events" },
        ],
      },
      ["events", 1],
    ],
    [
      {
        events: [
          { id: "signup", type: "events", properties: [team] },
          { id: null, type: "events" },
        ],
      },
      ["events", 1],
    ],
    [
      {
        events: [{ id: "login", type: "events" }],
        actions: [
          { id: "2", type: "actions" },
          { id: "1", type: "actions" },
        ],
      },
      ["actions", 1],
    ],
  ])("or the item that matched: %j", (filters, decided) => {
    expect(decide(filters, globals, compiler, context)).toEqual({ matched: true, decided });
  });

  it.each<[HogFilters, Decision["decided"]]>([
    [{ properties: [team, broken] }, ["properties", 1]],
    [
      {
        events: [
          { id: "login", type: "events", properties: [broken] },
          { id: "signup", type: "events" },
        ],
      },
      ["events", 0, "properties", 0],
    ],
    [
      {
        actions: [
          { id: "1", type: "actions" },
          { id: "3", type: "actions" },
        ],
      },
      ["actions", 1],
    ],
  ])("or the one that fails when it runs, whatever the others say: %j", (filters, decided) => {
    const error = "Global variable not found: nope.nope";
    expect(decide(filters, globals, compiler, context)).toEqual({ matched: false, decided, error });
  });

  it("runs nothing for an event of another name, as PostHog does", () => {
    const filters = { events: [{ id: "login", type: "events", properties: [broken] }] };
    expect(decide(filters, globals, compiler)).toEqual({ matched: false, decided: ["events"] });
  });

  it("throws what the compiler throws", () => {
    expect(() => decide({ actions: [{ id: "9", type: "actions" }] }, globals, compiler, context)).toThrow(
      HogError,
    );
  });
});

it("agrees with the whole filter, and what it names decides alone", () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(anyFilters, anyContext, anyEvent, (filters, context, sample) => {
      const globals = filterGlobals(sample);
      const run = (part: HogFilters) => matches(compiler.filters(part, context), globals);
      let whole: { matched: boolean; error?: string };
      try {
        whole = run(filters);
      } catch (error) {
        expect(error).toBeInstanceOf(HogError);
        return;
      }
      const { matched, decided, error } = decide(filters, globals, compiler, context);
      expect(matched).toBe(whole.matched);
      // Beside one that is true, a condition that PostHog dropped counts as true; alone it is 1, which does not match.
      const part = partOf(filters, decided);
      const alone = run(part);
      const beside = run({ ...part, properties: [...(part.properties ?? []), hogql("true")] });
      expect(matched ? beside.matched : alone.matched && beside.matched).toBe(matched);
      if (error !== undefined) expect([whole.error, alone.error]).toEqual([error, error]);

      const words = decided.filter((step) => typeof step === "string");
      const kind = [error ? "error" : matched, ...words].join(" ");
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
    }),
    { numRuns: 5000 },
  );
  const kinds = ["true", "true events", "true actions", "false events", "false events properties"];
  const more = [
    "false properties",
    "false filter_test_accounts",
    "false actions properties",
    "error properties",
  ];
  for (const kind of [...kinds, ...more]) expect(seen.get(kind), kind).toBeGreaterThan(5);
});

/** What a path names, as filters of its own. */
function partOf(filters: HogFilters, [list, index, , property]: Decision["decided"]): HogFilters {
  const { events = [], actions = [], properties = [] } = filters;
  const nested = readsNested(filters) && { events: events.map(({ properties: _, ...event }) => event) };
  const narrowed = <Item extends HogEventFilter | HogActionFilter>(items: Item[]) =>
    items
      .filter((_, position) => index === undefined || position === index)
      .map((item) =>
        property === undefined
          ? item
          : { ...item, properties: item.properties?.slice(Number(property))?.slice(0, 1) },
      );
  switch (list) {
    case "filter_test_accounts":
      return { filter_test_accounts: true };
    case "properties":
      return { ...nested, properties: properties.filter((_, position) => position === index) };
    case "events":
      return { events: narrowed(events) };
    case "actions":
      return { actions: narrowed(actions) };
    default:
      return filters;
  }
}
