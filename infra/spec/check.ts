import { relative, resolve } from "node:path";
import { type Diagnostic, tidy } from "./diagnostic.ts";
import { FOLDER, loadProject, misplaced, type Project } from "./load.ts";
import { type DestinationSource, type Lowering, lowerDestination } from "./lower.ts";
import { environmentsOf } from "./overlay.ts";
import { runSamples } from "./samples.ts";

export type CheckResult = {
  diagnostics: Diagnostic[];
  /** The files that were checked, as `destinations/<name>`. */
  files: string[];
  /** The slugs of the destinations that were checked. */
  destinations: string[];
  samples: { passed: number; failed: number };
};

/**
 * Validates the destinations below `root` and runs their samples: each file as it stands and in each environment it
 * names. No network, no credentials, no stack: references stand for themselves. `files` (absolute, or from `root`) picks
 * some; a destination and its samples go together.
 */
export async function checkProject(root: string, files?: string[]): Promise<CheckResult> {
  const project = await loadProject(root);
  const picked = files?.map((file) => relative(root, resolve(root, file)).replaceAll("\\", "/"));
  const isPicked = (file: string) =>
    picked === undefined || picked.some((name) => slugOf(name) === slugOf(file));
  const destinations = project.destinations.filter(({ source }) => isPicked(source.file));
  const samples = project.samples.filter(({ source }) => isPicked(source.file));
  const result: CheckResult = {
    diagnostics: project.diagnostics.filter(({ span }) => span === undefined || isPicked(span.file)),
    files: [...destinations, ...samples].map(({ source }) => source.file).sort(),
    destinations: destinations.map(({ slug }) => slug),
    samples: { passed: 0, failed: 0 },
  };

  for (const name of picked ?? []) {
    if (result.files.includes(name) || result.diagnostics.some(({ span }) => span?.file === name)) continue;
    result.diagnostics.push(misplaced(name, `there is no such file in ${FOLDER}/`));
  }
  for (const destination of destinations) {
    const lowerings = lowerEverywhere(destination, project);
    for (const { diagnostics } of lowerings.values()) result.diagnostics.push(...diagnostics);
    for (const sample of samples.filter(({ slug }) => slug === destination.slug)) {
      const { passed, failed, diagnostics } = runSamples(sample, lowerings, project.compiler);
      result.samples.passed += passed;
      result.samples.failed += failed;
      result.diagnostics.push(...diagnostics);
    }
  }
  return { ...result, diagnostics: tidy(result.diagnostics) };
}

/** The file as it stands (`undefined`) and in each environment that it names. */
function lowerEverywhere(
  destination: DestinationSource,
  project: Project,
): Map<string | undefined, Lowering> {
  const stacks = [undefined, ...Object.keys(environmentsOf(destination.value))];
  return new Map(
    stacks.map((stack) => {
      const options = { stack, receiverUrl: OFFLINE_RECEIVER, signingSecret: () => OFFLINE_KEY };
      return [stack, lowerDestination(destination, options, project.handlers, project.compiler)];
    }),
  );
}

// What only a stack knows; nothing is sent there, and nothing is signed.
const OFFLINE_RECEIVER = "https://receiver.invalid";
const OFFLINE_KEY = `whsec_${Buffer.alloc(32).toString("base64")}`;

function slugOf(file: string): string {
  return file.replace(/(?:\.test)?\.ya?ml$/i, "");
}
