import { isMap, isNode, isScalar, isSeq, type Node, type Scalar, type YAMLMap, type YAMLSeq } from "yaml";
import type { Path } from "../path.ts";
import type { SourceFile } from "../source.ts";

export type Container = YAMLMap | YAMLSeq;

/** Where a value stands, as text: offsets into the file. */
export type Slot = {
  container: Container;
  index: number;
  /** Of a map; left out when it is not text. */
  key?: Scalar;
  /** `null` where not even a colon stands. */
  value: Node | null;
  /** Of the key, or the dash. */
  start: number;
  /** Behind the colon or the dash: where the value may begin. */
  valueStart: number;
  /** Behind the value, without comment and line end. */
  end: number;
};

/** `undefined` where nothing stands, and behind an alias: what stands there, stands elsewhere too. */
export function slotAt(source: SourceFile, path: Path): Slot | undefined {
  let slot: Slot | undefined;
  let node = source.root;
  for (const segment of path) {
    const index = indexOf(node, segment);
    if (index === -1 || !(isMap(node) || isSeq(node))) return undefined;
    slot = slotOf(source, node, index);
    node = slot.value;
  }
  return slot;
}

function indexOf(node: Node | null, segment: string | number): number {
  if (isMap(node))
    return node.items.findIndex(({ key }) => isScalar(key) && String(key.value) === String(segment));
  return isSeq(node) && typeof segment === "number" && segment in node.items ? segment : -1;
}

export function slotOf(source: SourceFile, container: Container, index: number): Slot {
  if (isSeq(container)) {
    const item = container.items[index];
    const value = isNode(item) ? item : null;
    const start = container.flow && value ? startOf(value) : dashOf(source, container, index);
    const valueStart = container.flow ? start : start + 1;
    return { container, index, value, start, valueStart, end: endOf(source, value, valueStart) };
  }
  const pair = container.items[index];
  const key = isNode(pair?.key) ? pair.key : null;
  const value = isNode(pair?.value) ? pair.value : null;
  const keyEnd = key?.range?.[1] ?? startOf(container);
  const colon = value === null ? "" : (/^\s*:/.exec(source.text.slice(keyEnd))?.[0] ?? "");
  const valueStart = keyEnd + colon.length;
  const end = endOf(source, value, valueStart);
  const start = key ? startOf(key) : keyEnd;
  return { container, index, ...(isScalar(key) ? { key } : {}), value, start, valueStart, end };
}

export function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

/** A value of which nothing is written. */
export function isBlank(node: Node | null): boolean {
  return node === null || (isScalar(node) && !!node.range && node.range[0] === node.range[1]);
}

export function isBlock(node: Node | null): node is Container {
  return (isMap(node) || isSeq(node)) && !node.flow;
}

/** The text block, `|` or `>`, with which a value ends: its end is the start of a line. */
export function blockTextAtEnd(source: SourceFile, node: Node | null): Scalar | undefined {
  if (isBlock(node)) return blockTextAtEnd(source, slotOf(source, node, node.items.length - 1).value);
  return isScalar(node) && (node.type === "BLOCK_LITERAL" || node.type === "BLOCK_FOLDED") ? node : undefined;
}

function endOf(source: SourceFile, node: Node | null, valueStart: number): number {
  if (node === null || isBlank(node)) return valueStart;
  if (isBlock(node)) return slotOf(source, node, node.items.length - 1).end;
  const end = node.range?.[1] ?? valueStart;
  if (!blockTextAtEnd(source, node)) return end;
  return startOf(node) + source.text.slice(startOf(node), end).trimEnd().length;
}

/** The dashes of a list stand below each other, each but the first as the first thing of its line. */
function dashOf(source: SourceFile, list: YAMLSeq, index: number): number {
  if (index === 0) return startOf(list);
  const { end } = slotOf(source, list, index - 1);
  const dash = /\n[^\S\n]*-/.exec(source.text.slice(end));
  return dash ? end + dash.index + dash[0].length - 1 : end;
}
