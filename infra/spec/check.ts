import { relative, resolve } from "node:path";
import { createCompiler, createPlainCompiler } from "../hog/compile.ts";
import { ParserNeeded } from "../hog/compiler/parser.ts";
import type { Code } from "./codes.ts";
import { type Diagnostic, tidy } from "./diagnostic.ts";
import { FIXTURES, FOLDER, loadProject, misplaced, POLICY, type Project } from "./load.ts";
import { type DestinationSource, lowerDestination } from "./lower.ts";
import type { EventFilterLowering } from "./lowering/event-filter.ts";
import { environmentNames } from "./lowering/overlay.ts";
import { type Fixtures, fixturesModel } from "./model/samples.ts";
import { valueAt } from "./path.ts";
import { lowerEventFilters, readPolicy, surroundingsOf } from "./project.ts";
import type { Edited } from "./read-file.ts";
import { type Problem, toDiagnostic } from "./report.ts";
import { checkClaimsEverywhere } from "./rules/claims.ts";
import { checkEventSpelling } from "./rules/event-spelling.ts";
import { checkGroupIndexes } from "./rules/group-indexes.ts";
import type { CheckedDestination } from "./rules/project-rule.ts";
import { type Environment, runSamples } from "./samples.ts";
import { checkShape } from "./shape.ts";
import { locate } from "./source.ts";

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
 * some; a destination and its samples go together. `edited` are texts that are not on disk yet; `without` leaves rules
 * out, for the tests of the rules.
 */
export async function checkProject(
  root: string,
  files?: string[],
  { without = [], edited }: { without?: readonly Code[]; edited?: Edited } = {},
): Promise<CheckResult> {
  const picked = files?.map((file) => relative(root, resolve(root, file)).replaceAll("\\", "/"));
  const project = await loadProject(root, { edited, compiler: createPlainCompiler() });
  if (project.destinations.length <= FEW) {
    try {
      return await checkLoaded(project, picked, without);
    } catch (error) {
      if (!(error instanceof ParserNeeded)) throw error;
    }
  }
  return checkLoaded({ ...project, compiler: await createCompiler() }, picked, without);
}

// To load PostHog's parser takes as long as to check some files, and most need none; more are not checked twice.
const FEW = 30;

async function checkLoaded(
  project: Project,
  picked: string[] | undefined,
  without: readonly Code[],
): Promise<CheckResult> {
  const isPicked = (file: string) =>
    picked === undefined || picked.some((name) => slugOf(name) === slugOf(file));
  const samples = project.samples.filter(({ source }) => isPicked(source.file));
  const { destinations, diagnostics } = lowerEverywhere(project, without);
  const checked = destinations.filter(({ source }) => isPicked(source.file));
  const fixtures = readFixtures(project);
  const counts = { passed: 0, failed: 0 };
  const sampled = new Set(project.samples.map(({ slug }) => slug));

  for (const { slug, environments } of checked) {
    for (const sample of samples.filter((one) => one.slug === slug)) {
      const context = { environments, fixtures: fixtures.value, compiler: project.compiler, without };
      const run = runSamples(sample, context);
      counts.passed += run.passed;
      counts.failed += run.failed;
      diagnostics.push(...run.diagnostics);
    }
  }
  const isSampled = ({ slug, environments }: CheckedDestination) =>
    environments.get(undefined)?.lowering.lowered === undefined || sampled.has(slug);
  const rules: [Code, () => Diagnostic[] | Promise<Diagnostic[]>][] = [
    ["HW017", () => checkClaimsEverywhere(destinations)],
    ["HW063", () => checked.filter((one) => !isSampled(one)).map(withoutSamples)],
    ["HW074", () => checked.flatMap(checkGroupIndexes)],
    ["HW073", () => checkEventSpelling(destinations, project)],
    ["HW072", () => checkTogether(destinations, project)],
  ];
  for (const [code, rule] of rules) if (!without.includes(code)) diagnostics.push(...(await rule()));
  diagnostics.push(...fixtures.diagnostics);
  // What a destination leads to belongs to it: its Hog code, its event filters; and nothing holds under a wrong policy.
  const own = new Set([
    POLICY,
    ...checked.flatMap(filesOfDiagnostics),
    ...checked.flatMap(eventFiltersOf),
    ...(samples.length > 0 ? [FIXTURES] : []),
  ]);
  const found = [
    ...checked,
    ...samples,
    ...project.eventFilters.filter(({ source }) => isPicked(source.file)),
  ];
  const names = found.map(({ source }) => source.file).sort();
  return {
    files: names,
    destinations: checked.map(({ slug }) => slug),
    samples: counts,
    diagnostics: tidy([
      ...diagnostics.filter(({ span }) => span === undefined || isPicked(span.file) || own.has(span.file)),
      ...(picked ?? []).flatMap((name) => unknownFile(name, names, project)),
    ]),
  };
}

/** What takes two destinations is loaded only where there are two. */
async function checkTogether(destinations: CheckedDestination[], project: Project): Promise<Diagnostic[]> {
  const isAlone = destinations.length < 2 && !destinations.some(({ value }) => valueAt(value, ["overlaps"]));
  return isAlone ? [] : (await import("./rules/overlaps.ts")).checkOverlaps(destinations, project);
}

/** Every destination as its file stands (`undefined`) and in each environment that it, or an event filter, names. */
export function lowerEverywhere(
  project: Project,
  without: readonly Code[],
): { destinations: CheckedDestination[]; diagnostics: Diagnostic[] } {
  const policy = readPolicy(project.policy);
  const diagnostics = [...project.diagnostics, ...policy.diagnostics];
  const filtersOf = new Map<string | undefined, Map<string, EventFilterLowering>>();
  const eventFilters = (stack: string | undefined) => {
    const known = filtersOf.get(stack);
    if (known) return known;
    const lowered = lowerEventFilters(project, { stack, without });
    for (const filter of lowered.values()) diagnostics.push(...filter.diagnostics);
    filtersOf.set(stack, lowered);
    return lowered;
  };
  const ofFilters = project.eventFilters.flatMap(({ value }) => environmentNames(value));
  for (const stack of [undefined, ...ofFilters]) eventFilters(stack);

  const destinations = project.destinations.map((destination) => {
    const stacks = new Set([
      ...environmentNames(destination.value),
      ...(usesFilters(destination) ? ofFilters : []),
    ]);
    const environments = new Map(
      [undefined, ...stacks].map((stack): [string | undefined, Environment] => {
        const filters = eventFilters(stack);
        const options = { stack, without, receiverUrl: OFFLINE_RECEIVER, signingSecret: () => OFFLINE_KEY };
        const lowering = lowerDestination(
          destination,
          options,
          surroundingsOf(project, policy.value, filters),
        );
        diagnostics.push(...lowering.diagnostics);
        return [stack, { lowering, eventFilters: filters }];
      }),
    );
    return { ...destination, environments };
  });
  return { destinations, diagnostics };
}

// What only a stack knows; nothing is sent there, and nothing is signed.
const OFFLINE_RECEIVER = "https://receiver.invalid";
const OFFLINE_KEY = `whsec_${Buffer.alloc(32).toString("base64")}`;

// `filter: slug`, wherever it stands: too much is no harm.
const EVENT_FILTER = /\bfilter["']?\s*:\s*["']?([a-z0-9-]*)/g;

function usesFilters({ source }: DestinationSource): boolean {
  return source.text.search(EVENT_FILTER) !== -1;
}

function readFixtures({ fixtures }: Project): { value: Fixtures; diagnostics: Diagnostic[] } {
  if (fixtures === undefined) return { value: {}, diagnostics: [] };
  const { source, value, diagnostics } = fixtures;
  const problems: Problem[] = [];
  const parsed =
    value === undefined || value === null
      ? {}
      : checkShape(fixturesModel, value, (one) => problems.push(one));
  const own = problems.map((problem) => toDiagnostic(source, [[]], problem));
  return { value: parsed ?? {}, diagnostics: [...diagnostics, ...own] };
}

/** The files of the event filters that it names. */
function eventFiltersOf({ source }: CheckedDestination): string[] {
  return Array.from(source.text.matchAll(EVENT_FILTER), ([, slug]) => `${FOLDER}/filters/${slug}.yaml`);
}

function filesOfDiagnostics({ environments }: CheckedDestination): string[] {
  return [...environments.values()].flatMap(({ lowering }) =>
    lowering.diagnostics.flatMap(({ span }) => span?.file ?? []),
  );
}

function withoutSamples({ slug, source }: CheckedDestination): Diagnostic {
  return {
    code: "HW063",
    severity: "note",
    message: `nothing shows what \`${slug}\` sends`,
    hint: `Write samples into ${FOLDER}/${slug}.test.yaml.`,
    span: locate(source, [[]], ["name"]),
  };
}

function unknownFile(
  name: string,
  checked: string[],
  { diagnostics, fixtures, policy }: Project,
): Diagnostic[] {
  const others = [fixtures, policy].map((file) => file?.source.file);
  const isKnown =
    checked.includes(name) || others.includes(name) || diagnostics.some(({ span }) => span?.file === name);
  return isKnown ? [] : [misplaced(name, `there is no such file in ${FOLDER}/`)];
}

function slugOf(file: string): string {
  return file === FIXTURES ? file : file.replace(/(?:\.test)?\.ya?ml$/i, "");
}
