import { describe, expect, test } from "vitest";
import { readBack, store } from "../posthog/fake-rows.ts";
import { crmTemplate, slackTemplate } from "../posthog/fake-templates.ts";
import { hogFunction } from "../posthog/hog-functions.ts";
import type { Template } from "../posthog/templates.ts";
import type { LoweredHog, LoweredTemplate, LoweredWay } from "../spec/lowered.ts";
import {
  type DestinationInputs,
  fromRemote,
  lostInPostHog,
  originOf,
  toRemote,
  writtenOf,
} from "./destination.ts";
import { changedOutside, secretInputs } from "./ways.ts";

const groups = new Map<string, number>();

function inputsWith(way: LoweredWay): DestinationInputs {
  return {
    slug: "signup",
    host: "https://us.posthog.com",
    project: "1",
    managed_by: "hogwire/dev/signup",
    name: "Sign-ups",
    enabled: true,
    filters: { events: "all" },
    ...way,
  };
}

type Row = Record<string, unknown>;

/** What PostHog has after a write, and after somebody's `change`. */
function remote(inputs: DestinationInputs, template?: Template, change: (row: Row) => void = () => {}) {
  const row = store({ ...originOf(inputs), ...toRemote(inputs, { template, groups }) });
  change(row);
  return hogFunction.parse(readBack(row));
}

/** What is seen of it, knowing what was written. */
function seen(inputs: DestinationInputs, template?: Template, change?: (row: Row) => void) {
  const written = writtenOf(remote(inputs, template));
  return fromRemote(remote(inputs, template, change), { ...inputs, written }, groups);
}

function input(key: string, value: unknown) {
  return (row: Row) => {
    (row.inputs as Row)[key] = value;
  };
}

const slack: LoweredTemplate = {
  id: "template-slack",
  inputs: {
    slack_workspace: 7,
    channel: "C0123",
    text: { value: "{{ person.name }}", templating: "liquid" },
  },
};
const crm: LoweredTemplate = {
  id: "template-crm",
  inputs: { subdomain: "acme", token: "t0psecret", properties: { plan: "t1psecret" } },
  secret_inputs: ["properties", "token"],
};
const hog: LoweredHog = {
  code: "fetch(inputs.url)",
  inputs_schema: [
    { key: "url", type: "string", required: true },
    { key: "old_token", type: "string", secret: true },
    { key: "token", type: "string", label: "Token", secret: true },
  ],
  inputs: { url: "https://acme.example", token: "t0psecret" },
};

test("a template's code, icon and schema are those that PostHog serves; each input is bare or has its templating", () => {
  const inputs = inputsWith({ template: slack });
  expect(originOf(inputs)).toEqual({ type: "destination", template_id: "template-slack" });
  expect(toRemote(inputs, { template: slackTemplate, groups })).toMatchObject({
    hog: slackTemplate.code,
    icon_url: slackTemplate.icon_url,
    inputs_schema: slackTemplate.inputs_schema,
    inputs: {
      slack_workspace: { value: 7 },
      channel: { value: "C0123" },
      text: { value: "{{ person.name }}", templating: "liquid" },
    },
  });
});

test("a template's inputs that hold a secret are secret in PostHog, and those not given have no place there", () => {
  const { inputs_schema } = toRemote(inputsWith({ template: crm }), { template: crmTemplate, groups });
  expect(inputs_schema.filter((item) => item.secret).map((item) => item.key)).toEqual([
    "token",
    "properties",
  ]);
  const { token: _token, ...rest } = crm.inputs;
  const without = toRemote(inputsWith({ template: { id: crm.id, inputs: rest } }), {
    template: crmTemplate,
    groups,
  });
  expect(without.inputs_schema.map((item) => item.key)).not.toContain("token");
});

test("the default of a required input is sent, and is no drift when it comes back", () => {
  const inputs = inputsWith({ template: crm });
  expect(toRemote(inputs, { template: crmTemplate, groups }).inputs).toMatchObject({
    email: { value: "{person.properties.email}" },
  });
  expect(seen(inputs, crmTemplate).template).toEqual(crm);
  const explicit = { ...crm, inputs: { ...crm.inputs, email: "{person.properties.email}" } };
  expect(seen(inputsWith({ template: explicit }), crmTemplate).template).toEqual(explicit);
});

test("own code has no template and no icon, and its secrets that are not given have no place in PostHog", () => {
  const inputs = inputsWith({ hog });
  expect(originOf(inputs)).toEqual({ type: "destination", template_id: undefined });
  const body = toRemote(inputs, { groups });
  expect(body).toMatchObject({ hog: hog.code, icon_url: null });
  expect(body.inputs_schema.map((item) => item.key)).toEqual(["url", "token"]);
  expect(seen(inputs).hog).toEqual(hog);
});

test("trimming is no change of own code and of its schema's texts", () => {
  const padded = {
    code: "\nreturn 1\n",
    inputs_schema: [{ key: "a", type: "string", label: "A\n" }],
    inputs: { a: " x " },
  };
  expect(seen(inputsWith({ hog: padded })).hog).toEqual(padded);
});

test("after an import everything readable is there, in the way that PostHog's template says", () => {
  const place = { host: "https://us.posthog.com", project: "1" };
  const imported = (way: LoweredWay, template?: Template) =>
    fromRemote(remote(inputsWith(way), template), place, groups);
  expect(imported({ template: crm }, crmTemplate).template).toEqual({
    id: "template-crm",
    inputs: { subdomain: "acme", email: "{person.properties.email}" },
    secret_inputs: ["token", "properties"],
  });
  expect(imported({ hog }).hog).toEqual({
    code: hog.code,
    inputs_schema: [hog.inputs_schema?.[0], hog.inputs_schema?.[2]],
    inputs: { url: "https://acme.example" },
  });
});

test.each<[string, LoweredWay, object]>([
  [
    "a webhook",
    { webhook: { url: "u", body: "b", signing_secret: "s", secret_inputs: ["url"] } },
    { url: "u", signing_secret: "s" },
  ],
  ["a template", { template: crm }, { token: "t0psecret", properties: { plan: "t1psecret" } }],
  ["own code", { hog }, { token: "t0psecret" }],
])("knows the secrets of %s", (_name, way, secrets) => {
  expect(secretInputs(way)).toEqual(secrets);
});

describe("what somebody changes in PostHog shows at its own path", () => {
  test.each<[string, (row: Row) => void, object]>([
    ["an input", input("channel", { value: "C9" }), { inputs: { ...slack.inputs, channel: "C9" } }],
    [
      "an input's templating",
      input("text", { value: "{{ person.name }}", templating: "hog" }),
      { inputs: { ...slack.inputs, text: { value: "{{ person.name }}", templating: "hog" } } },
    ],
    ["an input added", input("username", { value: "Eve" }), { inputs: { ...slack.inputs, username: "Eve" } }],
    ["an input taken away", input("text", null), { inputs: { slack_workspace: 7, channel: "C0123" } }],
  ])("%s of a template", (_name, change, drift) => {
    const inputs = inputsWith({ template: slack });
    expect(seen(inputs, slackTemplate, change)).toEqual({ ...inputs, template: { ...slack, ...drift } });
  });

  test.each<[string, (row: Row) => void, object]>([
    [
      "a lost secret",
      (row) => {
        delete (row.secrets as Row).token;
      },
      { template: { ...crm, inputs: { subdomain: "acme", properties: { plan: "t1psecret" } } } },
    ],
    [
      "a default that is gone",
      input("email", null),
      { template: { ...crm, inputs: { ...crm.inputs, email: changedOutside } } },
    ],
    [
      "the code",
      (row) => {
        row.hog = "return 1";
      },
      { code: changedOutside },
    ],
  ])("%s of a template with secrets", (_name, change, drift) => {
    const inputs = inputsWith({ template: crm });
    expect(seen(inputs, crmTemplate, change)).toEqual({ ...inputs, ...drift });
  });

  test.each<[string, (row: Row) => void, object]>([
    [
      "the code",
      (row) => {
        row.hog = "return 1";
      },
      { hog: { ...hog, code: "return 1" } },
    ],
    [
      "an item of the schema",
      (row) => {
        row.inputs_schema = [
          { key: "url", type: "string", required: true, description: "Where" },
          { key: "token", type: "string", label: "Token", secret: true },
        ];
      },
      {
        hog: {
          ...hog,
          inputs_schema: [
            { key: "url", type: "string", required: true, description: "Where" },
            ...(hog.inputs_schema?.slice(1) ?? []),
          ],
        },
      },
    ],
    [
      "a secret that was not given here",
      (row) => {
        (row.inputs_schema as Row[]).push({ key: "old_token", type: "string", secret: true });
        (row.secrets as Row).old_token = { value: "theirs" };
      },
      {
        hog: {
          ...hog,
          inputs_schema: [hog.inputs_schema?.[0], hog.inputs_schema?.[2], hog.inputs_schema?.[1]],
          inputs: { ...hog.inputs, old_token: changedOutside },
        },
      },
    ],
    [
      "the icon",
      (row) => {
        row.icon_url = "/evil.svg";
      },
      { icon_url: changedOutside },
    ],
  ])("%s of own code", (_name, change, drift) => {
    const inputs = inputsWith({ hog });
    expect(seen(inputs, undefined, change)).toEqual({ ...inputs, ...drift });
  });
});

test.each<[string, LoweredWay, Template | undefined, (row: Row) => void, string]>([
  ["a dropped input", { template: slack }, slackTemplate, input("text", null), "template.inputs.text"],
  ["a dropped default", { template: crm }, crmTemplate, input("email", null), "template.inputs.email"],
  ["a dropped input of own code", { hog }, undefined, input("url", null), "hog.inputs.url"],
  [
    "a dropped key of its schema",
    { hog },
    undefined,
    (row) => {
      row.inputs_schema = [
        { key: "url", type: "string" },
        { key: "token", type: "string", secret: true },
      ];
    },
    "hog.inputs_schema.0.required",
  ],
])("after a write, %s is noticed", (_name, way, template, change, path) => {
  const inputs = inputsWith(way);
  const sent = toRemote(inputs, { template, groups });
  expect(lostInPostHog(inputs, sent, remote(inputs, template, change), groups)).toBe(path);
});
