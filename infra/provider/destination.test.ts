import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Fault } from "../posthog/fake-posthog.ts";
import { crmTemplate, webhookTemplate } from "../posthog/fake-templates.ts";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import type { LoweredTemplate } from "../spec/lowered.ts";
import type { Properties } from "./inputs.ts";
import { byHand, createEngine, type PostHogByHand, providerOf as provider, withFake } from "./testing.ts";

let sandbox: Sandbox;
let posthog: PostHogByHand;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, data: ":memory:", groupTypes: ["company", "team"] });
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

const slack: LoweredTemplate = {
  id: "template-slack",
  inputs: { slack_workspace: 1, channel: "C0", text: "Hi" },
};
const crm: LoweredTemplate = { id: "template-crm", inputs: { subdomain: "acme", token: "t0psecret" } };

/** A webhook, unless another way to send is given. */
function inputsOf(more: Properties = {}): Properties {
  const webhook = more.template === undefined &&
    more.hog === undefined && {
      webhook: {
        url: "https://acme.example/hook",
        body: { event: "{event}" },
        signing_secret: `whsec_${Buffer.alloc(24, 7).toString("base64")}`,
      },
    };
  return {
    host: sandbox.url,
    project: "1",
    managed_by: `hogwire/dev/${slug}`,
    slug,
    name: "Sign-ups",
    enabled: true,
    filters: { events: [{ id: "user_signed_up", properties: [{ key: "plan", value: ["pro", "team"] }] }] },
    ...webhook,
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

const secretsPerhaps = { secrets: "perhaps changed outside Hogwire" };

/** Replaces the signing secret, and what else is given. */
async function replaceSecret(id: string, changes: Properties = {}) {
  const [row] = await inPostHog();
  const signing_secret = { value: `whsec_${Buffer.alloc(24, 9).toString("base64")}` };
  const inputs = { ...(row?.inputs as Properties), signing_secret, ...(changes.inputs as Properties) }; // as the sandbox answers
  await api("PATCH", `${id}/`, { mappings: null, ...changes, inputs });
}

test("a secret that somebody replaced is seen by PostHog's count of changes, until ours is written back", async () => {
  const { id, outs } = await provider().create(inputsOf());
  await replaceSecret(id);
  const first = await provider().read(id, outs);
  expect(first.inputs).toMatchObject(secretsPerhaps);
  // A refresh that was saved, and an update that did not come: still seen
  const second = await provider().read(id, first.props);
  expect(second.inputs).toEqual(first.inputs);
  const { outs: updated } = await provider().update(id, first.props, inputsOf());
  expect((await provider().read(id, updated)).inputs).not.toHaveProperty("secrets");
});

test("a secret that somebody replaced together with what the file then says is seen, and written back", async () => {
  const engine = createEngine();
  await engine.up(inputsOf());
  await replaceSecret(engine.id ?? "", { inputs: { url: { value: "https://theirs.example" } } });
  const webhook = { ...(inputsOf().webhook as Properties), url: "https://theirs.example" };
  expect(await engine.refresh()).toMatchObject({ webhook, ...secretsPerhaps });
  expect(await engine.up(inputsOf({ webhook }))).toBe("update");
  expect(await engine.up(inputsOf({ webhook }))).toBe("same");
});

test("where there is no secret, what was changed and changed back is no change", async () => {
  const way = { hog: { code: "return 1" } };
  const { id, outs } = await provider().create(inputsOf(way));
  for (const hog of ["return 2", "return 1"]) await api("PATCH", `${id}/`, { mappings: null, hog });
  expect((await inPostHog())[0]).toMatchObject({ version: 3 });
  expect((await provider().read(id, outs)).inputs).toEqual({ ...inputsOf(way), __provider: undefined });
});

test("a name is no change of secrets: PostHog does not count it", async () => {
  const { id, outs } = await provider().create(inputsOf());
  await api("PATCH", `${id}/`, { mappings: null, name: "Sign-ups, all" });
  const first = await provider().read(id, outs);
  expect(first.inputs).toEqual({ ...inputsOf({ name: "Sign-ups, all" }), __provider: undefined });
});

test("what a killed run left for another template is deleted, and the right one created", async () => {
  const killed = await provider().create(inputsOf({ template: slack }));
  const { id } = await provider().create(inputsOf());
  expect(id).not.toBe(killed.id);
  expect(await inPostHog()).toMatchObject([{ id, template: { id: "template-webhook" } }]);
});

test.each<[string, Properties, Properties, string[]]>([
  ["another name", {}, { name: "Other" }, []],
  [
    "another template",
    { template: slack },
    { template: { ...slack, id: "template-other" } },
    ["template.id"],
  ],
  ["other inputs of the template", { template: slack }, { template: { ...slack, inputs: {} } }, []],
  ["another way", { template: slack }, {}, ["template", "webhook"]],
  ["own code", {}, { hog: { code: "return 1" } }, ["webhook", "hog"]],
  ["other code of one's own", { hog: { code: "return 1" } }, { hog: { code: "return 2" } }, []],
  ["the webhook's template by its id", {}, { template: { id: "template-webhook", inputs: {} } }, []],
  ["PostHog's alerts", {}, { filters: { source: "internal-events", events: "all" } }, ["filters.source"]],
  ["no alerts", { filters: { source: "internal-events", events: "all" } }, {}, ["filters.source"]],
  ["persons' updates", {}, { filters: { source: "person-updates" } }, []],
  [
    "filters that are not known yet, as when what they depend on is replaced",
    { filters: { source: "internal-events", events: "all" } },
    { filters: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" },
    [],
  ],
])("%s replaces it because of %4$j", async (_name, before, after, replaces) => {
  const diff = await provider({ env: {} }).diff("1", inputsOf(before), inputsOf(after));
  expect(diff).toEqual({ replaces, deleteBeforeReplace: true });
});

const group = { key: "tier", value: "gold", type: "group", group_type: "compny" };
test.each<[string, Properties, RegExp]>([
  ["a signing secret of which this PostHog knows nothing", {}, /no input `signing_secret`.*update PostHog/],
  [
    "an input that the template does not know",
    { template: { ...crm, inputs: { ...crm.inputs, tokn: "t0psecret" } } },
    /`destination-\d+`.*the template `template-crm` has no input `tokn`.*it has `subdomain`, `token`/,
  ],
  [
    "a required input that is missing",
    { template: { ...crm, inputs: { subdomain: "a" } } },
    /`token` is required and missing/,
  ],
  [
    "an input of another type",
    { hog: { code: "return 1", inputs: { a: 1 } } },
    /`inputs_schema` has no input `a`/,
  ],
  ["a template that is not there", { template: { ...crm, id: "template-x" } }, /no template `template-x`/],
  [
    "a template for something else",
    { template: { ...crm, id: "template-geoip" } },
    /not one for destinations, but for: transformation/,
  ],
  [
    "a template that wants mappings",
    { template: { ...crm, id: "template-ads" } },
    /takes its values from mappings/,
  ],
  [
    "a group that the project has not",
    { template: crm, filters: { events: "all", properties: [group] } },
    /has no group type `compny`; it has `company`, `team`/,
  ],
])("refuses %s before anything is sent", (_name, more, message) =>
  withFake(async (fake) => {
    const inputs_schema = webhookTemplate.inputs_schema.filter((item) => item.key !== "signing_secret");
    const others = [
      { ...webhookTemplate, inputs_schema },
      { ...crmTemplate, id: "template-geoip", type: "transformation" },
      { ...crmTemplate, id: "template-ads", mapping_templates: [{}] },
    ];
    for (const template of others) fake.templates.set(template.id, template);
    fake.groupTypes = ["company", "team"];
    const error = await provider()
      .create(inputsOf({ host: fake.url, ...more }))
      .catch((reason: Error) => reason);
    expect(error).toHaveProperty("message", expect.stringMatching(message));
    expect(String(error)).not.toContain("t0psecret");
    expect(fake.requests.filter((request) => !request.startsWith("GET"))).toEqual([]);
  }),
);

test("asks for a template and for the group types once a run, and for group types only where one is named", async () => {
  const run = provider();
  const named = { filters: { events: "all", properties: [{ ...group, group_type: "team" }] } };
  const first = await run.create(inputsOf({ template: slack }));
  const asked = async () => (await posthog.requests()).map((request) => request.split("/api/projects/1/")[1]);
  expect(await asked()).toEqual([
    "hog_functions/",
    "hog_function_templates/template-slack/",
    "hog_functions/",
  ]);
  const second = await run.update(first.id, first.outs, inputsOf({ template: slack, ...named }));
  await Promise.all([1, 2, 3].map(() => run.read(first.id, second.outs)));
  expect(await asked()).toEqual([
    "hog_functions/",
    "hog_function_templates/template-slack/",
    "hog_functions/",
    "groups_types/",
    `hog_functions/${first.id}/`,
  ]);
});

test.each<[string, Fault | undefined, boolean, string]>([
  ["switches off", undefined, false, "It was switched off"],
  ["says that it could not switch off", { status: 403, body: { detail: "No." } }, true, "do so in PostHog: "],
])(
  "%s what PostHog stored with less filter than was asked, and keeps its id",
  (_name, fault, enabled, word) =>
    withFake(async (fake) => {
      const add = fake.rows.set.bind(fake.rows);
      fake.rows.set = (id, row) => add(id, Object.assign(row, { filters: { source: "events" } }));
      fake.fault = (request) => (request.startsWith("PATCH") ? fault : undefined);
      const error = await provider()
        .create(inputsOf({ host: fake.url }))
        .catch((reason: unknown) => reason);
      const [row] = fake.rows.values();
      expect(row).toMatchObject({ enabled });
      expect(error).toMatchObject({
        id: row?.id,
        properties: { __provider: "loader", slug, written: { by: `hogwire/dev/${slug}` } },
        reasons: [expect.stringContaining("`filters.events`"), expect.stringContaining(word)],
      });
    }),
);

test.each<[string, Properties, string]>([
  [
    "a webhook",
    { webhook: { url: "https://a.example/t0psecret", body: {}, secret_inputs: ["url"] } },
    "https://a.example/t0psecret",
  ],
  ["a template", { template: { ...crm, secret_inputs: ["token"] } }, "t0psecret"],
  [
    "a template, in a map, with templating",
    {
      template: {
        ...crm,
        inputs: { ...crm.inputs, properties: { value: { a: ["t0psecret"] }, templating: "hog" } },
        secret_inputs: ["properties"],
      },
    },
    "t0psecret",
  ],
  [
    "a template, one of which begins as another",
    {
      template: {
        ...crm,
        inputs: { ...crm.inputs, token: "t0p", email: "t0psecret" },
        secret_inputs: ["token", "email"],
      },
    },
    "t0psecret",
  ],
  [
    "own code",
    {
      hog: {
        code: "return 1",
        inputs_schema: [{ key: "token", type: "string", secret: true }],
        inputs: { token: "t0psecret" },
      },
    },
    "t0psecret",
  ],
])("takes a secret of %s that PostHog quotes out of the error", (_name, way, secret) =>
  withFake(async (fake) => {
    const refusal: Fault = {
      status: 400,
      body: {
        type: "validation_error",
        code: "invalid_input",
        detail: `Invalid hog template: ${secret}`,
        attr: "inputs__token",
      },
    };
    fake.fault = (request) => (request.startsWith("POST") ? refusal : undefined);
    await expect(provider().create(inputsOf({ host: fake.url, ...way }))).rejects.toThrow(
      /inputs\.token: Invalid hog template: \[secret\]$/,
    );
  }),
);
