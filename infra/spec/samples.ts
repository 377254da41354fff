import type { HogCompiler } from "../hog/compile.ts";
import { HogRuntimeError, matches, render } from "../hog/evaluate.ts";
import { filterGlobals, inputGlobals } from "../hog/globals.ts";
import type { HogEvent, HogGroup, HogPerson } from "../hog/types.ts";
import { type Diagnostic, hasErrors, tidy } from "./diagnostic.ts";
import { toHogFilters } from "./filters.ts";
import type { DestinationSource, Lowering } from "./lower.ts";
import type { LoweredDestination } from "./lowered.ts";
import { type Sample, samplesModel } from "./model.ts";
import { dotted, isMap, type Path } from "./path.ts";
import { type Problem, toDiagnostic } from "./report.ts";
import { checkShape } from "./shape.ts";
import { nearest } from "./suggest.ts";

export type SampleRun = { passed: number; failed: number; diagnostics: Diagnostic[] };

/**
 * Runs a destination's samples on real Hog, through exactly the filter and the templates that would be applied; offline.
 * A sample without `environment` meets the file as it stands. Whether the destination is enabled makes no difference, and
 * the project's test-account filters, which only PostHog knows, let everything through.
 */
export function runSamples(
  { source, value, diagnostics }: DestinationSource,
  environments: ReadonlyMap<string | undefined, Lowering>,
  compiler: HogCompiler,
): SampleRun {
  if (value === undefined) return { passed: 0, failed: 0, diagnostics };
  const problems: Problem[] = [];
  const samples = checkShape(samplesModel, value, (problem) => problems.push(problem)) ?? [];
  let failed = 0;
  let passed = 0;
  for (const [index, sample] of samples.entries()) {
    const found = runInEnvironment(sample, [index], environments, compiler);
    if (found === undefined) continue;
    if (found.some(({ severity }) => severity === undefined)) failed++;
    else if (found.length === 0) passed++;
    problems.push(...found);
  }
  const own = problems.map((problem) => toDiagnostic(source, [[]], problem));
  return { passed, failed, diagnostics: tidy([...diagnostics, ...own]) };
}

/** What is wrong; `undefined` when the destination itself is, so that nothing can be said about the sample. */
function runInEnvironment(
  sample: Sample,
  path: Path,
  environments: ReadonlyMap<string | undefined, Lowering>,
  compiler: HogCompiler,
): Problem[] | undefined {
  const lowering = environments.get(sample.environment);
  if (lowering === undefined) {
    const name = sample.environment ?? "";
    const near = nearest(
      name,
      [...environments.keys()].filter((key) => key !== undefined),
    );
    const message = `the destination has no environment \`${name}\``;
    const hint = near === undefined ? {} : { hint: `Did you mean \`${near}\`?` };
    return [{ code: "HW061", path: [...path, "environment"], message, ...hint }];
  }
  if (!sample.expect.sent && sample.expect.body !== undefined) {
    const message = `sample \`${sample.name}\` expects a body where nothing is sent`;
    return [{ code: "HW061", path: [...path, "expect", "body"], part: "key", message }];
  }
  if (lowering.absent) return judge(sample, path, undefined);
  if (lowering.lowered === undefined && !hasErrors(lowering.diagnostics)) {
    const message = `sample \`${sample.name}\` cannot run offline: what is sent depends on the stack's configuration`;
    return [{ code: "HW061", severity: "note", path: [...path, "name"], message }];
  }
  return lowering.lowered && run(sample, path, lowering.lowered, compiler);
}

function run(sample: Sample, path: Path, destination: LoweredDestination, compiler: HogCompiler): Problem[] {
  const context = contextOf(sample);
  const filters = compiler.filters(toHogFilters(destination.filters));
  const { matched, error } = matches(filters, filterGlobals(context));
  if (error !== undefined) return [failure(sample, path, `the filter fails: ${error}`)];
  if (!matched) return judge(sample, path, undefined);

  const { url, headers = {}, body } = destination.webhook;
  const project = { id: 1, name: "Sample project", url: "https://us.posthog.com/project/1" };
  const source = {
    url: `${project.url}/functions/${destination.slug}/configuration/`,
    name: destination.name,
  };
  try {
    const globals = inputGlobals({ ...context, project, source });
    const sent = render(compiler.templateTree({ url, headers, body }), globals);
    return judge(sample, path, sent);
  } catch (error) {
    if (error instanceof HogRuntimeError)
      return [failure(sample, path, `a template fails: ${error.message}`)];
    throw error;
  }
}

/** The sample's event as PostHog would see it. One without a person has a person without properties (contract §11.3). */
function contextOf({ event: written, person, groups = {} }: Sample): {
  event: HogEvent;
  person: HogPerson | null;
  groups: HogGroup[];
} {
  const given = typeof written === "string" ? { event: written } : written;
  const event: HogEvent = {
    event: given.event,
    uuid: given.uuid ?? "01900000-0000-7000-8000-000000000000",
    distinct_id: given.distinct_id ?? "sample-user",
    timestamp: given.timestamp ?? "2026-01-01T00:00:00.000Z",
    properties: given.properties ?? {},
    elements_chain: given.elements_chain ?? "",
  };
  return {
    event,
    person:
      person === null
        ? null
        : { id: person?.id ?? "01900000-0000-7000-8000-000000000001", properties: person?.properties ?? {} },
    groups: Object.entries(groups).map(([type, group], index) => ({
      type,
      index,
      id: group.id ?? type,
      properties: group.properties ?? {},
    })),
  };
}

/** `sent` is what PostHog would send; `undefined` is nothing. */
function judge(sample: Sample, path: Path, sent: unknown): Problem[] {
  const { expect } = sample;
  const isSent = sent !== undefined;
  if (isSent !== expect.sent) {
    const message = `sample \`${sample.name}\`: expected the event ${expect.sent ? "" : "not "}to be sent, but it is${isSent ? "" : " not"}`;
    const hint = isSent ? "The filter matches it." : "The filter does not match it.";
    return [{ code: "HW060", path: [...path, "expect", "sent"], message, hint }];
  }
  if (!isSent || expect.body === undefined) return [];
  // As on the wire: dates are text there, and what is undefined is not there at all.
  const body: unknown = JSON.parse(JSON.stringify(isMap(sent) ? (sent.body ?? null) : null));
  return differences(expect.body, body, ["body"]).map(({ at, expected, actual }) => ({
    code: "HW060",
    path: [...path, "expect", ...at],
    message: `sample \`${sample.name}\`: \`${dotted(at)}\` is not what is expected`,
    hint: `expected ${show(expected)}\n      but sent ${show(actual)}`,
  }));
}

type Difference = { at: Path; expected: unknown; actual: unknown };

/** Where `actual` does not hold what is expected of it: maps may have more keys, lists and single values may not differ. */
function differences(expected: unknown, actual: unknown, at: Path): Difference[] {
  if (isMap(expected) && isMap(actual)) {
    return Object.entries(expected).flatMap(([key, value]) =>
      differences(value, Object.hasOwn(actual, key) ? actual[key] : undefined, [...at, key]),
    );
  }
  if (Array.isArray(expected) && Array.isArray(actual) && expected.length === actual.length) {
    return expected.flatMap((value, index) => differences(value, actual[index], [...at, index]));
  }
  return expected === actual ? [] : [{ at, expected, actual }];
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function failure({ name }: Sample, path: Path, message: string): Problem {
  return { code: "HW061", path: [...path, "name"], message: `sample \`${name}\`: ${message}` };
}
