import { describe, expect, test } from "vitest";
import { type Answer, type Json, sandbox } from "../test-support.ts";

// What a client gets wrong, each as it would do it (contract §1, §9).

const code = { hog: "return event" };
const schema = [
  { key: "url", type: "string", required: true },
  { key: "note", type: "string" },
  { key: "key", type: "string", secret: true },
];
const full = {
  ...code,
  name: "Name",
  description: "Text",
  inputs_schema: schema,
  inputs: { url: { value: "https://a.example" }, note: { value: "hello" }, key: { value: "s3cret" } },
  filters: { events: [{ id: "sign_up", type: "events" }] },
  masking: { ttl: 60, hash: "{person.id}" },
};

async function created(body: Json = full, options: Parameters<typeof sandbox>[0] = {}) {
  const running = await sandbox(options);
  const answer = await running.api("POST", "hog_functions/", body);
  expect(answer.text).toContain('"id"');
  const item = `hog_functions/${answer.body.id}/`;
  return {
    ...running,
    fn: answer.body,
    patch: (change: unknown): Promise<Answer> => running.api("PATCH", item, change),
    put: (change: unknown): Promise<Answer> => running.api("PUT", item, change),
    get: (): Promise<Answer> => running.api("GET", item),
  };
}

describe("PATCH", () => {
  test("of the name alone keeps everything else, except mappings, which it sets to null (§1.6)", async () => {
    const mapping = { name: "one", inputs_schema: [], inputs: {} };
    const { fn, patch } = await created({ ...full, mappings: [mapping] });
    const { body } = await patch({ name: "Other" });
    expect(body).toEqual({ ...fn, name: "Other", mappings: null, version: 2, updated_at: body.updated_at });
  });

  test("replaces inputs whole, secrets excepted (§1.6, §1.7)", async () => {
    const { patch } = await created();
    const { body } = await patch({ inputs: { url: { value: "https://b.example" } } });
    expect(body.inputs).toMatchObject({ url: { value: "https://b.example" }, key: { secret: true } });
    expect(body.inputs.note).toBeNull(); // its place in the schema stays
  });

  test("replaces filters whole: null is every event (§1.6)", async () => {
    const { patch } = await created();
    const { body } = await patch({ filters: null });
    expect(body.filters).toEqual({ source: "events", bytecode: ["_H", 1, 29] });
  });

  test("replaces masking whole, and null ends it", async () => {
    const { patch } = await created();
    const { body } = await patch({ masking: { ttl: 120, hash: "{event.uuid}" } });
    expect(body.masking).toMatchObject({ ttl: 120, hash: "{event.uuid}" });
    expect((await patch({ masking: null })).body.masking).toBeNull();
  });

  test("drops the secret whose key left the schema (§1.7)", async () => {
    const { patch } = await created();
    expect((await patch({ inputs_schema: schema.slice(0, 2) })).body.inputs).not.toHaveProperty("key");
    expect((await patch({ inputs_schema: schema })).body.inputs).not.toHaveProperty("key");
  });

  test("that makes an input secret moves its stored value out of sight (§1.7)", async () => {
    const { patch } = await created();
    const secret = schema.map((item) => ({ ...item, secret: true }));
    const answer = await patch({ inputs_schema: secret });
    expect(answer.body.inputs).toEqual({
      url: { secret: true },
      note: { secret: true },
      key: { secret: true },
    });
    expect(answer.text).not.toContain("a.example");
  });

  test("checks again what it does not name: a stored cohort stops the enabling (§1.6)", async () => {
    const filters = { properties: [{ key: "id", value: 1, type: "cohort" }] };
    const { fn, patch, get } = await created({ ...full, filters });
    expect(fn.filters).toMatchObject({ bytecode: null, bytecode_error: expect.any(String) });
    expect(await patch({ enabled: true })).toMatchObject({
      status: 400,
      body: {
        attr: "filters__non_field_errors",
        detail: expect.stringMatching(/^Invalid filter configuration: /),
      },
    });
    expect((await get()).body.enabled).toBe(false);
    expect((await patch({ deleted: true })).status).toBe(200);
  });

  test("with the time of an older reading is refused with 409, a `server_error` that is none (§1.13)", async () => {
    const { fn, patch } = await created();
    const before = new Date(Date.parse(fn.updated_at) - 1000).toISOString();
    expect(await patch({ name: "Mine", base_updated_at: before })).toMatchObject({
      status: 409,
      body: { type: "server_error", code: "stale_update" },
    });
    expect((await patch({ name: "Mine", base_updated_at: fn.updated_at })).status).toBe(200);
  });

  test("raises the version with the configuration, not with the name or what is derived (§1.4, §1.14)", async () => {
    const { patch } = await created();
    expect((await patch({ name: "Other" })).body.version).toBe(1);
    expect((await patch({ enabled: true })).body.version).toBe(1);
    expect((await patch({ inputs: full.inputs })).body.version).toBe(1);
    expect((await patch({ inputs: { ...full.inputs, key: { value: "other" } } })).body.version).toBe(2);
    expect((await patch({ filters: {} })).body.version).toBe(3);
  });

  test("cannot give it another template, or take it away (§1.4)", async () => {
    const { patch } = await created({
      template_id: "template-webhook",
      inputs: { url: { value: "https://a.example" } },
    });
    expect((await patch({ template_id: "template-none" })).body.template.id).toBe("template-webhook");
    expect((await patch({ template_id: null })).body.template.id).toBe("template-webhook");
  });
});

describe("delete", () => {
  test("is a PATCH: then it is gone from GET, list and PATCH, and PUT cannot bring it back (§1.2)", async () => {
    const { api, patch, put, get } = await created();
    const deleted = await patch({ deleted: true });
    expect(deleted.status).toBe(200);
    expect(deleted.body).not.toHaveProperty("deleted");
    expect((await get()).status).toBe(404);
    expect((await patch({ name: "x" })).status).toBe(404);
    expect((await put({ deleted: false })).status).toBe(404);
    for (const almost of ["false", 0, null]) expect((await patch({ deleted: almost })).status).toBe(404);
    expect((await api("GET", "hog_functions/")).body.results).toEqual([]);
  });

  test("undone makes it live at once, secrets and all (§1.2)", async () => {
    const { patch } = await created({ ...full, enabled: true });
    await patch({ deleted: true });
    expect(await patch({ deleted: false })).toMatchObject({
      status: 200,
      body: { enabled: true, inputs: { key: { secret: true } } },
    });
  });

  test("by DELETE is refused, and does nothing (§1.2)", async () => {
    const { api, fn, get } = await created();
    const answer = await api("DELETE", `hog_functions/${fn.id}/`);
    expect(answer).toMatchObject({ status: 403, body: { code: "permission_denied" } });
    expect((await get()).status).toBe(200);
  });
});

describe("what vanishes or is changed without a word", () => {
  test("inputs outside the schema, unknown schema keys, unknown filter keys (§1.5, §1.8)", async () => {
    const { fn } = await created({
      ...full,
      inputs_schema: [{ key: "url", type: "string", tooltip: "?" }],
      inputs: { url: { value: "x" }, signing_secret: { value: "never stored" } },
      filters: { events: [{ id: "a", type: "events", custom: 1 }], event: ["b"] },
    });
    expect(fn.inputs).toEqual({ url: expect.objectContaining({ value: "x" }) });
    expect(fn.inputs_schema).toEqual([
      { key: "url", type: "string", required: false, secret: false, hidden: false },
    ]);
    expect(fn.filters).toEqual({
      source: "events",
      events: [{ id: "a", type: "events", custom: 1 }], // in an item an unknown key stays
      bytecode: expect.any(Array),
    });
  });

  test("outer whitespace of name, description and code (§1.4)", async () => {
    const { fn } = await created({ ...code, name: "  a ", description: " b\n", hog: "\nreturn event\n" });
    expect(fn).toMatchObject({ name: "a", description: "b", hog: "return event" });
  });

  test("a falsy value on create, which becomes the template's (§1.12)", async () => {
    const { fn } = await created({
      template_id: "template-webhook",
      name: "",
      description: "",
      inputs_schema: [],
      inputs: { url: { value: "https://a.example" } },
    });
    expect(fn).toMatchObject({
      name: "HTTP Webhook",
      description: "Sends a webhook templated by the incoming event data",
      template: { id: "template-webhook" },
      enabled: false,
    });
    expect(fn.inputs_schema.map(({ key }: Json) => key)).toContain("signing_secret");
    expect(fn).not.toHaveProperty("template_id");
  });

  test("defaults of optional inputs are not applied; those of required ones are (§1.5)", async () => {
    const { fn } = await created({
      ...code,
      inputs_schema: [
        { key: "optional", type: "string", default: "a" },
        { key: "needed", type: "string", default: "b", required: true },
      ],
    });
    expect(fn.inputs).toEqual({ optional: null, needed: expect.objectContaining({ value: "b" }) });
  });

  test("lists that do not go with the source of the filter (§1.8)", async () => {
    const { fn } = await created({
      ...code,
      filters: { source: "person-updates", events: [{ id: "a" }], properties: [{ key: "a", value: 1 }] },
    });
    expect(Object.keys(fn.filters).sort()).toEqual(["bytecode", "properties", "source"]);
  });
});

const secretAnswers: [string, unknown, number, unknown][] = [
  ["left out", undefined, 200, "kept"],
  ["{}", {}, 200, "kept"],
  ["the marker", { secret: true }, 200, "kept"],
  ["the marker with asterisks", { secret: true, value: "********" }, 200, "kept"],
  ["a new value", { value: "new" }, 200, "changed"],
  [
    "asterisks alone",
    { value: "********" },
    400,
    "This secret input was not updated correctly. Enter the value again.",
  ],
];

test.each(secretAnswers)("a secret sent as %s (§1.7)", async (_, sent, status, effect) => {
  const { fn, patch } = await created();
  const answer = await patch({ inputs: { ...full.inputs, key: sent } });
  expect(answer.status).toBe(status);
  if (status === 400) expect(answer.body).toMatchObject({ attr: "inputs__key", detail: effect });
  else expect(answer.body.version - fn.version).toBe(effect === "changed" ? 1 : 0);
});

test("inputs come back in the order in which they read each other (§1.5)", async () => {
  const { fn } = await created({
    ...code,
    inputs_schema: ["a", "b", "c"].map((key) => ({ key, type: "string" })),
    inputs: { a: { value: "{inputs.c}" }, b: { value: "b" }, c: { value: "{inputs.b}" } },
  });
  expect(Object.keys(fn.inputs)).toEqual(["b", "c", "a"]);
  expect(Object.values(fn.inputs).map((one) => (one as Json).order)).toEqual([0, 1, 2]);
});

test("an alert that PostHog has an API for is refused, an insight's is not (§1.6)", async () => {
  const { api } = await sandbox();
  const alert = (id: string) =>
    api("POST", "hog_functions/", { ...code, type: "internal_destination", filters: { events: [{ id }] } });
  expect(await alert("$logs_alert_firing")).toMatchObject({
    status: 400,
    body: {
      attr: "filters",
      detail: "Alert notification destinations are managed through the alert API.",
    },
  });
  expect((await alert("$insight_alert_firing")).status).toBe(201);
  expect((await alert("$error_tracking_issue_created")).status).toBe(201);
});

test("names are not unique, and a POST repeated is a second function (§1.3)", async () => {
  const { api } = await created(full);
  await api("POST", "hog_functions/", full);
  expect((await api("GET", "hog_functions/")).body.count).toBe(2);
});

test("the old path family works and says that it is going (§1.1)", async () => {
  const { call, fn } = await created();
  const answer = await call("GET", `/api/environments/1/hog_functions/${fn.id}/`);
  expect(answer.body).toEqual(fn);
  expect(answer.headers.get("deprecation")).toBeTruthy();
  expect(answer.headers.get("link")).toContain(`/api/projects/1/hog_functions/${fn.id}`);
  for (const path of ["@current/hog_functions/", "1/hog_functions"]) {
    const same = await call("GET", `/api/projects/${path}`);
    expect(same.body.count).toBe(1);
    expect(same.headers.get("deprecation")).toBeNull();
  }
});
