import { expect, test } from "vitest";
import { crmTemplate, slackTemplate, webhookTemplate } from "../posthog/fake-templates.ts";
import type { LoweredHog, LoweredWay } from "../spec/lowered.ts";
import { inputProblems, unknownInputs } from "./input-problems.ts";
import { madeOf } from "./ways.ts";

const given = { subdomain: "acme", token: "t0psecret" };

function crmProblems(inputs: Record<string, unknown>): string[] {
  return inputProblems({ template: { id: crmTemplate.id, inputs: { ...given, ...inputs } } }, crmTemplate);
}

test("finds nothing where PostHog would not", () => {
  expect(crmProblems({})).toEqual([]);
  const all = { note: "{{ x }}", properties: { a: 1 }, score: 3, priority: "low", email: "a@b.example" };
  expect(crmProblems(all)).toEqual([]);
  // Empty values skip its checks (contract §1.5).
  expect(crmProblems({ properties: "", score: "", priority: "" })).toEqual([]);
  const webhook = { url: "u", body: {}, signing_secret: "s" };
  expect(inputProblems({ webhook }, webhookTemplate)).toEqual([]);
});

test.each<[string, Record<string, unknown>, RegExp]>([
  [
    "an unknown input",
    { subdomian: "x" },
    /^the template `template-crm` has no input `subdomian`.*it has `subdomain`, `token`/,
  ],
  ["a required one that is empty", { subdomain: "" }, /^the input `subdomain` is required and empty$/],
  ["`null`", { note: null }, /^the input `note` is null/],
  ["a number for a text", { subdomain: 12345 }, /^the input `subdomain` must be a text$/],
  ["a text for a number", { score: "{event.properties.score}" }, /^the input `score` must be a number$/],
  ["a list for a map", { properties: ["x"] }, /^the input `properties` must be a map$/],
  [
    "templating that the schema decides otherwise",
    { note: { value: "x", templating: "hog" } },
    /^the input `note` has its templating set by the schema, to liquid$/,
  ],
])("finds %s", (_name, inputs, problem) => {
  expect(crmProblems(inputs)).toEqual([expect.stringMatching(problem)]);
});

test.each<[string, LoweredWay, RegExp]>([
  [
    "PostHog's mask for a secret",
    { template: { id: crmTemplate.id, inputs: { ...given, token: "********" }, secret_inputs: ["token"] } },
    /^the input `token` is `\*+`, which PostHog shows in place of a secret/,
  ],
  [
    "the mask in secret headers",
    { webhook: { url: "u", body: {}, headers: { "X-Key": "********" }, secret_inputs: ["headers"] } },
    /^the input `headers` is `\*+`/,
  ],
  [
    "an empty secret",
    { webhook: { url: "u", body: {}, signing_secret: "" } },
    /^the input `signing_secret` is a secret and empty/,
  ],
])("finds %s", (_name, way, problem) => {
  expect(inputProblems(way, "template" in way ? crmTemplate : webhookTemplate)).toEqual([
    expect.stringMatching(problem),
  ]);
});

test("finds a required input that is missing, and all else at once", () => {
  const problems = inputProblems(
    { template: { id: slackTemplate.id, inputs: { channel: "" } } },
    slackTemplate,
  );
  expect(problems).toEqual([
    "the input `slack_workspace` is required and missing",
    "the input `channel` is required and empty",
  ]);
});

test("an empty default of a required input is none", () => {
  const hog: LoweredHog = {
    code: "return 1",
    inputs_schema: [{ key: "apiKey", type: "string", required: true, default: "" }],
  };
  expect(inputProblems({ hog }, madeOf({ hog }, undefined))).toEqual([
    "the input `apiKey` is required and missing",
  ]);
});

test("never shows a value", () => {
  const wrong = { token: ["s3cret"], score: "s3cret", properties: "s3cret" };
  expect(crmProblems(wrong)).toHaveLength(3);
  expect(crmProblems(wrong).join()).not.toContain("s3cret");
});

test("looks at own code's inputs by its own schema", () => {
  const hog: LoweredHog = {
    code: "return 1",
    inputs_schema: [{ key: "on", type: "boolean", required: true }],
    inputs: { off: true },
  };
  expect(inputProblems({ hog }, madeOf({ hog }, undefined))).toEqual([
    "its `inputs_schema` has no input `off`, which PostHog would drop without a word; it has `on`",
    "the input `on` is required and missing",
  ]);
});

test.each<[unknown, unknown, boolean]>([
  [true, undefined, true],
  ["{event.properties.on}", undefined, true],
  ["{event.properties.on}", false, false],
  ["{{ event.properties.on }}", "liquid", false],
  [1, undefined, false],
])("takes %j for a boolean whose schema says templating %j: %j", (value, templating, isTaken) => {
  const inputs_schema = [{ key: "on", type: "boolean", ...(templating !== undefined && { templating }) }];
  const hog: LoweredHog = { code: "return 1", inputs_schema, inputs: { on: value } };
  expect(inputProblems({ hog }, madeOf({ hog }, undefined))).toHaveLength(isTaken ? 0 : 1);
});

test("finds a template where the schema wants none, which PostHog would take for a text", () => {
  const inputs_schema = [{ key: "raw", type: "string", templating: false }];
  const hog: LoweredHog = {
    code: "return 1",
    inputs_schema,
    inputs: { raw: { value: "x", templating: "hog" } },
  };
  expect(inputProblems({ hog }, madeOf({ hog }, undefined))).toEqual([
    "the input `raw` has its templating set by the schema, to false",
  ]);
});

test("leaves a choice alone: PostHog does not compare it with its choices", () => {
  const inputs_schema = [{ key: "on", type: "choice", choices: ["a"] }];
  const hog: LoweredHog = { code: "return 1", inputs_schema, inputs: { on: "b" } };
  expect(inputProblems({ hog }, madeOf({ hog }, undefined))).toEqual([]);
});

test("names the inputs that an older template would drop, and what is to be done for signing", () => {
  const inputs_schema = webhookTemplate.inputs_schema.filter((item) => item.key !== "signing_secret");
  const older = { ...webhookTemplate, inputs_schema };
  const webhook = { url: "u", body: {}, signing_secret: "s" };
  expect(unknownInputs({ webhook }, older)).toEqual(["signing_secret"]);
  expect(unknownInputs({ webhook }, webhookTemplate)).toEqual([]);
  expect(inputProblems({ webhook }, older)).toEqual([
    expect.stringMatching(/no input `signing_secret`.*update PostHog/),
  ]);
});
