import fc from "fast-check";
import type { InputSchemaItem } from "../posthog/hog-functions.ts";
import type { Template } from "../posthog/templates.ts";
import type { LoweredProperty, LoweredSchemaItem, LoweredStep, LoweredWay } from "../spec/lowered.ts";
import type { DestinationInputs, WriteContext } from "./destination.ts";
import type { EventFilterInputs } from "./event-filter.ts";
import type { EventReference, Filters } from "./filters.ts";
import { isWithTemplating } from "./ways.ts";

/** For tests: any lowered destination or event filter, in the normal form in which lowering leaves it. */
export const groups = new Map([
  ["company", 0],
  ["team", 1],
  ["constructor", 2],
]);

const text = fc.string({ minLength: 1, unit: "grapheme" });
const words = text.filter((value) => value.trim() !== "");
/** Keys that every object seems to have. */
const inherited = fc.constantFrom("__proto__", "constructor", "toString");
// JSON has no -0 and an input must not be null (contract §1.5).
const anyJson = fc
  .jsonValue({ maxDepth: 3 })
  .map((value): unknown => JSON.parse(JSON.stringify(value)) ?? "");
const json = fc.oneof(
  { weight: 4, arbitrary: anyJson },
  fc.dictionary(inherited, anyJson, { noNullPrototype: true }),
);
const value = fc.oneof(text, fc.array(text, { minLength: 1 }), fc.integer());
const operator = fc.constantFrom("icontains", "is_not", "gt", "is_set");
// The same condition said both ways in one destination could not be told apart: the keys differ.
const property: fc.Arbitrary<LoweredProperty> = fc.oneof(
  fc.record(
    { key: text, value, operator, type: fc.constantFrom("person", "element", "hogql") },
    { requiredKeys: ["key"] },
  ),
  fc.record(
    {
      key: text.map((key) => `${key}!`),
      value,
      operator,
      type: fc.constant("group"),
      group_type_index: fc.nat(4),
    },
    { requiredKeys: ["key", "type", "group_type_index"] },
  ),
  fc.record(
    {
      key: text.map((key) => `${key}?`),
      value,
      operator,
      type: fc.constant("group"),
      group_type: fc.constantFrom(...groups.keys()),
    },
    { requiredKeys: ["key", "type", "group_type"] },
  ),
);
const properties = fc.array(property, { minLength: 1, maxLength: 3 });

// An event filter has one action; that action may be meant by its number too.
const event: fc.Arbitrary<EventReference> = fc.oneof(
  fc.record({ id: text, properties }, { requiredKeys: ["id"] }),
  fc
    .record({ filter: fc.constantFrom("paying", "trial"), properties }, { requiredKeys: ["filter"] })
    .map((one) => ({ ...one, id: one.filter === "paying" ? "11" : "12" })),
  fc.record({ action: fc.constantFrom(11, 12, 99), properties }, { requiredKeys: ["action"] }),
);
const events: fc.Arbitrary<Filters["events"] & {}> = fc.oneof(
  fc.constant("all" as const),
  fc.array(event, { minLength: 1, maxLength: 4 }),
);
const general = { properties, filter_test_accounts: fc.constant(true as const) };
const filters: fc.Arbitrary<Filters> = fc.oneof(
  fc.record({ events, ...general }, { requiredKeys: ["events"] }),
  fc.record(
    { source: fc.constant("internal-events" as const), events, ...general },
    { requiredKeys: ["source", "events"] },
  ),
  fc.record({ source: fc.constant("person-updates" as const), ...general }, { requiredKeys: ["source"] }),
);

const webhook = fc.record(
  {
    url: text,
    method: fc.constantFrom("PUT" as const, "PATCH" as const, "GET" as const, "DELETE" as const),
    headers: fc.dictionary(fc.oneof(fc.stringMatching(/^X-[A-Za-z]{1,8}$/), inherited), text),
    body: json,
    signing_secret: text,
    secret_inputs: fc.shuffledSubarray(["url" as const, "headers" as const], { minLength: 1 }),
    debug: fc.constant(true as const),
  },
  { requiredKeys: ["url", "body"] },
);

const bare = json.filter((input) => !isWithTemplating(input));
const schemaItem = fc.record(
  {
    type: fc.constantFrom("string", "json", "choice"),
    label: fc.constantFrom("A label", " padded "),
    required: fc.constant(true as const),
    secret: fc.constant(true as const),
    hidden: fc.constant(true as const),
    default: bare,
    templating: fc.constantFrom(true, false, "hog", "liquid"),
  },
  { requiredKeys: ["type"] },
);
/** Items of a schema, each with what is given for it, if anything is. */
const schemaWithInputs = fc
  .dictionary(
    fc.oneof(fc.stringMatching(/^[a-z_]{1,8}$/), fc.constant("constructor")),
    fc.tuple(schemaItem, fc.option(bare), fc.boolean()),
    {
      maxKeys: 5,
    },
  )
  .map((items) => ({
    schema: Object.entries(items).map(([key, [item]]) => ({ key, ...item })),
    inputs: Object.fromEntries(
      Object.entries(items).flatMap(([key, [item, given, isWithForm]]) => {
        if (given === null) return [];
        const templating = item.templating === "hog" || item.templating === true ? "hog" : "liquid";
        return [[key, isWithForm ? { value: given, templating } : given]];
      }),
    ),
  }));

type Way = { way: LoweredWay; template?: Template };
const way: fc.Arbitrary<Way> = fc.oneof(
  webhook.map((one): Way => ({ way: { webhook: one } })),
  fc.tuple(schemaWithInputs, fc.nat(), words).map(([{ schema, inputs }, secrets, code]): Way => {
    const secret_inputs = Object.keys(inputs).slice(0, secrets % 3);
    return {
      way: {
        template: {
          id: "template-any",
          inputs,
          ...(secret_inputs.length > 0 && { secret_inputs: secret_inputs.reverse() }),
        },
      },
      template: { id: "template-any", code, inputs_schema: schema, icon_url: "/any.svg" },
    };
  }),
  fc.tuple(schemaWithInputs, words).map(([{ schema, inputs }, code]): Way => {
    const inputs_schema: LoweredSchemaItem[] = schema;
    return {
      way: {
        hog: {
          code,
          ...(inputs_schema.length > 0 && { inputs_schema }),
          ...(Object.keys(inputs).length > 0 && { inputs }),
        },
      },
    };
  }),
);

/** Not in PostHog. */
const upkeep = {
  adopt: text,
  lifecycle: fc.record(
    { retain: fc.constant(true as const), upgrade: fc.constant(true as const) },
    { requiredKeys: [] },
  ),
};

const common = {
  ...upkeep,
  slug: fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/),
  name: fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" }).filter((name) => name.trim() !== ""),
  description: words,
};

/** A destination with what of PostHog it is written with; `webhookTemplate` serves all webhooks. */
export function destinationInputs(
  webhookTemplate: Template & { inputs_schema: InputSchemaItem[] },
): fc.Arbitrary<{ inputs: DestinationInputs; context: WriteContext }> {
  const masking = fc.record(
    { ttl: fc.integer({ min: 60, max: 86_400 }), hash: words, threshold: fc.integer({ min: 1 }) },
    { requiredKeys: ["ttl", "hash"] },
  );
  return fc
    .tuple(
      fc.record(
        { ...common, enabled: fc.boolean(), filters, masking },
        { requiredKeys: ["slug", "name", "enabled", "filters"] },
      ),
      way,
    )
    .map(([lowered, { way: sends, template = webhookTemplate }]) => ({
      inputs: { ...lowered, ...sends, ...place(lowered.slug) },
      context: { template, groups },
    }));
}

const step: fc.Arbitrary<LoweredStep> = fc.record(
  {
    event: text,
    properties,
    url: words,
    url_matching: fc.constantFrom("regex" as const, "exact" as const),
    href: text,
    href_matching: fc.constantFrom("contains" as const, "regex" as const),
    text,
    text_matching: fc.constantFrom("contains" as const, "regex" as const),
    tag_name: text,
    selector: words,
  },
  { requiredKeys: [] },
);

export const eventFilterInputs: fc.Arbitrary<EventFilterInputs> = fc
  .record(
    { ...common, steps: fc.array(step, { minLength: 1, maxLength: 3 }) },
    { requiredKeys: ["slug", "name", "steps"] },
  )
  .map((lowered) => ({ ...lowered, ...place(lowered.slug) }));

function place(slug: string) {
  return { host: "https://us.posthog.com", project: "1", managed_by: `hogwire/dev/${slug}` };
}
