import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import type { Properties } from "./inputs.ts";
import { byHand, type PostHogByHand, providerOf } from "./testing.ts";

// Contract §1.4, §9.11, §9.14: an answer may not come, and people edit the same rows.

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
  slug = `object-${++count}`;
  await posthog.reset();
});
afterEach(() => vi.restoreAllMocks());

const faults = [
  ["a 500 before it was carried out", { status: 500 }],
  ["a 500 after it was carried out", { status: 500, commit: true }],
  ["a gateway's 504 after it was carried out", { status: 504, commit: true }],
  ["a connection cut before it was carried out", { cut: "before" }],
  ["a connection cut after it was carried out", { cut: "after" }],
] as const;

describe.each([
  {
    noun: "destination",
    collection: "hog_functions" as const,
    particular: {
      kind: "destination",
      enabled: true,
      filters: { events: [{ id: "user_signed_up" }] },
      webhook: { url: "https://acme.example", body: {}, signing_secret: "whsec_AAAA" },
    },
  },
  {
    noun: "event filter",
    collection: "actions" as const,
    particular: { kind: "event-filter", steps: [{ event: "user_signed_up" }] },
  },
])("a $noun", ({ noun, collection, particular }) => {
  function inputsOf(more: Properties = {}): Properties {
    const place = { host: sandbox.url, project: "1", managed_by: `hogwire/dev/${slug}` };
    return { ...place, slug, name: `Sign-ups of ${slug}`, ...particular, ...more, __provider: "loader" };
  }
  const inPostHog = () => posthog.marked(collection, slug);
  const byHandIs = (id: string, changes: object) =>
    posthog.api("PATCH", `${collection}/${id}/`, {
      ...(collection === "hog_functions" && { mappings: null }),
      ...changes,
    });
  const news = () => inputsOf({ name: `News of ${slug}` });

  test.each(faults)("is written whatever answers its update: %s", async (_name, fault) => {
    const { id, outs } = await providerOf().create(inputsOf());
    await posthog.faults({ match: { method: "PATCH" }, times: 1, ...fault });
    const { outs: updated } = await providerOf().update(id, outs, news());
    expect(await inPostHog()).toMatchObject([{ name: `News of ${slug}` }]);
    expect((await providerOf().read(id, updated)).inputs).toEqual({ ...news(), __provider: undefined });
  });

  test.each(faults)("is deleted whatever answers: %s", async (_name, fault) => {
    const { id, outs } = await providerOf().create(inputsOf());
    await posthog.faults({ match: { method: "PATCH" }, times: 1, ...fault });
    await providerOf().delete(id, outs);
    expect(await inPostHog()).toEqual([]);
  });

  test("when PostHog answers nothing clear at all, that is said after three tries, and the next run writes it", async () => {
    const { id, outs } = await providerOf().create(inputsOf());
    await posthog.faults({ match: { method: "PATCH" }, status: 502 });
    await expect(providerOf().update(id, outs, news())).rejects.toThrow(/502.*\n.*Run again/);
    expect((await posthog.requests()).filter((request) => request.startsWith("PATCH"))).toHaveLength(3);
    await posthog.reset();
    await providerOf().update(id, outs, news());
    expect(await inPostHog()).toMatchObject([{ name: `News of ${slug}` }]);
  });

  test("is left as somebody made it while an unclear answer was looked into", async () => {
    const { id, outs } = await providerOf().create(inputsOf());
    await posthog.faults({ match: { method: "PATCH" }, times: 1, cut: "before" });
    const clock = { now: () => Date.now(), sleep: async () => void (await byHandIs(id, { name: "Theirs" })) };
    await expect(providerOf({ clock }).update(id, outs, news())).rejects.toThrow(
      new RegExp(`The ${noun} "Theirs" \\(${id}\\) was changed in PostHog during this run`),
    );
    expect(await inPostHog()).toMatchObject([{ name: "Theirs" }]);
  });

  test("is left as somebody saved it after it was listed", async () => {
    const { id, outs } = await providerOf().create(inputsOf());
    const run = providerOf();
    await run.read(id, outs);
    await byHandIs(id, { name: "Saved meanwhile", description: "Theirs" });
    await expect(run.update(id, outs, news())).rejects.toThrow(
      /"Saved meanwhile" .* was changed in PostHog during this run/,
    );
    expect(await posthog.api("GET", `${collection}/${id}/`)).toMatchObject({ name: "Saved meanwhile" });
  });

  test("is not deleted when it became another's after it was listed", async () => {
    const { id, outs } = await providerOf().create(inputsOf());
    const run = providerOf();
    await run.read(id, outs);
    const description = "Managed by Hogwire: destinations/x.yaml [hogwire:other/prod/x]";
    await byHandIs(id, { description });
    await expect(run.delete(id, outs)).rejects.toThrow(/managed by other\/prod\/x/);
    expect(await posthog.api("GET", `${collection}/${id}/`)).toMatchObject({ description });
  });

  test("is not forgotten when PostHog answers its deletion with something else", async () => {
    const { id, outs } = await providerOf().create(inputsOf());
    const fetched = globalThis.fetch;
    vi.spyOn(globalThis, "fetch").mockImplementation((url, init) =>
      init?.method === "PATCH"
        ? Promise.resolve(Response.json({ type: "server_error" }))
        : fetched(url, init),
    );
    await expect(providerOf().delete(id, outs)).rejects.toThrow(/unexpected shape/);
  });

  test("deleted by somebody between the list and the write is not brought back", async () => {
    const { id, outs } = await providerOf().create(inputsOf());
    const run = providerOf();
    await run.read(id, outs);
    await byHandIs(id, { deleted: true });
    await posthog.faults({ match: { method: "PATCH" }, times: 1, cut: "before" });
    await expect(run.update(id, outs, news())).rejects.toThrow(/went away during this run/);
    expect(await inPostHog()).toEqual([]);
  });
});

/** Whose signing secret PostHog has: a delivery tells. */
describe("a secret that somebody replaces while a run is under way", () => {
  const ours = `whsec_${Buffer.alloc(24, 1).toString("base64")}`;
  const theirs = `whsec_${Buffer.alloc(24, 9).toString("base64")}`;
  const inputsOf = (more: Properties = {}): Properties => ({
    kind: "destination",
    host: sandbox.url,
    project: "1",
    managed_by: `hogwire/dev/${slug}`,
    slug,
    name: slug,
    enabled: true,
    filters: { events: [{ id: slug }] },
    webhook: { url: "https://acme.example", body: {}, signing_secret: ours },
    __provider: "loader",
    ...more,
  });
  async function replaceSecret(id: string, changes: object = {}) {
    const { inputs } = await posthog.api("GET", `hog_functions/${id}/`);
    const given = { ...(inputs as object), signing_secret: { value: theirs } }; // as the sandbox answers
    await posthog.api("PATCH", `hog_functions/${id}/`, { mappings: null, ...changes, inputs: given });
  }
  /** What the last write said of the secret. */
  function lastSent(): unknown {
    const writes = vi.mocked(globalThis.fetch).mock.calls.filter(([, init]) => init?.method === "PATCH");
    return JSON.parse(String(writes.at(-1)?.[1]?.body)).inputs.signing_secret;
  }

  test("together with what the file says, is replaced by ours", async () => {
    const { id, outs } = await providerOf().create(inputsOf());
    const run = providerOf();
    const { props = {} } = await run.read(id, outs);
    await replaceSecret(id, { name: "New" });
    vi.spyOn(globalThis, "fetch");
    await run.update(id, props, inputsOf({ name: "New" }));
    expect(lastSent()).toEqual({ value: ours });
  });

  test("after a create whose answer did not come, is replaced by ours", async () => {
    await posthog.faults({
      match: { method: "POST", path: "hog_functions" },
      status: 504,
      commit: true,
      times: 1,
    });
    const sleep = async () => {
      const [row] = await posthog.marked("hog_functions", slug);
      if (row) await replaceSecret(String(row.id));
    };
    vi.spyOn(globalThis, "fetch");
    await providerOf({ clock: { now: () => Date.now(), sleep } }).create(inputsOf());
    expect(lastSent()).toEqual({ value: ours });
  });
});

describe("a destination that somebody changes while a run is under way", () => {
  const inputsOf = (more: Properties = {}): Properties => ({
    kind: "destination",
    host: sandbox.url,
    project: "1",
    managed_by: `hogwire/dev/${slug}`,
    slug,
    name: slug,
    enabled: true,
    filters: { events: [{ id: "user_signed_up" }] },
    webhook: { url: "https://acme.example", body: {} },
    __provider: "loader",
    ...more,
  });

  test("is left as it is, and the run says so", async () => {
    const { id, outs } = await providerOf().create(inputsOf());
    const run = providerOf();
    await run.read(id, outs);
    await posthog.api("PATCH", `hog_functions/${id}/`, { mappings: null, name: "Theirs" });
    await expect(run.update(id, outs, inputsOf({ description: "Ours" }))).rejects.toThrow(
      /The destination "Theirs" \([\w-]+\) was changed in PostHog during this run: it is left as it is now/,
    );
    expect(await posthog.api("GET", `hog_functions/${id}/`)).toMatchObject({ name: "Theirs" });
    // The next run sees the change, and its preview shows what it overwrites.
    const next = providerOf();
    const { props, inputs } = await next.read(id, outs);
    expect(inputs).toMatchObject({ name: "Theirs" });
    await next.update(id, props, inputsOf({ description: "Ours" }));
    expect(await posthog.api("GET", `hog_functions/${id}/`)).toMatchObject({ name: slug });
  });

  test("is written when only PostHog itself touched it, as it does when an action is saved", async () => {
    const action = await posthog.api("POST", "actions/", { name: slug, steps: [{ event: "paid" }] });
    const filters = { events: [{ action: Number(action.id) }] };
    const { id, outs } = await providerOf().create(inputsOf({ filters }));
    const run = providerOf();
    await run.read(id, outs);
    const { updated_at } = await posthog.api("GET", `hog_functions/${id}/`);
    await posthog.api("PATCH", `actions/${action.id}/`, { steps: [{ event: "paid_twice" }] });
    expect(await posthog.api("GET", `hog_functions/${id}/`)).not.toMatchObject({ updated_at });
    await run.update(id, outs, inputsOf({ filters, description: "Ours" }));
    expect((await providerOf().read(id, outs)).inputs).toMatchObject({ description: "Ours" });
  });
});
