import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import type { Properties } from "./inputs.ts";
import {
  byHand,
  createEngine,
  type PostHogByHand,
  providerOf,
  type TestOptions,
  withFake,
} from "./testing.ts";

// Contract §1.7: PostHog never gives a secret back, and keeps the one it has where `{ "secret": true }` is sent.

let sandbox: Sandbox;
let posthog: PostHogByHand;
beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, data: ":memory:" });
  posthog = byHand(sandbox);
});
afterAll(() => sandbox.close());

let slug: string;
let count = 0;
beforeEach(() => {
  slug = `secret-${++count}`;
  vi.spyOn(globalThis, "fetch");
});
afterEach(() => vi.restoreAllMocks());

/** What PostHog was sent for an input, by each write since the last call. */
function sent(key: string): unknown[] {
  const calls = vi.mocked(globalThis.fetch).mock.calls.splice(0);
  return calls
    .filter(([, init]) => ["POST", "PATCH"].includes(String(init?.method)))
    .map(([, init]) => JSON.parse(String(init?.body)).inputs?.[key]);
}

const whsec = (byte: number) => `whsec_${Buffer.alloc(24, byte).toString("base64")}`;
const kept = { secret: true };

function inputsOf(more: Properties = {}): Properties {
  return {
    kind: "destination",
    host: sandbox.url,
    project: "1",
    managed_by: `hogwire/dev/${slug}`,
    slug,
    name: "Sign-ups",
    enabled: true,
    filters: { events: [{ id: "user_signed_up" }] },
    webhook: { url: "https://acme.example", body: {}, signing_secret: whsec(7) },
    __provider: "loader",
    ...more,
  };
}
const webhook = (more: Properties) => ({ webhook: { url: "https://acme.example", body: {}, ...more } });
const inPostHog = async () => (await posthog.marked("hog_functions", slug))[0] ?? {};

test("is sent when the destination is created, and then only when it changed", async () => {
  const engine = createEngine();
  await engine.up(inputsOf());
  expect(sent("signing_secret")).toEqual([{ value: whsec(7) }]);
  await engine.up(inputsOf({ name: "Other" }));
  expect(sent("signing_secret")).toEqual([kept]);
  await engine.up(inputsOf({ name: "Other", ...webhook({ signing_secret: whsec(8) }) }));
  expect(sent("signing_secret")).toEqual([{ value: whsec(8) }]);
  await engine.up(inputsOf({ ...webhook({ signing_secret: whsec(8) }) }));
  expect(sent("signing_secret")).toEqual([kept]);
  expect(await inPostHog()).toMatchObject({ inputs: { signing_secret: kept } });
});

test("is forgotten by PostHog when the file has it no more, and sent when it has it again", async () => {
  const engine = createEngine();
  await engine.up(inputsOf());
  await engine.up(inputsOf(webhook({})));
  expect(await inPostHog()).not.toHaveProperty("inputs.signing_secret");
  sent("signing_secret");
  await engine.up(inputsOf());
  expect(sent("signing_secret")).toEqual([{ value: whsec(7) }]);
});

test("is sent when what was plain becomes secret, though its value is the same", async () => {
  const engine = createEngine();
  await engine.up(inputsOf(webhook({})));
  sent("url");
  await engine.up(inputsOf(webhook({ secret_inputs: ["url"] })));
  expect(sent("url")).toEqual([{ value: "https://acme.example" }]);
  expect(await inPostHog()).toMatchObject({ inputs: { url: kept } });
  await engine.up(inputsOf({ name: "Other", ...webhook({ secret_inputs: ["url"] }) }));
  expect(sent("url")).toEqual([kept]);
});

test("a map that is secret is one secret", async () => {
  const headers = (value: string) =>
    inputsOf(webhook({ headers: { A: "1", Authorization: value }, secret_inputs: ["headers"] }));
  const engine = createEngine();
  await engine.up(headers("Bearer a"));
  await engine.up({ ...headers("Bearer a"), name: "Other" });
  await engine.up(headers("Bearer b"));
  const value = (token: string) => ({ value: { A: "1", Authorization: token } });
  expect(sent("headers")).toEqual([value("Bearer a"), kept, value("Bearer b")]);
});

test.each<[string, TestOptions, TestOptions]>([
  ["under another signing key", {}, { signingKey: "another" }],
  ["without a signing key", { signingKey: undefined }, { signingKey: undefined }],
])("is sent %s: nothing tells that it is the same", async (_name, first, second) => {
  const { id, outs } = await providerOf(first).create(inputsOf());
  sent("signing_secret");
  await providerOf(second).update(id, outs, inputsOf({ name: "Other" }));
  expect(sent("signing_secret")).toEqual([{ value: whsec(7) }]);
});

test("is sent after somebody wrote in PostHog: it may not be ours any more", async () => {
  const { id, outs } = await providerOf().create(inputsOf());
  await posthog.api("PATCH", `hog_functions/${id}/`, {
    mappings: null,
    filters: { events: [{ id: "other" }] },
  });
  sent("signing_secret"); // that one included
  await providerOf().update(id, outs, inputsOf());
  expect(sent("signing_secret")).toEqual([{ value: whsec(7) }]);
});

test("is sent to what a killed run left, of which no state tells what it was sent", async () => {
  await providerOf().create(inputsOf());
  sent("signing_secret");
  await providerOf().create(inputsOf());
  expect(sent("signing_secret")).toEqual([{ value: whsec(7) }]);
});

test("that PostHog lost is noticed and sent again", () =>
  withFake(async (fake) => {
    const inputs = inputsOf({ host: fake.url });
    const { id, outs } = await providerOf().create(inputs);
    for (const row of fake.rows.values()) row.secrets = {};
    const { inputs: seen } = await providerOf().read(id, outs);
    expect(seen).not.toHaveProperty("webhook.signing_secret");
    sent("signing_secret");
    await providerOf().update(id, outs, inputs);
    expect(sent("signing_secret")).toEqual([{ value: whsec(7) }]);
  }));

test("is sent each time to a PostHog that does not count what is written", async () => {
  const old = await startSandbox({ port: 0, data: ":memory:", old: true });
  const { webhook: _webhook, ...common } = inputsOf();
  const inputs = {
    ...common,
    host: old.url,
    hog: {
      code: "return inputs.token",
      inputs_schema: [{ key: "token", type: "string", secret: true }],
      inputs: { token: "t0psecret" },
    },
  };
  const { id, outs } = await providerOf().create(inputs);
  sent("token");
  await providerOf().update(id, outs, { ...inputs, name: "Other" });
  expect(sent("token")).toEqual([{ value: "t0psecret" }]);
  await old.close();
});

test("leaves a fingerprint that tells nothing of it, nor that two are the same", async () => {
  const same = { secret_inputs: ["url"], signing_secret: "https://acme.example" };
  const { outs } = await providerOf().create(inputsOf(webhook(same)));
  const written = fingerprintsIn(outs);
  expect(Object.keys(written).sort()).toEqual(["signing_secret", "url"]);
  expect(new Set(Object.values(written)).size).toBe(2);
  for (const fingerprint of Object.values(written)) expect(fingerprint).toMatch(/^[\w-]{12}$/);
  const { outs: others } = await providerOf({ signingKey: "another" }).create({
    ...inputsOf(webhook(same)),
    managed_by: `hogwire/dev/${slug}-b`,
    slug: `${slug}-b`,
  });
  expect(fingerprintsIn(others)).not.toEqual(written);
});

function fingerprintsIn(outs: Properties = {}): Record<string, string> {
  return (outs.written as { secrets: Record<string, string> }).secrets; // as the provider writes it
}
