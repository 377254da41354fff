import type { Diagnostic } from "../diagnostic.ts";
import type { Project } from "../load.ts";
import { type Path, valueAt } from "../path.ts";
import { toDiagnostic } from "../report.ts";
import { editDistance } from "../suggest.ts";
import { POSTHOG_EVENTS } from "./posthog-events.ts";
import type { CheckedDestination } from "./project-rule.ts";

/**
 * PostHog takes any name (contract §6.4), so a misspelt one waits for ever. A name is known when PostHog has it, a sample has
 * it, or two files have it.
 */
export function checkEventSpelling(destinations: CheckedDestination[], project: Project): Diagnostic[] {
  const uses = destinations.flatMap((destination) => eventsOf(destination));
  const filesOf = new Map<string, Set<string>>();
  const steps = project.eventFilters.flatMap(({ source, value }) =>
    stepEvents(value).map((name) => ({ name, file: source.file })),
  );
  for (const { name, file } of [...uses, ...steps])
    filesOf.set(name, (filesOf.get(name) ?? new Set()).add(file));
  const sampled = project.samples.flatMap(({ value }) =>
    Array.isArray(value) ? value.flatMap(sampleEvent) : [],
  );
  const known = new Set([...POSTHOG_EVENTS, ...sampled]);
  for (const [name, files] of filesOf) if (files.size > 1) known.add(name);
  const index = indexOf(known);
  return uses.flatMap(({ name, path, destination, stack }) => {
    const near = known.has(name) ? undefined : nearestIn(index, name);
    if (near === undefined) return [];
    return toDiagnostic(destination.source, stack === undefined ? [[]] : [["environments", stack], []], {
      code: "HW073",
      severity: "warning",
      path,
      message: `\`${name}\` is nearly \`${near}\`, and no other file knows it`,
      hint: `If it is right, a sample with this event says so; otherwise write \`${near}\`.`,
    });
  });
}

type Use = {
  name: string;
  path: Path;
  file: string;
  destination: CheckedDestination;
  stack: string | undefined;
};

function eventsOf(destination: CheckedDestination): Use[] {
  return [...destination.environments].flatMap(([stack, { lowering }]) => {
    const events = lowering.lowered?.filters.events ?? [];
    return (events === "all" ? [] : events).flatMap((event) => {
      const path = lowering.origins.get(event);
      if (!("id" in event) || path === undefined) return [];
      return { name: event.id, path, file: destination.source.file, destination, stack };
    });
  });
}

function stepEvents(filter: unknown): string[] {
  const steps = valueAt(filter, ["steps"]);
  return [filter, ...(Array.isArray(steps) ? steps : [])].flatMap((step) => {
    const event = valueAt(step, ["event"]);
    return typeof event === "string" ? event : [];
  });
}

function sampleEvent(sample: unknown): string[] {
  const event = valueAt(sample, ["event"]);
  const name = typeof event === "string" ? event : valueAt(event, ["event"]);
  return typeof name === "string" ? [name] : [];
}

/** Two names that are one slip apart have a form in common: the letters alone, or all but one of them. */
function indexOf(names: Set<string>): Map<string, string[]> {
  const index = new Map<string, string[]>();
  for (const name of names)
    for (const form of formsOf(name)) index.set(form, [...(index.get(form) ?? []), name]);
  return index;
}

function nearestIn(index: Map<string, string[]>, name: string): string | undefined {
  return formsOf(name)
    .flatMap((form) => index.get(form) ?? [])
    .find(
      (known) =>
        lettersOf(known) === lettersOf(name) || editDistance(known.toLowerCase(), name.toLowerCase()) <= 1,
    );
}

const SHORTEST = 5; // `trial` and `trail` may be two events

function formsOf(name: string): string[] {
  const letters = lettersOf(name);
  if (letters.length < SHORTEST) return [];
  return [letters, ...Array.from(letters, (_letter, at) => letters.slice(0, at) + letters.slice(at + 1))];
}

function lettersOf(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}
