import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { type Diagnostic, renderDiagnostics, tidy } from "./diagnostic.ts";
import { createSource, spanOf } from "./source.ts";

const text =
  'name: x\r\n日本: "👍 é\u0301 x"\n\tbody: y\nkey: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\nbell: \u0007\u202e\n';
const source = createSource("destinations/a.yaml", text);

function at(part: string, more: Partial<Diagnostic> = {}): Diagnostic {
  const start = text.indexOf(part);
  return {
    code: "HW010",
    severity: "error",
    message: "m",
    span: spanOf(source, start, start + part.length),
    ...more,
  };
}

test("shows the place, the line, a caret, a way out and a count", () => {
  const warning = at("body", { severity: "warning", message: "second" });
  expect(renderDiagnostics([at("x", { message: "first", hint: "Do this." }), warning])).toBe(
    [
      "error HW010 first",
      " --> destinations/a.yaml:1:7",
      "1 | name: x",
      "  |       ^",
      "help: Do this.",
      "",
      "warning HW010 second",
      " --> destinations/a.yaml:3:2",
      "3 | \tbody: y",
      "  | \t^^^^",
      "",
      "1 error, 1 warning in 1 file",
    ].join("\n"),
  );
});

test("counts what can be mended", () => {
  const fix = [{ kind: "rename" as const, path: ["nmae"], key: "name" }];
  const lines = renderDiagnostics([at("x", { fix }), at("body")]).split("\n");
  expect(lines.at(-1)).toBe("2 errors in 1 file; 1 can be fixed with npx hogwire check --fix");
  expect(renderDiagnostics([at("x", { fix }), at("x")])).toContain(
    renderDiagnostics([at("x")]).split("\n\n")[0],
  );
});

test.each([
  ["wide characters", "日本", "  | ^^^^"],
  ["what stands behind wide characters, an emoji and a combined letter", 'x"', "  |             ^^"],
])("puts the caret under %s", (_what, part, caret) => {
  expect(renderDiagnostics([at(part)]).split("\n")[3]).toBe(caret);
});

test("counts columns as editors do, in UTF-16 units", () => {
  expect(at("é").span).toMatchObject({ line: 2, column: 9 });
});

test("does not show a signing key that stands in the file", () => {
  const shown = renderDiagnostics([at("key")]);
  expect(shown).toContain(`4 | key: ${"*".repeat(38)}`);
  expect(shown).not.toContain("MfKQ9r8");
});

test("lets no control character reach the terminal", () => {
  const shown = renderDiagnostics([at("bell", { message: "\u001b[31m" })]);
  for (const character of ["\u0007", "\u001b", "\u202e"]) expect(shown).not.toContain(character);
});

test("writes colours only when asked", () => {
  const plain = renderDiagnostics([at("x")]);
  const coloured = renderDiagnostics([at("x")], { color: true });
  expect(plain).not.toContain("\u001b");
  expect(coloured).toContain("\u001b[31m");
  expect(stripVTControlCharacters(coloured)).toBe(plain);
});

test("leaves the line out when it is very long", () => {
  const long = createSource("a.yaml", `a: ${"x".repeat(1000)}`);
  const shown = renderDiagnostics([
    { code: "HW010", severity: "error", message: "m", span: spanOf(long, 500) },
  ]);
  expect(shown).toBe("error HW010 m\n --> a.yaml:1:501\n\n1 error in 1 file");
});

test("is empty when there is nothing to say", () => {
  expect(renderDiagnostics([])).toBe("");
});

test("sorts by place and says each thing once", () => {
  expect(tidy([at("body"), at("x"), at("body")])).toEqual([at("x"), at("body")]);
});
