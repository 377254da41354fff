import { expect, onTestFinished, test } from "vitest";
import { type SandboxOptions, startSandbox } from "../sandbox/server.ts";
import type { Properties } from "./inputs.ts";
import { createManifestProvider, type ManifestInputs, type Slugs } from "./manifest.ts";
import { byHand, createEngine, providerOf, withFake } from "./testing.ts";

function slugs(count: number, enabled = true): Slugs {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`d${index}`, enabled]));
}

const place = { host: "https://us.posthog.com", project: "1", stack: "prod" };

function manifestWith(confirmed?: string) {
  const connect = () => {
    throw new Error("no network in check (law 7)");
  };
  return createManifestProvider({ connect, confirmed: () => confirmed, say: () => {} });
}

async function refusal(
  before: Slugs,
  after: Slugs,
  confirmed?: string,
  to: Partial<ManifestInputs> = {},
  retained: string[] = [],
): Promise<string | undefined> {
  const olds = { ...place, slugs: before, retained };
  const { failures = [] } = await manifestWith(confirmed).check(olds, { ...place, ...to, slugs: after });
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
  const elsewhere = { project: "2" };
  expect(await refusal(slugs(6), slugs(6), undefined, elsewhere)).toMatch(/6 of 6/);
  expect(await refusal(slugs(6), slugs(6), "6", elsewhere)).toBeUndefined();
  expect(await refusal(slugs(3), slugs(3), undefined, elsewhere)).toBeUndefined();
});

const renamed = { d0: "new", d1: "d5", d2: "newer", d3: "newest" };

test.each<[string, Slugs, Slugs, Partial<ManifestInputs>, string[], boolean]>([
  [
    "renames 4 of 5",
    slugs(5),
    { new: true, d5: true, newer: true, newest: true, d4: true },
    { renamed },
    [],
    false,
  ],
  [
    "renames 4 of 5 and disables them",
    slugs(5),
    { new: false, d5: false, newer: false, newest: false },
    { renamed },
    [],
    true,
  ],
  ["keeps 4 of 5 in PostHog without their files", slugs(5), slugs(1), {}, ["d1", "d2", "d3", "d4"], false],
  ["would keep 4 of 5 and disables them", slugs(5), slugs(5, false), {}, ["d1", "d2", "d3", "d4"], true],
  ["moves 5 that stay where they were", slugs(5), slugs(5), { project: "2" }, Object.keys(slugs(5)), false],
  [
    "puts one file in the place of 5",
    slugs(5),
    { one: true },
    { renamed: { d0: "one", d1: "one", d2: "one", d3: "one", d4: "one" } },
    [],
    true,
  ],
  [
    "removes 4 with names that every object seems to have",
    { a: true, constructor: true, valueOf: true, toString: true, isPrototypeOf: true },
    { a: true },
    {},
    [],
    true,
  ],
  [
    "renames 4 to one that was there",
    slugs(5),
    slugs(1),
    { renamed: { d1: "d0", d2: "d0", d3: "d0", d4: "d0" } },
    [],
    true,
  ],
])("a run that %s (refused: %6$s)", async (_name, before, after, to, retained, refused) => {
  expect((await refusal(before, after, undefined, to, retained)) !== undefined).toBe(refused);
});

async function start(options: Partial<SandboxOptions> = {}) {
  const sandbox = await startSandbox({ port: 0, data: ":memory:", ...options });
  onTestFinished(() => sandbox.close());
  const said: string[] = [];
  const provider = () => providerOf({ say: (text) => said.push(text) });
  const inputs = (more: Partial<ManifestInputs> = {}) => ({
    ...{ kind: "manifest", host: sandbox.url, project: "1", stack: "dev", owner: "hogwire/dev", slugs: {} },
    ...{ needs: { templates: [] }, __provider: "loader" },
    ...more,
  });
  const destination = (slug: string, more: Properties = {}): Properties => ({
    ...{ kind: "destination", host: sandbox.url, project: "1", managed_by: `hogwire/dev/${slug}`, slug },
    ...{
      name: slug,
      enabled: true,
      filters: { events: [{ id: "user_signed_up" }] },
      hog: { code: "return 1" },
    },
    ...{ __provider: "loader", ...more },
  });
  return { sandbox, posthog: byHand(sandbox), provider, said, inputs, destination };
}

test("says all at once what this PostHog lacks, and what to do, before anything is sent", async () => {
  const { provider, inputs, posthog } = await start({ old: true, groupTypes: ["team"] });
  const needs = {
    templates: ["template-nowhere", "template-webhook", "template-zendsk"],
    signing: true as const,
    groups: ["company", "team"],
  };
  const made = await provider().create(inputs({ slugs: { a: true } }));
  for (const refused of [
    provider().create(inputs({ needs })),
    provider().update("manifest", made.outs, inputs({ needs })),
  ]) {
    await expect(refused).rejects.toThrow(
      /cannot do what the files say.*\n- it has no template `template-nowhere`, `template-zendsk`\..*sync_hog_function_templates.*\n- it cannot sign webhooks.*Update PostHog.*\n- it has no group type `company`; it has `team`\./,
    );
  }
  expect((await posthog.requests()).filter((request) => !request.startsWith("GET"))).toEqual([]);
});

test("a PostHog without any template is told as that, once", async () => {
  const { provider, inputs } = await start({ hasNoTemplates: true });
  const needs = { templates: ["template-webhook"], signing: true as const };
  const message = await provider()
    .create(inputs({ needs }))
    .then(() => "", String);
  expect(message).toMatch(/no template `template-webhook`/);
  expect(message).not.toMatch(/sign/);
});

test("a PostHog that can do all of it is asked for no more than is needed", async () => {
  const { provider, inputs, posthog, said } = await start({ groupTypes: ["company"] });
  const needs = { templates: ["template-webhook"], signing: true as const, groups: ["company"] };
  await provider().update("manifest", inputs(), inputs({ needs }));
  expect((await posthog.requests()).sort()).toEqual([
    "GET /api/projects/1/groups_types/",
    "GET /api/projects/1/hog_function_templates/template-webhook/",
    "GET /api/projects/1/hog_functions/",
  ]);
  expect(said).toEqual([]);
});

test("an update comes also when nothing but the needs changed", async () => {
  const { inputs } = await start();
  const engine = createEngine();
  expect(await engine.up(inputs())).toBe("create");
  expect(await engine.up(inputs())).toBe("same");
  const more = inputs({ needs: { templates: ["template-slack"] } });
  expect(await engine.up(more)).toBe("update");
  expect(await engine.up(more)).toBe("same");
});

test.each([
  ["an old one that is still empty", { old: true as const }, 0, 1],
  ["an old one", { old: true as const }, 1, 1],
  ["a new one that is still empty", {}, 0, 0],
  ["a new one", {}, 1, 0],
])("of %s it says whether replaced secrets stay unseen", async (_name, options, count, lines) => {
  const { provider, inputs, destination, said } = await start(options);
  if (count > 0) await provider().create(destination("a"));
  await provider().create(inputs({ slugs: { a: true } }));
  await provider().update("manifest", inputs(), inputs({ slugs: { a: true } }));
  expect(said).toEqual(
    Array(2 * lines).fill(
      expect.stringMatching(/older one.*a secret that somebody replaces there stays unseen/),
    ),
  );
});

test("what carries the stack's marker and is in no file is said at each refresh and at the first run", async () => {
  const { provider, inputs, destination, said, posthog, sandbox } = await start();
  const run = provider();
  await run.create(destination("known"));
  const on = await run.create(destination("left"));
  const off = await run.create(destination("left-off", { enabled: false }));
  const step = [{ event: "user_signed_up" }];
  const filter = {
    ...destination("f"),
    kind: "event-filter",
    enabled: undefined,
    filters: undefined,
    hog: undefined,
  };
  const action = await run.create(JSON.parse(JSON.stringify({ ...filter, steps: step })));
  const now = inputs({ slugs: { known: true }, renamed: { older: "known" } });
  const { outs } = await run.create(now);
  const [first = ""] = said;
  expect(first.split("\n").slice(0, 4)).toEqual([
    expect.stringMatching(/^Run `up` first;.*has 3 of this stack's objects/),
    `  destination left (${on.id}), enabled: ${sandbox.url}/project/1/functions/${on.id}`,
    `  destination left-off (${off.id}), disabled: ${sandbox.url}/project/1/functions/${off.id}`,
    `  event filter f (${action.id}): ${sandbox.url}/project/1/data-management/actions/${action.id}`,
  ]);
  expect(first).toMatch(/Bring a file back.*delete the object.*take the last line out of its description/);
  await provider().read("manifest", outs);
  expect(said).toEqual([first, first]);

  // As the notice says: the marker taken out, the file back, the object deleted
  await posthog.api("PATCH", `hog_functions/${on.id}/`, { description: "", mappings: null });
  await posthog.api("PATCH", `actions/${action.id}/`, { deleted: true });
  await provider().read("manifest", { ...outs, slugs: { known: true, "left-off": true } });
  expect(said).toHaveLength(2);
});

test("of many that were left behind ten are named", async () => {
  const { provider, inputs, destination, said } = await start();
  const run = provider();
  for (let number = 0; number < 12; number++) await run.create(destination(`left-${number}`));
  await run.create(inputs());
  const lines = said.join("\n").split("\n");
  expect(lines).toHaveLength(13);
  expect(lines.slice(10, 12)).toEqual([expect.stringContaining("destination left-7"), "  and 2 more"]);
});

test("two stacks and two projects in one PostHog project do not see each other's objects as left behind", async () => {
  const { provider, inputs, destination, said } = await start();
  await provider().create(destination("a", { managed_by: "hogwire/prod/a" }));
  await provider().create(destination("b", { managed_by: "other/dev/b" }));
  await provider().create(destination("c", { managed_by: "hogwire/dev2/c" }));
  await provider().create(inputs());
  await provider().read("manifest", inputs());
  expect(said).toEqual([]);
});

test("a file's former name is not said to be left behind before the object is written again, but when the file has another", async () => {
  const { provider, inputs, destination, said } = await start();
  await provider().create(destination("old"));
  const renamed = inputs({ slugs: { new: true }, renamed: { old: "new" } });
  await provider().read("manifest", renamed);
  expect(said).toEqual([]);
  // As when the run that made the first was killed before it could save that
  await provider().create(destination("new"));
  await provider().read("manifest", renamed);
  expect(said).toEqual([expect.stringContaining("destination old")]);
});

test("a key that may not read actions finds what was left behind of destinations", async () => {
  const { provider, inputs, destination, said } = await start({
    keys: { phx_few: { scopes: ["hog_function:write"] } },
  });
  await provider().create(destination("left"));
  await providerOf({ env: { POSTHOG_API_KEY: "phx_few" }, say: (text) => said.push(text) }).create(inputs());
  expect(said).toEqual([expect.stringContaining("destination left")]);
});

test("a PostHog that cannot be searched for what was left behind is said, and fails nothing: each object says so itself", async () => {
  const { provider, inputs, said } = await start();
  const gone = inputs({ host: "http://127.0.0.1:1" });
  expect(await provider().read("manifest", gone)).toEqual({ id: "manifest", props: gone });
  expect(said).toEqual([expect.stringMatching(/could not be looked for\. No answer to GET/)]);
});

test("an older state, of before owner and needs, is read, checked and updated", async () => {
  const { provider, inputs, said, destination } = await start();
  const { owner: _owner, needs: _needs, ...older } = inputs({ slugs: { a: true } });
  await provider().create(destination("left"));
  expect(await provider().read("manifest", older)).toEqual({ id: "manifest", props: older });
  const news = inputs({ slugs: {} });
  expect(await provider().check(older, news)).toEqual({ inputs: news });
  expect(await provider().update("manifest", older, news)).toEqual({ outs: news });
  expect(said).toEqual([]);
});

test("throws when the project of a move cannot be read, before anything is deleted", () =>
  withFake(async (fake) => {
    const { provider, inputs } = await start();
    const elsewhere = inputs({ host: fake.url, project: "2" });
    await expect(provider().update("manifest", inputs(), elsewhere)).rejects.toThrow(/Project not found/);
  }));
