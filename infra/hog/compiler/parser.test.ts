import { describe, expect, it, vi } from "vitest";
import { createCompiler } from "../compile.ts";
import { HogError } from "../hog-error.ts";

const compiler = await createCompiler();
const nest = (open: string, close: string, times: number) => `${open.repeat(times)}1${close.repeat(times)}`;

describe("what is nested", () => {
  it.each([
    ["expression", () => compiler.expression(nest("(", ")", 5_000))],
    ["program", () => compiler.program(`return ${nest("[", "]", 5_000)}`)],
    ["program of blocks", () => compiler.program(nest("if (true) {", "}", 5_000))],
    ["program that ends early", () => compiler.program("f({'a': [".repeat(5_000))],
    ["template", () => compiler.template(nest("{f'", "'}", 5_000))],
    ["template of one expression", () => compiler.template(`{${nest("(", ")", 200)}}`)],
  ])("too deeply is refused by name: %s", (_what, compile) => {
    expect(compile).toThrow(HogError);
    expect(compile).toThrow("more than 40 brackets within each other");
  });

  it("compiles up to a depth that nobody writes", () => {
    expect(compiler.expression(nest("[", "]", 40)).length).toBe(2 + 2 + 2 * 40);
  });

  it("is a tree of templates too", () => {
    let tree: unknown = "{event}";
    for (let depth = 0; depth < 20_000; depth++) tree = [tree];
    expect(() => compiler.templateTree(tree)).toThrow(HogError);
    expect(() => compiler.templateTree(tree)).toThrow("more than 200 lists and objects within each other");
  });
});

it.each([
  ["expression", () => compiler.expression(Array(3_000).fill("a").join(" + "))],
  ["program", () => compiler.program(`return ${"- ".repeat(3_000)}1`)],
])("goes on after a text that exhausted the parser's stack: %s", async (_what, compile) => {
  expect(compile).toThrow(HogError);
  expect(compile).toThrow(/too deeply nested/);
  await vi.waitFor(() => expect(compiler.expression("1 + 2 + 3")).toHaveLength(10));
});
