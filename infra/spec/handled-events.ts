import type { Diagnostic } from "./diagnostic.ts";
import type { LoweredEvent, LoweredEventFilter } from "./lowered.ts";
import type { LoweredProject } from "./project.ts";

/**
 * Warns of each event that a destination sends and none of its handlers takes: it would be stored, and count as handled.
 * `handles` gives each handler's entries in `on`.
 */
export function unhandledEvents(
  { destinations, eventFilters }: LoweredProject,
  handles: Record<string, string[]>,
): Diagnostic[] {
  return destinations.flatMap(({ lowered: { filters }, handlers, file }) => {
    const taken = handlers.flatMap((name) => handles[name] ?? []);
    const { events = "all" } = filters;
    if (handlers.length === 0 || events === "all" || taken.includes("*")) return [];
    return [...new Set(events.flatMap((event) => namesOf(event, eventFilters)))]
      .filter((id) => !taken.includes(id))
      .map(
        (id): Diagnostic => ({
          code: "HW055",
          severity: "warning",
          message: `${file}: no handler has an entry for \`${id}\`, so nothing will be done with it`,
          hint: `Add \`${id}\` to \`on\` of ${handlers.join(" or ")}, or leave the event out.`,
        }),
      );
  });
}

/** Somebody else's action, and a step without a name, may be any event. */
function namesOf(event: LoweredEvent, eventFilters: LoweredEventFilter[]): string[] {
  if ("id" in event) return [event.id];
  if (!("filter" in event)) return [];
  const filter = eventFilters.find(({ slug }) => slug === event.filter);
  return (filter?.steps ?? []).flatMap(({ event: name }) => name ?? []);
}
