import { resolve } from "node:path";
import { checkProject } from "../spec/check.ts";
import { hasErrors } from "../spec/diagnostic.ts";
import { cross, type Outcome, tick } from "./output.ts";
import { root } from "./paths.ts";

/** `hogwire check`: all files, or those named and their samples. Reads files only. */
export async function check(files: string[]): Promise<Outcome> {
  const picked = files.length > 0 ? files.map((file) => resolve(file)) : undefined;
  const { diagnostics, destinations, samples, ...rest } = await checkProject(root, picked);
  const wrong = hasErrors(diagnostics);
  const counts = [
    plural(destinations.length, "destination"),
    `${plural(samples.passed, "sample")} passed`,
    ...(samples.failed > 0 ? [`${samples.failed} failed`] : []),
  ];
  return {
    exitCode: wrong ? 2 : 0,
    data: { destinations, samples, ...rest },
    text: `${wrong ? cross() : tick()} ${counts.join(", ")}`,
    diagnostics,
  };
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
