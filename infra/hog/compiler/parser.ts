import type { HogQLParser } from "@posthog/hogql-parser";
import { HogError } from "../hog-error.ts";
import type { Expression, Statement } from "./ast.ts";
import { plainTemplate } from "./plain-template.ts";

export type Parser = {
  expression(source: string): Expression;
  program(source: string): Statement;
  /** A query's tree, which only the sandbox reads (infra/sandbox/hogql/tree.ts). */
  select(source: string): unknown;
  template(text: string): Expression;
  /** The same, always by PostHog's parser. */
  parsedTemplate(text: string): Expression;
};

// The grammar's "full template" starts with this mark and has no closing quote (contract §8).
const TEMPLATE_PREFIX = "F'";

// The parser's time grows with the square of an expression's length, and some 400 terms in a row exhaust its stack.
const LONGEST_EXPRESSION = 600;
const LONG_EXPRESSION = new RegExp(`(?<!\\\\)\\{[^{}]{${LONGEST_EXPRESSION + 1},}`);

// Its time also doubles with each few brackets within each other; 100 exhaust its stack.
const MOST_NESTED = 40;

// So it does with each NOT before a NOT and each CASE inside of a CASE, and nearly so with each step of a path.
const LONG_ROWS: [what: string, pattern: RegExp][] = [
  ["NOT", /(?:\bnot\b[\s(-]*){41}/i],
  ["steps of a path", /(?:\.\s*[\w$]+\s*){101}/],
];

const STARTING =
  "the parser is starting anew after a text that was too deeply nested: mend that one, or try again";

/** PostHog's own parser (WASM). Its methods throw `HogError`. */
export async function loadParser(): Promise<Parser> {
  const { default: createHogQLParser } = await import("@posthog/hogql-parser");
  let wasm: HogQLParser | undefined = await createHogQLParser();

  const run = (
    method: "parseExpr" | "parseProgram" | "parseSelect" | "parseFullTemplateString",
    source: string,
  ): string => {
    refuseNested(source);
    refuseRows(source);
    if (method !== "parseFullTemplateString") refuseCases(source); // a template's text may say the word as it likes
    if (!wasm) throw new HogError("unsupported", STARTING);
    try {
      return wasm[method](source);
    } catch (error) {
      // Its small stack is exhausted, and from now on it would refuse every text.
      wasm = undefined;
      void createHogQLParser().then((fresh) => {
        wasm = fresh;
      });
      throw new HogError("syntax", "this is too long or too deeply nested to be read", undefined, error);
    }
  };
  const parsedTemplate = (text: string): Expression => {
    const json = run("parseFullTemplateString", TEMPLATE_PREFIX + text);
    return readTree<Expression>(json, text, TEMPLATE_PREFIX);
  };
  return {
    expression: (source) => readTree<Expression>(run("parseExpr", source), source, ""),
    program: (source) => readTree<Statement>(run("parseProgram", source), source, ""),
    select: (source) => readTree<unknown>(run("parseSelect", source), source, ""),
    template(text) {
      refuseLong(text);
      return plainTemplate(text) ?? parsedTemplate(text);
    },
    parsedTemplate,
  };
}

/** Counts brackets in texts and comments too: there nobody nests them so. */
function refuseNested(source: string): void {
  let depth = 0;
  for (let at = 0; at < source.length; at++) {
    const character = source[at] ?? "";
    if ("([{".includes(character)) depth++;
    if (")]}".includes(character) && depth > 0) depth--;
    if (depth > MOST_NESTED) {
      throw new HogError("unsupported", `more than ${MOST_NESTED} brackets within each other`);
    }
  }
}

function refuseRows(source: string): void {
  const row = LONG_ROWS.find(([, pattern]) => pattern.test(source));
  if (row) throw new HogError("unsupported", `too many ${row[0]} in a row`);
}

function refuseCases(source: string): void {
  let depth = 0;
  for (const [word] of source.matchAll(/\b(?:case|end)\b/gi)) {
    depth = Math.max(0, depth + (word.toLowerCase() === "case" ? 1 : -1));
    if (depth > MOST_NESTED)
      throw new HogError("unsupported", `more than ${MOST_NESTED} CASE within each other`);
  }
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
  select: needParser,
  template: (text) => plainTemplate(text) ?? needParser(),
  parsedTemplate: needParser,
};

function needParser(): never {
  throw new ParserNeeded("PostHog's parser is not loaded");
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
