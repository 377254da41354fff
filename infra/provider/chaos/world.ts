import { expect } from "vitest";
import type { PostHogByHand } from "../testing.ts";
import type { Files } from "./files.ts";
import {
  type Collection,
  declaredMatch,
  declaredSteps,
  isMadeFor,
  lasting,
  markerOf,
  type Row,
  rowsIn,
  storedMatch,
  storedSteps,
} from "./rows.ts";

const collections: Collection[] = ["hog_functions", "actions"];
const own = /^hogwire\/dev\/(.+)$/;

/** What the engine keeps: PostHog's id of each resource, by `destination d1` or `event-filter f1`. */
export type Ids = Map<string, string>;

/** PostHog as this project and others see it, and what must hold there at every instant (design §5). */
export type World = ReturnType<typeof createWorld>;

export function createWorld(posthog: PostHogByHand) {
  const foreign = new Map<string, string>();
  /** What each slug's files have ever said, and what people made of an object. */
  const said = new Map<string, Set<string>>();
  /** The first name of each event filter's file, by its names and by the ids of its actions. */
  const firstNames = new Map<string, string>();
  const firstName = (slug: string) => firstNames.get(slug) ?? slug;

  const key = (collection: Collection, { id }: Row) => `${collection} ${id}`;
  const note = (about: string, words: string) => said.set(about, (said.get(about) ?? new Set()).add(words));

  function ownSlug(collection: Collection, row: Row): string | undefined {
    if (foreign.has(key(collection, row))) return undefined;
    return markerOf(row)?.match(own)?.[1];
  }

  async function living(collection: Collection): Promise<Row[]> {
    const rows = await rowsIn(posthog, collection);
    if (collection === "actions")
      for (const row of rows) {
        const slug = ownSlug(collection, row);
        if (slug !== undefined) firstNames.set(String(row.id), firstName(slug));
      }
    return rows;
  }

  function doing(collection: Collection, row: Row): string {
    if (collection === "actions") return storedSteps(row.steps);
    return row.enabled ? storedMatch(row.filters, (id) => firstNames.get(id)) : "nothing";
  }

  return {
    living,
    ownSlug,

    /** Nobody of this project may touch it from now on. */
    isForeign(collection: Collection, row: Row): void {
      foreign.set(key(collection, row), lasting(row));
    },

    /** Called before each run that is to bring it about. */
    declares({ destinations, eventFilters }: Files): void {
      for (const { slug, aliases = [] } of eventFilters.values())
        for (const name of [slug, ...aliases]) firstNames.set(name, aliases[0] ?? slug);
      for (const { slug, enabled, filters } of destinations.values())
        note(`hog_functions ${slug}`, enabled ? declaredMatch(filters, firstName) : "nothing");
      for (const { slug, steps } of eventFilters.values()) note(`actions ${slug}`, declaredSteps(steps));
    },

    /** Called after people's doings, which are not the provider's. */
    async accepts(): Promise<void> {
      await living("actions");
      for (const collection of collections)
        for (const row of await living(collection)) note(key(collection, row), doing(collection, row));
    },

    async holdsStill(): Promise<void> {
      await living("actions");
      for (const collection of collections) {
        const rows = await living(collection);
        const now = new Map(rows.map((row) => [key(collection, row), lasting(row)]));
        for (const [which, before] of foreign)
          if (which.startsWith(collection))
            expect(now.get(which), `${which}, which is not ours`).toBe(before);

        const seen = new Map<string, Row>();
        for (const row of rows) {
          const slug = ownSlug(collection, row);
          if (slug === undefined) continue;
          const twin = seen.get(slug);
          expect(twin && { twin, row }, `two of ${collection} ${slug}`).toBeUndefined();
          seen.set(slug, row);
          const allowed = [
            "nothing",
            "hogwire: takes no event()",
            ...(said.get(`${collection} ${slug}`) ?? []),
            ...(said.get(key(collection, row)) ?? []),
          ];
          expect(allowed, `what ${collection} ${slug} (${row.id}) takes`).toContain(doing(collection, row));
        }
      }
    },

    /** After the trouble: all is as the files say, and whatever else there is of this stack was named in `output`. */
    async isAsDeclared({ destinations, eventFilters }: Files, ids: Ids, output: string): Promise<void> {
      await living("actions");
      for (const [collection, kind, declared] of [
        ["hog_functions", "destination", destinations],
        ["actions", "event-filter", eventFilters],
      ] as const) {
        const rows = await living(collection);
        for (const row of rows) {
          const slug = ownSlug(collection, row);
          if (slug === undefined || ids.get(`${kind} ${slug}`) === String(row.id)) continue;
          expect(output, `${collection} ${slug} is in no state: it is named`).toContain(`(${row.id})`);
        }
        for (const [slug, file] of declared) {
          const row = rows.find(({ id }) => String(id) === ids.get(`${kind} ${slug}`));
          if (!row) throw new Error(`${kind} ${slug} is not in PostHog`);
          expect(ownSlug(collection, row)).toBe(slug);
          expect(row.name).toBe(file.name);
          if ("steps" in file) {
            expect(storedSteps(row.steps)).toBe(declaredSteps(file.steps));
            continue;
          }
          expect(row.enabled, slug).toBe(file.enabled);
          expect(
            storedMatch(row.filters, (id) => firstNames.get(id)),
            slug,
          ).toBe(declaredMatch(file.filters, firstName));
          expect(String(row.description).startsWith(file.description ?? "Managed by"), slug).toBe(true);
          expect(row.masking !== null, slug).toBe(file.masking !== undefined);
          expect(isMadeFor(row, file), slug).toBe(true);
          const url = "webhook" in file ? file.webhook.url : "hog" in file ? file.hog.inputs?.url : undefined;
          if (url !== undefined) expect(row.inputs, slug).toMatchObject({ url: { value: url } });
        }
      }
    },
  };
}
