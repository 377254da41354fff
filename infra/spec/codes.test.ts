import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CODES } from "./codes.ts";

const FOLDERS = [new URL("./", import.meta.url), new URL("./rules/", import.meta.url)];
const isTest = (name: string) => name.endsWith(".test.ts");
const PLACED = /\b(HW\d{3}) (?:\S+\.hog:)?\d+:\d+-/g;

function found(isRead: (name: string) => boolean, pattern: RegExp): string[] {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith(".ts") && isRead(name))
      .map((name) => readFileSync(new URL(name, folder), "utf8")),
  );
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
