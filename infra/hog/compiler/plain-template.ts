import type { Expression } from "./ast.ts";

// Words that the grammar does not take for a name everywhere; the test asks the parser for each word that it knows.
// biome-ignore format: one line a family
const RESERVED = new Set([
  "catch", "except", "finally", "fn", "fun", "let", "throw", "try", "while", "return", "for", "if", "in", "with",
  "inf", "infinity", "nan", "null", "true", "false", "not", "case", "select", "distinct", "interval", "cast", "extract",
  "intersect", "materialized", "within", "date", "timestamp", "substring", "trim", "columns", "exclude", "replace",
]);

const NAME = /[A-Za-z_$][\w$]*/.source;
const READ = new RegExp(`\\{(${NAME}(?:\\.${NAME})*)\\}`, "g");

/**
 * The tree of a template that is text and plain reads, `{event.properties.plan}`: most are, and PostHog's parser takes a
 * tenth of a second for its first template. `undefined` for any other; the same tree as the parser's (a test compares).
 */
export function plainTemplate(text: string): Expression | undefined {
  if (text.includes("\\")) return undefined;
  const parts: Expression[] = [];
  const add = (start: number, end: number) => {
    const value = text.slice(start, end);
    if (value !== "") parts.push({ node: "Constant", value, start, end });
    return !/[{}]/.test(value);
  };
  let done = 0;
  for (const { 0: read, 1: names = "", index } of text.matchAll(READ)) {
    const chain = names.split(".");
    if (!add(done, index) || chain.some((name) => RESERVED.has(name.toLowerCase()))) return undefined;
    done = index + read.length;
    parts.push({ node: "Field", chain, start: index + 1, end: done - 1 });
  }
  if (!add(done, text.length)) return undefined;
  const [only = { node: "Constant", value: "", start: 0, end: 0 }] = parts;
  return parts.length < 2 ? only : { node: "Call", name: "concat", args: parts, start: 0, end: text.length };
}
