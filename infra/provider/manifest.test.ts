import { expect, test } from "vitest";
import { createManifestProvider, type Slugs } from "./manifest.ts";

function slugs(count: number, enabled = true): Slugs {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`d${index}`, enabled]));
}

async function refusal(before: Slugs, after: Slugs, confirmed?: string): Promise<string | undefined> {
  const manifest = createManifestProvider({ confirmed: () => confirmed });
  const { failures = [] } = await manifest.check({ slugs: before }, { slugs: after });
  return failures[0]?.reason;
}

test.each<[string, Slugs, Slugs, boolean]>([
  ["deletes 3 of 4", slugs(4), slugs(1), false],
  ["deletes 4 of 20", slugs(20), slugs(16), false],
  ["deletes 4 of 13", slugs(13), slugs(9), true],
  ["deletes all of 10", slugs(10), {}, true],
  ["disables 4 of 5", slugs(5), { ...slugs(5), ...slugs(4, false) }, true],
  ["deletes 2 and disables 2 of 5", slugs(5), { ...slugs(3), d0: false, d1: false }, true],
  ["leaves disabled ones disabled", slugs(5, false), slugs(5, false), false],
  ["adds and enables", slugs(5, false), slugs(50), false],
  ["is the first", {}, slugs(50), false],
])("a run that %s (refused: %4$s)", async (_name, before, after, refused) => {
  expect((await refusal(before, after)) !== undefined).toBe(refused);
});

test("the refusal names the destinations and the command", async () => {
  expect(await refusal(slugs(10), slugs(5))).toMatch(
    /5 of 10 destinations: d5, d6, d7, d8, d9\. .*pulumi config set hogwire:confirmRemoval 5/,
  );
});

test("a confirmation holds for exactly its number", async () => {
  expect(await refusal(slugs(10), slugs(5), "5")).toBeUndefined();
  expect(await refusal(slugs(10), slugs(4), "5")).toMatch(/6 of 10/);
});

test("a first check, which has no old inputs, passes", async () => {
  const manifest = createManifestProvider({ confirmed: () => undefined });
  expect(await manifest.check({}, { slugs: slugs(3) })).toEqual({ inputs: { slugs: slugs(3) } });
});
