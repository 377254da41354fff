import { expect, test } from "vitest";
import { renderDiagnostics } from "./diagnostic.ts";
import { parseYaml } from "./parse.ts";
import { checkFiles, inOneLine, lowerText, parseText } from "./test-support.ts";

// Files made to take for ever. How long they take is no test: but one that takes minutes ends the run.

const many = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => line(index)).join("");
const nine = (item: string) => `[${Array(9).fill(item).join(", ")}]`;
const bomb = `a: &a0 x\n${many(9, (n) => `b${n}: &a${n + 1} ${nine(`*a${n}`)}\n`)}`;
const maps = `a: &a0 { x: 1 }\n${many(9, (n) => `b${n}: &a${n + 1} { ${many(9, (m) => `k${m}: *a${n}, `)} }\n`)}`;

test.each([
  ["an alias bomb", bomb, "HW003"],
  ["an alias bomb of maps", maps, "HW003"],
  ["an alias that contains itself, two maps away", "a: &a { b: &b { c: *a } }\n", "HW003"],
  ["deep brackets", `a: ${"[".repeat(100_000)}`, "HW003"],
  ["deep braces", "{a: ".repeat(50_000), "HW003"],
  ["deep lists", "- ".repeat(100_000), "HW003"],
  ["deep maps", "a: ".repeat(80_000), "HW003"],
  ["deep keys", "? ".repeat(100_000), "HW003"],
  ["ten megabytes", "x: 1\n".repeat(2_000_000), "HW002"],
  ["UTF-16", Buffer.from("\ufeffname: x\n", "utf16le"), "HW002"],
  ["UTF-16 without a mark", Buffer.from("name: x\n", "utf16le"), "HW002"],
  ["UTF-16 in the other order", Buffer.from("name: x\n", "utf16le").swap16(), "HW002"],
  ["Latin-1", Buffer.from("name: Zürich\n", "latin1"), "HW002"],
])("%s is refused", (_what, text, code) => {
  const { value, diagnostics } = parseText("a.yaml", text);
  expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual([code]);
  expect(value).toBeUndefined();
});

test("aliases do not nest deeper than a file may", () => {
  const deep = (inner: string) => `${"[".repeat(60)}${inner}${"]".repeat(60)}`;
  const { value, diagnostics } = parseText("a.yaml", `a: &a ${deep("x")}\nb: &b ${deep("*a")}\n`);
  expect(value).toBeUndefined();
  expect(diagnostics.map(inOneLine)).toEqual([
    "HW003 1:47-88 the file's aliases nest more than 100 levels deep (Write the values out, without aliases.)",
  ]);
});

test("a file of ten megabytes in the project is not even read", async () => {
  const { lines } = await checkFiles({ "destinations/a.yaml": "x: 1\n".repeat(2_000_000) });
  expect(lines).toEqual(["a.yaml: HW002 1:1-1 the file has 10000000 bytes (At most 262144 bytes are read.)"]);
});

test("a large map is read, and its repeated key found", () => {
  const { diagnostics } = parseText("a.yaml", `${many(12_000, (n) => `key${n}: value\n`)}key7: again`);
  expect(diagnostics.map(inOneLine)).toEqual([
    "HW005 12001:1-5 the key `key7` is given twice (The first one is on line 8.)",
  ]);
});

test("a mark for UTF-8 and Windows line ends are read", () => {
  const { value, diagnostics } = parseYaml(
    "a.yaml",
    new TextEncoder().encode("\ufeffname: x\r\nenabled: true\r\n"),
  );
  expect({ value, diagnostics }).toEqual({ value: { name: "x", enabled: true }, diagnostics: [] });
});

const head = "name: N\nfilters: { events: [e] }\n";
const body = (text: string) => `${head}webhook:\n  url: https://a.example\n  body: '${text}'\n`;
const filter = (lines: string) => `name: N\nhandlers: [crm]\nfilters:\n  events: [e]\n${lines}`;

test.each<[what: string, text: string, count: number]>([
  ["unknown keys", `${head}handlers: [crm]\n${many(10_000, (n) => `k${n}: 1\n`)}`, 10_000],
  ["unknown operators", filter(`  properties:\n    a:\n${many(2000, (n) => `      k${n}: 1\n`)}`), 2000],
  ["conditions without values", filter(`  properties:\n${many(2000, (n) => `    k${n}:\n`)}`), 2000],
  [
    "events that are none",
    `name: N\nhandlers: [crm]\nfilters:\n  events:\n${"    - { x: 1 }\n".repeat(1000)}`,
    1000,
  ],
  ["unknown handlers", `${head}handlers:\n${many(2000, (n) => `  - x${n}\n`)}`, 2000],
  [
    "wrong headers",
    `${head}webhook:\n  url: https://a.example\n  headers:\n${many(1000, (n) => `    k ${n}: a\n`)}`,
    1001,
  ],
  ["braces that are not closed", body("{".repeat(200_000)), 1],
  ["double braces and nothing but blanks", body(`{{${" ".repeat(100_000)}`), 1],
  ["double braces that are not closed, again and again", body("{{".repeat(100_000)), 1],
  ["escaped braces", body(`${"\\{".repeat(100_000)}{evnt}`), 1],
  [
    "references, again and again",
    `name: '${`\${config:a}`.repeat(20_000)}'\nfilters: { events: [e] }\nhandlers: [crm]\n`,
    0,
  ],
  [
    "Liquid that is not closed, again and again",
    `${head}template:\n  id: acme\n  inputs: { a: { templating: liquid, value: '${"{{".repeat(100_000)}' } }\n`,
    1,
  ],
  [
    "inputs that read the one before",
    `${head}template:\n  id: acme\n  inputs:\n${many(1000, (n) => `    i${n}: "{inputs.i${n + 1}}"\n`)}`,
    1,
  ],
  [
    "a regular expression of many groups",
    filter(`  properties: { a: { regex: '${"(a*)*".repeat(5000)}', is_set: true } }\n`),
    0,
  ],
  [
    "a time of many digits",
    `${head}handlers: [crm]\nonce: { per: [person], within: ${"1".repeat(100_000)}h }\n`,
    1,
  ],
])("%s", async (_what, text, count) => {
  const { diagnostics } = await lowerText(text);
  expect(diagnostics).toHaveLength(count);
  const longest = diagnostics.map(({ message, hint = "" }) => message.length + hint.length);
  expect(Math.max(0, ...longest)).toBeLessThanOrEqual(2100);
  expect(renderDiagnostics(diagnostics).length).toBeLessThanOrEqual(3000 * (count + 1));
});

test("what is quoted of a file is cut", async () => {
  const key = "k".repeat(100_000);
  const texts = [
    `? ${key}\n: 1\n? ${key}\n: 2\n`,
    `name: N\n? ${key}\n: 1\n`,
    body(`{{${key}}}`),
    `a: *${key}\n`,
  ];
  for (const text of texts) {
    const { diagnostics } = await lowerText(text);
    expect(diagnostics).not.toEqual([]);
    for (const { message, hint = "" } of diagnostics)
      expect(message.length + hint.length).toBeLessThanOrEqual(2100);
  }
});

test("more environments than can be checked are an error, and so many are checked", async () => {
  const environments = many(5000, (n) => `  e${n}: { nmae: M }\n`);
  const { lines } = await checkFiles(
    { "destinations/a.yaml": `${head}handlers: [crm]\nenvironments:\n${environments}` },
    { without: ["HW063"] },
  );
  expect(lines).toHaveLength(51);
  expect(lines[0]).toBe("a.yaml: HW003 4:1-13 there are 5000 environments: at most 50 are checked");
});
