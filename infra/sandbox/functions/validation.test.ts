import { expect, test } from "vitest";
import { type Json, sandbox } from "../test-support.ts";

const code = { hog: "return event" };

const refused: [string, Json, string | null, string, RegExp | string][] = [
  ["no code", { name: "a" }, "hog", "invalid_input", "Required."],
  ["blank code", { hog: "  " }, "hog", "blank", "This field may not be blank."],
  ["too much code", { hog: `// ${"x".repeat(102_400)}` }, "hog", "invalid_input", /100KB/],
  [
    "a name with a hyphen where a member is meant",
    { hog: "return event.a-b" },
    "hog",
    "invalid_input",
    /^Hyphens are not supported/,
  ],
  ["code that is none", { hog: "let x :=" }, "hog", "invalid_input", "Hog code has errors."],
  [
    "what only PostHog may call",
    { hog: "sendEmail(1)" },
    "hog",
    "invalid_input",
    /^Reserved .*: sendEmail\./,
  ],
  ["no description", { ...code, description: null }, "description", "null", /null/],
  ["a long name", { ...code, name: "x".repeat(401) }, "name", "max_length", /400/],
  [
    "a wrong boolean",
    { ...code, enabled: "perhaps" },
    "enabled",
    "invalid_input",
    "Must be a valid boolean.",
  ],
  ["inputs that are a list", { ...code, inputs: ["a"] }, "inputs", "not_a_dict", /"list"/],
  ["filters that are a text", { ...code, filters: "a" }, "filters__non_field_errors", "invalid_input", /str/],
  ["events that are a text", { ...code, filters: { events: "a" } }, "filters__events", "not_a_list", /"str"/],
  [
    "events as bare names",
    { ...code, filters: { events: ["a"] } },
    "filters__events__0",
    "not_a_dict",
    /"str"/,
  ],
  [
    "an unknown source",
    { ...code, filters: { source: "all" } },
    "filters__source",
    "invalid_choice",
    /"all"/,
  ],
  ["a short ttl", { ...code, masking: { ttl: 5, hash: "{1}" } }, "masking__ttl", "min_value", /60/],
  ["masking without a hash", { ...code, masking: { ttl: 60 } }, "masking__hash", "required", /required/],
  [
    "mappings on an alert",
    { ...code, type: "internal_destination", mappings: [{}] },
    "mappings",
    "invalid_input",
    "Mappings are only allowed for destinations.",
  ],
  [
    "an input as a bare text",
    input("string", "a", true),
    "inputs__a__non_field_errors",
    "invalid_input",
    /str/,
  ],
  ["an input that is null", input("string", null), "inputs__a__value", "null", /null/],
  ["a number for a string", input("string", 1), "inputs__a", "invalid_input", "Value must be a string."],
  ["a string for a number", input("number", "1"), "inputs__a", "invalid_input", "Value must be a number."],
  [
    "a list for a dictionary",
    input("dictionary", [1]),
    "inputs__a",
    "invalid_input",
    "Value must be a dictionary.",
  ],
  ["a number for a boolean", input("boolean", 2), "inputs__a", "invalid_input", /boolean or a template/],
  [
    "Liquid in a boolean",
    { ...schema({ type: "boolean" }), inputs: { a: { value: "{{ a }}", templating: "liquid" } } },
    "inputs__a",
    "invalid_input",
    /^Liquid templating is not supported for boolean fields/,
  ],
  [
    "a template for a boolean that takes none",
    { ...schema({ type: "boolean", templating: false }), inputs: { a: { value: "{event.event}" } } },
    "inputs__a",
    "invalid_input",
    "Value must be a boolean.",
  ],
  ["an integration by name", input("integration", "a"), "inputs__a", "invalid_input", /an Integration ID/],
  ["one integration for many", input("integration_multi", 1), "inputs__a", "invalid_input", /list of Integ/],
  ["an email as a text", input("email", "a@b.example"), "inputs__a", "invalid_input", /an email object/],
  [
    "half an email",
    input("native_email", { from: { email: "a" }, html: "" }),
    "inputs__a",
    "invalid_input",
    "Missing values for 'to', 'subject', either 'text' or 'html'.",
  ],
  [
    "one status code",
    input("non_failure_status_codes", 404),
    "inputs__a",
    "invalid_input",
    /a list of status/,
  ],
  [
    "a status that is well",
    input("non_failure_status_codes", [200]),
    "inputs__a",
    "invalid_input",
    /400 and 599/,
  ],
  ["a family of none", input("non_failure_status_codes", ["3xx"]), "inputs__a", "invalid_input", /'4xx' or/],
  ["a status of what", input("non_failure_status_codes", [true]), "inputs__a", "invalid_input", /^Entries/],
  [
    "an unknown templating",
    schema({ templating: "jinja" }),
    "inputs_schema__0__templating",
    "invalid_choice",
    /jinja/,
  ],
  ["an item without a key", schema({ key: undefined }), "inputs_schema__0__key", "required", /required/],
  ["choices that are texts", schema({ choices: ["a"] }), "inputs_schema__0__choices__0", "not_a_dict", /str/],
  [
    "a secret in a mapping",
    { ...code, mappings: [{ inputs_schema: [{ key: "a", type: "string", secret: true }] }] },
    "mappings__0__inputs_schema",
    "invalid_input",
    /Secret/,
  ],
  ["an order out of range", { ...code, execution_order: 40_000 }, "execution_order", "max_value", /32767/],
  ["an open brace", input("string", "{event."), "inputs__a", "invalid_input", /^Invalid template: /],
  [
    "double braces",
    input("json", { b: ["{{ event }}"] }),
    "inputs__a",
    "invalid_input",
    /^Invalid template: /,
  ],
  [
    "inputs that read each other",
    {
      ...code,
      inputs_schema: ["a", "b"].map((key) => ({ key, type: "string" })),
      inputs: { a: { value: "{inputs.b}" }, b: { value: "{inputs.a}" } },
    },
    "inputs",
    "invalid_input",
    "Circular dependency detected in input_deps.",
  ],
];

function schema(item: Json): Json {
  return { ...code, inputs_schema: [{ key: "a", type: "string", ...item }] };
}

function input(type: string, value: unknown, isBare = false): Json {
  return { ...code, inputs_schema: [{ key: "a", type }], inputs: { a: isBare ? value : { value } } };
}

test.each(refused)("refuses %s (§1.4–§1.9)", async (_, body, attr, errorCode, detail) => {
  const { api } = await sandbox();
  const answer = await api("POST", "hog_functions/", body);
  expect(answer).toMatchObject({ status: 400, body: { type: "validation_error", attr, code: errorCode } });
  expect(answer.body.detail).toMatch(detail);
  expect((await api("GET", "hog_functions/")).body.count).toBe(0);
});

test("only the first error is told, in the order of the fields (§1.13)", async () => {
  const { api } = await sandbox();
  const body = { inputs: [], filters: "a", masking: {}, name: "x".repeat(401), type: "none" };
  expect((await api("POST", "hog_functions/", body)).body.attr).toBe("type");
  expect((await api("POST", "hog_functions/", { ...body, type: "destination" })).body.attr).toBe("name");
  expect((await api("POST", "hog_functions/", { ...body, template_id: "none" })).body.attr).toBe(
    "template_id",
  );
});

test("a body that is not JSON, or does not say so (§1.13)", async () => {
  const { call } = await sandbox();
  const path = "/api/projects/1/hog_functions/";
  expect(await call("POST", path, "{")).toMatchObject({ status: 400, body: { code: "parse_error" } });
  expect(await call("POST", path, "{}", { "content-type": "text/plain" })).toMatchObject({
    status: 415,
    body: { code: "unsupported_media_type" },
  });
  expect(await call("POST", path, [])).toMatchObject({ status: 400, body: { attr: null } });
  expect((await call("POST", path, "", { "content-type": "text/plain" })).body.attr).toBe("hog"); // none is `{}`
});

test.each([
  ["transformation", { ...code, type: "transformation" }],
  ["task_model", schema({ type: "task_model" })],
  ["HTML", input("email", { from: { email: "a" }, to: "b", subject: "c", html: "<p>" })],
])("what the sandbox lacks is refused by name, never half done: %s", async (name, body) => {
  const { api } = await sandbox();
  expect(await api("POST", "hog_functions/", body)).toMatchObject({
    status: 501,
    body: { detail: expect.stringContaining(name) },
  });
});

const noText = { toString: 1 };

test.each([
  ["type", { type: noText }],
  ["enabled", { enabled: [noText] }],
  ["inputs_schema__0__type", { inputs_schema: [{ key: "a", type: noText }] }],
  ["template_id", { template_id: noText }],
])("an object where %s has a word is refused, whatever it holds", async (attr, body) => {
  const { api } = await sandbox();
  const answer = await api("POST", "hog_functions/", { hog: "return event", ...body });
  expect(answer).toMatchObject({ status: 400, body: { type: "validation_error", attr } });
});

test("a body that nests deeper than anything means to is refused (§1.13)", async () => {
  const { api } = await sandbox();
  const answer = await api("POST", "hog_functions/", `{"filters":${"[".repeat(9_000)}${"]".repeat(9_000)}}`);
  expect(answer).toMatchObject({ status: 400, body: { code: "parse_error", attr: null } });
});

test("names and icons may be blank or null, a name may be missing (§1.4)", async () => {
  const { api } = await sandbox();
  for (const name of ["", null, undefined]) {
    const { body } = await api("POST", "hog_functions/", { ...code, name, icon_url: name });
    expect([body.name, body.icon_url, body.description]).toEqual([name ?? null, name ?? null, ""]);
  }
});

test("what binds an item to an integration is filled in again, unless its type changes (§1.6)", async () => {
  const { api } = await sandbox();
  const item = { key: "channel", type: "integration_field", integration_key: "slack" };
  const created = await api("POST", "hog_functions/", { ...code, inputs_schema: [item] });
  const patch = async (type: string) => {
    const body = { inputs_schema: [{ key: "channel", type }] };
    return (await api("PATCH", `hog_functions/${created.body.id}/`, body)).body.inputs_schema[0];
  };
  expect(await patch("integration_field")).toMatchObject({ integration_key: "slack" });
  expect(await patch("string")).not.toHaveProperty("integration_key");
  const slack = {
    template_id: "template-slack",
    inputs_schema: [{ key: "slack_workspace", type: "integration" }],
  };
  expect((await api("POST", "hog_functions/", slack)).body.inputs_schema[0].integration).toBe("slack");
});

test("a global that inputs do not have is saved today, or refused where PostHog will (§11.8)", async () => {
  const body = input("string", "{distinct_id}");
  const today = await sandbox();
  expect((await today.api("POST", "hog_functions/", body)).body.inputs.a.value).toBe("{distinct_id}");
  const tomorrow = await sandbox({ unknownGlobals: "refuse" });
  expect((await tomorrow.api("POST", "hog_functions/", body)).body).toMatchObject({
    attr: "inputs__a",
    detail: "Variable not available in inputs: distinct_id",
  });
});
