import { styleText } from "node:util";
import type { Code } from "./codes.ts";
import type { Edit } from "./edit.ts";

export type Severity = "error" | "warning" | "note";

/** A place in a file. Lines and columns count from 1, columns in UTF-16 units as editors do; the end is exclusive. */
export type Span = {
  file: string;
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
  /** The first line, as it stands in the file; left out when it is blank or very long. */
  source?: string;
};

export type Diagnostic = {
  code: Code;
  severity: Severity;
  /** What is wrong, in one sentence without a full stop. */
  message: string;
  /** What to do about it. */
  hint?: string;
  span?: Span;
  /** What mends it, where there is one right answer: edits of the file that the span is in, all of them or none. */
  fix?: Edit[];
};

export function hasErrors(diagnostics: Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === "error");
}

/** In file order, and each one once: what is wrong in the base is found again in every environment. */
export function tidy(diagnostics: Diagnostic[]): Diagnostic[] {
  const byIdentity = new Map<string, Diagnostic>();
  for (const diagnostic of diagnostics) {
    const { code, message, span } = diagnostic;
    const identity = JSON.stringify([code, message, span?.file, span?.line, span?.column]);
    if (!byIdentity.has(identity)) byIdentity.set(identity, diagnostic);
  }
  return [...byIdentity.values()].sort(
    (a, b) =>
      compare(a.span?.file ?? "", b.span?.file ?? "") ||
      (a.span?.line ?? 0) - (b.span?.line ?? 0) ||
      (a.span?.column ?? 0) - (b.span?.column ?? 0),
  );
}

/**
 * Diagnostics as a person reads them: place, line with a caret, hint, and a last line that counts.
 * Empty for none. `color` writes terminal colours.
 */
export function renderDiagnostics(diagnostics: Diagnostic[], options: { color?: boolean } = {}): string {
  if (diagnostics.length === 0) return "";
  const paint: Paint = options.color
    ? (style, text) => styleText(style, text, { validateStream: false })
    : (_style, text) => text;
  return [...diagnostics.map((diagnostic) => renderOne(diagnostic, paint)), summary(diagnostics)].join(
    "\n\n",
  );
}

type Paint = (style: "bold" | "dim" | "red" | "yellow" | "blue" | "cyan", text: string) => string;

const STYLES = { error: "red", warning: "yellow", note: "blue" } as const;

function renderOne({ code, severity, message, hint, span }: Diagnostic, paint: Paint): string {
  const lines = [`${paint(STYLES[severity], `${severity} ${code}`)} ${paint("bold", printable(message))}`];
  if (span !== undefined) {
    const gutter = " ".repeat(String(span.line).length);
    lines.push(paint("cyan", `${gutter}--> ${printable(span.file)}:${span.line}:${span.column}`));
    if (span.source !== undefined) {
      lines.push(`${paint("dim", `${span.line} |`)} ${printable(span.source)}`);
      lines.push(`${paint("dim", `${gutter} |`)} ${underline(span, span.source, paint, STYLES[severity])}`);
    }
  }
  if (hint !== undefined) lines.push(`${paint("cyan", "help:")} ${printable(hint)}`);
  return lines.join("\n");
}

function underline(span: Span, source: string, paint: Paint, style: "red" | "yellow" | "blue"): string {
  const start = span.column - 1;
  const end = span.endLine === span.line ? span.endColumn - 1 : source.length;
  // A tab stays a tab, so that the caret is right at any tab width.
  const indent = cells(source.slice(0, start), (text, width) => (text === "\t" ? "\t" : " ".repeat(width)));
  const carets = cells(source.slice(start, end), (_text, width) => "^".repeat(width));
  return indent + paint(style, carets || "^");
}

// Made when it is needed: it takes longer than all else that a check without a diagnostic does here.
let graphemes: Intl.Segmenter | undefined;
const WIDE =
  /^(?:\p{Emoji_Presentation}|\p{Emoji}\uFE0F|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303F\uFF01-\uFF60\uFFE0-\uFFE6])/u;

/** Maps each character that a reader sees, with the terminal cells it takes. */
function cells(text: string, render: (text: string, width: number) => string): string {
  let result = "";
  graphemes ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  for (const { segment } of graphemes.segment(printable(text)))
    result += render(segment, WIDE.test(segment) ? 2 : 1);
  return result;
}

/** Control characters, and those that turn the direction of text, would let a file rewrite the reader's terminal. */
export function printable(text: string): string {
  return text.replace(/(?![\t\n])[\p{Cc}\u200B\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]/gu, "\uFFFD");
}

function summary(diagnostics: Diagnostic[]): string {
  const counts = (["error", "warning", "note"] as const)
    .map(
      (severity) =>
        [severity, diagnostics.filter((diagnostic) => diagnostic.severity === severity).length] as const,
    )
    .filter(([, count]) => count > 0)
    .map(([severity, count]) => `${count} ${severity}${count === 1 ? "" : "s"}`);
  const files = new Set(diagnostics.flatMap(({ span }) => (span === undefined ? [] : [span.file]))).size;
  const fixable = diagnostics.filter(({ fix }) => fix !== undefined).length;
  return [
    counts.join(", "),
    files === 0 ? "" : ` in ${files} file${files === 1 ? "" : "s"}`,
    fixable === 0 ? "" : `; ${fixable} can be fixed with npx hogwire check --fix`,
  ].join("");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
