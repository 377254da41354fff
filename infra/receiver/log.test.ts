import fc from "fast-check";
import { expect, test } from "vitest";
import { createLog } from "./log.ts";
import { memoryLog } from "./testing.ts";

test("writes one JSON line with time, level, message and fields", () => {
  const lines: string[] = [];
  const log = createLog(
    (line) => lines.push(line),
    () => 0,
  );
  log.with({ handler: "crm" }).warn("two\nlines", { attempt: 2 });
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain("\n");
  expect(JSON.parse(lines[0] ?? "")).toEqual({
    time: "1970-01-01T00:00:00.000Z",
    level: "warn",
    message: "two\nlines",
    handler: "crm",
    attempt: 2,
  });
});

test.each([
  ["ada@example.com", "[e-mail]"],
  ["to <ada.b+c@mail.example.co.uk>, now", "to <[e-mail]>, now"],
  ["GET https://api.example/contacts/ada%40example.com?x", "GET https:[e-mail]?x"],
  ["grüße@bücher.example", "[e-mail]"],
  ["O'Neil@EXAMPLE.COM", "[e-mail]"],
  ["Bearer s3cret-token", "Bearer [redacted]"],
  ["s3cret-tokens3cret-token", "[redacted][redacted]"],
  ["nothing @ all, no", "nothing @ all, no"],
])("redacts %j", (text, redacted) => {
  const { log } = memoryLog();
  expect(log.with({}, ["s3cret-token", "no"]).redact(text)).toBe(redacted);
});

test("redacts wherever a value stands", () => {
  const { log, lines } = memoryLog();
  log
    .with({ a: "hidden-value" }, ["hidden-value"])
    .info("hidden-value", { b: [{ c: "x hidden-value" }], d: "ada@example.com" });
  expect(lines[0]).not.toMatch(/hidden-value|ada@/);
});

test("writes a line also when a field is no JSON", () => {
  const { log, lines } = memoryLog();
  const circular: { self?: unknown } = {};
  circular.self = circular;
  log.info("saved", { circular });
  log.info("saved", { big: 1n });
  for (const line of lines)
    expect(JSON.parse(line)).toMatchObject({ message: "saved", fields: expect.stringContaining("JSON") });
  expect(lines).toHaveLength(2);
});

test("never shows an e-mail address", () => {
  const { log } = memoryLog();
  fc.assert(
    fc.property(fc.emailAddress(), fc.string(), (address, around) => {
      expect(log.redact(`${around} ${address} ${around}`)).not.toContain(address);
    }),
  );
});
