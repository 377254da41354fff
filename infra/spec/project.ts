import { type Diagnostic, tidy } from "./diagnostic.ts";
import type { Project } from "./load.ts";
import { type LowerOptions, lowerDestination, type Surroundings } from "./lower.ts";
import type { LoweredDestination, LoweredEventFilter } from "./lowered.ts";
import {
  type EventFilterLowering,
  type EventFilterSource,
  lowerEventFilter,
} from "./lowering/event-filter.ts";
import type { LayerOptions } from "./lowering/layer.ts";
import { type Policy, policyModel } from "./model/policy.ts";
import type { ParsedYaml } from "./parse.ts";
import { type Problem, toDiagnostic } from "./report.ts";
import { type Claiming, checkClaims } from "./rules/claims.ts";
import { checkShape } from "./shape.ts";

export type LoweredProject = {
  /** Without those that are absent from the stack or have errors. */
  destinations: { lowered: LoweredDestination; handlers: string[]; file: string }[];
  eventFilters: LoweredEventFilter[];
  /** Everything that is wrong, the project's own diagnostics included. */
  diagnostics: Diagnostic[];
};

/** All files as one stack has them. With an error among the diagnostics nothing may be applied. */
export function lowerProject(project: Project, options: LowerOptions): LoweredProject {
  const policy = readPolicy(project.policy);
  const filters = lowerEventFilters(project, options);
  const surroundings = surroundingsOf(project, policy.value, filters);
  const lowerings = project.destinations.map((destination) => ({
    ...destination,
    lowering: lowerDestination(destination, options, surroundings),
  }));
  return {
    destinations: lowerings.flatMap(({ source, lowering: { lowered, handlers } }) =>
      lowered ? [{ lowered, handlers, file: source.file }] : [],
    ),
    eventFilters: [...filters.values()].flatMap(({ lowered }) => lowered ?? []),
    diagnostics: tidy([
      ...project.diagnostics,
      ...policy.diagnostics,
      ...[...filters.values()].flatMap(({ diagnostics }) => diagnostics),
      ...lowerings.flatMap(({ lowering }) => lowering.diagnostics),
      ...claims(lowerings, options),
    ]),
  };
}

/** By slug; one that has errors is there all the same, so that only it is complained of. */
export function lowerEventFilters(
  { eventFilters, compiler }: Project,
  options: LayerOptions,
): Map<string, EventFilterLowering> {
  const byName = new Map<string, string>();
  const lowerings = eventFilters.map((filter) => ({
    ...filter,
    lowering: lowerEventFilter(filter, options, compiler),
  }));
  const claimed = claims(lowerings, options);
  return new Map(
    lowerings.map((filter) => {
      const { slug, source, lowering } = filter;
      const { lowered } = lowering;
      const other = lowered && byName.get(lowered.name);
      if (lowered) byName.set(lowered.name, other ?? source.file);
      const found = [
        ...(other === undefined ? [] : [sameName(filter, options, other)]),
        ...claimed.filter(({ span }) => span?.file === source.file),
      ];
      return [slug, { ...lowering, diagnostics: [...lowering.diagnostics, ...found] }];
    }),
  );
}

function claims(files: Claiming[], { stack, without = [] }: LayerOptions): Diagnostic[] {
  return without.includes("HW017") ? [] : checkClaims(files, stack);
}

/** An action's name is unique in PostHog (contract §6.1). */
function sameName({ source }: EventFilterSource, { stack }: LayerOptions, other: string): Diagnostic {
  return toDiagnostic(source, stack === undefined ? [[]] : [["environments", stack], []], {
    code: "HW015",
    path: ["name"],
    message: `${other} has the same name, and PostHog refuses a second action of one name`,
    hint: "Give one of them another name.",
  });
}

export function surroundingsOf(
  { compiler, handlers, code }: Project,
  policy: Policy,
  eventFilters: ReadonlyMap<string, EventFilterLowering>,
): Surroundings {
  const filters = new Map(
    [...eventFilters].map(([slug, { absent }]) => [slug, absent ? ("absent" as const) : ("there" as const)]),
  );
  return { compiler, handlers, code, policy, filters };
}

/** A policy that cannot be read forbids nothing, but it is an error. */
export function readPolicy(file: ParsedYaml | undefined): { value: Policy; diagnostics: Diagnostic[] } {
  if (file === undefined) return { value: {}, diagnostics: [] };
  const problems: Problem[] = [];
  const { source, value, diagnostics } = file;
  const policy =
    value === undefined || value === null ? {} : checkShape(policyModel, value, (one) => problems.push(one));
  return {
    value: policy ?? {},
    diagnostics: [...diagnostics, ...problems.map((problem) => toDiagnostic(source, [[]], problem))],
  };
}
