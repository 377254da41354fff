import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createClient } from "../posthog/http.ts";
import { createLimiter } from "../posthog/limiter.ts";
import { personalApiKey, type Sandbox, startSandbox } from "../sandbox/server.ts";
import type { Properties } from "./inputs.ts";
import { byHand, createEngine, type PostHogByHand, providerOf } from "./testing.ts";

// A PostHog of before signing, versions and the projects path (contract §1.1, §1.4, §2.2).

let sandbox: Sandbox;
let posthog: PostHogByHand;
beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, data: ":memory:", old: true, groupTypes: ["company"] });
  posthog = byHand(sandbox);
});
afterAll(() => sandbox.close());
beforeEach(() => posthog.reset());

const gold = { key: "tier", value: "gold", type: "group", group_type: "company" };

function inputsOf(slug: string, more: Properties): Properties {
  const place = { host: sandbox.url, project: "1", managed_by: `hogwire/dev/${slug}` };
  return { ...place, slug, name: slug, __provider: "loader", ...more };
}

const webhook = { url: "https://acme.example", body: { event: "{event}" } };
const signUps = { events: [{ id: "user_signed_up", properties: [gold] }] };

test.each<[string, Properties, Properties]>([
  ["a webhook", { kind: "destination", enabled: true, filters: signUps, webhook }, { enabled: false }],
  [
    "a secret header",
    {
      kind: "destination",
      enabled: true,
      filters: signUps,
      webhook: { ...webhook, headers: { "X-Key": "t0psecret" }, secret_inputs: ["headers"] },
    },
    { name: "Another" },
  ],
  [
    "a Slack message",
    {
      kind: "destination",
      enabled: true,
      filters: signUps,
      template: { id: "template-slack", inputs: { slack_workspace: 1, channel: "C0", text: "Hi" } },
    },
    { description: "Tell them" },
  ],
  [
    "code of one's own",
    { kind: "destination", enabled: true, filters: signUps, hog: { code: "return 1" } },
    { hog: { code: "return 2" } },
  ],
  [
    "an event filter",
    { kind: "event-filter", steps: [{ event: "user_signed_up", properties: [gold] }] },
    { steps: [{ event: "$pageview" }] },
  ],
])("%s is created, read, updated, compared and deleted there", async (what, first, change) => {
  const slug = what.replaceAll(/\W+/g, "-");
  const engine = createEngine();
  const inputs = inputsOf(slug, first);
  expect(await engine.up(inputs)).toBe("create");
  expect(await engine.up(inputs)).toBe("same");
  expect(await engine.up({ ...inputs, ...change })).toBe("update");
  expect(await engine.up({ ...inputs, ...change })).toBe("same");
  // As after a killed run: found by its marker
  const { id } = engine;
  expect(await providerOf().create(inputs)).toMatchObject({ id });
  expect(await engine.up({ ...inputs, ...change })).toBe("update");
  expect(await engine.up(undefined)).toBe("delete");
  expect(await engine.refresh()).toBeUndefined();
  const written = (await posthog.requests()).filter((request) => !request.startsWith("GET"));
  expect(written.filter((request) => request.startsWith("POST /api/environments/"))).toHaveLength(1);
});

test("is asked below projects once a run, and then below environments", async () => {
  const run = providerOf();
  const made = await run.create(
    inputsOf("once", { kind: "destination", enabled: true, filters: signUps, webhook }),
  );
  await run.read(made.id, made.outs);
  await run.delete(made.id, made.outs);
  const requests = await posthog.requests();
  expect(requests.filter((request) => request.includes("/api/projects/"))).toHaveLength(1);
  expect(requests.slice(0, 2)).toEqual([
    "GET /api/projects/1/hog_functions/",
    "GET /api/environments/1/hog_functions/",
  ]);
});

test("of several that ask at once each finds the way", async () => {
  const { get } = createClient({
    ...{ host: sandbox.url, project: "1", apiKey: personalApiKey },
    limiter: createLimiter({ host: sandbox.url }),
  });
  await expect(
    Promise.all(["actions/", "hog_functions/", "groups_types/"].map((path) => get(path))),
  ).resolves.toHaveLength(3);
});

test.each([
  [
    "an endpoint that neither path has",
    "1",
    "nothing_here/",
    /404 to GET .*\/api\/projects\/1\/nothing_here\/: Endpoint not found/,
  ],
  [
    "an unknown project",
    "2",
    "actions/",
    /404 to GET .*\/api\/environments\/2\/actions\/: Project not found.*\n.*projectId/,
  ],
])("tells of %s", async (_name, project, path, message) => {
  const { get } = createClient({
    ...{ host: sandbox.url, project, apiKey: personalApiKey },
    limiter: createLimiter({ host: sandbox.url }),
  });
  await expect(get(path)).rejects.toThrow(message);
});

test("a signed webhook is refused there before anything is sent, should it get past the manifest", async () => {
  const signed = { ...webhook, signing_secret: `whsec_${Buffer.alloc(24, 7).toString("base64")}` };
  const inputs = inputsOf("signed", {
    kind: "destination",
    enabled: true,
    filters: signUps,
    webhook: signed,
  });
  await expect(providerOf().create(inputs)).rejects.toThrow(/no input `signing_secret`.*update PostHog/);
  expect((await posthog.requests()).filter((request) => !request.startsWith("GET"))).toEqual([]);
});
