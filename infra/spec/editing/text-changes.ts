import { isCollection, isMap, isPair, isScalar, isSeq, type Scalar } from "yaml";
import type { Path } from "../path.ts";
import type { SourceFile } from "../source.ts";
import {
  blockTextAtEnd,
  type Container,
  isBlank,
  isBlock,
  type Slot,
  slotAt,
  slotOf,
  startOf,
} from "./slots.ts";
import { blockLines, inlineText, isPlain, type Quotes } from "./yaml-text.ts";

/** `[start, end)` of a file's text, and what stands there afterwards. */
export type TextChange = { start: number; end: number; text: string };

// Each function gives the ways in which a change can be written, the nicest first. Whether one says what it should is
// found out by reading the result (edit.ts): a way that is wrong in a rare layout costs no more than the next try.

/** Puts a value at a path: for what stands there, or as a new key or item at the end of its map or list. */
export function settings(source: SourceFile, path: Path, value: unknown): TextChange[] {
  const slot = slotAt(source, path);
  if (slot === undefined) return insertions(source, path, value);
  const { value: old } = slot;
  const isText = isScalar(old) && typeof old.value === "string" && typeof value === "string";
  return [
    ...(isText ? patches(source, old, difference(String(old.value), value)) : []),
    ...replacements(source, slot, value),
  ];
}

/** Another text for a part of a text. */
export function splices(source: SourceFile, path: Path, splice: Splice): TextChange[] {
  const slot = slotAt(source, path);
  if (slot === undefined || !isScalar(slot.value) || typeof slot.value.value !== "string") return [];
  return [
    ...patches(source, slot.value, splice),
    ...replacements(source, slot, spliced(slot.value.value, splice)),
  ];
}

export function renamings(source: SourceFile, path: Path, key: string): TextChange[] {
  const old = slotAt(source, path)?.key;
  return old?.range ? [{ start: old.range[0], end: old.range[1], text: inlineText(key, quotesOf(old)) }] : [];
}

/** Offsets into a text's value. */
export type Splice = { start: number; end: number; text: string };

export function spliced(value: string, { start, end, text }: Splice): string {
  return value.slice(0, start) + text + value.slice(end);
}

function difference(before: string, after: string): Splice {
  let start = 0;
  while (start < before.length && before[start] === after[start]) start++;
  let kept = 0;
  const most = Math.min(before.length, after.length) - start;
  while (kept < most && before.at(-1 - kept) === after.at(-1 - kept)) kept++;
  return { start, end: before.length - kept, text: after.slice(start, after.length - kept) };
}

/** Leaves the rest of a scalar as it is written, its folds and escapes included. */
function patches(source: SourceFile, scalar: Scalar, splice: Splice): TextChange[] {
  const value = String(scalar.value);
  let { start, end, text } = splice;
  if (start === end) {
    // Nothing is taken away: the word it is put into is what can be found in the file.
    const before = /\S*$/.exec(value.slice(0, start))?.[0] ?? "";
    const after = /^\S*/.exec(value.slice(end))?.[0] ?? "";
    [start, end, text] = [start - before.length, end + after.length, before + text + after];
  }
  const escaped = ESCAPES[quotesOf(scalar)];
  const part = escaped(value.slice(start, end));
  if (part === "" || (scalar.type === "PLAIN" && !isPlain(spliced(value, splice)))) return [];
  const nth = occurrences(escaped(value), part).filter(
    (at) => at < escaped(value.slice(0, start)).length,
  ).length;
  const at = occurrences(source.text.slice(startOf(scalar), scalar.range?.[1]), part)[nth];
  if (at === undefined) return [];
  const from = startOf(scalar) + at;
  return [{ start: from, end: from + part.length, text: escaped(text) }];
}

const ESCAPES: Record<Quotes, (text: string) => string> = {
  none: (text) => text,
  single: (text) => text.replaceAll("'", "''"),
  double: (text) => inlineText(text, "double").slice(1, -1),
};

function occurrences(text: string, part: string): number[] {
  const found: number[] = [];
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + 1)) found.push(at);
  return found;
}

function quotesOf({ type }: Scalar): Quotes {
  return type === "QUOTE_DOUBLE" ? "double" : type === "QUOTE_SINGLE" ? "single" : "none";
}

/** Another value for the one that stands in a slot. */
export function replacements(source: SourceFile, slot: Slot, value: unknown): TextChange[] {
  const { container, value: old, valueStart, end } = slot;
  const start = old === null || isBlank(old) ? valueStart : startOf(old);
  const isFree = /^\s*$/.test(source.text.slice(valueStart, start)); // no anchor, tag or comment stands before it
  const texts =
    typeof value !== "string"
      ? [inlineText(value)]
      : [
          ...new Set([
            inlineText(value, isScalar(old) ? quotesOf(old) : "none"),
            inlineText(value),
            inlineText(value, "double"),
          ]),
        ];
  const inline = texts.map((text) => {
    if (isBlank(old)) return { start, end, text: old === null ? `: ${text}` : ` ${text}` };
    return isBlock(old) && isFree ? { start: valueStart, end, text: ` ${text}` } : { start, end, text };
  });
  if (container.flow || !isFree || !hasBlockForm(value, isScalar(old) ? quotesOf(old) : "none"))
    return inline;
  const [, block = ""] = /^(?:-|k:)(.*)$/s.exec(asBlock(source, container, "k", value)) ?? [];
  const change = { start: valueStart, end, text: block };
  return prefersBlock(container, old, value) ? [change, ...inline] : [...inline, change];
}

function insertions(source: SourceFile, path: Path, value: unknown): TextChange[] {
  // What holds it may be missing as well.
  let depth = path.length - 1;
  while (depth > 0 && slotAt(source, path.slice(0, depth)) === undefined) depth--;
  const key = path[depth];
  const added = path.slice(depth + 1).reduceRight<unknown>((inner, segment) => wrap(segment, inner), value);
  const slot = slotAt(source, path.slice(0, depth));
  const parent = slot ? slot.value : source.root;
  if (key === undefined) return [];
  if (slot && isBlank(parent)) return replacements(source, slot, wrap(key, added));
  if (parent === null) {
    const { text } = source;
    const line = newline(source);
    const lead = text === "" || text.endsWith("\n") ? "" : line;
    const lines = blockLines(wrap(key, added)).join(line);
    return [{ start: text.length, end: text.length, text: lead + lines + line }];
  }
  if (!isMap(parent) && !(isSeq(parent) && key === parent.items.length)) return [];
  return parent.flow
    ? insertIntoFlow(source, parent, key, added)
    : insertIntoBlock(source, parent, key, added);
}

function wrap(segment: string | number, value: unknown): unknown {
  return typeof segment === "number" ? [value] : { [segment]: value };
}

function insertIntoBlock(
  source: SourceFile,
  container: Container,
  key: string | number,
  value: unknown,
): TextChange[] {
  const line = newline(source);
  const indent = " ".repeat(columnOf(source, container));
  const last = slotOf(source, container, container.items.length - 1);
  const inline = isMap(container) ? `${inlineText(key)}: ${inlineText(value)}` : `- ${inlineText(value)}`;
  const block = asBlock(source, container, key, value);
  const ways =
    hasBlockForm(value, "none") && prefersBlock(container, null, value) ? [block, inline] : [inline, block];
  const textBlock = blockTextAtEnd(source, last.value);
  return ways.map((text) => {
    const behind = textBlock?.range?.[1] ?? 0;
    if (source.text[behind - 1] === "\n") return { start: behind, end: behind, text: indent + text + line };
    const comment = /^[^\S\r\n]*(?:#[^\r\n]*)?/.exec(source.text.slice(last.end))?.[0] ?? "";
    const end = last.end + comment.length;
    return { start: end, end, text: line + indent + text };
  });
}

function insertIntoFlow(
  source: SourceFile,
  container: Container,
  key: string | number,
  value: unknown,
): TextChange[] {
  const text = isMap(container) ? `${inlineText(key)}: ${inlineText(value)}` : inlineText(value);
  if (container.items.length > 0) {
    const { end } = slotOf(source, container, container.items.length - 1);
    return [{ start: end, end, text: `, ${text}` }];
  }
  const start = startOf(container) + 1;
  const inside = /^\s*/.exec(source.text.slice(start))?.[0] ?? "";
  const isEmpty = /[\]}]/.test(source.text[start + inside.length] ?? "");
  const padded = isMap(container) ? ` ${text} ` : text;
  return [{ start, end: isEmpty ? start + inside.length : start, text: isEmpty ? padded : ` ${text}` }];
}

function hasBlockForm(value: unknown, quotes: Quotes): boolean {
  if (typeof value === "string") return quotes === "none" && value.includes("\n");
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}

/** As what stood there, or what stands beside it; on one line where nothing tells. */
function prefersBlock(container: Container, old: unknown, value: unknown): boolean {
  if (typeof value === "string") return true;
  if (isCollection(old)) return !old.flow;
  const siblings = container.items.map((item) => (isPair(item) ? item.value : item));
  return inlineText(value).length > 80 || siblings.some((sibling) => isCollection(sibling) && !sibling.flow);
}

/** A key and its value, or an item, in lines that are indented but for the first. */
function asBlock(source: SourceFile, container: Container, key: string | number, value: unknown): string {
  const indent = " ".repeat(columnOf(source, container));
  const [first, ...rest] = blockLines(isMap(container) ? { [key]: value } : [value]);
  return [first, ...rest.map((text) => (text === "" ? "" : indent + text))].join(newline(source));
}

function columnOf(source: SourceFile, container: Container): number {
  return startOf(container) - (source.text.lastIndexOf("\n", startOf(container) - 1) + 1);
}

/** The file's own line end. */
function newline({ text }: SourceFile): string {
  return text[text.indexOf("\n") - 1] === "\r" ? "\r\n" : "\n";
}
