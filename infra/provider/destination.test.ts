import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Fault } from "../posthog/fake-posthog.ts";
import { webhookTemplate } from "../posthog/fake-templates.ts";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import type { DestinationInputs } from "../wire/destination.ts";
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
  slug = `destination-${++count}`;
  await posthog.reset();
});

function inputsOf(more: Partial<DestinationInputs> = {}): Properties {
  return {
    host: sandbox.url,
    project: "1",
    managed_by: `hogwire/dev/${slug}`,
    slug,
    name: "Sign-ups",
    enabled: true,
    filters: { events: [{ id: "user_signed_up", properties: [{ key: "plan", value: ["pro", "team"] }] }] },
    webhook: {
      url: "https://acme.example/hook",
      body: { event: "{event}" },
      signing_secret: `whsec_${Buffer.alloc(24, 7).toString("base64")}`,
    },
    ...more,
    kind: "destination",
    __provider: "loader",
  };
}

function api(method: string, path: string, body?: unknown): Promise<Properties> {
  return posthog.api(method, `hog_functions/${path}`, body);
}

function inPostHog() {
  return posthog.marked("hog_functions", slug);
}

test("creates, reads back exactly its inputs, updates, and deletes", async () => {
  const { id, outs } = await provider().create(inputsOf());
  const { __provider, ...inputs } = inputsOf();
  expect(await inPostHog()).toMatchObject([
    { id, name: "Sign-ups", enabled: true, inputs: { signing_secret: { secret: true } } },
  ]);
  expect(outs).toMatchObject({ ...inputs, posthog_url: `${sandbox.url}/project/1/functions/${id}` });
  expect(await provider().read(id, outs)).toMatchObject({ id, inputs });

  const changed = inputsOf({ enabled: false, filters: { events: "all" } });
  const updated = await provider().update(id, outs, changed);
  expect(await inPostHog()).toMatchObject([{ id, enabled: false, filters: { events: [{ id: null }] } }]);
  expect((await provider().read(id, updated.outs)).inputs).toEqual({ ...changed, __provider: undefined });

  await provider().delete(id, updated.outs);
  expect(await inPostHog()).toEqual([]);
  expect(await provider().read(id, updated.outs)).toEqual({});
  await expect(provider().delete(id, updated.outs)).resolves.toBeUndefined();
});

test("PostHog reads back what was written, for generated destinations", async () => {
  const words = fc.constantFrom("pro", "team", "a b", "ä", "%", "x-y");
  const property = fc.record({
    key: words,
    value: fc.oneof(words, fc.array(words, { minLength: 1 })),
    type: fc.constant("person"),
  });
  const event = fc.record({ id: words, properties: fc.array(property, { minLength: 1, maxLength: 2 }) });
  const events = fc.oneof(fc.constant("all" as const), fc.array(event, { minLength: 1, maxLength: 3 }));
  const generated = fc.record({
    name: fc.constantFrom("A", " padded ", "ünïcode ✓"),
    enabled: fc.boolean(),
    description: fc.constantFrom("one line", "two\nlines", " padded\t"),
    filters: fc.record({ events }),
    webhook: fc.record({
      url: fc.constant("https://acme.example"),
      headers: fc.dictionary(fc.constantFrom("X-A", "X-B"), words),
      body: fc.constantFrom(
        { a: "{event}", n: null, list: [1, true, "{person}"] },
        "text {event.event}",
        [],
        {},
      ),
      secret_inputs: fc.subarray(["headers" as const], { minLength: 1 }),
    }),
  });
  const run = provider();
  await fc.assert(
    fc.asyncProperty(generated, async (lowered) => {
      const inputs = inputsOf(lowered);
      const { id, outs } = await run.create(inputs);
      const { inputs: seen } = await provider().read(id, outs);
      expect(seen).toEqual({ ...inputs, __provider: undefined });
    }),
    { numRuns: 30 },
  );
  expect(await inPostHog()).toHaveLength(1);
});

test("shows what somebody changed at its own path, and an update writes the whole truth back", async () => {
  const { id, outs } = await provider().create(inputsOf());
  const [row] = await inPostHog();
  const headers = { value: { "X-Copy-To": "evil" } };
  await api("PATCH", `${id}/`, {
    hog: "return 1",
    masking: { ttl: 60, hash: "{event.event}" },
    inputs: { ...(row?.inputs as object), headers },
  });
  const drifted = await provider().read(id, outs);
  expect(drifted.inputs).toEqual({
    ...inputsOf({}),
    __provider: undefined,
    webhook: { ...(inputsOf().webhook as object), headers: headers.value },
    masking: { ttl: 60, hash: "{event.event}" },
    code: "changed outside Hogwire",
  });
  const { outs: mended } = await provider().update(id, drifted.props, inputsOf());
  expect((await provider().read(id, mended)).inputs).toEqual({ ...inputsOf(), __provider: undefined });
});

test.each([
  ["a 500", { status: 500, commit: true }],
  ["a gateway's 504", { status: 504, commit: true }],
  ["a cut connection", { cut: "after" }],
])("after %s that hides a create, finds it by its marker and creates nothing twice", async (_name, fault) => {
  await posthog.faults({ match: { method: "POST" }, times: 1, ...fault });
  const { id, outs } = await provider().create(inputsOf());
  expect(await inPostHog()).toMatchObject([{ id }]);
  expect((await provider().read(id, outs)).inputs).toEqual({ ...inputsOf(), __provider: undefined });
});

test("after a 2xx that cannot be read, finds what was created by its marker", () =>
  withFake(async (fake) => {
    fake.fault = (request) =>
      request.startsWith("POST") ? { status: 201, body: "<html>", after: true } : undefined;
    const { id } = await provider().create(inputsOf({ host: fake.url }));
    expect([...fake.rows.keys()]).toEqual([id]);
  }));

test("when the create did not happen, says so and leaves it to the next run", async () => {
  await posthog.faults({ match: { method: "POST" }, times: 1, status: 500 });
  await expect(provider().create(inputsOf())).rejects.toThrow(/PostHog answered 500 to POST/);
  expect((await posthog.requests()).filter((request) => request.startsWith("POST"))).toHaveLength(1);
  const { id } = await provider().create(inputsOf());
  expect(await inPostHog()).toMatchObject([{ id }]);
});

test("takes over what carries our marker and is in no state, as after a killed run", async () => {
  const killed = await provider().create(inputsOf({ name: "Before" }));
  const { id } = await provider().create(inputsOf({ name: "After" }));
  expect(id).toBe(killed.id);
  expect(await inPostHog()).toMatchObject([{ id, name: "After" }]);
});

test("refuses to choose between ours and a copy of it", async () => {
  const { id } = await provider().create(inputsOf());
  const [row] = await inPostHog();
  await api("POST", "", { ...row, inputs: {}, enabled: false, inputs_schema: [], name: "Sign-ups (copy)" });
  await expect(provider().create(inputsOf())).rejects.toThrow(
    new RegExp(`2 destinations in PostHog carry the marker \\[hogwire:hogwire/dev/${slug}\\].*${id}`),
  );
});

test("a copy of ours is seen, and neither changed nor deleted", async () => {
  const { id, outs } = await provider().create(inputsOf());
  const [row] = await inPostHog();
  const copy = await api("POST", "", { ...row, inputs: {}, inputs_schema: [], name: "Copy" });
  const { props, inputs } = await provider().read(id, outs);
  expect(inputs).toMatchObject({ copies: [copy.id] });
  await provider().update(id, props, inputsOf());
  await provider().delete(id, props);
  expect(await inPostHog()).toMatchObject([{ id: copy.id, name: "Copy", enabled: true }]);
});

test("a secret that somebody replaced is seen by PostHog's count of changes, until ours is written back", async () => {
  const { id, outs } = await provider().create(inputsOf());
  const [row] = await inPostHog();
  const theirs = `whsec_${Buffer.alloc(24, 9).toString("base64")}`;
  const given = row?.inputs as Properties; // as the sandbox answers
  await api("PATCH", `${id}/`, { mappings: null, inputs: { ...given, signing_secret: { value: theirs } } });
  const first = await provider().read(id, outs);
  expect(first.inputs).toMatchObject({ secrets: "changed outside Hogwire" });
  // A refresh that was saved, and an update that did not come: still seen
  const second = await provider().read(id, first.props);
  expect(second.inputs).toEqual(first.inputs);
  const { outs: updated } = await provider().update(id, first.props, inputsOf());
  expect((await provider().read(id, updated)).inputs).not.toHaveProperty("secrets");
});

test("where something plainly went away, a replaced secret is not guessed from the count", async () => {
  const { id, outs } = await provider().create(inputsOf({ description: "Tell the team" }));
  const [row] = await inPostHog();
  const given = row?.inputs as Properties; // as the sandbox answers
  const theirs = `whsec_${Buffer.alloc(24, 9).toString("base64")}`;
  await api("PATCH", `${id}/`, {
    mappings: null,
    description: String(row?.description).split("\n").at(-1),
    inputs: { ...given, signing_secret: { value: theirs } },
  });
  const { inputs } = await provider().read(id, outs);
  expect(inputs).toMatchObject({ managed_by: `hogwire/dev/${slug}` });
  expect(inputs).not.toHaveProperty("description");
  expect(inputs).not.toHaveProperty("secrets");
});

test.each([
  [
    "another stack",
    "Managed by Hogwire: destinations/a.yaml [hogwire:hogwire/prod/a]",
    /managed by hogwire\/prod\/a/,
  ],
  ["another tool", "<!-- iac:hog-functions:a iac:hash:1 -->", /managed by @posthog\/definitions/],
])("neither updates nor deletes what the marker gives to %s", async (_name, description, message) => {
  const { id, outs } = await provider().create(inputsOf());
  await api("PATCH", `${id}/`, { description });
  const { props } = await provider().read(id, outs);
  await expect(provider().update(id, props, inputsOf({ name: "Mine" }))).rejects.toThrow(message);
  await expect(provider().delete(id, props)).rejects.toThrow(message);
  expect(await api("GET", `${id}/`)).toMatchObject({ name: "Sign-ups", enabled: true, description });
});

test("a lost marker on a known id is drift that an update mends", async () => {
  const { id, outs } = await provider().create(inputsOf());
  await api("PATCH", `${id}/`, { description: "" });
  const { props, inputs } = await provider().read(id, outs);
  expect(inputs).toMatchObject({ managed_by: null });
  await provider().update(id, props, inputsOf());
  expect(await inPostHog()).toMatchObject([{ id }]);
});

test.each<[string, ProviderOptions, Partial<DestinationInputs>, RegExp]>([
  ["a wrong key", { env: { POSTHOG_API_KEY: "phx_wrong" } }, {}, /401.*\n.*POSTHOG_API_KEY/],
  ["no key", { env: {} }, {}, /no PostHog API key.*pulumi config set/],
  ["an unknown project", {}, { project: "2" }, /403|404/],
])("with %s, a destination is not called gone", async (_name, options, place, message) => {
  const { id, outs } = await provider().create(inputsOf());
  await expect(provider(options).read(id, { ...outs, ...place })).rejects.toThrow(message);
  await expect(provider(options).delete(id, { ...outs, ...place })).rejects.toThrow(message);
  expect(await inPostHog()).toHaveLength(1);
});

test("the environment's key wins over the configuration's", async () => {
  const config = { get: () => "phx_wrong", require: () => "phx_wrong" };
  const both = provider();
  await both.configure({ config });
  await expect(both.create(inputsOf())).resolves.toHaveProperty("id");
  const configured = provider({ env: {} });
  await configured.configure({ config });
  await expect(configured.create(inputsOf())).rejects.toThrow(/401/);
});

test("reads of many destinations share one list", async () => {
  const first = await provider().create(inputsOf());
  await posthog.reset();
  const run = provider();
  await Promise.all(Array.from({ length: 20 }, () => run.read(first.id, first.outs)));
  expect(await posthog.requests()).toEqual(["GET /api/projects/1/hog_functions/"]);
});

test("check and diff need no network", async () => {
  const offline = provider({ env: {} });
  const inputs = { ...inputsOf(), host: "http://127.0.0.1:1" };
  expect(await offline.check({}, inputs)).toEqual({ inputs, failures: [] });
  expect(await offline.diff("id", inputs, { ...inputs, host: "http://127.0.0.1:2", project: "2" })).toEqual({
    replaces: ["host", "project"],
    deleteBeforeReplace: true,
  });
  expect((await offline.diff("id", inputs, { ...inputs, name: "Other" })).replaces).toEqual([]);
});

test.each<[string, object, string]>([
  ["no events", { filters: { events: [] } }, "filters.events: must not be empty"],
  ["no filters", { filters: undefined }, "filters: "],
  ["an unknown filter", { filters: { events: "all", actions: [] } }, 'filters: Unrecognized key: "actions"'],
  [
    "a secret as a number",
    { webhook: { url: "https://a.example", body: {}, signing_secret: 1234567 } },
    "webhook.signing_secret: ",
  ],
])("check refuses %s without showing a value", async (_name, wrong, reason) => {
  const { failures = [] } = await provider().check({}, { ...inputsOf(), ...wrong });
  expect(failures).toEqual([{ property: "", reason: expect.stringContaining(reason) }]);
  expect(JSON.stringify(failures)).not.toContain("1234567");
});

test("refuses, before anything is sent, to create unsigned what shall be signed", () =>
  withFake(async (fake) => {
    const inputs_schema = webhookTemplate.inputs_schema.filter((item) => item.key !== "signing_secret");
    fake.templates.set(webhookTemplate.id, { ...webhookTemplate, inputs_schema });
    await expect(provider().create(inputsOf({ host: fake.url }))).rejects.toThrow(
      /no input `signing_secret`/,
    );
    expect(fake.rows.size).toBe(0);
  }));

test("switches off what PostHog stored with less filter than was asked, and keeps its id", () =>
  withFake(async (fake) => {
    const add = fake.rows.set.bind(fake.rows);
    fake.rows.set = (id, row) => add(id, Object.assign(row, { filters: { source: "events" } }));
    const error = await provider()
      .create(inputsOf({ host: fake.url }))
      .catch((reason: unknown) => reason);
    const [row] = fake.rows.values();
    expect(row).toMatchObject({ enabled: false });
    expect(error).toMatchObject({
      id: row?.id,
      properties: { __provider: "loader", slug, written: { by: `hogwire/dev/${slug}` } },
      reasons: [expect.stringContaining("`filters.events`"), expect.stringContaining("switched off")],
    });
  }));

test("takes a secret that PostHog quotes out of the error", () =>
  withFake(async (fake) => {
    const url = "https://acme.example/t0psecret";
    const detail = `Invalid template: ${url}`;
    const refusal: Fault = {
      status: 400,
      body: { type: "validation_error", code: "invalid_input", detail, attr: "inputs__url" },
    };
    fake.fault = (request) => (request.startsWith("POST") ? refusal : undefined);
    const webhook = { url, body: {}, secret_inputs: ["url" as const] };
    await expect(provider().create(inputsOf({ host: fake.url, webhook }))).rejects.toThrow(
      /inputs\.url: Invalid template: \[secret\]$/,
    );
  }));

test("does not create when the engine that asked is gone", () =>
  withFake(async (fake) => {
    const exit = process.exit;
    const exits: unknown[] = [];
    process.exit = ((code?: number) => exits.push(code)) as typeof process.exit; // the watch ends the process
    try {
      const orphan = provider({ engineAddress: "127.0.0.1:1" });
      await orphan.configure({ config: { get: () => undefined, require: () => "" } });
      await expect(orphan.create(inputsOf({ host: fake.url }))).rejects.toThrow(
        /engine that started this run is gone/,
      );
      expect(exits).toContain(1);
      expect(fake.rows.size).toBe(0);
    } finally {
      process.exit = exit;
    }
  }));
