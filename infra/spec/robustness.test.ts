// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like that
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { type Diagnostic, renderDiagnostics } from "./diagnostic.ts";
import { parseYaml } from "./parse.ts";
import { lowerText } from "./test-support.ts";

const example = readFileSync(
  new URL("../../destinations/signup-notifications.yaml", import.meta.url),
  "utf8",
);

/** Whatever the file: a result or errors, each at a place that is in the file; never an exception. */
async function survives(text: string | Uint8Array): Promise<void> {
  const resolver = { config: () => undefined, secret: () => undefined, isSecret: () => false };
  const { lowered, diagnostics } = await lowerText(text, { stack: "prod", resolver });
  expect((lowered === undefined) === diagnostics.length > 0).toBe(true);
  for (const diagnostic of diagnostics) expectPlace(diagnostic);
  renderDiagnostics(diagnostics);
}

function expectPlace({ span }: Diagnostic): void {
  expect(span).toBeDefined();
  if (span === undefined) return;
  expect(span.line).toBeGreaterThan(0);
  expect(span.column).toBeGreaterThan(0);
  expect(span.endLine > span.line || (span.endLine === span.line && span.endColumn >= span.column)).toBe(
    true,
  );
  if (span.source !== undefined) expect(span.column).toBeLessThanOrEqual(span.source.length + 1);
}

test("random bytes and random text", async () => {
  const piece = fc.constantFrom(
    ..."\t\n {}[]:,-?!&*'\"|>%@#~a1\\$",
    "name",
    "filters",
    "events",
    "webhook",
    "${secret:a}",
  );
  const yamlLike = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(""));
  const anything = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.string({ unit: "grapheme" }), yamlLike);
  await fc.assert(fc.asyncProperty(anything, survives), { numRuns: 500 });
});

test("the example, cut anywhere or with anything put into it", async () => {
  const place = fc.nat({ max: example.length });
  const mutated = fc.tuple(place, fc.string({ maxLength: 4 }), place).map(([from, text, length]) => {
    return example.slice(0, from) + text + example.slice(from + (length % 20));
  });
  const cut = place.map((end) => example.slice(0, end));
  await fc.assert(fc.asyncProperty(fc.oneof(cut, mutated), survives), { numRuns: 300 });
});

test("random documents under the language's own keys", async () => {
  const keys = [
    "name",
    "filters",
    "events",
    "properties",
    "person",
    "webhook",
    "url",
    "body",
    "headers",
    "handlers",
  ];
  const key = fc.oneof(
    fc.constantFrom(...keys, "environments", "prod", "id", "missing", "is_not", "__proto__"),
    fc.string(),
  );
  const leaf = fc.oneof(
    fc.string(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom("all", "{event}", "${config:a}"),
  );
  const tree = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 5 },
      leaf,
      fc.array(tie("node"), { maxLength: 3 }),
      fc.dictionary(key, tie("node"), { maxKeys: 4 }),
    ),
  })).node;
  const document = fc.record(
    { name: tree, filters: tree, webhook: tree, handlers: tree, environments: tree, enabled: tree },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(document, (value) => survives(stringify(value))),
    { numRuns: 500 },
  );
});

test("what the language accepts is lowered to plain JSON", async () => {
  const word = fc.stringMatching(/^[a-z$][a-z_ -]{0,8}[a-z]$/);
  const scalar = fc.oneof(word, fc.integer(), fc.boolean());
  const condition = fc.oneof(
    scalar,
    fc.array(scalar, { minLength: 1, maxLength: 3 }),
    fc.record({ is_not: word, missing: fc.constantFrom("skip", "send") }),
    fc.record({ gte: fc.integer(), lt: fc.integer() }),
  );
  const conditions = fc.dictionary(
    word.filter((name) => name !== "key"),
    condition,
    { maxKeys: 3 },
  );
  const event = fc.oneof(word, fc.record({ id: word, properties: conditions }));
  const body = fc.oneof(
    fc.constantFrom("event", "flat"),
    fc.dictionary(word, fc.oneof(scalar, fc.constant("{event.uuid}"))),
  );
  const webhook = fc.record(
    {
      url: fc.webUrl().filter((url) => !/[{}\\]/.test(url)),
      body,
      debug: fc.boolean(),
      method: fc.constantFrom("POST", "PUT"),
    },
    { requiredKeys: ["url"] },
  );
  const events = fc.oneof(fc.constant("all"), fc.array(event, { minLength: 1, maxLength: 3 }));
  const way = fc.oneof(fc.record({ webhook }), fc.constant({ handlers: ["crm"] }));
  const file = fc.tuple(
    fc.record({ name: word, filters: fc.record({ events, properties: conditions }) }),
    way,
  );
  await fc.assert(
    fc.asyncProperty(file, async ([base, by]) => {
      const { lowered, diagnostics } = await lowerText(stringify({ ...base, ...by }));
      expect(diagnostics).toEqual([]);
      expect(JSON.parse(JSON.stringify(lowered))).toStrictEqual(lowered);
    }),
    { numRuns: 200 },
  );
});

const nine = (item: string) => `[${Array(9).fill(item).join(", ")}]`;
const bomb = ["a: &a0 x", ...Array.from({ length: 9 }, (_, n) => `b${n}: &a${n + 1} ${nine(`*a${n}`)}`)].join(
  "\n",
);

test.each([
  ["an alias bomb", bomb, "HW003"],
  ["deep brackets", `a: ${"[".repeat(100_000)}`, "HW003"],
  ["deep lists", "- ".repeat(100_000), "HW003"],
  ["deep maps", "a: ".repeat(80_000), "HW003"],
  ["ten megabytes", "x: 1\n".repeat(2_000_000), "HW002"],
  ["UTF-16", Buffer.from("\ufeffname: x\n", "utf16le"), "HW002"],
  ["UTF-16 without a mark", Buffer.from("name: x\n", "utf16le"), "HW002"],
])("%s is refused", (_what, text, code) => {
  const { diagnostics } = parseYaml(
    "a.yaml",
    typeof text === "string" ? new TextEncoder().encode(text) : text,
  );
  expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual([code]);
});

test("a large map is read, and its repeated key found", () => {
  const lines = Array.from({ length: 12_000 }, (_, n) => `key${n}: value`);
  const { diagnostics } = parseYaml("a.yaml", new TextEncoder().encode([...lines, "key7: again"].join("\n")));
  expect(diagnostics.map(({ code, span }) => [code, span?.line])).toEqual([["HW005", 12_001]]);
});

test("a mark for UTF-8 and Windows line ends are read", () => {
  const { value, diagnostics } = parseYaml(
    "a.yaml",
    new TextEncoder().encode("\ufeffname: x\r\nenabled: true\r\n"),
  );
  expect({ value, diagnostics }).toEqual({ value: { name: "x", enabled: true }, diagnostics: [] });
});
