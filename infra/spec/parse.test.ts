import { expect, test } from "vitest";
import { parseYaml } from "./parse.ts";
import { inOneLine } from "./test-support.ts";

const parse = (text: string) => parseYaml("a.yaml", new TextEncoder().encode(text));

test.each([
  [
    "a key given twice",
    "a: 1\nb: 2\na: 3\n",
    ["HW005 3:1-2 the key `a` is given twice (The first one is on line 1.)"],
  ],
  [
    "a tab as indentation",
    "a:\n\tb: 1\n",
    ["HW001 2:1-2 a tab is used as indentation (Indent with spaces.)"],
  ],
  [
    "brackets that are not closed, once a line",
    "a: { b: [c }\n",
    ["HW001 1:12-13 the closing `]` is missing (Add it, or put a text that has the sign in quotes.)"],
  ],
  [
    "a quote that is not closed, after the last character",
    'a: "b\n\n',
    ['HW001 1:5-6 the closing `"` is missing (Add it, or put a text that has the sign in quotes.)'],
  ],
  [
    "a value with a colon",
    "a: b: c\n",
    ["HW001 1:4-5 a second `: ` on one line (Put the value in quotes, or on a line of its own.)"],
  ],
  [
    "a value that starts with a reserved character",
    "a: @b\n",
    ["HW001 1:4-5 plain value cannot start with reserved character @ (Put the value in quotes.)"],
  ],
  [
    "double braces without quotes",
    "a: {{ event }}\n",
    ['HW001 1:5-6 a key is not text (A template is written in quotes: "{event}".)'],
  ],
  [
    "a tag",
    "a: !secret b\n",
    [
      "HW001 1:4-11 unresolved tag: !secret (Quotes, brackets and indentation decide: compare it with an example.)",
    ],
  ],
  [
    "a second document",
    "a: 1\n---\nb: 2\n",
    ["HW004 2:1-1 the file holds a second document (Give each destination a file of its own.)"],
  ],
  [
    "YAML 1.1",
    "%YAML 1.1\n---\na: yes\n",
    ["HW001 1:1-1 the file asks for YAML 1.1 (Remove the %YAML line.)"],
  ],
  [
    "an alias without anchor",
    "a: *nobody\n",
    [
      "HW001 1:4-11 no anchor `&nobody` stands above this alias (Write `&nobody` before the value that is meant, or put the text in quotes.)",
    ],
  ],
  [
    "an alias that contains itself",
    "a: &a [*a]\n",
    ["HW003 1:8-10 the alias `*a` contains itself (Write the values out, without aliases.)"],
  ],
  [
    "numbers that cannot be kept",
    "a: 12345678901234567890\nb: .inf\n",
    [
      'HW007 1:4-24 the number 12345678901234567890 cannot be kept exactly (As text it can: "12345678901234567890")',
      'HW007 2:4-8 the number .inf cannot be kept exactly (As text it can: ".inf")',
    ],
  ],
  [
    "a merge key, which merges nothing",
    "a: &a { b: 1 }\nc: { <<: *a }\n",
    [
      "HW010 2:6-8 `<<` merges nothing: YAML 1.2 has no merge keys (Write the keys out; what differs in a stack stands under `environments`.)",
    ],
  ],
  [
    "keys that libraries drop, or call",
    "a: { __proto__: {}, constructor: x }\ntoString: 1\nb: [{ valueOf: 1 }]\n",
    [
      "HW010 1:6-15 the key `__proto__` cannot be used (Give it another name.)",
      "HW010 1:21-32 the key `constructor` cannot be used (Give it another name.)",
      "HW010 2:1-9 the key `toString` cannot be used (Give it another name.)",
      "HW010 3:7-14 the key `valueOf` cannot be used (Give it another name.)",
    ],
  ],
])("refuses %s", (_what, text, expected) => {
  expect(parse(text).diagnostics.map(inOneLine)).toEqual(expected);
});

test("goes on with what a template without quotes means", () => {
  const { value, diagnostics } = parse("a: { b: {event.uuid} }\n");
  expect(value).toEqual({ a: { b: "{event.uuid}" } });
  expect(diagnostics).toHaveLength(1);
});

test("reads zero without a sign, as JSON has it", () => {
  expect(parse("a: -0\nb: -0.0\n").value).toStrictEqual({ a: 0, b: 0 });
});

test("reads a key that is only written like a merge key", () => {
  expect(parse('"<<": 1\n')).toMatchObject({ value: { "<<": 1 }, diagnostics: [] });
});

test("reads YAML 1.2: `yes` is text, keys are text, anchors stand for their values", () => {
  expect(parse("a: yes\n1: 0x10\ntrue: &t [~]\nb: *t\n").value).toEqual({
    a: "yes",
    1: 16,
    true: [null],
    b: [null],
  });
});
