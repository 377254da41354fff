import { isDeepStrictEqual } from "node:util";
import {
  renamings,
  type Splice,
  settings,
  spliced,
  splices,
  type TextChange,
} from "./editing/text-changes.ts";
import { removals } from "./editing/text-removals.ts";
import { type ParsedYaml, parseYaml } from "./parse.ts";
import { isMap, type Path, valueAt } from "./path.ts";

/** A change to a YAML file. Paths are those of the file as it is before all edits. */
export type Edit =
  /** Replaces a value, or adds a key or item at the end of its map or list; what is missing on the way there is made. */
  | { kind: "set"; path: Path; value: unknown }
  | { kind: "rename"; path: Path; key: string }
  | { kind: "remove"; path: Path }
  /** Another text for a part of a text; the offsets count in its value. */
  | ({ kind: "splice"; path: Path } & Splice)
  /** Another text for a part of the file as it is written, also where that is not valid YAML. */
  | ({ kind: "replace" } & TextChange);

export type Edited = {
  text: string;
  /** For each group: whether it is in `text`. What was in the way of another may still go in when asked for again. */
  applied: boolean[];
};

/**
 * Changes a file's text and leaves everything else as it is, byte for byte: comments, order, quotes, anchors, line ends.
 * A group of edits is made whole or not at all. What comes out is read again: it must be what was there with exactly the
 * changes asked for. A group for which it is not is left out, as where an anchor would carry a change to another place.
 */
export function applyEdits(file: ParsedYaml, groups: Edit[][]): Edited {
  const applied = groups.map(() => false);
  let accepted: Change[] = [];
  let text = file.source.text;

  function accept(numbers: number[], changes: Change[]): boolean {
    const all = [...accepted, ...changes];
    const result = changes.length > 0 && isApart(all) ? rewriteChecked(file, all) : undefined;
    if (result === undefined) return false;
    [accepted, text] = [all, result];
    for (const number of numbers) applied[number] = true;
    return true;
  }

  // All at once is nearly always right; where it is not, the halves find out which one is to blame.
  function settle(numbers: number[]): void {
    const chosen: number[] = [];
    let changes: Change[] = [];
    for (const number of numbers) {
      const own = nicest(file, groups[number] ?? []);
      if (own.length === 0 || !isApart([...accepted, ...changes, ...own])) continue;
      changes = [...changes, ...own];
      chosen.push(number);
    }
    if (chosen.length === 0 || accept(chosen, changes)) return;
    if (numbers.length === 1) {
      for (const number of numbers) accept([number], workable(file, groups[number] ?? []));
      return;
    }
    const middle = numbers.length >> 1;
    settle(numbers.slice(0, middle));
    settle(numbers.slice(middle));
  }

  settle([...groups.keys()]);
  return { text, applied };
}

type Change = TextChange & { edit: Edit };

/** Each edit as it is nicest; none when one of them cannot be made. */
function nicest(file: ParsedYaml, group: Edit[]): Change[] {
  return whole(group, (edit) => waysOf(file, edit)[0]);
}

/** Each edit in the first way that reads as it should. */
function workable(file: ParsedYaml, group: Edit[]): Change[] {
  return whole(group, (edit) =>
    waysOf(file, edit).find((way) => rewriteChecked(file, [{ ...way, edit }]) !== undefined),
  );
}

function whole(group: Edit[], choose: (edit: Edit) => TextChange | undefined): Change[] {
  const changes = group.flatMap((edit) => {
    const way = choose(edit);
    return way ? [{ ...way, edit }] : [];
  });
  return changes.length === group.length ? changes : [];
}

function waysOf({ source }: ParsedYaml, edit: Edit): TextChange[] {
  switch (edit.kind) {
    case "set":
      return settings(source, edit.path, edit.value);
    case "rename":
      return renamings(source, edit.path, edit.key);
    case "remove":
      return removals(source, edit.path);
    case "splice":
      return splices(source, edit.path, edit);
    case "replace":
      return [edit];
  }
}

/** Whether no two of them meet; two that only put something in at the same place do not. */
function isApart(changes: Change[]): boolean {
  const sorted = inOrder(changes);
  return sorted.every((change, index) => (sorted[index - 1]?.end ?? 0) <= change.start);
}

function inOrder(changes: Change[]): Change[] {
  return changes.toSorted((a, b) => a.start - b.start || a.end - b.end);
}

/** The text with all changes, if it reads as what was there with exactly these changes. */
function rewriteChecked(file: ParsedYaml, changes: Change[]): string | undefined {
  // What a change to the text itself means is not known beforehand: it may only not make the file worse.
  const raw = changes.filter(({ edit }) => edit.kind === "replace");
  const base = reread(file, rewrite(file, raw));
  if (
    base.diagnostics.length > file.diagnostics.length ||
    (file.value !== undefined && base.value === undefined)
  )
    return undefined;
  const expected = changedData(base.value, changes);
  if (expected === undefined) return undefined;
  const text = rewrite(file, changes);
  const { value, diagnostics } = reread(file, text);
  const isWorse = diagnostics.length > base.diagnostics.length;
  return !isWorse && isDeepStrictEqual(value, expected.value) ? text : undefined;
}

function rewrite({ source }: ParsedYaml, changes: Change[]): string {
  let text = "";
  let at = 0;
  for (const change of inOrder(changes)) {
    text += source.text.slice(at, change.start) + change.text;
    at = change.end;
  }
  return text + source.text.slice(at);
}

function reread(file: ParsedYaml, text: string): ParsedYaml {
  return text === file.source.text ? file : parseYaml(file.source.file, new TextEncoder().encode(text));
}

/** The top of a file is a place like any other. */
type Holder = { value: unknown };

/** The data with the changes; `undefined` where one of them has no meaning. */
function changedData(value: unknown, changes: Change[]): Holder | undefined {
  const holder: Holder = { value: structuredClone(value) };
  // From the end, so that indexes and keys are still what they were; what is added at one place stays in its order.
  const edits = inOrder(changes).toSorted((a, b) => b.start - a.start);
  return edits.every(({ edit }) => changeData(holder, edit)) ? holder : undefined;
}

function changeData(holder: Holder, edit: Edit): boolean {
  if (edit.kind === "replace") return true;
  const path: Path = ["value", ...edit.path];
  const last = path.at(-1) ?? "";
  if (edit.kind === "set") return put(makeParent(holder, path), last, edit.value);
  const parent = valueAt(holder, path.slice(0, -1));
  const old = valueAt(parent, [last]);
  if (old === undefined) return false;
  if (edit.kind === "splice") return put(parent, last, spliced(String(old), edit));
  if (Array.isArray(parent)) return edit.kind === "remove" && parent.splice(Number(last), 1).length === 1;
  if (!isMap(parent) || (edit.kind === "rename" && Object.hasOwn(parent, edit.key))) return false;
  delete parent[last];
  if (edit.kind === "rename") parent[edit.key] = old;
  return true;
}

function makeParent(holder: Holder, path: Path): unknown {
  let parent: unknown = holder;
  for (const [index, segment] of path.slice(0, -1).entries()) {
    const next = valueAt(parent, [segment]) ?? (typeof path[index + 1] === "number" ? [] : {});
    if (!put(parent, segment, next)) return undefined;
    parent = next;
  }
  return parent;
}

function put(parent: unknown, segment: string | number, value: unknown): boolean {
  if (Array.isArray(parent) && typeof segment === "number" && segment <= parent.length)
    parent[segment] = value;
  else if (isMap(parent) && typeof segment === "string") parent[segment] = value;
  else return false;
  return true;
}
