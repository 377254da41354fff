import { styleText } from "node:util";
import { type Diagnostic, renderDiagnostics } from "../spec/diagnostic.ts";

/** 0 fine, 1 failed, 2 bad input (diagnostics), 7 changes or drift found (design §6). */
export type ExitCode = 0 | 1 | 2 | 7;

/** What a command found out; `data` is for programs (`--json`), `before` and `text` for people, around the diagnostics. */
export type Outcome = {
  exitCode: ExitCode;
  data: unknown;
  before?: string;
  text: string;
  diagnostics?: Diagnostic[];
};

/** An expected failure: the sentence says what is wrong and what to do. */
export class CommandError extends Error {
  override name = "CommandError";
}

/** Runs a command and prints its outcome, as people (`render` writes diagnostics) or (`--json`) programs read it. */
export async function present(
  command: string,
  json: boolean,
  action: () => Promise<Outcome>,
  render: (diagnostics: Diagnostic[]) => string = renderForTerminal,
): Promise<void> {
  const { exitCode, data, before = "", text, diagnostics = [] } = await action().catch(failed);
  process.exitCode = exitCode;
  if (json) return printEnvelope(command, exitCode === 0, data, diagnostics);
  const parts = [before, render(diagnostics), text].filter((part) => part !== "");
  if (parts.length > 0) console.log(parts.join("\n\n"));
}

function renderForTerminal(diagnostics: Diagnostic[]): string {
  return renderDiagnostics(diagnostics, { color: process.stdout.isTTY === true && !process.env.NO_COLOR });
}

/** The words of the command line are not those of a command: bad input, which commander has told a person already. */
export function refuseUsage(command: string, error: string, json: boolean): void {
  process.exitCode = 2;
  if (json) printEnvelope(command, false, { error: error.replace(/^error: /, "") }, []);
}

function printEnvelope(command: string, ok: boolean, data: unknown, diagnostics: Diagnostic[]): void {
  console.log(JSON.stringify({ command, ok, data, diagnostics }, null, 2));
}

/** What nobody expected has its stack on stderr, and programs their envelope all the same. */
function failed(error: unknown): Outcome {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof CommandError)) console.error(error);
  return { exitCode: 1, data: { error: message }, text: error instanceof CommandError ? message : "" };
}

export const tick = () => paint("green", "✔");
export const cross = () => paint("red", "✘");
export const dim = (text: string) => paint("dim", text);

/** Colours only on a terminal (`styleText` looks at the stream and at NO_COLOR). */
function paint(style: "green" | "red" | "dim", text: string): string {
  return styleText(style, text, { stream: process.stdout });
}
