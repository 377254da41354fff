import { lowerEverywhere } from "../../spec/check.ts";
import type { Span } from "../../spec/diagnostic.ts";
import type { Project } from "../../spec/load.ts";
import { pathInFile } from "../../spec/sampling/offline.ts";
import { locate } from "../../spec/source.ts";

/**
 * Where a condition of the filter in PostHog stands in the destination's file, as the file is now; nothing where the file
 * says nothing of it, or where only the stack's configuration tells what it says.
 */
export function placeOfCondition(
  project: Project,
  slug: string,
  stack: string,
  condition: (string | number)[],
): Span | undefined {
  const destination = lowerEverywhere(project, []).destinations.find((one) => one.slug === slug);
  const environment = destination?.environments.get(stack) ?? destination?.environments.get(undefined);
  if (!destination || !environment?.lowering.lowered) return undefined;
  const { lowered, origins } = environment.lowering;
  const path = pathInFile(condition, lowered, origins);
  return path && locate(destination.source, [["environments", stack], []], path);
}
