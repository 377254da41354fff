import type { ManifestInputs } from "./provider/manifest.ts";
import type { LoweredProject } from "./spec/project.ts";
import { groupTypesIn } from "./wire/properties.ts";
import { templateOf } from "./wire/ways.ts";

type Place = Pick<ManifestInputs, "host" | "project" | "stack" | "owner">;

/** What is known of all of a stack's files together, before the first object of them is touched. */
export function manifestInputs({ destinations, eventFilters }: LoweredProject, place: Place): ManifestInputs {
  const all = destinations.map(({ lowered }) => lowered);
  const renamed = all.flatMap(({ slug, aliases = [] }) => aliases.map((alias) => [alias, slug]));
  const retained = all.filter(({ lifecycle }) => lifecycle?.retain).map(({ slug }) => slug);
  const groups = groupTypesIn([
    ...all.map(({ filters }) => filters),
    ...eventFilters.map(({ steps }) => steps),
  ]);
  const isSigned = all.some((one) => "webhook" in one && one.webhook.signing_secret !== undefined);
  return {
    ...place,
    slugs: Object.fromEntries(all.map(({ slug, enabled }) => [slug, enabled])),
    ...(eventFilters.length > 0 && {
      eventFilters: Object.fromEntries(
        eventFilters.flatMap(({ slug, aliases = [] }) => [slug, ...aliases].map((name) => [name, slug])),
      ),
    }),
    ...(renamed.length > 0 && { renamed: Object.fromEntries(renamed) }),
    ...(retained.length > 0 && { retained }),
    needs: {
      templates: [...new Set(all.flatMap((one) => templateOf(one) ?? []))].sort(),
      ...(isSigned && { signing: true }),
      ...(groups.length > 0 && { groups: groups.sort() }),
    },
  };
}
