import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { aggregates } from "./aggregates.ts";
import { operatorNames } from "./expression.ts";
import { functions, otherNames } from "./functions.ts";
import { tables } from "./tables.ts";

const chapter = readFileSync(new URL("../../../docs/hogql.md", import.meta.url), "utf8");

/** What stands between backticks in the cells of the table under this head, without remarks in brackets. */
function cells(head: string, column: number): string[] {
  const [, body = ""] = chapter.split(`${head}\n|---|---|\n`);
  const lines = body.slice(0, body.indexOf("\n\n")).split("\n");
  return lines.flatMap((line) => {
    const cell = line.split("|")[column]?.replace(/\(.*?\)/g, "") ?? "";
    return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
  });
}

test("docs/hogql.md names every function of the subset, and no other", () => {
  const all = [functions, otherNames, aggregates].flatMap((table) => Object.keys(table));
  expect(cells("| for | functions |", 2).toSorted()).toEqual([...all, ...operatorNames].toSorted());
});

test("docs/hogql.md names every table", () => {
  expect(cells("| table | fields |", 1)).toEqual(Object.keys(tables));
});
