import type { HogCompiler } from "../hog/compile.ts";
import type { Code } from "./codes.ts";
import type { Diagnostic, Severity } from "./diagnostic.ts";
import type { Path } from "./path.ts";
import { locate, locateWithin, placeOf, type SourceFile, spanOf, writtenAt } from "./source.ts";

/** What is wrong at a path of a file: a diagnostic that has not been given its span yet. */
export type Problem = {
  code: Code;
  path: Path;
  message: string;
  hint?: string;
  /** An error unless told. */
  severity?: Severity;
  /** Show the key rather than the value. */
  part?: "key" | "value";
  /** The part of a text value that is meant. */
  within?: { start: number; end: number };
  /** Another file that the value at the path leads to; `within` counts in it. */
  source?: SourceFile;
  /** The one right answer, if there is one. */
  fix?: Fix | Fix[];
};

/** A change of the file: `path` is where the problem is unless another is given. */
export type Fix = { path?: Path } /** Replaces a value, or adds a key. */ & (
  | { kind: "set"; value: unknown }
  /** Another text for a part of a text. */
  | { kind: "splice"; start: number; end: number; text: string }
  | { kind: "rename"; key: string }
  | { kind: "remove" }
);

export type Report = (problem: Problem) => void;

/**
 * A text that PostHog fills in: a Hog template, or a Liquid one, which nobody checks (contract §5.2). `preset`: it does not
 * stand in the file, where only its name is, or nothing.
 */
export type TemplateText = { text: string; path: Path; liquid?: true; preset?: true };

/** What every part of the lowering works with, and leaves for the rules. */
export type Tools = {
  compiler: HogCompiler;
  report: Report;
  /** Where a `${secret:}` stood. */
  secrets: Path[];
  /** Where each condition and event of the lowered filters stands in the file. */
  origins: Map<object, Path>;
  texts: TemplateText[];
};

/** The diagnostic for a problem in a file whose values come from `roots`, the first that has them first. */
export function toDiagnostic(source: SourceFile, roots: Path[], problem: Problem): Diagnostic {
  const { code, path, message, hint, severity = "error", part, within, fix } = problem;
  const span = problem.source
    ? spanOf(problem.source, within?.start ?? 0, within?.end)
    : within
      ? locateWithin(source, roots, path, within.start, within.end)
      : locate(source, roots, path, part);
  // What is wrong in an environment only is mended there: the base may be right without it.
  const edits = [fix ?? []].flat().map((one) => {
    const place = placeOf(source, roots.slice(0, 1), one.path ?? path, one.kind === "set");
    // A number that becomes a text is put in quotes as it is written: `1.10`, not `1.1`.
    const written =
      place && one.kind === "set" && typeof one.value === "string" ? writtenAt(source, place) : undefined;
    return place && { ...one, path: place, ...(written === undefined ? {} : { value: written }) };
  });
  const placed = edits.filter((edit) => edit !== undefined);
  return {
    code,
    severity,
    message: clip(message),
    ...(hint === undefined ? {} : { hint: clip(hint) }),
    span,
    ...(placed.length === 0 || placed.length < edits.length ? {} : { fix: placed }),
  };
}

const LONGEST = 1000;

/** What is quoted from a file may be as long as the file. */
export function clip(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** Another library's message as one of ours: they begin in lower case and have no full stop. */
export function sentence(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1).replace(/\.$/, "");
}
