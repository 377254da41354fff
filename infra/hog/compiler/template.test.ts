import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCompiler } from "../compile.ts";
import { HogRuntimeError, render } from "../evaluate.ts";
import { HogError } from "../hog-error.ts";

const compiler = await createCompiler();
const globals = {
  event: { event: "signup", properties: { amount: 12.5, "a-b": "hyphen", list: [1, 2], when: null } },
  person: { properties: { name: "Zoë 😀" } },
  nobody: null,
};
const rendered = (text: string) => render(compiler.template(text), globals);

describe("a template", () => {
  it.each<[string, unknown]>([
    ["", ""],
    ["plain", "plain"],
    ["{event.event}", "signup"],
    ["{event.properties.amount}", 12.5],
    ["{event.properties}", globals.event.properties],
    [" {event.properties.amount}", " 12.5"],
    ["{event.event} by {person.properties.name}!", "signup by Zoë 😀!"],
    ["{event.properties.missing}", null],
    ["<{event.properties.missing}>", "<>"],
    ["{nobody.name}", null],
    ["{event.properties['a-b']}", "hyphen"],
    ["{event.properties.list[2]}", 2],
    ["{event.properties.list.1}", 1],
    ["{event?.properties?.['a-b']}", "hyphen"],
    ["{event.properties.when ?? 'never'}", "never"],
    ["{f'{event.event}-{1 + 1}'}", "signup-2"],
    ["{if(event.event = 'signup', 'new', 'old')}", "new"],
    ["{event.event = 'x' ? 1 : 2}", 2],
    ["{multiIf(false, 1, false, 2, 3)}", 3],
    ["{case when event.event = 'x' then 1 when event.event = 'signup' then 2 else 3 end}", 2],
    ["{not (1 > 2 or 1 >= 2) and 1 < 2 and 1 <= 2 and 1 != 2}", true],
    ["{7 - 2 * 3 + 9 / 2 % 4}", 1.5],
    ["{-event.properties.amount}", -12.5],
    ["{event.event in ('signup', 'login')}", true],
    ["{event.event not in ['signup']}", false],
    ["{event.event like '%sig%' and event.event not ilike 'LOG%'}", true],
    [
      "{event.event =~ '^sign' and event.event !~ 'x' and event.event =~* 'UP' and event.event !~* 'Y'}",
      true,
    ],
    ["{event.properties.amount not between 1 and 5}", true],
    ["{event.properties.when is null}", true],
    ["{{'a': 1, 'b': [true, null, 1.0]}}", { a: 1, b: [true, null, 1] }],
    ["{tuple(1, 'a')}", [1, "a"]],
    ["{upper('it''s \\'quoted\\'')}", "IT'S 'QUOTED'"],
    ["{concat('a', 1, null)}", "a1"],
    ["{arrayFilter(x -> x > 1, event.properties.list)}", [2]],
    ["{arrayMap(x -> arrayMap(y -> x * y, [10, 20]), [3])}", [[30, 60]]],
  ])("%s", (text, expected) => expect(rendered(text)).toEqual(expected));

  // Contract §5.1.
  it.each<[string, string]>([
    ["\\{event\\}", "{event\\}"],
    ["a } b", "a } b"],
    ["\\{ {event.event} }", "{ signup }"],
    ["a\\nb\\tc", "a\nb\tc"],
    ["a\\\\nb", "a\\nb"],
    ["it's 'quoted' \"twice\"", "it's 'quoted' \"twice\""],
    ["line\nbreak", "line\nbreak"],
    ["100% // no comment /* here */ -- either", "100% // no comment /* here */ -- either"],
  ])("escapes %j", (text, expected) => expect(rendered(text)).toBe(expected));

  it("gives any text without braces and backslashes back", () => {
    const text = fc.string({ unit: "grapheme" }).filter((text) => !/[\\{]/.test(text));
    fc.assert(
      fc.property(text, (text) => {
        expect(rendered(text)).toBe(text);
      }),
    );
  });

  it("compiles or says why not, whatever the text", () => {
    const scraps = [
      "{",
      "}",
      "\\",
      "'",
      "f'",
      "(",
      ")",
      "[",
      "a.b",
      "event",
      " ",
      "=",
      "->",
      "-",
      "1",
      "%",
      "?.",
      "😀",
    ];
    const text = fc.oneof(
      fc.array(fc.constantFrom(...scraps), { maxLength: 12 }).map((parts) => parts.join("")),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(text, (text) => {
        try {
          expect(compiler.template(text).slice(0, 2)).toEqual(["_H", 1]);
        } catch (error) {
          expect(error).toBeInstanceOf(HogError);
          const { start = 0, end = 0 } = error as HogError;
          expect(0 <= start && start <= end && end <= text.length).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["a {", "syntax", "the end of the text", ""],
    ["😀 {event.event x}", "syntax", "cannot read", "x}"],
    ["{a b}", "syntax", "unexpected 'b', expected '}'", "b"],
    ["{{ event.event }}", "unsupported", "write `{ }`", "{ event"],
    ["a {event.properties.a-b}", "syntax", "`event.properties['a-b']`", "event.properties.a-b"],
    ["{(select 1)}", "unsupported", "A subquery (`select`)", "select 1"],
    ["{sql(1)}", "unsupported", "`sql()`", "sql(1)"],
    ["{a.list[0]}", "syntax", "starts from 1", "a.list[0]"],
    ["{12345678901234567890}", "unsupported", "12345678901234567890", "123"],
    ["{a in cohort 1}", "unsupported", "cohorts", "a in cohort 1"],
    ["{<a />}", "unsupported", "A tag (`<a />`)", "<a />"],
    ["{count() over ()}", "unsupported", "A window function (`over`)", "count"],
  ])("refuses %s", (text, kind, message, at) => {
    const error = failureOf(() => compiler.template(text));
    expect(error).toBeInstanceOf(HogError);
    expect(error).toMatchObject({ kind, message: expect.stringContaining(message) });
    expect(error).toHaveProperty("start", at ? text.indexOf(at) : text.length);
  });

  it("that reads an unknown global or calls an unknown function fails when it runs", () => {
    expect(() => rendered("{distinct_id}")).toThrow(HogRuntimeError);
    expect(() => rendered("{distinct_id}")).toThrow("Global variable not found: distinct_id");
    expect(() => rendered("{nope(1)}")).toThrow("nope");
    expect(() => rendered("{fetch('https://a.example')}")).toThrow(HogRuntimeError);
  });
});

describe("a tree of templates", () => {
  const tree = { a: ["{event.event}", 1, { b: "x {event.event}" }], c: null, d: true, e: {}, f: [] };

  it("keeps its shape", () => {
    expect(render(compiler.templateTree(tree), globals)).toEqual({
      ...tree,
      a: ["signup", 1, { b: "x signup" }],
    });
  });

  it("spreads an object where it says so", () => {
    const spread = compiler.templateTree({ $$_extend_object: "{event.properties}", amount: "{1}", own: "x" });
    expect(render(spread, globals)).toEqual({ ...globals.event.properties, amount: 1, own: "x" });
    expect(render(compiler.templateTree({ $$_extend_object: "{nobody}", own: "x" }), globals)).toEqual({
      own: "x",
    });
  });

  it("gives a date as the machine's tagged object, and as ISO text within text", () => {
    const date = "{toDateTime('2026-09-01')}";
    expect(rendered(date)).toMatchObject({ __hogDateTime__: true, zone: "UTC" });
    expect(rendered(`at ${date}`)).toBe("at 2026-09-01T00:00:00.000Z");
  });
});

describe("the globals of a template", () => {
  const reads = (text: string) =>
    compiler
      .globals(text)
      .map(({ name, path, start, end }) => [name, path.join("."), text.slice(start, end)]);

  it("are named with their place in the text", () => {
    expect(reads("😀 {event.properties.x} {distinct_id} {f'{person.id}'}")).toEqual([
      ["event", "properties.x", "event.properties.x"],
      ["distinct_id", "", "distinct_id"],
      ["person", "id", "person.id"],
    ]);
  });

  it("go on in brackets and after `?.`, up to the first step that is not a constant", () => {
    expect(
      reads("{event.properties['a-b'].c} {person?.properties?.email} {event.properties[event.event]['x']}"),
    ).toEqual([
      ["event", "properties.a-b.c", "event.properties['a-b'].c"],
      ["person", "properties.email", "person?.properties?.email"],
      ["event", "properties", "event.properties"],
      ["event", "event", "event.event"],
    ]);
    expect(reads("{event.properties['list'][1]['x']} {[event]['x']} {f(event).x}")).toMatchObject([
      ["event", "properties.list", "event.properties['list']"],
      ["event", "", "event"],
      ["event", "", "event"],
    ]);
  });

  it("are not a lambda's variables, nor functions", () => {
    expect(
      reads("{arrayMap(x -> x.a + y, list)} {arrayMap(lower, list)} {now()}").map(([name]) => name),
    ).toEqual(["y", "list", "list"]);
  });
});

it("compiles a text once, and is itself made once", async () => {
  expect(compiler.template("once {event}")).toBe(compiler.template("once {event}"));
  expect(await createCompiler()).toBe(compiler);
});

function failureOf(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}

it("refuses by name an expression that would take the parser minutes, or its life", () => {
  for (const long of [`{${Array(20_000).fill("1").join("+")}}`, `{event${".a".repeat(5_000)}}`]) {
    expect(() => compiler.template(long)).toThrow("an expression of more than 600 characters");
  }
  expect(compiler.template("{event}")).toEqual(["_H", 1, 32, "event", 1, 1]);
  expect(compiler.template(`${"x".repeat(5_000)}{event}`)).toBeDefined();
  expect(compiler.template(`\\{${"x".repeat(5_000)}`)).toEqual(["_H", 1, 32, `{${"x".repeat(5_000)}`]);
});

it("fails a range that would take all memory", () => {
  expect(render(compiler.template("{range(2, 5)}"), {})).toEqual([2, 3, 4]);
  expect(() => render(compiler.template("{range(1000000000)}"), {})).toThrow("range() of more than");
});
