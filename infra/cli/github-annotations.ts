import { relative } from "node:path";
import { type Diagnostic, printable } from "../spec/diagnostic.ts";
import { root } from "./paths.ts";

const COMMANDS = { error: "error", warning: "warning", note: "notice" } as const;

/** Diagnostics as GitHub's workflow commands, which show them beside the lines of a pull request. */
export function githubAnnotations(diagnostics: Diagnostic[]): string {
  return diagnostics.map((diagnostic) => annotation(diagnostic, placeInRepository())).join("\n");
}

/** The project's folder in the repository that GitHub has checked out; "" at its top, and elsewhere than at GitHub. */
function placeInRepository(): string {
  const workspace = process.env.GITHUB_WORKSPACE;
  const folder = workspace === undefined ? "" : relative(workspace, root).replaceAll("\\", "/");
  return folder === "" || folder.startsWith("..") ? "" : `${folder}/`;
}

function annotation({ code, severity, message, hint, span }: Diagnostic, folder: string): string {
  const properties: Record<string, string | number> = {};
  if (span) {
    properties.file = folder + span.file;
    properties.line = span.line;
    properties.endLine = span.endLine;
    // GitHub takes columns only within one line.
    if (span.line === span.endLine) {
      properties.col = span.column;
      properties.endColumn = span.endColumn;
    }
  }
  properties.title = code;
  const written = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(String(value))}`);
  const text = printable(hint === undefined ? message : `${message}\n${hint}`);
  return `::${COMMANDS[severity]} ${written.join(",")}::${escapeData(text)}`;
}

// As GitHub's own toolkit does (actions/toolkit, packages/core/src/command.ts).
function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
