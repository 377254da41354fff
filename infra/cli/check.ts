import { resolve } from "node:path";
import { type CheckResult, checkProject } from "../spec/check.ts";
import { type Diagnostic, hasErrors } from "../spec/diagnostic.ts";
import type { Explanation } from "../spec/explain.ts";
import { cross, dim, type Outcome, tick } from "./output.ts";
import { root } from "./paths.ts";

export type CheckOptions = { fix?: true; explain?: true };

/** `hogwire check`: all files, or those named and their samples. Writes nothing but what `--fix` mends. */
export async function check(files: string[], options: CheckOptions): Promise<Outcome> {
  const picked = files.length > 0 ? files.map((file) => resolve(file)) : undefined;
  const { result, fixed } = options.fix
    ? await fix(picked)
    : { result: await checkProject(root, picked), fixed: [] };
  const { diagnostics, destinations, samples, ...rest } = result;
  const explanations = options.explain ? await explain(picked) : [];
  const wrong = hasErrors(diagnostics);
  const counts = [
    plural(destinations.length, "destination"),
    `${plural(samples.passed, "sample")} passed`,
    ...(samples.failed > 0 ? [`${samples.failed} failed`] : []),
  ];
  return {
    exitCode: wrong ? 2 : 0,
    data: {
      destinations,
      samples,
      ...rest,
      ...(options.fix ? { fixed } : {}),
      ...(options.explain ? { explanations } : {}),
    },
    before: fixed.map(inOneLine).join("\n"),
    text: [...explanations.map(inWords), `${wrong ? cross() : tick()} ${counts.join(", ")}`].join("\n\n"),
    diagnostics,
  };
}

async function fix(picked: string[] | undefined): Promise<{ result: CheckResult; fixed: Diagnostic[] }> {
  const [{ fixProject }, { writeBack }] = await Promise.all([
    import("../spec/fix.ts"),
    import("./write-back.ts"),
  ]);
  const { result, fixed, changed } = await fixProject(root, picked);
  for (const [file, { before, after }] of changed) await writeBack(root, file, before, after);
  return { result, fixed };
}

async function explain(picked: string[] | undefined): Promise<Explanation[]> {
  return (await import("../spec/explain.ts")).explainProject(root, picked);
}

function inWords({ file, environment, text }: Explanation): string {
  return `${file}${environment === undefined ? "" : ` in ${environment}`}\n${text.replace(/^/gm, "  ")}`;
}

function inOneLine({ code, message, span }: Diagnostic): string {
  const place = span === undefined ? "" : `${span.file}:${span.line}:${span.column}`;
  return `${tick()} fixed ${code} ${message} ${dim(place)}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
