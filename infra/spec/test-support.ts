import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createCompiler } from "../hog/compile.ts";
import { checkProject } from "./check.ts";
import type { Code } from "./codes.ts";
import { type Diagnostic, hasErrors } from "./diagnostic.ts";
import { applyEdits } from "./edit.ts";
import { type Lowering, type LowerOptions, lowerDestination, type Surroundings } from "./lower.ts";
import type { LoweredDestination } from "./lowered.ts";
import { type ParsedYaml, parseYaml } from "./parse.ts";
import { createSource } from "./source.ts";

/** What stands beside the destinations of these tests. */
const code = Object.entries({
  "lib/custom.hog": "let res := fetch(inputs.url, {'body': event})\n",
  "lib/broken.hog": "let x := 1\nif (x {\n",
  "lib/large.hog": `// ${"x".repeat(102_400)}\n`,
  "lib/empty.hog": " \n",
});

/** The text of one destination, lowered as the program would. */
export async function lowerText(
  text: string | Uint8Array,
  options: Partial<LowerOptions> = {},
  surroundings: Partial<Surroundings> = {},
): Promise<Lowering> {
  const defaults: LowerOptions = {
    receiverUrl: "https://receiver.example",
    signingSecret: (slug) => `whsec_${Buffer.from(slug.padEnd(24, ".")).toString("base64")}`,
  };
  return lowerDestination(
    { slug: "example", ...parseText("destinations/example.yaml", text) },
    { ...defaults, ...options },
    {
      compiler: await createCompiler(),
      handlers: new Set(["crm", "notify"]),
      filters: new Map([
        ["paying-signup", "there"],
        ["gone", "absent"],
      ]),
      code: new Map(code.map(([name, text]) => [name, createSource(`destinations/${name}`, text)])),
      policy: {},
      ...surroundings,
    },
  );
}

export function parseText(file: string, text: string | Uint8Array): ParsedYaml {
  return parseYaml(file, typeof text === "string" ? new TextEncoder().encode(text) : text);
}

/** A destination about which there is nothing to say. */
export async function lowered(...from: Parameters<typeof lowerText>): Promise<LoweredDestination> {
  const { lowered, diagnostics } = await lowerText(...from);
  expect(diagnostics.map(inOneLine)).toEqual([]);
  if (lowered === undefined) throw new Error("nothing lowered");
  return lowered;
}

/** A diagnostic in one line: severity unless an error, code, place, message, (hint), and whether there is a fix. */
export function inOneLine({ code, severity, span, message, hint, fix }: Diagnostic): string {
  const isElsewhere = span?.file.endsWith(".hog");
  const place =
    span &&
    `${isElsewhere ? `${span.file}:` : ""}${span.line}:${span.column}-${span.line === span.endLine ? "" : `${span.endLine}:`}${span.endColumn}`;
  return [
    ...(severity === "error" ? [] : [severity]),
    code,
    place,
    message,
    ...(hint === undefined ? [] : [`(${hint})`]),
    ...(fix === undefined ? [] : ["[fix]"]),
  ].join(" ");
}

/** What is written, and every diagnostic it gets, to the letter. */
export type Case = [what: string, text: string, lines: string[]];
type Check = (text: string) => Promise<{ lowered?: unknown; diagnostics: Diagnostic[] }>;

/** A text with an error is not lowered, any other is; and a text that was mended is right. */
export function testDiagnostics(cases: Case[], file: string, check: Check): void {
  test.each(cases)("%s", async (_what, text, lines) => {
    const { lowered, diagnostics } = await check(text);
    expect(diagnostics.map(inOneLine)).toEqual(lines);
    expect(lowered === undefined).toBe(hasErrors(diagnostics));
    await mend(text, file, check);
  });
}

/** Makes every fix, again and again until there are none; none may be refused for ever, or leave what it was to mend. */
export async function mend(text: string, file: string, check: Check, rounds = 5): Promise<string> {
  const { diagnostics } = await check(text);
  const mendable = diagnostics.filter(({ fix }) => fix !== undefined);
  if (mendable.length === 0) return text;
  expect(rounds, `still to be mended: ${text}`).toBeGreaterThan(0);
  const groups = mendable.map(({ fix = [] }) => fix);
  const result = applyEdits(parseText(file, text), groups);
  expect(result.applied).toContain(true);
  const mended = await mend(result.text, file, check, rounds - 1);
  const left = (await check(mended)).diagnostics;
  for (const { code } of mendable) {
    const without = (list: Diagnostic[]) => list.filter((one) => one.code === code && !one.fix).length;
    expect(without(left), `${code} in ${mended}`).toBeLessThanOrEqual(without(diagnostics));
  }
  return mended;
}

/** Files in a folder of their own, by their paths in it. */
export async function writeProject(files: Record<string, string | Uint8Array>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "hogwire-spec-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
  return root;
}

/** What `check` says of such a project, each line with its file's name below `destinations/`. */
export async function checkFiles(
  files: Record<string, string | Uint8Array>,
  { picked, without }: { picked?: string[]; without?: Code[] } = {},
): Promise<{ lines: string[]; passed: number; failed: number }> {
  const root = await writeProject({ "destinations/handlers/crm.ts": "", ...files });
  const { diagnostics, samples } = await checkProject(root, picked, without ? { without } : {});
  const nameOf = ({ span }: Diagnostic) => span?.file.replace(/^destinations\//, "");
  return { lines: diagnostics.map((one) => `${nameOf(one)}: ${inOneLine(one)}`), ...samples };
}
