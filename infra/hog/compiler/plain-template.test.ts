import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { loadParser } from "./parser.ts";
import { plainTemplate } from "./plain-template.ts";

const parser = await loadParser();

/** What PostHog's own parser makes of it; `undefined` where it refuses. */
function parsed(text: string) {
  try {
    return parser.parsedTemplate(text);
  } catch {
    return undefined;
  }
}

/** Every word in capitals in the parser's own files: its keywords are among them. */
function keywords(): string[] {
  const folder = dirname(createRequire(import.meta.url).resolve("@posthog/hogql-parser"));
  const binary = readFileSync(join(folder, "hogql_parser_wasm.js"), "latin1");
  return [...new Set(binary.match(/(?<![A-Za-z])[A-Z][A-Z_]{1,20}(?![A-Za-z])/g))];
}

test("no keyword is taken for a name where the parser does not", () => {
  const words = keywords();
  expect(words).toEqual(expect.arrayContaining(["SELECT", "MATERIALIZED", "WITHIN", "FINALLY"]));
  const templates = words.flatMap((word) =>
    [word, word.toLowerCase(), word.replace(/_SQL$/, "").toLowerCase()].flatMap((name) => [
      `{${name}}`,
      `{${name}.a}`,
      `{event.${name}}`,
      `{event.${name}.a} b`,
    ]),
  );
  for (const template of templates) {
    const tree = plainTemplate(template);
    if (tree !== undefined) expect({ template, tree }).toEqual({ template, tree: parsed(template) });
  }
});

test("the tree is that of PostHog's parser", () => {
  const name = fc.stringMatching(/^[A-Za-z_$][A-Za-z0-9_$]{0,6}$/);
  const read = fc.array(name, { minLength: 1, maxLength: 4 }).map((chain) => `{${chain.join(".")}}`);
  const text = fc.string({
    unit: fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 1 }),
      fc.constantFrom("'", '"', "\n", "}", "{", "$", "\\"),
    ),
    maxLength: 6,
  });
  let plain = 0;
  fc.assert(
    fc.property(
      fc.array(fc.oneof(read, text), { maxLength: 5 }).map((parts) => parts.join("")),
      (template) => {
        const tree = plainTemplate(template);
        if (tree === undefined) return;
        plain++;
        expect(tree).toEqual(parsed(template));
      },
    ),
    { numRuns: 3000 },
  );
  expect(plain).toBeGreaterThan(1000);
});
