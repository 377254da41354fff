import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import type { Properties } from "./inputs.ts";
import { byHand, type PostHogByHand, providerOf } from "./testing.ts";

// Design §4, Ownership: an object that is not ours becomes ours only when its file says so.

let sandbox: Sandbox;
let posthog: PostHogByHand;
beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, data: ":memory:" });
  posthog = byHand(sandbox);
});
afterAll(() => sandbox.close());

let slug: string;
let count = 0;
beforeEach(async () => {
  slug = `adopted-${++count}`;
  await posthog.reset();
});

const webhook = { webhook: { url: "https://acme.example", body: {} } };

describe.each([
  {
    noun: "destination",
    collection: "hog_functions" as const,
    theirs: {
      template_id: "template-webhook",
      enabled: true,
      inputs: { url: { value: "https://theirs.example" } },
    },
    particular: {
      kind: "destination",
      enabled: true,
      filters: { events: [{ id: "user_signed_up" }] },
      ...webhook,
    },
    unknown: "00000000-0000-0000-0000-000000000000",
  },
  {
    noun: "event filter",
    collection: "actions" as const,
    theirs: { steps: [{ event: "theirs" }] },
    particular: { kind: "event-filter", steps: [{ event: "user_signed_up" }] },
    unknown: "4711",
  },
])("a $noun", ({ noun, collection, theirs, particular, unknown }) => {
  function inputsOf(more: Properties = {}): Properties {
    const place = { host: sandbox.url, project: "1", managed_by: `hogwire/dev/${slug}` };
    return { ...place, slug, name: `Sign-ups of ${slug}`, ...particular, ...more, __provider: "loader" };
  }
  async function made(more: Properties = {}): Promise<string> {
    const { id } = await posthog.api("POST", `${collection}/`, {
      name: `Theirs, ${slug}`,
      ...theirs,
      ...more,
    });
    return String(id);
  }
  const get = (id: string) => posthog.api("GET", `${collection}/${id}/`);
  const inPostHog = () => posthog.marked(collection, slug);
  const writes = async () => (await posthog.requests()).filter((request) => !request.startsWith("GET"));

  test("is taken over by its id, written whole, and keeps the id", async () => {
    const adopt = await made();
    const { id, outs } = await providerOf().create(inputsOf({ adopt }));
    expect(id).toBe(adopt);
    expect((await inPostHog()).map((row) => String(row.id))).toEqual([adopt]);
    expect((await providerOf().read(id, outs)).inputs).toEqual({
      ...inputsOf({ adopt }),
      __provider: undefined,
    });
    // As after a kill that lost the state: once more, and the same.
    expect((await providerOf().create(inputsOf({ adopt }))).id).toBe(adopt);
    // The line may go: nothing else is to do.
    const { outs: updated } = await providerOf().update(id, outs, inputsOf());
    expect((await providerOf().read(id, updated)).inputs).toEqual({ ...inputsOf(), __provider: undefined });
  });

  test("is not taken over because it looks the same, or has the same name", async () => {
    const other = await made({
      name: `Sign-ups of ${slug}`,
      ...(collection === "actions" && { name: `${slug} too` }),
    });
    const { id } = await providerOf().create(inputsOf());
    expect(id).not.toBe(other);
    expect(String((await get(other)).description ?? "")).not.toContain("hogwire");
  });

  test.each([
    [
      "another stack",
      "Managed by Hogwire: destinations/a.yaml [hogwire:hogwire/prod/a]",
      /managed by hogwire\/prod\/a/,
    ],
    [
      "another project",
      "Managed by Hogwire: destinations/a.yaml [hogwire:shop/dev/a]",
      /managed by shop\/dev\/a/,
    ],
    [
      "another file",
      "Managed by Hogwire: destinations/a.yaml [hogwire:hogwire/dev/a]",
      /managed by hogwire\/dev\/a/,
    ],
    ["another tool", "Hi <!-- iac:hog-functions:a iac:hash:1 -->", /managed by @posthog\/definitions/],
  ])("is not taken over when %s has marked it", async (_name, description, message) => {
    const adopt = await made({ description });
    await posthog.reset();
    await expect(providerOf().create(inputsOf({ adopt }))).rejects.toThrow(message);
    expect(await writes()).toEqual([]);
  });

  test("is not taken from another file that has it in state, whatever became of its marker", async () => {
    const { id, outs } = await providerOf().create(inputsOf());
    await posthog.api("PATCH", `${collection}/${id}/`, {
      ...(collection === "hog_functions" && { mappings: null }),
      description: "",
    });
    const run = providerOf();
    await run.read(id, outs);
    const thief = inputsOf({ adopt: id, slug: `${slug}-b`, managed_by: `hogwire/dev/${slug}-b` });
    await expect(run.create(thief)).rejects.toThrow(
      new RegExp(`${id} is that of hogwire/dev/${slug} already`),
    );
  });

  test("that is not there is not taken over, and nothing is made in its place", async () => {
    await expect(providerOf().create(inputsOf({ adopt: unknown }))).rejects.toThrow(
      new RegExp(
        `no ${noun} ${unknown} in PostHog to adopt.*one project.*\`environments\`.*take \`adopt\` out`,
      ),
    );
    expect(await inPostHog()).toEqual([]);
  });

  test("is not taken over beside one that carries the file's marker", async () => {
    const { id } = await providerOf().create(inputsOf());
    const adopt = await made();
    await expect(providerOf().create(inputsOf({ adopt }))).rejects.toThrow(
      new RegExp(`adopt ${adopt}, and the ${noun} ${id} .* carries the file's marker`),
    );
  });

  test("another one is not adopted by a file that has one", async () => {
    const olds = inputsOf();
    await expect(providerOf().diff("1", olds, inputsOf({ adopt: "2" }))).rejects.toThrow(
      /one of the two would be left/,
    );
    expect(await providerOf().diff("2", olds, inputsOf({ adopt: "2" }))).toMatchObject({ replaces: [] });
  });

  test("that was adopted is not replaced: the adopted one would be deleted", async () => {
    const olds = inputsOf({ adopt: "2" });
    const news = inputsOf({ adopt: "2", project: "2" });
    await expect(providerOf().diff("2", olds, news)).rejects.toThrow(
      /was adopted, and a change of `project`/,
    );
  });

  test("of two stacks and two projects in one PostHog project is each one's own", async () => {
    const owners = ["hogwire/dev", "hogwire/prod", "shop/dev"];
    const each = owners.map((owner, index) =>
      inputsOf({ managed_by: `${owner}/${slug}`, name: `${slug} of ${index}` }),
    );
    const made = await Promise.all(each.map((inputs) => providerOf().create(inputs)));
    expect(new Set(made.map(({ id }) => id)).size).toBe(3);
    // A state that was lost finds its own, and only that.
    const again = await Promise.all(each.map((inputs) => providerOf().create(inputs)));
    expect(again.map(({ id }) => id)).toEqual(made.map(({ id }) => id));
    for (const [index, { id, outs }] of made.entries()) {
      const { inputs } = await providerOf().read(id, outs);
      expect(inputs).toEqual({ ...each[index], __provider: undefined });
    }
    await providerOf().delete(made[0]?.id ?? "", made[0]?.outs);
    expect((await inPostHog()).map((row) => row.name).sort()).toEqual([`${slug} of 1`, `${slug} of 2`]);
  });

  test("is kept when its stack was renamed", async () => {
    const { id, outs } = await providerOf().create(inputsOf());
    const news = inputsOf({ managed_by: `hogwire/production/${slug}` });
    await providerOf().update(id, outs, news);
    expect(await get(id)).toMatchObject({
      description: expect.stringContaining(`[hogwire:hogwire/production/${slug}]`),
    });
  });

  test("renamed, is kept under its new file's marker, also when the state was lost after the write", async () => {
    const { id, outs } = await providerOf().create(inputsOf());
    const news = inputsOf({ slug: `${slug}-new`, managed_by: `hogwire/dev/${slug}-new` });
    await providerOf().update(id, outs, news);
    const { outs: updated } = await providerOf().update(id, outs, news);
    expect((await providerOf().read(id, updated)).inputs).toEqual({ ...news, __provider: undefined });
    expect(await get(id)).toMatchObject({
      description: expect.stringContaining(`[hogwire:hogwire/dev/${slug}-new]`),
    });
  });
});

describe("a destination", () => {
  const inputsOf = (more: Properties): Properties => ({
    kind: "destination",
    host: sandbox.url,
    project: "1",
    managed_by: `hogwire/dev/${slug}`,
    slug,
    name: slug,
    enabled: true,
    filters: { events: [{ id: "user_signed_up" }] },
    ...more,
    __provider: "loader",
  });
  const own = { name: "Theirs", hog: "return 1", enabled: true };

  test.each<[string, Properties, Properties, RegExp]>([
    [
      "made from code, by a webhook",
      own,
      webhook,
      /made from code of its own, and the file asks for one made from the template `template-webhook`/,
    ],
    ["of another type", { ...own, type: "internal_destination" }, webhook, /it is a `internal_destination`/],
    [
      "made from a template, by own code",
      { template_id: "template-webhook", inputs: { url: { value: "https://a.example" } } },
      { hog: { code: "return 1" } },
      /made from the template `template-webhook`, and the file asks for one made from code of its own/,
    ],
  ])("is not taken over when it was %s, which it cannot become", async (_name, theirs, way, message) => {
    const { id } = await posthog.api("POST", "hog_functions/", theirs);
    await posthog.reset();
    await expect(providerOf().create(inputsOf({ ...way, adopt: String(id) }))).rejects.toThrow(message);
    expect((await posthog.requests()).filter((request) => !request.startsWith("GET"))).toEqual([]);
  });

  test("that is retained is not deleted to become another, by a plan or after one", async () => {
    const retained = { lifecycle: { retain: true } };
    const olds = inputsOf({ ...webhook, ...retained });
    const news = inputsOf({ hog: { code: "return 1" }, ...retained });
    await expect(providerOf().diff("1", olds, news)).rejects.toThrow(
      /is retained, and a change of `webhook`, `hog`/,
    );
    const { id } = await providerOf().create(olds);
    await expect(providerOf().create(news)).rejects.toThrow(new RegExp(`${id} cannot become.*left as it is`));
    expect((await posthog.marked("hog_functions", slug)).map((row) => row.id)).toEqual([id]);
  });
});
