import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CODES } from "./codes.ts";

const ROOM = import.meta.dirname;
const isTest = (name: string) => name.endsWith(".test.ts");
const PLACED = /\b(HW\d{3}) (?:\S+\.hog:)?\d+:\d+-/g;

function found(isRead: (name: string) => boolean, pattern: RegExp): string[] {
  const files = readdirSync(ROOM, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && isRead(name))
    .map((name) => readFileSync(join(ROOM, name), "utf8"));
  const codes = files.flatMap((text) => [...text.matchAll(pattern)].flatMap(([, code]) => code ?? []));
  return [...new Set(codes)].sort();
}

test("every code that is reported here is in a diagnostic that a test expects to the letter", () => {
  const reported = found((name) => !isTest(name) && name !== "codes.ts", /"(HW\d{3})"/g);
  const withPlace = found(isTest, PLACED);
  // They have no place in a file: the receiver's address, and the handlers' code.
  const withoutPlace = found((name) => /^(?:lower|handled-events)\.test\.ts$/.test(name), /"(HW053|HW055)"/g);
  expect([...withPlace, ...withoutPlace].sort()).toEqual(reported);
});

test("every code is reported here, but for those of the stack's configuration", () => {
  const reported = found((name) => !isTest(name) && name !== "codes.ts", /"(HW\d{3})"/g);
  expect(Object.keys(CODES).filter((code) => !reported.includes(code))).toEqual(["HW025"]);
});
