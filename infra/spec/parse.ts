import {
  type Alias,
  Composer,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  type Node,
  type ParsedNode,
  Parser,
  type Scalar,
  type YAMLError,
  type YAMLMap,
} from "yaml";
import type { Code } from "./codes.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { Edit } from "./edit.ts";
import { clip } from "./report.ts";
import { createSource, type SourceFile, spanOf } from "./source.ts";

/** A YAML file as read. `value` is left out when its shape cannot be trusted. */
export type ParsedYaml = { source: SourceFile; value?: unknown; diagnostics: Diagnostic[] };

export const MAX_BYTES = 256 * 1024;
const MAX_DEPTH = 100;
// Far above any real file, far below what an alias bomb unfolds to.
const MAX_VALUES = 50_000;
const MAX_SYNTAX_ERRORS = 5;
const WRITE_OUT = "Write the values out, without aliases.";
// Libraries drop the first without a word, and ask every object for the others.
const UNUSABLE = ["__proto__", "constructor", "toString", "valueOf"];

/** Reads one YAML document with its positions. Whatever the bytes are: diagnostics, never an exception. */
export function parseYaml(file: string, bytes: Uint8Array): ParsedYaml {
  if (bytes.length > MAX_BYTES) return tooLarge(file, bytes.length);
  const text = decode(bytes);
  if (text === undefined) return notUtf8(file);
  const source = createSource(file, text);
  const diagnostics: Diagnostic[] = [];
  const report: Report = (code, [start, end], message, hint, fix) => {
    const span = spanOf(source, start, end);
    const more = { ...(hint === undefined ? {} : { hint: clip(hint) }), ...(fix ? { fix: [fix] } : {}) };
    diagnostics.push({ code, severity: "error", message: clip(message), ...more, span });
  };

  const [document, second] = compose(text, report);
  if (document === undefined) return { source, diagnostics };
  source.root = document.contents;
  reportSyntax(document, text, report);
  if (second !== undefined) {
    const start = second.range[0];
    report(
      "HW004",
      [start, start],
      "the file holds a second document",
      "Give each destination a file of its own.",
    );
  }
  if (diagnostics.length > 0) return { source, diagnostics };
  return { source, value: toValue(source, report), diagnostics };
}

type Report = (
  code: Code,
  range: readonly [number, number],
  message: string,
  hint?: string,
  fix?: Edit,
) => void;

export function tooLarge(file: string, size: number): ParsedYaml {
  return unreadable(file, `the file has ${size} bytes`, `At most ${MAX_BYTES} bytes are read.`);
}

export function notUtf8(file: string): ParsedYaml {
  return unreadable(file, "the file is not UTF-8 text", "Save it with the encoding UTF-8.");
}

export function unreadable(file: string, message: string, hint: string): ParsedYaml {
  const source = createSource(file, "");
  return {
    source,
    diagnostics: [{ code: "HW002", severity: "error", message, hint, span: spanOf(source, 0) }],
  };
}

/** `undefined` for what is not UTF-8. */
export function decode(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? undefined : text; // UTF-16 without a mark reads as text full of NULs
  } catch {
    return undefined;
  }
}

/** As `yaml`'s `parseAllDocuments`, but stops at a depth that its recursive composer, and V8, bear. */
function compose(text: string, report: Report): Document.Parsed[] {
  const parser = new Parser();
  const tokens = [];
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    if (parser.stack.length > MAX_DEPTH) {
      report(
        "HW003",
        [parser.offset, parser.offset],
        `the file nests more than ${MAX_DEPTH} levels deep`,
        "Make it flatter: no file needs so many levels.",
      );
      return [];
    }
  }
  tokens.push(...parser.end());
  // Keys are compared below: the composer compares each with each, which takes minutes on a large map.
  const options = { stringKeys: true, uniqueKeys: false, version: "1.2" } as const;
  return [...new Composer<ParsedNode>(options).compose(tokens, true, text.length)];
}

function reportSyntax(document: Document.Parsed, text: string, report: Report): void {
  const lastCharacter = Math.max(0, text.trimEnd().length - 1);
  const messages = new Set<string>();
  const lines = new Set<number>();
  for (const error of [...document.errors, ...document.warnings]) {
    if (messages.size === MAX_SYNTAX_ERRORS) return;
    const { message, hint } = explain(error);
    // What is missing at the end of the file is shown after its last character, not on an empty line.
    const start = Math.min(error.pos[0], lastCharacter);
    // One unclosed bracket is repeated for each level it opens, and what follows a mistake is another only on another line.
    const line = text.lastIndexOf("\n", start);
    if (messages.has(message) || lines.has(line)) continue;
    messages.add(message);
    lines.add(line);
    report("HW001", [start, Math.max(start, Math.min(error.pos[1], lastCharacter + 1))], message, hint);
  }
  if (document.directives.yaml.version !== "1.2") {
    report(
      "HW001",
      [0, 0],
      `the file asks for YAML ${document.directives.yaml.version}`,
      "Remove the %YAML line.",
    );
  }
}

/** The parser's words in a user's, where a mistake is likely; and what to do about each. */
function explain({ code, message }: YAMLError): { message: string; hint: string } {
  const closing = /(?:end with a|[Mm]issing closing) (["'\]}])/.exec(message)?.[1];
  if (closing !== undefined) {
    const hint = "Add it, or put a text that has the sign in quotes.";
    return { message: `the closing \`${closing}\` is missing`, hint };
  }
  const plain = message.charAt(0).toLowerCase() + message.slice(1);
  switch (code) {
    case "TAB_AS_INDENT":
      return { message: "a tab is used as indentation", hint: "Indent with spaces." };
    case "BAD_SCALAR_START":
      return { message: plain, hint: "Put the value in quotes." };
    case "UNEXPECTED_TOKEN":
      return {
        message: "something stands where the value before it has ended",
        hint: 'Put a text with brackets, braces or commas in quotes; a template as well: "{event.event}".',
      };
    case "BLOCK_AS_IMPLICIT_KEY":
      return {
        message: "a second `: ` on one line",
        hint: "Put the value in quotes, or on a line of its own.",
      };
    case "MULTILINE_IMPLICIT_KEY":
      return {
        message: "a key has no `:` on its line",
        hint: "An item with keys begins with one: `- id: user_signed_up`.",
      };
    case "BAD_INDENT":
      return { message: plain, hint: "Begin the keys of one map in the same column." };
    case "BAD_DQ_ESCAPE":
      return { message: plain, hint: "In double quotes a backslash is doubled: `\\\\{`." };
    case "NON_STRING_KEY":
      return { message: "a key is not text", hint: 'A template is written in quotes: "{event}".' };
    default:
      return { message: plain, hint: "Quotes, brackets and indentation decide: compare it with an example." };
  }
}

/** The document as plain JSON data; `undefined` when an alias bomb, a cycle or a broken alias makes that impossible. */
function toValue(source: SourceFile, report: Report): unknown {
  const anchors = new Map<string, Node>();
  const open = new Set<Node>();
  let count = 0;
  let usable = true;

  function convert(node: unknown): unknown {
    if (!usable || !isNode(node)) return null;
    if (isAlias(node)) return convertAlias(node);
    if (++count > MAX_VALUES)
      return stop("HW003", node, "the file's aliases unfold to too many values", WRITE_OUT);
    if (isScalar(node)) {
      remember(node, node.anchor);
      return scalarValue(node, report);
    }
    if (!isMap(node) && !isSeq(node)) return null;
    // Aliases nest what the file itself does not; whoever walks through the value does so recursively.
    if (open.size > MAX_DEPTH)
      return stop("HW003", node, `the file's aliases nest more than ${MAX_DEPTH} levels deep`, WRITE_OUT);
    remember(node, node.anchor);
    open.add(node);
    const value = isSeq(node) ? node.items.map(convert) : convertMap(node);
    open.delete(node);
    return value;
  }

  function convertAlias(alias: Alias): unknown {
    const target = anchors.get(alias.source);
    if (target === undefined)
      return stop(
        "HW001",
        alias,
        `no anchor \`&${alias.source}\` stands above this alias`,
        `Write \`&${alias.source}\` before the value that is meant, or put the text in quotes.`,
      );
    if (open.has(target))
      return stop("HW003", alias, `the alias \`*${alias.source}\` contains itself`, WRITE_OUT);
    source.aliases.set(alias, target);
    return convert(target);
  }

  function convertMap(map: YAMLMap): unknown {
    const [only] = map.items;
    if (map.flow && map.items.length === 1 && only?.value === null) {
      const [start, end] = rangeOf(map);
      const template = source.text.slice(start, end);
      const message = "YAML reads a template without quotes as a map";
      const text = `"${template}"`;
      const fix = /["\\\n]/.test(template) ? undefined : ({ kind: "replace", start, end, text } as const);
      report("HW006", [start, end], message, `Write it in quotes: ${text}`, fix);
      return template;
    }
    const firstLines = new Map<string, number>();
    const result: Record<string, unknown> = {};
    for (const { key: keyNode, value } of map.items) {
      const key = isScalar(keyNode) ? String(keyNode.value) : "";
      const range = rangeOf(isNode(keyNode) ? keyNode : map);
      const firstLine = firstLines.get(key);
      if (firstLine !== undefined) {
        report("HW005", range, `the key \`${key}\` is given twice`, `The first one is on line ${firstLine}.`);
      } else if (UNUSABLE.includes(key)) {
        report("HW010", range, `the key \`${key}\` cannot be used`, "Give it another name.");
      } else if (key === "<<" && isScalar(keyNode) && keyNode.type === "PLAIN") {
        const hint = "Write the keys out; what differs in a stack stands under `environments`.";
        report("HW010", range, "`<<` merges nothing: YAML 1.2 has no merge keys", hint);
      } else {
        firstLines.set(key, spanOf(source, ...range).line);
        result[key] = convert(value);
      }
    }
    return result;
  }

  function remember(node: Node, anchor: string | undefined): void {
    if (anchor !== undefined) anchors.set(anchor, node);
  }

  function stop(code: Code, node: Node, message: string, hint: string): null {
    usable = false;
    report(code, rangeOf(node), message, hint);
    return null;
  }

  const value = convert(source.root);
  return usable ? value : undefined;
}

function scalarValue(node: Scalar, report: Report): unknown {
  const { value } = node;
  if (typeof value !== "number") return value;
  if (value === 0) return 0; // not -0, which JSON has not
  if (Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))) return value;
  report(
    "HW007",
    rangeOf(node),
    `the number ${node.source} cannot be kept exactly`,
    `As text it can: "${node.source}"`,
  );
  return value;
}

function rangeOf(node: Node): [number, number] {
  return node.range ? [node.range[0], node.range[1]] : [0, 0];
}
