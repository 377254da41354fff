import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isNode, isMap as isYamlMap, parseDocument } from "yaml";
import { applyEdits, type Edit } from "./edit.ts";
import { parseYaml } from "./parse.ts";
import { isMap, type Path } from "./path.ts";

// Documents as people write them: both styles, all quotes, comments, blank lines, anchors, both line ends, no last line end.

type Node =
  | { kind: "text"; value: string; quotes: "'" | '"' | "|" }
  | { kind: "plain"; text: string }
  | { kind: "map" | "list"; flow: boolean; wide: boolean; items: Item[] };
type Item = { key: string; value: Node; above: string[]; comment: boolean; anchor: boolean };

const KEYS = ["name", "filters", "$host", "'a b'", '"it\\"s"', "x-y", "event", "ключ", '"yes"', "a.b", "url"];
const PLAIN = [
  "x",
  "5",
  "-1.5",
  "true",
  "null",
  "",
  "all",
  "https://a.example/x?y#z",
  "two words",
  "a: b".slice(0, 1),
  "日本",
];
const TEXTS = [
  "",
  "x",
  "{event.uuid}",
  "it's",
  'say "x"',
  "a\\nb",
  "\\{",
  "# no",
  "a: b",
  "ünï",
  " lead",
  "trail ",
  "👍",
];
const BLOCKS = ["one\ntwo\n", "{event.uuid} x\n  deeper\n", "a\n\nb\n", "# no comment\n"];

const { node } = fc.letrec<{ node: Node; item: Item }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, depthIdentifier: "yaml" },
    fc.record({ kind: fc.constant("plain" as const), text: fc.constantFrom(...PLAIN) }),
    fc.record({
      kind: fc.constant("text" as const),
      value: fc.constantFrom(...TEXTS),
      quotes: fc.constantFrom("'" as const, '"' as const),
    }),
    fc.record({
      kind: fc.constant("text" as const),
      value: fc.constantFrom(...BLOCKS),
      quotes: fc.constant("|" as const),
    }),
    collection(tie("item"), 0),
  ),
  item: fc.record({
    key: fc.constantFrom(...KEYS),
    value: tie("node"),
    above: fc.array(fc.constantFrom("", "#"), { maxLength: 2 }),
    comment: fc.boolean(),
    anchor: fc.boolean(),
  }),
}));

function collection(item: fc.Arbitrary<Item>, minLength: number): fc.Arbitrary<Node> {
  return fc.record({
    kind: fc.constantFrom("map" as const, "map" as const, "list" as const),
    flow: fc.boolean(),
    wide: fc.boolean(),
    items: fc.uniqueArray(item, { minLength, maxLength: 4, selector: ({ key }) => key }),
  });
}

const style = fc.record({
  root: collection(
    fc.record({
      key: fc.constantFrom(...KEYS),
      value: node,
      above: fc.array(fc.constantFrom("", "#"), { maxLength: 2 }),
      comment: fc.boolean(),
      anchor: fc.boolean(),
    }),
    1,
  ),
  indent: fc.constantFrom(2, 4),
  lineEnd: fc.constantFrom("\n", "\r\n"),
  ends: fc.boolean(),
  anchors: fc.boolean(),
});

type Style = typeof style extends fc.Arbitrary<infer T> ? T : never;

function write({ root, indent, lineEnd, ends, anchors }: Style): string {
  let comments = 0;
  let named = 0;
  const comment = () => ` # c${++comments}`;

  function inline(value: Node): string {
    if (value.kind === "plain") return value.text.includes(" ") || value.text === "" ? "~" : value.text;
    if (value.kind === "text")
      return value.quotes === "'" ? `'${value.value.replaceAll("'", "''")}'` : JSON.stringify(value.value);
    const items = value.items.map(
      (item) => (value.kind === "map" ? `${item.key}: ` : "") + inline(item.value),
    );
    const pad = value.wide && items.length > 0 ? " " : "";
    const [open, close] = value.kind === "map" ? "{}" : "[]";
    return `${open}${pad}${items.join(", ")}${pad}${close}`;
  }

  function scalar(value: Node, depth: number, tail: string): string[] {
    if (value.kind !== "text" || value.quotes !== "|") {
      const text = value.kind === "plain" ? value.text : inline(value);
      return [text === "" ? tail : ` ${text}${tail}`];
    }
    const pad = " ".repeat(depth * indent + indent);
    return [
      ` |${tail}`,
      ...value.value
        .replace(/\n$/, "")
        .split("\n")
        .map((line) => (line === "" ? "" : pad + line)),
    ];
  }

  function block(value: Node & { items: Item[] }, depth: number): string[] {
    const pad = " ".repeat(depth * indent);
    return value.items.flatMap((item) => {
      const above = item.above.map((mark) => (mark === "" ? "" : pad + comment().trim()));
      const isBlock = "items" in item.value && !item.value.flow && item.value.items.length > 0;
      const isBlank = item.value.kind === "plain" && item.value.text === "";
      const lead = value.kind === "map" ? `${item.key}:` : "-";
      const anchor = anchors && item.anchor && !isBlank ? ` &n${++named}` : "";
      const tail = item.comment ? comment() : "";
      if (!isBlock) {
        const [first = "", ...rest] = scalar(item.value, depth, tail);
        return [...above, pad + lead + anchor + first, ...rest];
      }
      const inner = block(item.value as Node & { items: Item[] }, depth + 1); // a list or map: see isBlock
      const [first = "", ...rest] = inner;
      if (
        value.kind === "list" &&
        indent === 2 &&
        anchor === "" &&
        tail === "" &&
        !first.trim().startsWith("#") &&
        first !== ""
      )
        return [...above, `${pad}- ${first.trimStart()}`, ...rest];
      return [...above, pad + lead + anchor + tail, ...inner];
    });
  }

  if (!("items" in root)) return "";
  const lines = root.flow ? [inline(root)] : block(root, 0);
  for (let n = 1; n <= named; n += 2) {
    if (!root.flow && root.kind === "map") lines.push(`alias${n}: *n${n}`);
  }
  return lines.join(lineEnd) + (ends ? lineEnd : "");
}

function pathsIn(value: unknown, at: Path = []): Path[] {
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : isMap(value)
      ? Object.entries(value)
      : [];
  return entries.flatMap(([key, inner]) => [[...at, key], ...pathsIn(inner, [...at, key])]);
}

const anyValue = fc.oneof(
  fc.constantFrom(...TEXTS, ...BLOCKS, "yes", "~", "- x", "0x1f", "1e5", "a\tb", "\u2028", "]"),
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.constantFrom<unknown>(1, -0.5, true, null, [], {}, ["x", { a: 1, b: "y\nz" }], {
    "a b": [1, [2]],
    c: { d: "{x}" },
  }),
);

type Choice = { at: number; kind: number; value: unknown; key: string; from: number; length: number };
const choice: fc.Arbitrary<Choice> = fc.record({
  at: fc.nat(),
  kind: fc.nat({ max: 4 }),
  value: anyValue,
  key: fc.constantFrom("new", "name", "$set", "a b", "no", "x: y", "#"),
  from: fc.nat({ max: 12 }),
  length: fc.nat({ max: 4 }),
});

/** One edit that the document can take, and what the data is afterwards. */
function pick(
  root: unknown,
  { at, kind, value, key, from, length }: Choice,
): { edit: Edit & { path: Path }; after: unknown } | undefined {
  const paths = pathsIn(root);
  const path = paths[at % paths.length];
  if (path === undefined) return undefined;
  const after = structuredClone(root);
  const last = path.at(-1) ?? 0;
  // biome-ignore lint/suspicious/noExplicitAny: the path leads through this very data
  const parent = path.slice(0, -1).reduce<any>((inner, segment) => inner[segment], after);
  if (kind === 0) {
    parent[last] = value;
    return { edit: { kind: "set", path, value }, after };
  }
  if (kind === 1) {
    if (Array.isArray(parent)) parent.splice(Number(last), 1);
    else delete parent[last];
    return { edit: { kind: "remove", path }, after };
  }
  if (kind === 2) {
    if (Array.isArray(parent) || key in parent) return undefined;
    parent[key] = parent[last];
    delete parent[last];
    return { edit: { kind: "rename", path, key }, after };
  }
  if (kind === 3) {
    if (typeof parent[last] !== "string") return undefined;
    const old: string = parent[last];
    const [start, end] = [Math.min(from, old.length), Math.min(from + length, old.length)];
    parent[last] = old.slice(0, start) + key + old.slice(end);
    return { edit: { kind: "splice", path, start, end, text: key }, after };
  }
  const added = Array.isArray(parent) ? parent.length : key;
  if (Object.hasOwn(parent, added)) return undefined;
  parent[added] = value;
  return { edit: { kind: "set", path: [...path.slice(0, -1), added], value }, after };
}

const commentsIn = (text: string): string[] => text.match(/# c\d+\b/g) ?? [];

/** What may change is the map or list that has the edited place; of the comments only those of what goes. */
function expectRestKept(before: string, after: string, { kind, path }: Edit & { path: Path }): void {
  const document = parseDocument(before, { stringKeys: true });
  const container = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const node = document.getIn(path, true);
  if (!isNode(container) || !container.range) throw new Error("the place is not in the document");
  // Its key is on the same line, or above two comments at most.
  expect(after.startsWith(before.slice(0, container.range[0]).replace(/(?:[^\n]*\n){0,3}[^\n]*$/, ""))).toBe(
    true,
  );
  expect(after.endsWith(before.slice(container.range[2]))).toBe(true);

  const [start, valueEnd, end] = (isNode(node) && node.range) || [0, 0, 0];
  const pair = isYamlMap(container) && container.items.find(({ key }) => String(key) === String(path.at(-1)));
  const lead = pair && isNode(pair.key) ? pair.key.range?.[0] : before.lastIndexOf("-", start - 1);
  const gone = commentsIn(kind === "remove" ? before.slice(lead, end) : before.slice(start, valueEnd));
  const kept = commentsIn(before).filter((comment) => !gone.includes(comment));
  // A comment within the edited value may stay; no other may go, or move.
  expect(commentsIn(after).filter((comment) => kept.includes(comment))).toEqual(kept);
}

const read = (text: string) => parseYaml("a.yaml", new TextEncoder().encode(text));

test("an edit changes exactly what it says, and no comment elsewhere", () => {
  let edits = 0;
  fc.assert(
    fc.property(style, choice, (document, chosen) => {
      const text = write(document);
      const parsed = read(text);
      expect(parsed.diagnostics).toEqual([]);
      const picked = pick(parsed.value, chosen);
      if (picked === undefined) return;
      edits++;
      const { text: after, applied } = applyEdits(parsed, [[picked.edit]]);
      // Only an anchor is a reason to refuse.
      if (!document.anchors) expect({ text, edit: picked.edit, applied }).toMatchObject({ applied: [true] });
      if (!applied[0]) {
        expect(after).toBe(text);
        return;
      }
      expectRestKept(text, after, picked.edit);
      expect(isDeepStrictEqual(read(after).value, picked.after)).toBe(true);
      if (document.lineEnd === "\r\n" && text.includes("\r\n")) expect(after).not.toMatch(/[^\r]\n/);
    }),
    { numRuns: 3000 },
  );
  expect(edits).toBeGreaterThan(1500);
});
