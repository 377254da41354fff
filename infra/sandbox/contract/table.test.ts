import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const entry = new URL("table.ts", import.meta.url).pathname;
const page = new URL("../../../docs/contract.md", import.meta.url);

test("the committed table is that of the facts", () => {
  const { VITEST: _, ...env } = process.env; // where the facts are tests
  const table = execFileSync(process.execPath, [entry], { env, encoding: "utf8" });
  expect(readFileSync(page, "utf8"), "out of date: npm run generate").toBe(table);
});
