import type { HogCompiler } from "../hog/compile.ts";
import type { Code } from "./codes.ts";
import type { Diagnostic, Severity } from "./diagnostic.ts";
import type { Path } from "./path.ts";
import { locate, locateWithin, type SourceFile } from "./source.ts";

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
};

export type Report = (problem: Problem) => void;

/** What every part of the lowering works with. */
export type Tools = { compiler: HogCompiler; report: Report };

/** The diagnostic for a problem in a file whose values come from `roots`, the first that has them first. */
export function toDiagnostic(source: SourceFile, roots: Path[], problem: Problem): Diagnostic {
  const { code, path, message, hint, severity = "error", part, within } = problem;
  const span = within
    ? locateWithin(source, roots, path, within.start, within.end)
    : locate(source, roots, path, part);
  return { code, severity, message, ...(hint === undefined ? {} : { hint }), span };
}

/** Another library's message as one of ours: they begin in lower case and have no full stop. */
export function sentence(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1).replace(/\.$/, "");
}
