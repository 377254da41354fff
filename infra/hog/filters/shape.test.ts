import { describe, expect, it } from "vitest";
import { createCompiler } from "../compile.ts";
import { matches } from "../evaluate.ts";
import { filterGlobals } from "../globals.ts";
import { HogError } from "../hog-error.ts";
import type { HogFilters } from "../types.ts";

const compiler = await createCompiler();
// As the API's clients send them, not as the type says.
const compile = (filters: unknown) => compiler.filters(filters as HogFilters);
const onProperty = (property: unknown) => ({
  events: [{ id: "signup", type: "events", properties: [property] }],
});

describe("filters of a shape that PostHog's compiler cannot use are refused at their place", () => {
  it.each<[string, unknown]>([
    ["filters must be an object", null],
    ["filters must be an object", "all"],
    ["filters must be an object", []],
    ["filters.events must be a list", { events: "signup" }],
    ["filters.events[0] must be an object", { events: [null] }],
    ["filters.events[0].id must be text", { events: [{ id: { name: "x" } }] }],
    ["filters.actions[0].id must be text", { actions: [{}] }],
    ["filters.properties must be a list", { properties: { key: "plan" } }],
    ["filters.properties[0] must be an object", { properties: [["plan"]] }],
    ["filters.events[0].properties[0].key must be text", onProperty({ key: 5, value: 1 })],
    ["properties[0].operator must be text", onProperty({ key: "a", value: 1, operator: 5 })],
    ["properties[0].value must be text, a number", onProperty({ key: "a", value: { b: 1 } })],
    ["properties[0].value must be text, a number", onProperty({ key: "a", value: [["b"]] })],
    ["properties[0].value must be text, a number", onProperty({ key: "a", value: Number.NaN })],
    ["Operator `__proto__` does not exist", onProperty({ key: "a", value: 1, operator: "__proto__" })],
    ["Operator `constructor` does not exist", onProperty({ key: "a", value: 1, operator: "constructor" })],
  ])("%s", (message, filters) => {
    expect(() => compile(filters)).toThrow(HogError);
    expect(() => compile(filters)).toThrow(message);
  });
});

it("takes null and an empty operator or type for none, as PostHog does", () => {
  const plain = onProperty({ key: "plan", value: "pro" });
  const full = { key: "plan", value: "pro", operator: null, type: "", group_type_index: null };
  expect(compile({ ...onProperty(full), actions: null, properties: null })).toEqual(compile(plain));
});

it("takes no `id` for every event, and an action's number for its id", () => {
  expect(compile({ events: [{}] })).toEqual(compile({ events: [{ id: null, type: "events" }] }));
  const actions = new Map([["7", [{ event: "signup" }]]]);
  const byNumber = { actions: [{ id: 7, type: "actions" }] } as unknown as HogFilters; // as some clients send it
  expect(compiler.filters(byNumber, { actions })).toEqual(
    compiler.filters({ actions: [{ id: "7", type: "actions" }] }, { actions }),
  );
});

it("reads properties with JavaScript's own names as any other", () => {
  const event = {
    uuid: "u",
    event: "signup",
    distinct_id: "d",
    timestamp: "2026-09-10T12:00:00Z",
    properties: JSON.parse('{"__proto__": "pro", "constructor": "team"}'),
  };
  const matched = (key: string, value: string) =>
    matches(compile(onProperty({ key, value })), filterGlobals({ event, person: null })).matched;
  expect(matched("__proto__", "pro")).toBe(true);
  expect(matched("constructor", "team")).toBe(true);
  expect(matched("toString", "pro")).toBe(false);
});

it("keeps what it compiled from filters and freezes them, so that they cannot change under it", () => {
  const filters: HogFilters = {
    events: [{ id: "signup", type: "events", properties: [{ key: "plan", value: ["pro"] }] }],
  };
  expect(compiler.filters(filters)).toBe(compiler.filters(filters));
  expect(() => filters.events?.push({ id: null })).toThrow(TypeError);
});
