import { expect, test } from "vitest";
import { createManifestProvider, type Slugs } from "./manifest.ts";

function slugs(count: number, enabled = true): Slugs {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`d${index}`, enabled]));
}

const place = { host: "https://us.posthog.com", project: "1", stack: "prod" };

function manifestWith(confirmed?: string) {
  const connect = () => {
    throw new Error("no network in check (law 7)");
  };
  return createManifestProvider({ connect, confirmed: () => confirmed });
}

async function refusal(
  before: Slugs,
  after: Slugs,
  confirmed?: string,
  to = place,
): Promise<string | undefined> {
  const olds = { ...place, slugs: before };
  const { failures = [] } = await manifestWith(confirmed).check(olds, { ...to, slugs: after });
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
    /5 of 10 destinations: d5, d6, d7, d8, d9\. .*pulumi config set hogwire:confirmRemoval 5 --stack prod/,
  );
});

test("a confirmation holds for exactly its number", async () => {
  expect(await refusal(slugs(10), slugs(5), "5")).toBeUndefined();
  expect(await refusal(slugs(10), slugs(4), "5")).toMatch(/6 of 10/);
});

test("a first check, which has no old inputs, passes", async () => {
  const news = { ...place, slugs: slugs(3) };
  expect(await manifestWith().check({}, news)).toEqual({ inputs: news });
});

test("a move to another project stops every destination here, so it wants a word too", async () => {
  const elsewhere = { ...place, project: "2" };
  expect(await refusal(slugs(6), slugs(6), undefined, elsewhere)).toMatch(/6 of 6/);
  expect(await refusal(slugs(6), slugs(6), "6", elsewhere)).toBeUndefined();
  expect(await refusal(slugs(3), slugs(3), undefined, elsewhere)).toBeUndefined();
});
