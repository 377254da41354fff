// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like that
import { expect, test } from "vitest";
import { applyEdits, type Edit } from "./edit.ts";
import { parseYaml } from "./parse.ts";
import type { Path } from "./path.ts";

function edited(text: string, ...groups: Edit[][]): { text: string; applied: boolean[] } {
  return applyEdits(parseYaml("a.yaml", new TextEncoder().encode(text)), groups);
}

const set = (path: Path, value: unknown): Edit => ({ kind: "set", path, value });
const remove = (...path: Path): Edit => ({ kind: "remove", path });
const rename = (path: Path, key: string): Edit => ({ kind: "rename", path, key });
const splice = (path: Path, start: number, end: number, text: string): Edit => ({
  kind: "splice",
  path,
  start,
  end,
  text,
});
const replace = (start: number, end: number, text: string): Edit => ({ kind: "replace", start, end, text });

const EDITS: [what: string, before: string, edit: Edit, after: string][] = [
  ["a plain value", "a: x # why\nb: 1\n", set(["a"], "z"), "a: z # why\nb: 1\n"],
  ["a value in single quotes", "a: 'x' # why\n", set(["a"], "it's"), "a: 'it''s' # why\n"],
  ["a value in double quotes", 'a: "x"\n', set(["a"], "\\{"), 'a: "\\\\{"\n'],
  ["a text that would be read as something else", "a: x\n", set(["a"], "yes"), 'a: "yes"\n'],
  ["a text that would be a comment", "a: x\n", set(["a"], "x # y"), 'a: "x # y"\n'],
  ["a template", "a: x\n", set(["a"], "{event.uuid}"), 'a: "{event.uuid}"\n'],
  ["a number by a text", "a: 5\n", set(["a"], "5"), 'a: "5"\n'],
  ["a text by a number", "a: '5'\n", set(["a"], 5), "a: 5\n"],
  ["nothing", "a:   # why\nb: 1\n", set(["a"], true), "a: true   # why\nb: 1\n"],
  ["a key without a colon", "x: { a, b: 1 }\n", set(["x", "a"], 2), "x: { a: 2, b: 1 }\n"],
  [
    "a template that YAML reads as a map",
    "a: { b: {event.uuid} }\n",
    set(["a", "b"], "{event.uuid}"),
    'a: { b: "{event.uuid}" }\n',
  ],
  ["an alias, there alone", "a: &x 1\nb: *x\n", set(["b"], 2), "a: &x 1\nb: 2\n"],
  ["a block by a value", "a:\n  # why\n  b: 1\nc: 2\n", set(["a"], "all"), "a:\n  # why\n  all\nc: 2\n"],
  ["a block without comment by a value", "a:\n  b: 1\nc: 2\n", set(["a"], "all"), "a: all\nc: 2\n"],
  [
    "a value by a block, beside a block",
    "a: x\nb:\n  c: 1\n",
    set(["a"], { d: [1, { e: 2 }] }),
    "a:\n  d:\n    - 1\n    - e: 2\nb:\n  c: 1\n",
  ],
  [
    "a value by a map, beside a map in braces",
    "a: x # why\nb: { c: 1 }\n",
    set(["a"], { d: [1, 2] }),
    "a: { d: [1, 2] } # why\nb: { c: 1 }\n",
  ],
  [
    "a part of a text block",
    "a: |\n  one {x}\n   two\nb: 1\n",
    set(["a"], "one {y}\n two\n"),
    "a: |\n  one {y}\n   two\nb: 1\n",
  ],
  [
    "a part of a folded text",
    "a: >- # why\n  one\n  {x} two\n",
    set(["a"], "one {y} two"),
    "a: >- # why\n  one\n  {y} two\n",
  ],
  ["an item", "- a\n- b # why\n", set([1], { c: 1 }), "- a\n- { c: 1 } # why\n"],
  [
    "a new key",
    "a: 1\nb:\n  c: 1 # why\n  # end\nd: 1\n",
    set(["b", "e"], "x"),
    "a: 1\nb:\n  c: 1 # why\n  e: x\n  # end\nd: 1\n",
  ],
  ["a new key in braces", "a: { b: 1 } # why\n", set(["a", "c d"], [1]), "a: { b: 1, c d: [1] } # why\n"],
  [
    "a new key behind a comma",
    "a: {\n  b: 1, # why\n}\n",
    set(["a", "c"], 2),
    "a: {\n  b: 1, c: 2, # why\n}\n",
  ],
  ["a new key in an empty map", "a: {}\n", set(["a", "b"], 1), "a: { b: 1 }\n"],
  ["a new key where nothing is", "a:\nb: 1\n", set(["a", "c"], 1), "a: { c: 1 }\nb: 1\n"],
  [
    "a new key with all that is missing on the way",
    "a: 1\n",
    set(["b", "c", 0], "x"),
    "a: 1\nb: { c: [x] }\n",
  ],
  [
    "a new key behind a text block",
    "a:\n  b: |+\n    x\n\nc: 1\n",
    set(["a", "d"], 1),
    "a:\n  b: |+\n    x\n\n  d: 1\nc: 1\n",
  ],
  ["a new key in an empty file", "# why\n", set(["a"], 1), "# why\na: 1\n"],
  [
    "a new key, with Windows line ends",
    "a: 1\r\nb:\r\n  c: 1\r\n",
    set(["b", "d"], "x\ny"),
    "a: 1\r\nb:\r\n  c: 1\r\n  d: |-\r\n    x\r\n    y\r\n",
  ],
  ["a new key where no line end is", "a: 1", set(["b"], 2), "a: 1\nb: 2"],
  ["a new item", "a:\n- x\n- y\nb: 1\n", set(["a", 2], "z"), "a:\n- x\n- y\n- z\nb: 1\n"],
  ["a new item in brackets", "a: [x]\n", set(["a", 1], "y, z"), 'a: [x, "y, z"]\n'],
  ["a key", "a:\n  nmae: x # why\n", rename(["a", "nmae"], "name"), "a:\n  name: x # why\n"],
  ["a key in quotes", "'a': 1\n", rename(["a"], "yes"), "'yes': 1\n"],
  ["a key that needs quotes", "a: 1\n", rename(["a"], "b: c"), '"b: c": 1\n'],
  ["a key away", "a: 1\nb: 2 # why\n# end\nc: 3\n", remove("b"), "a: 1\n# end\nc: 3\n"],
  ["a block away", "a:\n  - b: 1\n    c: |\n      x\n\nd: 1\n", remove("a"), "\nd: 1\n"],
  ["the last key away, where no line end is", "a: 1\r\nb: 2", remove("b"), "a: 1"],
  ["the only key away", "a:\n  b: 1 # why\nc: 1\n", remove("a", "b"), "a: {} # why\nc: 1\n"],
  ["the key beside a dash away", "- a: 1\n  b: 2\n", remove(0, "a"), "- b: 2\n"],
  [
    "the key beside a dash away, before a comment",
    "- a: 1\n  # of b\n  b: 2\n",
    remove(0, "a"),
    "- \n  # of b\n  b: 2\n",
  ],
  ["a key in braces away", "{ a: 1, b: 2, c: 3 }\n", remove("b"), "{ a: 1, c: 3 }\n"],
  ["the last key in braces away", "{ a: 1, b: 2 }\n", remove("b"), "{ a: 1 }\n"],
  ["the only key in braces away", "a: { b: 1 }\n", remove("a", "b"), "a: {}\n"],
  [
    "a line in brackets away",
    "[\n  a, # of a\n  b, # of b\n  c # of c\n]\n",
    remove(1),
    "[\n  a, # of a\n  c # of c\n]\n",
  ],
  ["the last line in brackets away", "[\n  a, # of a\n  b # of b\n]\n", remove(1), "[\n  a, # of a\n]\n"],
  ["an item away", "- a\n# of b\n- b\n- c\n", remove(1), "- a\n# of b\n- c\n"],
  ["a part of a text", 'a: "x {y} \\u00e9 {y}"\n', splice(["a"], 8, 11, '"'), 'a: "x {y} \\u00e9 \\""\n'],
];

test.each(EDITS)("changes %s", (_what, before, edit, after) => {
  expect(edited(before, [edit])).toEqual({ text: after, applied: [true] });
});

test("makes many changes at once, each in its place", () => {
  const before = "a: x\nb: [1, 2, 3] # why\nc: 'x {y} {y}'\nd: { e: 1 }\n";
  const { text, applied } = edited(
    before,
    [rename(["d"], "f"), set(["d", "e"], 2)],
    [remove("a")],
    [remove("b", 0)],
    [remove("b", 2)],
    [splice(["c"], 2, 5, "{z}")],
    [splice(["c"], 6, 9, "{w}")],
    [set(["g"], 1)],
    [set(["h"], 2)],
  );
  expect(text).toBe("b: [2] # why\nc: 'x {z} {w}'\nf: { e: 2 }\ng: 1\nh: 2\n");
  expect(applied).toEqual(Array(8).fill(true));
});

test("of changes that meet, the first is made; the others can be made afterwards", () => {
  expect(edited("a: { b: 1 }\nd: 1\n", [remove("a")], [set(["a", "b"], 2)], [set(["c"], 1)])).toEqual({
    text: "d: 1\nc: 1\n",
    applied: [true, false, true],
  });
  // Each is right alone, but not both: the map would be read as nothing.
  expect(edited("a:\n  b: 1\n  c: 2\n", [remove("a", "b")], [remove("a", "c")])).toEqual({
    text: "a:\n  c: 2\n",
    applied: [true, false],
  });
});

test("a group is made whole or not at all", () => {
  expect(edited("a: 1\nb: 2\n", [remove("a"), rename(["c"], "d")], [set(["b"], 3)])).toEqual({
    text: "a: 1\nb: 3\n",
    applied: [false, true],
  });
});

const REFUSED: [what: string, text: string, edit: Edit][] = [
  ["what an alias would carry to another place", "a: &x { b: 1 }\nc: *x\n", set(["a", "b"], 2)],
  ["what stands behind an alias", "a: &x { b: 1 }\nc: *x\n", set(["c", "b"], 2)],
  ["an anchor that is used", "a: &x 1\nb: *x\n", remove("a")],
  ["a name that is taken", "a: 1\nb: 2\n", rename(["a"], "b")],
  ["a key that is not there", "a: 1\n", remove("b")],
  ["a part of what is no text", "a: 15\n", splice(["a"], 0, 1, "2")],
  ["a key of a list", "a: [1]\n", set(["a", "b"], 2)],
  ["an item far behind the end", "a: [1]\n", set(["a", 5], 2)],
  ["a key below a single value", "a: 1\n", set(["a", "b"], 2)],
  ["what a tag turns into something else", "a: !!str 5\n", set(["a"], 6)],
  ["what makes the file worse", "a: 1\n", replace(3, 4, "[")],
  ["a value in a broken file", "a: 1\nb: [\n", set(["a"], 2)],
];

test.each(REFUSED)("refuses %s", (_what, text, edit) => {
  expect(edited(text, [edit])).toEqual({ text, applied: [false] });
});

test("mends a file that is not valid YAML", () => {
  const text = "a:\n\tb: 1\n\tc: 2\n";
  expect(edited(text, [replace(3, 4, "  ")], [replace(9, 10, "  ")])).toEqual({
    text: "a:\n  b: 1\n  c: 2\n",
    applied: [true, true],
  });
});
