import type { Diagnostic } from "./diagnostic.ts";
import type { LoweredProject } from "./load.ts";

/**
 * Warns of each event that a destination sends and none of its handlers takes: it would be stored, and count as handled.
 * `handles` gives each handler's entries in `on`.
 */
export function unhandledEvents(
  { destinations }: LoweredProject,
  handles: Record<string, string[]>,
): Diagnostic[] {
  return destinations.flatMap(({ lowered: { filters }, handlers, file }) => {
    const taken = handlers.flatMap((name) => handles[name] ?? []);
    if (handlers.length === 0 || filters.events === "all" || taken.includes("*")) return [];
    return filters.events
      .filter(({ id }) => !taken.includes(id))
      .map(
        ({ id }): Diagnostic => ({
          code: "HW055",
          severity: "warning",
          message: `${file}: no handler has an entry for \`${id}\`, so nothing will be done with it`,
          hint: `Add \`${id}\` to \`on\` of ${handlers.join(" or ")}, or leave the event out.`,
        }),
      );
  });
}
