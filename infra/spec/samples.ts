import type { HogCompiler } from "../hog/compile.ts";
import { HogRuntimeError } from "../hog/evaluate.ts";
import type { HogEvent } from "../hog/types.ts";
import type { Code } from "./codes.ts";
import { type Diagnostic, hasErrors, tidy } from "./diagnostic.ts";
import type { DestinationSource, Lowering } from "./lower.ts";
import type { EventFilterLowering } from "./lowering/event-filter.ts";
import { type Fixtures, type Sample, samplesModel } from "./model/samples.ts";
import type { Path } from "./path.ts";
import { type Problem, type Report, toDiagnostic } from "./report.ts";
import { type Occasion, type Offline, takeOffline } from "./sampling/offline.ts";
import { judge } from "./sampling/sample-verdict.ts";
import { checkShape } from "./shape.ts";
import { nearest } from "./suggest.ts";

export type SampleRun = { passed: number; failed: number; diagnostics: Diagnostic[] };

/** A destination as it stands in the file, or in one of its environments, with the event filters of that stack. */
export type Environment = { lowering: Lowering; eventFilters: ReadonlyMap<string, EventFilterLowering> };

export type SampleContext = {
  /** The file as it stands is `undefined`. */
  environments: ReadonlyMap<string | undefined, Environment>;
  fixtures: Fixtures;
  compiler: HogCompiler;
  report: Report;
};

/**
 * Runs a destination's samples on real Hog, through exactly the filter and the templates that would be applied; offline.
 * A sample without `environment` meets the file as it stands. Whether the destination is enabled makes no difference,
 * every event counts as the first in `once`, and the project's test-account filters, which only PostHog knows, let
 * everything through.
 */
export function runSamples(
  { source, value, diagnostics }: DestinationSource,
  { without = [], ...context }: Omit<SampleContext, "report"> & { without?: readonly Code[] },
): SampleRun {
  if (value === undefined) return { passed: 0, failed: 0, diagnostics };
  const problems: Problem[] = [];
  const report: Report = (problem) => {
    if (!without.includes(problem.code)) problems.push(problem);
  };
  const samples = checkShape(samplesModel, value, report) ?? [];
  const taken = new Map<string | undefined, Offline | undefined>();
  let failed = 0;
  let passed = 0;
  for (const [index, sample] of samples.entries()) {
    const before = problems.length;
    const wasRun = runSample(sample, [index], { ...context, report }, taken);
    const found = problems.slice(before);
    if (found.some(({ severity = "error" }) => severity === "error")) failed++;
    else if (wasRun && found.length === 0) passed++;
  }
  const own = problems.map((problem) => toDiagnostic(source, [[]], problem));
  return { passed, failed, diagnostics: tidy([...diagnostics, ...own]) };
}

/** False when nothing can be said about the sample, because the destination itself is wrong. */
function runSample(
  sample: Sample,
  path: Path,
  context: SampleContext,
  taken: Map<string | undefined, Offline | undefined>,
): boolean {
  const { environments, compiler, report } = context;
  const environment = environments.get(sample.environment);
  if (environment === undefined) {
    reportUnknownEnvironment(sample.environment ?? "", path, context);
    return true;
  }
  const { lowering } = environment;
  if (!sample.expect.sent) {
    for (const key of ["url", "headers", "body", "inputs"] as const) {
      if (sample.expect[key] === undefined) continue;
      const message = `sample \`${sample.name}\` expects \`${key}\` where nothing is sent`;
      report({ code: "HW061", path: [...path, "expect", key], part: "key", message });
      return true;
    }
  }
  if (lowering.absent) {
    judge(sample, path, { sent: undefined, decided: ["environments", sample.environment ?? ""] }, report);
    return true;
  }
  if (lowering.lowered === undefined) {
    if (hasErrors(lowering.diagnostics)) return false;
    return noteOffline(sample, path, "what is sent depends on the stack's configuration", report);
  }
  const offline = taken.get(sample.environment) ?? takeEnvironment(environment, compiler);
  taken.set(sample.environment, offline);
  if (offline === undefined) return false;
  const occasion = occasionOf(sample, path, offline, context);
  return occasion === undefined || evaluate(sample, path, offline, occasion, report);
}

/** `undefined` when an event filter that it uses is wrong, which is reported where that stands. */
function takeEnvironment(
  { lowering, eventFilters }: Environment,
  compiler: HogCompiler,
): Offline | undefined {
  const { lowered, origins } = lowering;
  if (lowered === undefined) return undefined;
  const events = lowered.filters.events ?? [];
  const used = events === "all" ? [] : events.flatMap((event) => ("filter" in event ? event.filter : []));
  const filters = new Map(used.map((slug) => [slug, eventFilters.get(slug)?.lowered]));
  if ([...filters.values()].includes(undefined)) return undefined;
  return takeOffline(lowered, filters, origins, compiler);
}

function evaluate(sample: Sample, path: Path, offline: Offline, occasion: Occasion, report: Report): boolean {
  const { matched, error } = offline.matches(occasion);
  if (error !== undefined) {
    report(failure(sample, path, `the filter fails: ${error}`));
    return true;
  }
  if (matched === undefined) {
    const why = "it depends on an action or a selector that only PostHog evaluates";
    return noteOffline(sample, path, why, report);
  }
  const { because, sent } = sample.expect;
  try {
    const made = matched ? offline.send(occasion) : undefined;
    const isAsked = because !== undefined || (made !== undefined) !== sent;
    const byFilter = isAsked ? offline.decidedBy(occasion) : undefined;
    const decided = matched && made === undefined ? ["hog", "code"] : byFilter;
    judge(sample, path, { sent: made, decided }, report);
  } catch (thrown) {
    if (!(thrown instanceof HogRuntimeError)) throw thrown;
    report(failure(sample, path, `making the request fails: ${thrown.message}`));
  }
  return true;
}

/** The sample's event as PostHog would see it. One without a person has a person without properties (contract §11.3). */
function occasionOf(
  sample: Sample,
  path: Path,
  { groups }: Offline,
  context: SampleContext,
): Occasion | undefined {
  const given = typeof sample.event === "string" ? { event: sample.event } : sample.event;
  const event: HogEvent = {
    event: given.event,
    uuid: given.uuid ?? "01900000-0000-7000-8000-000000000000",
    distinct_id: given.distinct_id ?? "sample-user",
    timestamp: given.timestamp ?? "2026-01-01T00:00:00.000Z",
    properties: given.properties ?? {},
    elements_chain: given.elements_chain ?? "",
  };
  const person =
    typeof sample.person === "string"
      ? fixture("persons", sample.person, [...path, "person"], context)
      : (sample.person ?? {});
  const taken = new Set(groups.values());
  const free = [0, 1, 2, 3, 4].filter((index) => !taken.has(index));
  const found = Object.entries(sample.groups ?? {}).map(([type, written]) => {
    const at = [...path, "groups", type];
    const group = typeof written === "string" ? groupFixture(written, type, at, context) : written;
    return (
      group && {
        type,
        index: groups.get(type) ?? free.shift() ?? 4,
        id: group.id ?? type,
        properties: group.properties ?? {},
      }
    );
  });
  if (person === undefined || found.includes(undefined)) return undefined;
  return {
    event,
    person:
      sample.person === null
        ? null
        : { id: person.id ?? "01900000-0000-7000-8000-000000000001", properties: person.properties ?? {} },
    groups: found.filter((group) => group !== undefined),
  };
}

type Fixture = { id?: string | undefined; properties?: Record<string, unknown> | undefined };

function fixture(
  kind: "persons" | "groups",
  name: string,
  path: Path,
  { fixtures, report }: SampleContext,
): Fixture | undefined {
  const known: Record<string, Fixture> = fixtures[kind] ?? {};
  if (Object.hasOwn(known, name)) return known[name];
  const near = nearest(name, Object.keys(known));
  const what = kind === "persons" ? "person" : "group";
  report({
    code: "HW062",
    path,
    message: `destinations/fixtures.test.yaml has no ${what} \`${name}\``,
    hint: near === undefined ? `Add it there, under \`${kind}\`.` : `Did you mean \`${near}\`?`,
  });
  return undefined;
}

function groupFixture(name: string, type: string, path: Path, context: SampleContext): Fixture | undefined {
  const group = fixture("groups", name, path, context);
  const own = context.fixtures.groups?.[name]?.type;
  if (group === undefined || own === type) return group;
  const message = `the group \`${name}\` of the fixtures is of type \`${own}\`, not \`${type}\``;
  context.report({ code: "HW062", path, message });
  return undefined;
}

function reportUnknownEnvironment(name: string, path: Path, { environments, report }: SampleContext): void {
  const near = nearest(
    name,
    [...environments.keys()].filter((key) => key !== undefined),
  );
  report({
    code: "HW061",
    path: [...path, "environment"],
    message: `the destination has no environment \`${name}\``,
    ...(near === undefined ? {} : { hint: `Did you mean \`${near}\`?` }),
  });
}

function noteOffline(sample: Sample, path: Path, why: string, report: Report): true {
  const message = `sample \`${sample.name}\` cannot run offline: ${why}`;
  report({ code: "HW061", severity: "note", path: [...path, "name"], message });
  return true;
}

function failure({ name }: Sample, path: Path, message: string): Problem {
  return { code: "HW061", path: [...path, "name"], message: `sample \`${name}\`: ${message}` };
}
