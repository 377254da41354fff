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
    file: destination.source.file,
    ...lowerDestination(destination, options, surroundings),
  }));
  return {
    destinations: lowerings.flatMap(({ lowered, handlers, file }) =>
      lowered ? [{ lowered, handlers, file }] : [],
    ),
    eventFilters: [...filters.values()].flatMap(({ lowered }) => lowered ?? []),
    diagnostics: tidy([
      ...project.diagnostics,
      ...policy.diagnostics,
      ...[...filters.values()].flatMap(({ diagnostics }) => diagnostics),
      ...lowerings.flatMap(({ diagnostics }) => diagnostics),
    ]),
  };
}

/** By slug; one that has errors is there all the same, so that only it is complained of. */
export function lowerEventFilters(
  { eventFilters, compiler }: Project,
  options: LayerOptions,
): Map<string, EventFilterLowering> {
  const byName = new Map<string, string>();
  return new Map(
    eventFilters.map((filter) => {
      const lowering = lowerEventFilter(filter, options, compiler);
      const { lowered } = lowering;
      const other = lowered && byName.get(lowered.name);
      if (lowered) byName.set(lowered.name, other ?? filter.source.file);
      const found = other === undefined ? [] : [sameName(filter, options, other)];
      return [filter.slug, { ...lowering, diagnostics: [...lowering.diagnostics, ...found] }];
    }),
  );
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
