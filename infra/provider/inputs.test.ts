import { expect, test } from "vitest";
import { type Properties, unknownText } from "./inputs.ts";
import { providerOf as provider } from "./testing.ts";

const place = {
  host: "http://127.0.0.1:1",
  project: "1",
  managed_by: "hogwire/dev/signup",
  slug: "signup",
  name: "Sign-ups",
};
const filters = { events: [{ id: "x" }, { filter: "paying", id: "11" }, { action: 12 }] };
const webhook = { url: "https://acme.example", body: {} };
const destination = { ...place, kind: "destination", enabled: true, filters, __provider: "loader" };
const eventFilter = { ...place, kind: "event-filter", __provider: "loader" };
const hog = { code: "return 1", inputs_schema: [{ key: "a", type: "string", label: "A", secret: true }] };
const masking = { ttl: 60, hash: "{event.event}", threshold: 3 };

/** What `check` says; it has no network and no key (law 7). */
async function problems(inputs: Properties): Promise<string[]> {
  const { failures = [] } = await provider({ env: {} }).check({}, inputs);
  return failures.map(({ reason }) => reason);
}

test.each<[string, Properties]>([
  ["a webhook", { ...destination, webhook }],
  [
    "a template",
    { ...destination, template: { id: "template-slack", inputs: { text: "x" }, secret_inputs: ["text"] } },
  ],
  ["own code with masking", { ...destination, hog, masking }],
  ["persons' updates", { ...destination, webhook, filters: { source: "person-updates" } }],
  [
    "an event filter",
    { ...eventFilter, steps: [{ event: "$autocapture", text: "Buy", text_matching: "regex" }] },
  ],
  [
    "an event filter whose action's number is known only later, in a preview",
    { ...destination, webhook, filters: { events: [{ filter: "paying", id: unknownText }] } },
  ],
  ["an address that is known only later", { ...destination, webhook, host: unknownText }],
])("check takes %s", async (_name, inputs) => {
  expect(await problems(inputs)).toEqual([]);
});

const withFilters = (more: Properties) => ({ ...destination, webhook, filters: { events: "all", ...more } });
const withEvent = (event: Properties) => withFilters({ events: [{ id: "x" }, event] });
const withProperty = (property: Properties) => withFilters({ properties: [property] });
const withStep = (step: Properties) => ({ ...eventFilter, steps: [step] });

test.each<[string, Properties, string]>([
  ["no events", withFilters({ events: [] }), "filters.events: must not be empty"],
  ["no filters", { ...destination, webhook, filters: undefined }, "filters: "],
  ["events of persons' updates", withFilters({ source: "person-updates" }), "filters.events: "],
  [
    "no events of PostHog's alerts",
    { ...destination, webhook, filters: { source: "internal-events" } },
    "filters.events: ",
  ],
  ["an unknown filter", withFilters({ sampling: 1 }), 'filters: Unrecognized key: "sampling"'],
  ["an event filter without its action's number", withEvent({ filter: "paying" }), "filters.events.1.id: "],
  [
    "an event filter with a number that is none",
    withEvent({ filter: "paying", id: "x" }),
    "filters.events.1.id: must be the number",
  ],
  ["an action that is no number", withEvent({ action: "12" }), "filters.events.1.action: "],
  [
    "an unknown key of an event",
    withEvent({ id: "y", label: "Y" }),
    'filters.events.1: Unrecognized key: "label"',
  ],
  ["an unknown key of a condition", withProperty({ key: "a", negation: true }), "filters.properties.0: "],
  [
    "a condition that PostHog drops",
    withProperty({ key: "a", value: [] }),
    "filters.properties.0.value: must not be an empty list",
  ],
  [
    "a group's condition without the group",
    withProperty({ key: "a", type: "group" }),
    "filters.properties.0: a condition on a group",
  ],
  [
    "an unknown key beside a number that is known only later",
    { ...withFilters({ events: [{ filter: "paying", id: unknownText }] }), mappings: [] },
    'Unrecognized key: "mappings"',
  ],
  ["two ways to send", { ...destination, webhook, hog }, 'Unrecognized key: "webhook"'],
  ["no way to send", destination, "webhook: "],
  [
    "a secret as a number",
    { ...destination, webhook: { ...webhook, signing_secret: 1234567 } },
    "webhook.signing_secret: ",
  ],
  ["a template without inputs", { ...destination, template: { id: "template-slack" } }, "template.inputs: "],
  ["own code that is empty", { ...destination, hog: { code: " " } }, "hog.code: must not be empty"],
  [
    "a schema item without a key",
    { ...destination, hog: { ...hog, inputs_schema: [{ type: "string" }] } },
    "hog.inputs_schema.0.key: ",
  ],
  ["masking out of range", { ...destination, webhook, masking: { ...masking, ttl: 5 } }, "masking.ttl: "],
  [
    "an unknown key of masking",
    { ...destination, webhook, masking: { ...masking, per: [] } },
    'masking: Unrecognized key: "per"',
  ],
  ["an event filter without steps", { ...eventFilter, steps: [] }, "steps: "],
  ["a step that takes every event", withStep({}), "steps.0: must have a condition"],
  [
    "an element's text with another event",
    withStep({ event: "x", text: "Buy" }),
    "steps.0: `selector`, `tag_name`, `text` and `href` count only",
  ],
  ["an element's text alone", withStep({ text: "Buy" }), "steps.0: `selector`"],
  ["an unknown field of a step", withStep({ event: "x", css: "a" }), 'steps.0: Unrecognized key: "css"'],
])("check refuses %s without showing a value", async (_name, inputs, reason) => {
  const found = await problems(inputs);
  expect(found.some((problem) => problem.includes(reason)) ? reason : found).toBe(reason);
  expect(found.join()).not.toContain("1234567");
});

test("what check refuses is not created either", async () => {
  const run = provider({ env: {} });
  await expect(run.create(withStep({}))).rejects.toThrow(/not an event filter: steps\.0: must have/);
  await expect(run.create(withFilters({ events: [] }))).rejects.toThrow(/not a destination: filters\.events/);
});
