import fc from "fast-check";
import { expect, test } from "vitest";
import { webhookTemplate } from "../posthog/fake-templates.ts";
import {
  type DestinationInputs,
  fromRemote,
  lostInPostHog,
  originOf,
  toRemote,
  writtenOf,
} from "./destination.ts";
import { destinationInputs, groups } from "./generated-inputs.ts";
import { applied, context, events, group, inputs, type Row, set, stored, webhook } from "./testing.ts";

test("reads back what was written, for every lowered destination", () => {
  fc.assert(
    fc.property(destinationInputs(webhookTemplate), ({ inputs: generated, context }) => {
      const body = toRemote(generated, context);
      const remote = stored({ ...originOf(generated), ...body });
      expect(fromRemote(remote, { ...generated, written: writtenOf(remote) }, groups)).toEqual(generated);
      expect(lostInPostHog(generated, body, remote, groups)).toBeUndefined();
    }),
    { numRuns: 1000 },
  );
});

test("sends the whole truth, nothing left to a default", () => {
  expect(toRemote({ ...inputs, filters: { events: "all" } }, context)).toEqual({
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
  expect(toRemote(inputs, context).filters).toEqual({
    source: "events",
    events: [
      {
        id: "user_signed_up",
        name: "user_signed_up",
        type: "events",
        order: 0,
        properties: [{ key: "plan", value: ["pro"], operator: "exact", type: "event" }],
      },
    ],
    actions: [{ id: "11", name: "paying", type: "actions", order: 1 }],
    properties: [{ ...group, operator: "exact", group_type_index: 1 }],
    filter_test_accounts: false,
  });
});

test("never sends a condition on a group without the group", () => {
  const filters = { events, properties: [{ ...group, group_type: "nobody" }] };
  expect(() => toRemote({ ...inputs, filters }, context)).toThrow(/group type "nobody"/);
});

test.each<[string, DestinationInputs["filters"], object]>([
  ["events", { events: "all" }, { type: "destination", filters: { source: "events" } }],
  // Older PostHogs refuse the word, newer ones say it themselves (contract §1.8).
  ["internal-events", { source: "internal-events", events }, { type: "internal_destination", filters: {} }],
  [
    "person-updates",
    { source: "person-updates" },
    { type: "destination", filters: { source: "person-updates" } },
  ],
])("says the source %s as PostHog has it", (source, filters, said) => {
  const from = { ...inputs, filters };
  const body = toRemote(from, context);
  const { source: sent } = body.filters;
  expect({ type: originOf(from).type, filters: sent === undefined ? {} : { source: sent } }).toEqual(said);
  expect(Object.hasOwn(body.filters, "events")).toBe(source !== "person-updates");
  expect(fromRemote(applied(undefined, from), from, groups).filters).toEqual(filters);
});

test("makes the inputs that hold a secret secret in PostHog, where they are never read back", () => {
  const secret = { ...inputs, webhook: { ...webhook, secret_inputs: ["url" as const] } };
  const remote = applied(undefined, secret);
  expect(remote.inputs.url).toEqual({ secret: true });
  expect(fromRemote(remote, secret, groups).webhook).toEqual(secret.webhook);
  const { webhook: _webhook, ...unknown } = secret;
  expect(fromRemote(remote, unknown, groups).webhook).toEqual({
    body: { event: "{event}" },
    secret_inputs: ["url"],
  });
});

test("takes the signing secret's place away when there is none, so that PostHog forgets an old one", () => {
  const { signing_secret: _secret, ...unsigned } = webhook;
  const body = toRemote({ ...inputs, webhook: unsigned }, context);
  expect(body.inputs_schema.map((item) => item.key)).not.toContain("signing_secret");
  expect(body.inputs).not.toHaveProperty("signing_secret");
});

test("sends masking whole, and `null` to clear it", () => {
  const masking = { ttl: 60, hash: "{event.event}" };
  expect(toRemote({ ...inputs, masking }, context).masking).toEqual({ ...masking, threshold: null });
  expect(toRemote(inputs, context).masking).toBeNull();
});

test.each<[string, (row: Row) => void, string]>([
  ["a dropped condition", set("filters.events.0.properties", []), "filters.events.0.properties"],
  ["an event more", set("filters.events.1", { id: "x" }), "filters.events"],
  ["a dropped action", set("filters.actions", []), "filters.events"],
  [
    "a dropped group",
    set("filters.properties.0.group_type_index", undefined),
    "filters.properties.0.group_type",
  ],
  ["a masking that stays", set("masking", { ttl: 60, hash: "x" }), "masking"],
  ["another type", set("type", "internal_destination"), "filters.source"],
  ["a dropped secret", set("secrets.signing_secret", undefined), "webhook.signing_secret"],
  ["a secret kept in clear", set("inputs_schema.4.secret", false), "inputs_schema.signing_secret.secret"],
  ["a dropped default", set("inputs.method", null), "webhook.method"],
  ["other code", set("hog", "return 1"), "code"],
])("after a write, %s is noticed", (_name, change, path) => {
  expect(lostInPostHog(inputs, toRemote(inputs, context), applied(change), groups)).toBe(path);
});

test("trimming is no change, whatever PostHog trims", () => {
  const masking = { ttl: 60, hash: " {event.event}\n" };
  const padded = { ...inputs, name: " Sign-ups ", description: "\nTell the CRM ", masking };
  const remote = applied(undefined, padded);
  expect([remote.name, remote.masking?.hash]).toEqual(["Sign-ups", "{event.event}"]);
  expect(fromRemote(remote, padded, groups)).toEqual(padded);
});
