import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readBack, store, webhookTemplate } from "../posthog/fake-posthog.ts";
import { type HogFunction, hogFunction } from "../posthog/hog-functions.ts";
import {
  changedOutside,
  type DestinationInputs,
  fromRemote,
  lostInPostHog,
  toRemote,
  unknownInputs,
  writtenOf,
} from "./destination.ts";
import { destinationInputs } from "./generated-inputs.ts";

const inputs: DestinationInputs = {
  slug: "signup",
  host: "https://us.posthog.com",
  project: "1",
  managed_by: "hogwire/dev/signup",
  name: "Sign-ups",
  enabled: true,
  filters: { events: [{ id: "user_signed_up", properties: [{ key: "plan", value: ["pro"] }] }] },
  webhook: { url: "https://acme.example", body: { event: "{event}" }, signing_secret: "whsec_c2VjcmV0" },
};

/** What PostHog stores of a body, and what a change by hand makes of it before it is read. */
function stored(body: object, change: (row: Record<string, unknown>) => void = () => {}): HogFunction {
  const row = store({ ...body });
  change(row);
  return hogFunction.parse(readBack(row));
}

function applied(change?: (row: Record<string, unknown>) => void) {
  return stored(toRemote(inputs, webhookTemplate), change);
}

test("reads back what was written, for every lowered destination", () => {
  fc.assert(
    fc.property(destinationInputs, (generated) => {
      const body = toRemote(generated, webhookTemplate);
      const remote = stored(body);
      expect(fromRemote(remote, { ...generated, written: writtenOf(remote) })).toEqual(generated);
      expect(lostInPostHog(generated, body, remote)).toBeUndefined();
    }),
    { numRuns: 500 },
  );
});

test("sends the whole truth, nothing left to a default", () => {
  expect(toRemote({ ...inputs, filters: { events: "all" } }, webhookTemplate)).toEqual({
    name: "Sign-ups",
    description: "Managed by Hogwire: destinations/signup.yaml [hogwire:hogwire/dev/signup]",
    enabled: true,
    filters: {
      source: "events",
      events: [{ id: null, name: "All events", type: "events", order: 0 }],
      properties: [],
      filter_test_accounts: false,
    },
    hog: webhookTemplate.code,
    inputs_schema: webhookTemplate.inputs_schema,
    inputs: {
      url: { value: "https://acme.example" },
      method: { value: "POST" },
      body: { value: { event: "{event}" } },
      headers: { value: { "Content-Type": "application/json" } },
      debug: { value: false },
      signing_secret: { value: "whsec_c2VjcmV0" },
    },
    icon_url: webhookTemplate.icon_url,
    masking: null,
    mappings: null,
  });
});

test("fills in an event's name and order, and a property's operator and type", () => {
  expect(toRemote(inputs, webhookTemplate).filters.events).toEqual([
    {
      id: "user_signed_up",
      name: "user_signed_up",
      type: "events",
      order: 0,
      properties: [{ key: "plan", value: ["pro"], operator: "exact", type: "event" }],
    },
  ]);
});

test("makes the inputs that hold a secret secret in PostHog, where they are never read back", () => {
  const secret: DestinationInputs = { ...inputs, webhook: { ...inputs.webhook, secret_inputs: ["url"] } };
  const remote = stored(toRemote(secret, webhookTemplate));
  expect(remote.inputs.url).toEqual({ secret: true });
  expect(fromRemote(remote, secret).webhook).toEqual(secret.webhook);
  const { webhook: _webhook, ...unknown } = secret;
  expect(fromRemote(remote, unknown).webhook).toEqual({ body: { event: "{event}" }, secret_inputs: ["url"] });
});

test("takes the signing secret's place away when there is none, so that PostHog forgets an old one", () => {
  const { signing_secret: _secret, ...webhook } = inputs.webhook;
  const body = toRemote({ ...inputs, webhook }, webhookTemplate);
  expect(body.inputs_schema.map((item) => item.key)).not.toContain("signing_secret");
  expect(body.inputs).not.toHaveProperty("signing_secret");
});

test("names the inputs that an older template would drop", () => {
  const older = {
    ...webhookTemplate,
    inputs_schema: webhookTemplate.inputs_schema.filter((item) => item.key !== "signing_secret"),
  };
  expect(unknownInputs(inputs, older)).toEqual(["signing_secret"]);
  expect(unknownInputs(inputs, webhookTemplate)).toEqual([]);
});

type Row = Record<string, unknown>;
const set = (path: string, value: unknown) => (row: Row) => {
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  const parent = keys.reduce<Row>((object, key) => object[key] as Row, row);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
};

describe("what somebody changes in PostHog shows at its own path", () => {
  test.each<[string, (row: Row) => void, object]>([
    ["the name", set("name", "Other"), { name: "Other" }],
    [
      "the description",
      set("description", `Mine\n\n${toRemote(inputs, webhookTemplate).description}`),
      { description: "Mine" },
    ],
    ["a lost marker", set("description", ""), { managed_by: null }],
    ["enabled", set("enabled", false), { enabled: false }],
    [
      "a header",
      set("inputs.headers.value", { a: "b" }),
      { webhook: { ...inputs.webhook, headers: { a: "b" } } },
    ],
    [
      "a header's templating",
      set("inputs.url.templating", "liquid"),
      { webhook: { ...inputs.webhook, url: { value: inputs.webhook.url, templating: "liquid" } } },
    ],
    [
      "an input taken away",
      set("inputs.method", null),
      { webhook: { ...inputs.webhook, method: changedOutside } },
    ],
    ["an input added", set("inputs.extra", { value: 1 }), { webhook: { ...inputs.webhook, extra: 1 } }],
    [
      "an event",
      set("filters.events.1", { id: "x", name: "x", type: "events", order: 1 }),
      { filters: { events: [...inputs.filters.events, { id: "x" }] } },
    ],
    [
      "an event's label",
      set("filters.events.0.name", "Sign-up"),
      { filters: { events: [{ ...(inputs.filters.events[0] as object), name: "Sign-up" }] } },
    ],
    ["all events", set("filters.events", []), { filters: { events: "all" } }],
    [
      "all events, but for some",
      set("filters.events", [
        { id: null, name: "All events", type: "events", order: 0, properties: [{ key: "a", value: "b" }] },
      ]),
      { filters: { events: [{ id: null, name: "All events", properties: [{ key: "a", value: "b" }] }] } },
    ],
    [
      "an action",
      set("filters.actions", [{ id: "1" }]),
      { filters: { ...inputs.filters, actions: [{ id: "1" }] } },
    ],
    [
      "only an action",
      set("filters", { actions: [{ id: "1" }] }),
      { filters: { events: [], actions: [{ id: "1" }] } },
    ],
    [
      "a property's operator",
      set("filters.events.0.properties.0.operator", "is_not"),
      {
        filters: {
          events: [
            { id: "user_signed_up", properties: [{ key: "plan", value: ["pro"], operator: "is_not" }] },
          ],
        },
      },
    ],
    [
      "a property for all events",
      set("filters.properties", [{ key: "a", value: "b", type: "person" }]),
      { filters: { ...inputs.filters, properties: [{ key: "a", value: "b", type: "person" }] } },
    ],
    [
      "test accounts",
      set("filters.filter_test_accounts", true),
      { filters: { ...inputs.filters, filter_test_accounts: true } },
    ],
    [
      "the source",
      set("filters.source", "person-updates"),
      { filters: { ...inputs.filters, source: "person-updates" } },
    ],
    ["an unknown filter", set("filters.sampling", 0.5), { filters: { ...inputs.filters, sampling: 0.5 } }],
    ["masking", set("masking", { ttl: 60, hash: "x", bytecode: [] }), { masking: { ttl: 60, hash: "x" } }],
    ["mappings", set("mappings", [{ name: "m" }]), { mappings: [{ name: "m" }] }],
    [
      "a lost secret",
      set("secrets.signing_secret", undefined),
      { webhook: { url: inputs.webhook.url, body: inputs.webhook.body } },
    ],
    [
      "a secret that the inputs do not have",
      set("secrets.secret_headers", { value: "x" }),
      { webhook: { ...inputs.webhook, secret_headers: changedOutside } },
    ],
    ["the code", set("hog", "return 1"), { code: changedOutside }],
    ["the schema", set("inputs_schema.0.label", "URL!"), { inputs_schema: changedOutside }],
    ["the icon", set("icon_url", "/other.svg"), { icon_url: changedOutside }],
  ])("%s", (_name, change, drift) => {
    const seen = fromRemote(applied(change), { ...inputs, written: writtenOf(applied()) });
    expect(seen).toEqual({ ...inputs, ...drift });
  });
});

test.each<[string, (row: Row) => void]>([
  ["derived filters", set("filters.bytecode_error", "x")],
  ["derived inputs", set("inputs.url.transpiled", "x")],
  ["a contract of bytecode", set("inputs.url.bytecode_contract", 1)],
  [
    "templating that the schema sets",
    (row) => {
      set("inputs_schema.0.templating", true)(row);
      set("inputs.url.templating", "hog")(row);
    },
  ],
  ["a new template", set("template", { id: "template-webhook", code: "new" })],
  ["an input of a newer schema without a value", set("inputs.non_failure_status_codes", null)],
  ["the status", set("status", { state: 3, tokens: 0 })],
  ["a draft", set("draft", { name: "x" })],
  ["empty lists the UI writes", set("filters.actions", [])],
])("%s is no drift (contract §1.14)", (_name, change) => {
  const remote = applied(change);
  expect(fromRemote(remote, { ...inputs, written: writtenOf(remote) })).toEqual(inputs);
});

test.each<[string, (row: Row) => void, string]>([
  ["a dropped condition", set("filters.events.0.properties", []), "filters.events.0.properties"],
  ["an event more", set("filters.events.1", { id: "x" }), "filters.events"],
  ["a dropped secret", set("secrets.signing_secret", undefined), "webhook.signing_secret"],
  ["a secret kept in clear", set("inputs_schema.4.secret", false), "inputs_schema.signing_secret.secret"],
  ["a dropped default", set("inputs.method", null), "webhook.method"],
  ["other code", set("hog", "return 1"), "code"],
])("after a write, %s is noticed", (_name, change, path) => {
  expect(lostInPostHog(inputs, toRemote(inputs, webhookTemplate), applied(change))).toBe(path);
});

test("trimming is no change, neither of the name nor of the description", () => {
  const padded = { ...inputs, name: " Sign-ups ", description: "\nTell the CRM " };
  const remote = stored(toRemote(padded, webhookTemplate));
  expect(remote.name).toBe("Sign-ups");
  expect(fromRemote(remote, padded)).toEqual(padded);
});
