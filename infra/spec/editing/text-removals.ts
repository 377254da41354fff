import { isMap } from "yaml";
import type { Path } from "../path.ts";
import type { SourceFile } from "../source.ts";
import { type Slot, slotAt, slotOf, startOf } from "./slots.ts";
import { replacements, type TextChange } from "./text-changes.ts";
import { inlineText } from "./yaml-text.ts";

/** Takes a key or an item away, with the comment behind it. A map that is left empty becomes `{}`, a list `[]`. */
export function removals(source: SourceFile, path: Path): TextChange[] {
  const slot = slotAt(source, path);
  if (slot === undefined) return [];
  const { container } = slot;
  if (container.flow) return [fromFlow(source, slot)];
  if (container.items.length > 1) return [fromBlock(source, slot)];
  const empty = isMap(container) ? {} : [];
  const outer = slotAt(source, path.slice(0, -1));
  if (outer) return replacements(source, outer, empty);
  return [{ start: startOf(container), end: slot.end, text: inlineText(empty) }];
}

function fromBlock(source: SourceFile, { container, index, start, end }: Slot): TextChange {
  const { text } = source;
  const line = wholeLines(text, start, end);
  if (line) return line;
  // It stands behind the dash of a list: the next one takes its place.
  const next = slotOf(source, container, index + 1).start;
  return { start, end: isBlankText(text.slice(end, next)) ? next : end, text: "" };
}

function fromFlow(source: SourceFile, { container, index, start, end }: Slot): TextChange {
  const { text } = source;
  const behindComma = end + (/^\s*,[^\S\r\n]*/.exec(text.slice(end))?.[0].length ?? 0);
  const alone = { start, end: behindComma, text: "" };
  if (container.items.length === 1) {
    const open = startOf(container) + 1;
    const close = (container.range?.[1] ?? end) - 1;
    const isAll = isBlankText(text.slice(open, start)) && isBlankText(text.slice(behindComma, close));
    return isAll ? { start: open, end: close, text: "" } : alone;
  }
  if (index === container.items.length - 1) {
    const before = slotOf(source, container, index - 1).end;
    if (!text.slice(before, start).includes("#")) return { start: before, end, text: "" };
  }
  return wholeLines(text, start, behindComma) ?? alone;
}

/** The lines of `[start, end)` when nothing but a comment stands beside it. */
function wholeLines(text: string, start: number, end: number): TextChange | undefined {
  const first = text.lastIndexOf("\n", start - 1) + 1;
  const rest = /^[^\S\r\n]*(?:#[^\r\n]*)?(?:\r?\n|$)/.exec(text.slice(end))?.[0];
  if (rest === undefined || !isBlankText(text.slice(start === 0 ? 0 : first, start))) return undefined;
  const last = end + rest.length;
  // A file that does not end in a line end still does not.
  const lead =
    last === text.length && !rest.endsWith("\n") ? (/\r?\n$/.exec(text.slice(0, first))?.[0].length ?? 0) : 0;
  return { start: first - lead, end: last, text: "" };
}

function isBlankText(text: string): boolean {
  return /^\s*$/.test(text);
}
