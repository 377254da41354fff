import {
  type Alias,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type YAMLMap,
} from "yaml";
import type { Span } from "./diagnostic.ts";
import type { Path } from "./path.ts";

/** A YAML file with its positions. */
export type SourceFile = {
  /** As shown to people: `destinations/<slug>.yaml`. */
  file: string;
  text: string;
  lineStarts: number[];
  root: Node | null;
  /** What each alias stands for. */
  aliases: Map<Alias, Node>;
};

const LONGEST_SHOWN_LINE = 240;

export function createSource(file: string, text: string): SourceFile {
  const lineStarts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) lineStarts.push(at + 1);
  return { file, text, lineStarts, root: null, aliases: new Map() };
}

/** The span of `[start, end)`, offsets into the text; an empty range is shown as one character. */
export function spanOf(source: SourceFile, start: number, end = start): Span {
  const from = position(source, start);
  const to = position(source, Math.max(start, end));
  const lineStart = source.lineStarts[from.line - 1] ?? 0;
  const newline = source.text.indexOf("\n", lineStart);
  const line = source.text.slice(lineStart, newline === -1 ? undefined : newline).replace(/\r$/, "");
  const span: Span = {
    file: source.file,
    line: from.line,
    column: from.column,
    endLine: to.line,
    endColumn: to.column,
  };
  // A signing key that stands in the file must not stand in a log as well (law 5).
  if (line !== "" && line.length <= LONGEST_SHOWN_LINE)
    span.source = line.replace(/whsec_[\w+/=-]+/g, (key) => "*".repeat(key.length));
  return span;
}

/**
 * Where `path` stands: its key or its value. Overlaid values are looked for under each of `roots` in turn, the first that
 * holds the path wins; a path that is nowhere is shown at its nearest parent.
 */
export function locate(source: SourceFile, roots: Path[], path: Path, part: "key" | "value" = "value"): Span {
  const { key, value, missing } = find(source, roots, path);
  const hidden = missing || value === null || isBlank(value) || spansLines(source, value);
  const shown = part === "key" || hidden ? (key ?? value) : value;
  const range = shown?.range ?? undefined;
  if (range === undefined) return spanOf(source, 0);
  const [start, end] = range;
  if (!spansLines(source, shown)) return spanOf(source, start, end);
  return spanOf(source, start, Math.min(end, endOfLine(source, start)));
}

/** The part of a scalar from `start` to `end`, offsets into its value; the whole scalar where quoting moves them. */
export function locateWithin(
  source: SourceFile,
  roots: Path[],
  path: Path,
  start: number,
  end: number,
): Span {
  const { value, missing } = find(source, roots, path);
  if (isScalar(value) && !missing && typeof value.value === "string" && value.range) {
    const quoted = value.type === "QUOTE_DOUBLE" || value.type === "QUOTE_SINGLE" ? 1 : 0;
    const first = value.range[0] + quoted;
    if (source.text.slice(first, value.range[1] - quoted) === value.value)
      return spanOf(source, first + start, first + end);
  }
  return locate(source, roots, path);
}

/** The whole path of what stands at `path` under one of `roots`; with `adding` also of a key that its map could get. */
export function placeOf(source: SourceFile, roots: Path[], path: Path, adding: boolean): Path | undefined {
  const isThere = (root: Path, sought: Path) =>
    descend(source, [...root, ...sought]).depth === root.length + sought.length;
  const root =
    roots.find((root) => isThere(root, path)) ??
    (adding ? roots.find((root) => isThere(root, path.slice(0, -1))) : undefined);
  return root && [...root, ...path];
}

/** What is written for a value that is no text: `1.10`, `0x1F`, `True`. */
export function writtenAt(source: SourceFile, path: Path): string | undefined {
  const { value, depth } = descend(source, path);
  return depth === path.length && isScalar(value) && typeof value.value !== "string"
    ? value.source
    : undefined;
}

type Found = { key: Node | undefined; value: Node | null; missing: boolean };

function find(source: SourceFile, roots: Path[], path: Path): Found {
  const found = roots.map((root) => {
    const { depth, ...at } = descend(source, [...root, ...path]);
    return { ...at, depth: depth - root.length };
  });
  const exact = found.find(({ depth }) => depth === path.length);
  if (exact) return { ...exact, missing: false };
  // Where nothing of the path is in the environment, it is the base that lacks it.
  const nearest = found.filter(({ depth }) => depth > 0).sort((a, b) => b.depth - a.depth)[0] ?? found.at(-1);
  return { key: nearest?.key, value: nearest?.value ?? source.root, missing: true };
}

function descend(
  source: SourceFile,
  path: Path,
): { key: Node | undefined; value: Node | null; depth: number } {
  let key: Node | undefined;
  let value = source.root;
  let depth = 0;
  for (const segment of path) {
    const node = isAlias(value) ? source.aliases.get(value) : value;
    if (isMap(node)) {
      const pair = pairsOf(node).get(String(segment));
      if (pair === undefined) break;
      key = isNode(pair.key) ? pair.key : undefined;
      value = isNode(pair.value) ? pair.value : null;
    } else if (isSeq(node) && typeof segment === "number" && segment < node.items.length) {
      const item = node.items[segment];
      key = undefined;
      value = isNode(item) ? item : null;
    } else break;
    depth++;
  }
  return { key, value, depth };
}

const pairs = new WeakMap<YAMLMap, Map<string, Pair>>();

/** A map's pairs by key, of two with one key the first; a large map is not gone through for each of its mistakes. */
function pairsOf(map: YAMLMap): Map<string, Pair> {
  const known = pairs.get(map);
  if (known) return known;
  const byKey = new Map<string, Pair>();
  for (const pair of map.items) {
    const key = isScalar(pair.key) ? String(pair.key.value) : undefined;
    if (key !== undefined && !byKey.has(key)) byKey.set(key, pair);
  }
  pairs.set(map, byKey);
  return byKey;
}

/** `key:` with nothing behind it. */
function isBlank(node: Node): boolean {
  return !!node.range && node.range[0] === node.range[1];
}

function spansLines(source: SourceFile, node: Node | null | undefined): boolean {
  return isCollection(node) && !!node.range && node.range[1] > endOfLine(source, node.range[0]);
}

function endOfLine(source: SourceFile, offset: number): number {
  const newline = source.text.indexOf("\n", offset);
  return newline === -1 ? source.text.length : newline;
}

function position(source: SourceFile, offset: number): { line: number; column: number } {
  let [low, high] = [0, source.lineStarts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((source.lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (source.lineStarts[low] ?? 0) + 1 };
}
