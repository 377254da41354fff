import { expect, expectTypeOf, test } from "vitest";
import { defineHandler, isHandler, RetryAfter, resolveSettings } from "./define-handler.ts";

test("types `secrets` and `config` from what the handler declares", () => {
  defineHandler({
    secrets: ["hubspotToken", "otherToken"],
    config: { hubspotUrl: "https://api.hubapi.com", retries: 3, dry: false },
    on: {
      user_signed_up: async ({ secrets, config, event, person, signal }) => {
        expectTypeOf(secrets).toEqualTypeOf<Record<"hubspotToken" | "otherToken", string>>();
        expectTypeOf(config).toEqualTypeOf<{ hubspotUrl: string; retries: number; dry: boolean }>();
        expectTypeOf(event.properties).toEqualTypeOf<Record<string, unknown>>();
        expectTypeOf(person).toBeNullable();
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
        // @ts-expect-error: not declared
        secrets.slackToken;
        // @ts-expect-error: not declared
        config.slackUrl;
      },
    },
  });
  defineHandler({
    on: {
      user_signed_up: ({ secrets }) => {
        expectTypeOf(secrets).toEqualTypeOf<Record<never, string>>();
      },
    },
  });
  // @ts-expect-error: an event's entry is a function
  defineHandler({ on: { user_signed_up: "crm" } });
});

test.each([
  ["concurrency", 0],
  ["concurrency", 1.5],
  ["timeout", -1],
])("refuses `%s` of %d", (option, value) => {
  expect(() => defineHandler({ [option]: value, on: { a: () => {} } })).toThrow(`\`${option}\` must be`);
});

test("refuses a handler for no event", () => {
  expect(() => defineHandler({ on: {} })).toThrow("`on` must name at least one event");
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, -1])("refuses to retry after %d ms", (milliseconds) => {
  expect(() => new RetryAfter(milliseconds)).toThrow("`milliseconds` of RetryAfter");
});

test("retries after whole milliseconds", () => {
  expect(new RetryAfter(0.2).milliseconds).toBe(1);
});

test("knows its own", () => {
  const handler = defineHandler({ on: { a: () => {} } });
  expect(isHandler(handler)).toBe(true);
  expect(isHandler({ ...handler })).toBe(false);
  expect(isHandler(undefined)).toBe(false);
});

const declared = defineHandler({ config: { text: "a", number: 1, flag: true }, on: { a: () => {} } });

test.each([
  [{}, { text: "a", number: 1, flag: true }],
  [
    { text: "", number: 2, flag: false },
    { text: "", number: 2, flag: false },
  ],
  [
    { number: "2.5", flag: "false" },
    { text: "a", number: 2.5, flag: false },
  ],
])("reads settings %j", (settings, config) => {
  expect(resolveSettings("crm", declared, settings)).toEqual({ secrets: {}, config, problems: [] });
});

test.each([
  [{ text: 1 }, "a string as text"],
  [{ number: "one" }, "a number as number"],
  [{ number: " " }, "a number as number"],
  [{ flag: "yes" }, "a boolean as flag"],
  [{ flag: null }, "a boolean as flag"],
])("says what is wrong with %j", (settings, problem) => {
  expect(resolveSettings("crm", declared, settings).problems).toEqual([expect.stringContaining(problem)]);
});
