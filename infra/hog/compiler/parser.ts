import { HogError } from "../hog-error.ts";
import type { Expression, Statement } from "./ast.ts";
import { plainTemplate } from "./plain-template.ts";

export type Parser = {
  expression(source: string): Expression;
  program(source: string): Statement;
  template(text: string): Expression;
  /** The same, always by PostHog's parser. */
  parsedTemplate(text: string): Expression;
};

// The grammar's "full template" starts with this mark and has no closing quote (contract §8).
const TEMPLATE_PREFIX = "F'";

// The parser's time grows with the square of an expression's length, and some 400 terms in a row exhaust its stack.
const LONGEST_EXPRESSION = 600;
const LONG_EXPRESSION = new RegExp(`(?<!\\\\)\\{[^{}]{${LONGEST_EXPRESSION + 1},}`);

/** PostHog's own parser (WASM). Its methods throw `HogError` of kind "syntax". */
export async function loadParser(): Promise<Parser> {
  const { default: createHogQLParser } = await import("@posthog/hogql-parser");
  const wasm = await createHogQLParser();
  const parsedTemplate = (text: string): Expression => {
    const json = parsed(wasm.parseFullTemplateString, TEMPLATE_PREFIX + text);
    return readTree<Expression>(json, text, TEMPLATE_PREFIX);
  };
  return {
    expression: (source) => readTree<Expression>(parsed(wasm.parseExpr, source), source, ""),
    program: (source) => readTree<Statement>(parsed(wasm.parseProgram, source), source, ""),
    template(text) {
      refuseLong(text);
      return plainTemplate(text) ?? parsedTemplate(text);
    },
    parsedTemplate,
  };
}

function refuseLong(template: string): void {
  const long = LONG_EXPRESSION.exec(template);
  if (!long) return;
  const span = { start: long.index, end: long.index + long[0].length };
  throw new HogError("unsupported", `an expression of more than ${LONGEST_EXPRESSION} characters`, span);
}

/** Something was asked of `plainParser` that takes PostHog's parser. */
export class ParserNeeded extends Error {
  override readonly name = "ParserNeeded";
}

/** What can be read without loading PostHog's parser: plain templates. Throws `ParserNeeded` for all else. */
export const plainParser: Parser = {
  expression: needParser,
  program: needParser,
  template: (text) => plainTemplate(text) ?? needParser(),
  parsedTemplate: needParser,
};

function needParser(): never {
  throw new ParserNeeded("PostHog's parser is not loaded");
}

/** Where the WASM itself fails, its small stack is exhausted: that is about the text, not about us. */
function parsed(parse: (source: string) => string, source: string): string {
  try {
    return parse(source);
  } catch (error) {
    throw new HogError("syntax", "this is too long or too deeply nested to be read", undefined, error);
  }
}

type ParserError = { error: true; message: string; start: number; end: number };

function readTree<T>(json: string, source: string, prefix: string): T {
  const utf16 = utf16Offsets(prefix + source);
  const offset = (codePoints: number) =>
    Math.min(Math.max(utf16(codePoints) - prefix.length, 0), source.length);

  // A parser's answer is a tree or an error; nodes that the types do not name are refused by the emitter.
  const tree = JSON.parse(
    json,
    function (this: Record<string, unknown>, key, value, context?: { source?: string }) {
      if ((key === "start" || key === "end") && typeof value?.offset === "number")
        return offset(value.offset);
      // JSON has one kind of number, Hog two: 1.0 is a float.
      if (key === "value" && typeof value === "number" && /[.eE]/.test(context?.source ?? ""))
        this.float = true;
      return value;
    },
  ) as T | ParserError;

  if (isError(tree))
    throw new HogError("syntax", plainMessage(tree.message), { start: tree.start, end: tree.end });
  return tree;
}

function isError(tree: unknown): tree is ParserError {
  return typeof tree === "object" && tree !== null && "error" in tree && tree.error === true;
}

/** The parser counts code points; JavaScript counts UTF-16 units. */
function utf16Offsets(source: string): (codePoints: number) => number {
  if (!/[\ud800-\udbff]/.test(source)) return (codePoints) => codePoints;
  const characters = Array.from(source);
  return (codePoints) => characters.slice(0, codePoints).join("").length;
}

/** ANTLR's words in a user's; it also lists every token that it would have taken, which nobody reads. */
function plainMessage(message: string): string {
  return message
    .replace(/ expecting \{.*\}$/s, "")
    .replace("'<EOF>'", "the end of the text")
    .replace(/^(mismatched|extraneous) input /, "unexpected ")
    .replace(/^no viable alternative at input /, "cannot read ")
    .replace(" expecting ", ", expected ");
}
