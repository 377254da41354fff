import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CODES, type Code } from "../spec/codes.ts";
import { renderDiagnostics } from "../spec/diagnostic.ts";
import { fixProject } from "../spec/fix.ts";
import { createExample, diagnose } from "./rule-examples.ts";
import { type RulePage, readPages, rulesFolder, rulesIndex, VERDICTS, withOutput } from "./rule-pages.ts";

// `npm run generate` (UPDATE=1) writes the outputs and the index anew.
const isUpdate = process.env.UPDATE === "1";
const pages = readPages();

// What makes the file or the configuration unreadable: without it there is nothing to check.
const UNCONDITIONAL: Code[] = [
  ...(["HW001", "HW002", "HW003", "HW004", "HW005", "HW006", "HW007", "HW008"] as const),
  ...(["HW025", "HW055"] as const), // said by the program, not by a check
];

test("every code has its page, and every page a code", () => {
  expect(pages.map(({ code }) => code)).toEqual(Object.keys(CODES));
});

test("the index names every code", () => {
  const file = join(rulesFolder, "README.md");
  if (isUpdate) writeFileSync(file, rulesIndex(pages));
  expect(existsSync(file) && readFileSync(file, "utf8")).toBe(rulesIndex(pages));
});

describe.each(pages)("$code", (page) => {
  const code = page.code as Code; // the first test says when it is none
  // Samples are asked for in every example but those that have some.
  const shortened: Code[] = code === "HW063" ? [] : ["HW063"];
  const run = (files: RulePage["bad"], without: Code[]) => {
    const all = [...page.given, ...files];
    return diagnose(createExample(all), all, without);
  };

  test("has the code's sentence for its title", () => {
    expect(page.title).toBe(`# ${code}: ${CODES[code]}`);
  });

  test("the bad example is found, with exactly this output", async () => {
    const diagnostics = await run(page.bad, shortened);
    if (isUpdate)
      writeFileSync(join(rulesFolder, `${code}.md`), withOutput(page, renderDiagnostics(diagnostics)));
    else expect(renderDiagnostics(diagnostics)).toBe(page.output);
    expect(new Set(diagnostics.map((one) => `${one.code} ${VERDICTS[one.severity]}`))).toEqual(
      new Set([`${code} ${page.verdict}`]),
    );
  });

  if (!UNCONDITIONAL.includes(code)) {
    test("without the rule the bad example is not found", async () => {
      expect(await run(page.bad, [...shortened, code])).toEqual([]);
    });
  }

  test("the good example is without fault", async () => {
    expect(page.good.length).toBeGreaterThan(0);
    expect(renderDiagnostics(await run(page.good, shortened))).toBe("");
  });

  test("--fix turns the bad example into the good one, where the page says so", async () => {
    const { changed, result } = await fixProject(createExample([...page.given, ...page.bad]));
    expect(changed.size > 0).toBe(page.isFixed);
    if (!page.isFixed) return;
    expect(page.bad.map(({ file, text }) => changed.get(file)?.after ?? text)).toEqual(
      page.good.map(({ text }) => text),
    );
    expect(result.diagnostics.filter((one) => !shortened.includes(one.code))).toEqual([]);
  });
});
