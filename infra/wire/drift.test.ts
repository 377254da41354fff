import { describe, expect, test } from "vitest";
import { hogFunction } from "../posthog/hog-functions.ts";
import { fromRemote, toRemote, writtenOf } from "./destination.ts";
import { groups } from "./generated-inputs.ts";
import { applied, context, events, group, inputs, type Row, set, webhook } from "./testing.ts";
import { changedOutside } from "./ways.ts";

describe("what somebody changes in PostHog shows at its own path", () => {
  test.each<[string, (row: Row) => void, object]>([
    ["the name", set("name", "Other"), { name: "Other" }],
    [
      "the description",
      set("description", `Mine\n\n${toRemote(inputs, context).description}`),
      { description: "Mine" },
    ],
    ["a lost marker", set("description", ""), { managed_by: null }],
    ["enabled", set("enabled", false), { enabled: false }],
    ["a header", set("inputs.headers.value", { a: "b" }), { webhook: { ...webhook, headers: { a: "b" } } }],
    [
      "a header's templating",
      set("inputs.url.templating", "liquid"),
      { webhook: { ...webhook, url: { value: webhook.url, templating: "liquid" } } },
    ],
    ["an input taken away", set("inputs.method", null), { webhook: { ...webhook, method: changedOutside } }],
    ["an input added", set("inputs.extra", { value: 1 }), { webhook: { ...webhook, extra: 1 } }],
    [
      "an event",
      set("filters.events.1", { id: "x", name: "x", type: "events", order: 2 }),
      { filters: { ...inputs.filters, events: [...events, { id: "x" }] } },
    ],
    [
      "an event's label",
      set("filters.events.0.name", "Sign-up"),
      { filters: { ...inputs.filters, events: [{ ...events[0], name: "Sign-up" }, events[1]] } },
    ],
    [
      "an event's lost type, which makes it match everything",
      set("filters.events.0.type", undefined),
      { filters: { ...inputs.filters, events: [{ ...events[0], type: null }, events[1]] } },
    ],
    [
      "the order",
      set("filters.events.0.order", 5),
      {
        filters: {
          ...inputs.filters,
          events: [
            { ...events[1], order: 1 },
            { ...events[0], order: 5 },
          ],
        },
      },
    ],
    [
      "all events",
      (row) => {
        set("filters.events", [])(row);
        set("filters.actions", undefined)(row);
      },
      { filters: { ...inputs.filters, events: "all" } },
    ],
    [
      "all events, but for some",
      set("filters", {
        events: [
          { id: null, name: "All events", type: "events", order: 0, properties: [{ key: "a", value: "b" }] },
        ],
      }),
      { filters: { events: [{ id: null, name: "All events", properties: [{ key: "a", value: "b" }] }] } },
    ],
    [
      "another action in an event filter's place",
      set("filters.actions.0.id", "12"),
      { filters: { ...inputs.filters, events: [events[0], { action: 12, name: "paying" }] } },
    ],
    [
      "an action that is no number",
      set("filters.actions", [{ id: "x", name: "X", type: "actions", order: 1 }]),
      { filters: { ...inputs.filters, events: [events[0], { action: "x", name: "X" }] } },
    ],
    [
      "only an action",
      set("filters", { actions: [{ id: "1", name: "Action 1", type: "actions", order: 0 }] }),
      { filters: { events: [{ action: 1 }] } },
    ],
    [
      "an action's id as a number, by which PostHog does not find the function again",
      set("filters", { actions: [{ id: 1, name: "Action 1", type: "actions", order: 0 }] }),
      { filters: { events: [{ action: "1" }] } },
    ],
    [
      "an event filter's id as a number",
      set("filters.actions.0.id", 11),
      { filters: { ...inputs.filters, events: [events[0], { filter: "paying", id: 11 }] } },
    ],
    [
      "an event's lost label and order",
      set("filters.events.0", {
        id: "user_signed_up",
        type: "events",
        properties: [{ key: "plan", value: ["pro"] }],
      }),
      { filters: { ...inputs.filters, events: [{ ...events[0], name: null, order: null }, events[1]] } },
    ],
    [
      "a name of a group type, which PostHog does not know",
      set("filters.properties.0.group_type", "company"),
      { filters: { events, properties: [{ ...group, group_type_index: 1, group_type: "company" }] } },
    ],
    [
      "a property's operator",
      set("filters.events.0.properties.0.operator", "is_not"),
      {
        filters: {
          ...inputs.filters,
          events: [
            { id: "user_signed_up", properties: [{ key: "plan", value: ["pro"], operator: "is_not" }] },
            events[1],
          ],
        },
      },
    ],
    [
      "a property for all events",
      set("filters.properties", [{ key: "a", value: "b", type: "person" }]),
      { filters: { events, properties: [{ key: "a", value: "b", type: "person" }] } },
    ],
    [
      "another group, by its number where no name is known here",
      set("filters.properties.0.group_type_index", 0),
      { filters: { events, properties: [{ ...group, group_type_index: 0 }] } },
    ],
    [
      "a condition on a group that is known here by its name",
      set("filters.properties.1", { ...group, value: "silver", group_type_index: 1 }),
      {
        filters: {
          events,
          properties: [
            { ...group, group_type: "team" },
            { ...group, value: "silver", group_type: "team" },
          ],
        },
      },
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
    [
      "tables in the events' place",
      set("filters", { source: "data-warehouse-table", data_warehouse: [{ table_name: "t" }] }),
      { filters: { source: "data-warehouse-table", data_warehouse: [{ table_name: "t" }], events: [] } },
    ],
    ["an unknown filter", set("filters.sampling", 0.5), { filters: { ...inputs.filters, sampling: 0.5 } }],
    ["masking", set("masking", { ttl: 60, hash: "x", bytecode: [] }), { masking: { ttl: 60, hash: "x" } }],
    [
      "mappings, without what is derived in them",
      set("mappings", [{ name: "m", filters: { source: "events", bytecode: ["_H"] } }]),
      { mappings: [{ name: "m", filters: { source: "events" } }] },
    ],
    [
      "a lost secret",
      set("secrets.signing_secret", undefined),
      { webhook: { url: webhook.url, body: webhook.body } },
    ],
    [
      "a secret that the inputs do not have",
      set("secrets.secret_headers", { value: "x" }),
      { webhook: { ...webhook, secret_headers: changedOutside } },
    ],
    ["the code", set("hog", "return 1"), { code: changedOutside }],
    [
      "an item of the schema",
      set("inputs_schema.0.label", "URL!"),
      { inputs_schema: { url: changedOutside } },
    ],
    [
      "an item of the schema added, and one taken away",
      (row) => {
        (row.inputs_schema as Row[]).splice(0, 1, { key: "my_key", type: "string" });
        (row.inputs as Row).my_key = null;
      },
      { inputs_schema: { url: changedOutside, my_key: changedOutside } },
    ],
    [
      "a second item for the same key",
      (row) => (row.inputs_schema as Row[]).push({ key: "url", type: "string" }),
      { inputs_schema: { url: changedOutside } },
    ],
    ["the icon", set("icon_url", "/other.svg"), { icon_url: changedOutside }],
  ])("%s", (_name, change, drift) => {
    const seen = fromRemote(applied(change), { ...inputs, written: writtenOf(applied()) }, groups);
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
  ["empty lists the UI writes", set("filters.data_warehouse", [])],
  ["the order of the schema's items", (row) => (row.inputs_schema as Row[]).reverse()],
  ["a schema's flags that are false", set("inputs_schema.0", { key: "url", type: "string", required: true })],
])("%s is no drift (contract §1.14)", (_name, change) => {
  const remote = applied(change);
  expect(fromRemote(remote, { ...inputs, written: writtenOf(remote) }, groups)).toEqual(inputs);
});

test("digests are those of every state that exists", () => {
  const schema = [
    { key: "url", type: "string", secret: false, hidden: false, required: true },
    { type: "string", key: "signing_secret", secret: true },
  ];
  const row = { id: "1", type: "destination", enabled: true, hog: "return 1 ", version: 3 };
  const template = { id: "template-webhook" };
  const remote = hogFunction.parse({ ...row, template, inputs_schema: schema, icon_url: "/webhook.svg" });
  expect(writtenOf(remote)).toEqual({
    code: "1e593bae",
    inputs_schema: { url: "b579ad", signing_secret: "91fe4f" },
    icon_url: "448c207c",
    version: 3,
  });
  // A state from before holds more of them.
  const longer = { code: "1e593baef0f15f69", icon_url: "448c207c4cfc4f59" };
  const known = { host: "h", project: "1", written: { ...writtenOf(remote), ...longer } };
  const seen = fromRemote({ ...remote, icon_url: "/other.svg" }, known, groups);
  expect([seen.code, seen.icon_url]).toEqual([undefined, "changed outside Hogwire"]);
});

test("the one digest of a schema in states from before is compared with nothing", () => {
  const written = { ...writtenOf(applied()), inputs_schema: "b27e895fb151acdb" };
  expect(fromRemote(applied(set("inputs_schema.0.label", "URL!")), { ...inputs, written }, groups)).toEqual(
    inputs,
  );
});
