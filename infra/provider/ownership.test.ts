import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import type { ProviderOptions } from "./index.ts";
import type { Properties } from "./inputs.ts";
import { byHand, type PostHogByHand, providerOf as provider, withFake } from "./testing.ts";

let sandbox: Sandbox;
let posthog: PostHogByHand;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, data: ":memory:" });
  posthog = byHand(sandbox);
});
afterAll(() => sandbox.close());

/** Each test has a slug of its own, so all can share the sandbox. */
let slug: string;
let count = 0;
beforeEach(async () => {
  slug = `object-${++count}`;
  await posthog.reset();
});

const filters = { events: [{ id: "user_signed_up" }] };
const steps = [{ event: "user_signed_up", properties: [{ key: "plan", value: ["pro", "team"] }] }];

describe.each([
  {
    noun: "destination",
    collection: "hog_functions" as const,
    particular: {
      kind: "destination",
      enabled: true,
      filters,
      webhook: { url: "https://acme.example", body: {} },
    },
  },
  { noun: "event filter", collection: "actions" as const, particular: { kind: "event-filter", steps } },
])("a $noun", ({ noun, collection, particular }) => {
  function inputsOf(more: Properties = {}): Properties {
    const name = `Sign-ups of ${slug}`;
    const place = { host: sandbox.url, project: "1", managed_by: `hogwire/dev/${slug}` };
    return { ...place, slug, name, ...particular, ...more, __provider: "loader" };
  }
  const inPostHog = () => posthog.marked(collection, slug);
  const idOf = ({ id }: { id: string | number }) => String(id);
  const change = (id: string, changes: object) => posthog.api("PATCH", `${collection}/${id}/`, changes);
  /** As PostHog's own button does, description included. */
  async function copy(name: string) {
    const [row] = await inPostHog();
    return idOf((await posthog.api("POST", `${collection}/`, { ...row, name })) as { id: string });
  }

  test("is created, read back as its inputs, updated, and deleted once and again", async () => {
    const { id, outs } = await provider().create(inputsOf());
    expect((await inPostHog()).map(idOf)).toEqual([id]);
    expect(outs).toMatchObject(inputsOf());
    expect((await provider().read(id, outs)).inputs).toEqual({ ...inputsOf(), __provider: undefined });
    const news = inputsOf({ description: "Tell the team" });
    const { outs: updated } = await provider().update(id, outs, news);
    expect((await provider().read(id, updated)).inputs).toEqual({ ...news, __provider: undefined });
    await provider().delete(id, updated);
    expect(await inPostHog()).toEqual([]);
    expect(await provider().read(id, updated)).toEqual({});
    await expect(provider().delete(id, updated)).resolves.toBeUndefined();
  });

  test.each([
    ["a 500", { status: 500, commit: true }],
    ["a gateway's 504", { status: 504, commit: true }],
    ["a cut connection", { cut: "after" }],
  ])("after %s that hides a create, is found by its marker and not created twice", async (_name, fault) => {
    await posthog.faults({ match: { method: "POST" }, times: 1, ...fault });
    const { id, outs } = await provider().create(inputsOf());
    expect((await inPostHog()).map(idOf)).toEqual([id]);
    expect((await provider().read(id, outs)).inputs).toEqual({ ...inputsOf(), __provider: undefined });
  });

  test("after a 2xx that cannot be read, is found by its marker", () =>
    withFake(async (fake) => {
      fake.fault = (request) =>
        request.startsWith("POST") ? { status: 201, body: "<html>", after: true } : undefined;
      const { id } = await provider().create(inputsOf({ host: fake.url }));
      expect([...fake.rows.keys(), ...fake.actions.keys()].map(String)).toEqual([id]);
    }));

  test("when its create did not happen, that is said and left to the next run", async () => {
    await posthog.faults({ match: { method: "POST" }, times: 1, status: 500 });
    await expect(provider().create(inputsOf())).rejects.toThrow(/PostHog answered 500 to POST/);
    expect((await posthog.requests()).filter((request) => request.startsWith("POST"))).toHaveLength(1);
    const { id } = await provider().create(inputsOf());
    expect((await inPostHog()).map(idOf)).toEqual([id]);
  });

  test("is taken over when it carries our marker and is in no state, as after a killed run", async () => {
    const killed = await provider().create(inputsOf({ description: "Before" }));
    const { id, outs } = await provider().create(inputsOf());
    expect(id).toBe(killed.id);
    expect((await provider().read(id, outs)).inputs).toEqual({ ...inputsOf(), __provider: undefined });
  });

  test("deleted in this run, is not found again by its marker", async () => {
    const run = provider();
    const { id, outs } = await run.create(inputsOf());
    await run.delete(id, outs);
    const again = await run.create(inputsOf());
    expect((await inPostHog()).map(idOf)).toEqual([again.id]);
  });

  test("is not chosen from two that carry the marker", async () => {
    const { id } = await provider().create(inputsOf());
    await copy(`Copy of ${slug}`);
    await expect(provider().create(inputsOf())).rejects.toThrow(
      new RegExp(`2 ${noun}s in PostHog carry the marker \\[hogwire:hogwire/dev/${slug}\\].*${id}`),
    );
  });

  test("a copy of it is seen, and neither changed nor deleted", async () => {
    const { id, outs } = await provider().create(inputsOf());
    const other = await copy(`Copy of ${slug}`);
    const { props, inputs } = await provider().read(id, outs);
    expect(inputs).toMatchObject({ copies: [other] });
    await provider().update(id, props, inputsOf());
    await provider().delete(id, props);
    const left = await inPostHog();
    expect(left.map(idOf)).toEqual([other]);
    expect(left).toMatchObject([{ name: `Copy of ${slug}` }]);
  });

  test.each([
    ["replaced", "at once"],
    ["replaced", "after a run"],
    ["deleted by hand", "at once"],
    ["deleted by hand", "after a run"],
  ])("a copy of it is not taken for what a killed run left when it is %s, %s", async (how, when) => {
    const { id, outs } = await provider().create(inputsOf());
    const other = await copy(`Copy of ${slug}`);
    let { props } = await provider().read(id, outs);
    if (when === "after a run") props = (await provider().update(id, props, inputsOf())).outs;
    const run = provider();
    if (how === "replaced") await run.delete(id, props);
    else {
      await change(id, { deleted: true });
      expect(await run.read(id, props)).toEqual({});
    }
    const { id: next } = await run.create(inputsOf());
    expect((await inPostHog()).map(idOf).sort()).toEqual([next, other].sort());
    expect(next).not.toBe(other);
  });

  test.each([
    [
      "another stack",
      "Managed by Hogwire: destinations/a.yaml [hogwire:hogwire/prod/a]",
      /managed by hogwire\/prod\/a/,
    ],
    ["another tool", "<!-- iac:any-kind:a iac:hash:1 -->", /managed by @posthog\/definitions/],
  ])("is neither updated nor deleted when the marker gives it to %s", async (_name, description, message) => {
    const { id, outs } = await provider().create(inputsOf());
    await change(id, { description });
    const { props } = await provider().read(id, outs);
    const news = inputsOf({ name: "Mine" });
    for (const refused of [provider().update(id, props, news), provider().delete(id, props)]) {
      const error = await refused.catch(String);
      expect(error).toMatch(message);
      expect(error).toMatch(/`environments: { dev: absent }`, and then .*state delete URN --stack dev`/);
    }
    const left = await posthog.api("GET", `${collection}/${id}/`);
    expect(left).toMatchObject({ name: `Sign-ups of ${slug}`, description });
  });

  test("that another tool has marked too is not taken over, and needs no command about a state", async () => {
    const { id } = await provider().create(inputsOf());
    const [marked] = await inPostHog();
    await change(id, { description: `<!-- iac:any-kind:a iac:hash:1 -->\n\n${marked?.description}` });
    const error = await provider().create(inputsOf()).catch(String);
    expect(error).toMatch(/managed by @posthog\/definitions.*take that marker out of its description/);
    expect(error).not.toMatch(/state delete/);
  });

  describe("renamed by a run that was killed before it could save that", () => {
    const former = () => inputsOf();
    const renamed = () =>
      inputsOf({ slug: `${slug}-new`, name: `${slug}-new`, managed_by: `hogwire/dev/${slug}-new` });
    let id: string;
    let outs: Properties;
    beforeEach(async () => {
      const created = await provider().create(former());
      ({ id, outs = {} } = created);
      await provider().update(id, outs, renamed());
    });

    test("is renamed back", async () => {
      const run = provider();
      const { props } = await run.read(id, outs);
      await run.update(id, props, former());
      expect((await inPostHog()).map(idOf)).toEqual([id]);
    });

    test("is deleted, and a file of its new name gets one of its own", async () => {
      const run = provider();
      const { props } = await run.read(id, outs);
      const other = await run.create({ ...renamed(), name: `Other ${slug}` });
      expect(other.id).not.toBe(id);
      await run.delete(id, props);
      expect(await posthog.marked(collection, `${slug}-new`)).toMatchObject([{ name: `Other ${slug}` }]);
    });
  });

  test("a lost marker on a known id is drift that an update mends", async () => {
    const { id, outs } = await provider().create(inputsOf());
    await change(id, { description: "" });
    const { props, inputs } = await provider().read(id, outs);
    expect(inputs).toMatchObject({ managed_by: null });
    await provider().update(id, props, inputsOf());
    expect((await inPostHog()).map(idOf)).toEqual([id]);
  });

  test("is not updated when it went away in this run", async () => {
    const { id, outs } = await provider().create(inputsOf());
    await change(id, { deleted: true });
    await expect(provider().update(id, outs, inputsOf())).rejects.toThrow(/went away.*will be created/);
  });

  test.each<[string, ProviderOptions, Properties, RegExp]>([
    ["a wrong key", { env: { POSTHOG_API_KEY: "phx_wrong" } }, {}, /401.*\n.*POSTHOG_API_KEY/],
    ["no key", { env: {} }, {}, /no PostHog API key.*pulumi config set/],
    ["an unknown project", {}, { project: "2" }, /403|404/],
  ])("with %s, is not called gone", async (_name, options, place, message) => {
    const { id, outs } = await provider().create(inputsOf());
    await expect(provider(options).read(id, { ...outs, ...place })).rejects.toThrow(message);
    await expect(provider(options).delete(id, { ...outs, ...place })).rejects.toThrow(message);
    expect(await inPostHog()).toHaveLength(1);
  });

  test("many of them share one list", async () => {
    const first = await provider().create(inputsOf());
    await posthog.reset();
    const run = provider();
    await Promise.all(Array.from({ length: 20 }, () => run.read(first.id, first.outs)));
    expect(await posthog.requests()).toEqual([`GET /api/projects/1/${collection}/`]);
  });

  test("is not created when the engine that asked is gone", () =>
    withFake(async (fake) => {
      const exit = process.exit;
      const exits: unknown[] = [];
      process.exit = ((code?: number) => exits.push(code)) as typeof process.exit; // the watch ends the process
      try {
        const orphan = provider({ engineAddress: "127.0.0.1:1" });
        await expect(orphan.create(inputsOf({ host: fake.url }))).rejects.toThrow(
          /engine that started this run is gone/,
        );
        expect(exits).toContain(1);
        expect(fake.rows.size + fake.actions.size).toBe(0);
      } finally {
        process.exit = exit;
      }
    }));

  test("moves to another host or project by being replaced, the old one deleted first", async () => {
    const news = { ...inputsOf(), host: "http://127.0.0.1:2", project: "2" };
    expect(await provider().diff("1", inputsOf(), news)).toEqual({
      replaces: ["host", "project"],
      deleteBeforeReplace: true,
    });
  });
});

test("the environment's key wins over the configuration's", async () => {
  const inputs = {
    kind: "event-filter",
    host: sandbox.url,
    project: "1",
    managed_by: `hogwire/dev/${slug}`,
    slug,
    name: slug,
    steps,
  };
  const config = { get: () => "phx_wrong", require: () => "phx_wrong" };
  const both = provider();
  await both.configure({ config });
  await expect(both.create(inputs)).resolves.toHaveProperty("id");
  const configured = provider({ env: {} });
  await configured.configure({ config });
  await expect(configured.create(inputs)).rejects.toThrow(/401/);
});
