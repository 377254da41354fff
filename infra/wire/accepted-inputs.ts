import fc from "fast-check";
import type { LoweredHog, LoweredProperty, LoweredStep, LoweredTemplate } from "../spec/lowered.ts";
import type { DestinationInputs } from "./destination.ts";
import type { EventFilterInputs } from "./event-filter.ts";
import type { EventReference, Filters } from "./filters.ts";
import { isWithTemplating } from "./ways.ts";

// For tests: what PostHog takes whole, its compilers and checks included; `generated-inputs.ts` has what can be lowered at all.

type Place = "slug" | "host" | "project" | "managed_by";
type Without<T, Keys extends PropertyKey> = T extends unknown ? Omit<T, Keys> : never;
export type AcceptedDestination = Without<DestinationInputs, Place>;
export type AcceptedEventFilter = Omit<EventFilterInputs, Place>;

/** To be declared in the sandbox (`groupTypes`). */
export const groupNames = ["company", "team", "constructor"];

const plain = { label: "An input", required: false, secret: false, hidden: false };
const email = "{person.properties.email}";

/** To be served by the sandbox (`templates`): each kind of input. */
export const anyTemplate = {
  id: "template-any",
  name: "Any",
  description: "Each kind of input",
  type: "destination",
  status: "stable" as const,
  free: true,
  category: [],
  icon_url: "/static/any.svg",
  code_language: "hog" as const,
  code: "return inputs",
  inputs_schema: [
    { ...plain, key: "text", type: "string" as const },
    { ...plain, key: "number", type: "number" as const },
    { ...plain, key: "boolean", type: "boolean" as const },
    { ...plain, key: "dictionary", type: "dictionary" as const, default: { plan: "{event.event}" } },
    { ...plain, key: "choice", type: "choice" as const, choices: [{ label: "A", value: "a" }] },
    { ...plain, key: "json", type: "json" as const },
    { ...plain, key: "integration", type: "integration" as const, integration: "slack" },
    { ...plain, key: "raw", type: "string" as const, templating: false as const },
    { ...plain, key: "liquid", type: "string" as const, templating: "liquid" as const },
    { ...plain, key: "templated", type: "json" as const, templating: true as const },
    { ...plain, key: "email", type: "string" as const, required: true, default: email },
    { ...plain, key: "token", type: "string" as const, secret: true },
    {
      ...plain,
      key: "login",
      type: "dictionary" as const,
      required: true,
      secret: true,
      default: { a: email },
    },
  ],
  filters: null,
  masking: null,
  mapping_templates: null,
};

// PostgreSQL has no NUL in a text.
const text = fc
  .string({ minLength: 1, maxLength: 12, unit: "grapheme" })
  .filter((one) => !one.includes("\0"));
const words = text.filter((one) => one.trim() !== "");
const key = fc.oneof(
  { weight: 4, arbitrary: text },
  fc.constantFrom("__proto__", "constructor", "a.b", "$x"),
);
// No file has it as a key (HW010).
const mapKey = key.filter((one) => one !== "__proto__");
/** A text as a lowered one says it, and templates. */
const hogText = fc.oneof(
  text.map((one) => one.replace(/[\\{]/g, "\\$&")),
  fc.constantFrom("{event.event}", `to ${email}`, "{event.properties.plan}", "\\{a}"),
);
const tree = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 2, depthSize: "small" },
    hogText,
    fc.constantFrom(0, -1.5, true, false, null),
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.dictionary(mapKey, tie("tree"), { maxKeys: 3 }),
  ),
})).tree;
const jsonValue = tree.filter((value) => value !== null && !looksWrapped(value));
const dictionary = fc.dictionary(mapKey, hogText, { maxKeys: 3 });

const on = { type: fc.constantFrom("person", "event") };
const condition: fc.Arbitrary<LoweredProperty> = fc
  .oneof(
    fc.record({ key, value: fc.oneof(text, fc.integer(), fc.boolean()), ...on }),
    fc.record({
      key,
      value: fc.array(text, { minLength: 1, maxLength: 3 }),
      operator: fc.constantFrom("exact", "is_not"),
      ...on,
    }),
    fc.record({ key, value: text, operator: fc.constantFrom("icontains", "not_icontains"), ...on }),
    fc.record({ key, value: fc.integer(), operator: fc.constantFrom("gt", "lte"), ...on }),
    fc.record({ key, operator: fc.constantFrom("is_set", "is_not_set"), ...on }),
    fc.record({ key: fc.constant("tag_name"), value: fc.constant("button"), type: fc.constant("element") }),
    fc.record({ key: fc.constant("properties.seats > 4"), type: fc.constant("hogql") }),
    // The same condition said both ways in one destination could not be told apart: the keys differ.
    fc.record({
      key: key.map((one) => `${one}!`),
      value: text,
      type: fc.constant("group"),
      group_type_index: fc.nat(2),
    }),
    fc.record({
      key: key.map((one) => `${one}?`),
      value: text,
      type: fc.constant("group"),
      group_type: fc.constantFrom(...groupNames),
    }),
  )
  .map(({ ...one }: LoweredProperty) => {
    if (one.operator === "exact") delete one.operator;
    if (one.type === "event") delete one.type;
    return one;
  });
const properties = fc.array(condition, { minLength: 1, maxLength: 3 });

/** An event filter of the project, by the number of its action. */
export type KnownAction = { filter: string; id: string };

function filters(actions: KnownAction[]): fc.Arbitrary<Filters> {
  const ids = fc.oneof(text, fc.constantFrom("user_signed_up", "$pageview"));
  const event: fc.Arbitrary<EventReference>[] = [
    fc.record({ id: ids, properties }, { requiredKeys: ["id"] }),
  ];
  if (actions.length > 0) {
    event.push(
      fc
        .tuple(fc.constantFrom(...actions), fc.boolean(), fc.option(properties, { nil: undefined }))
        .map(([{ filter, id }, isOurs, some]) => ({
          ...(isOurs ? { filter, id } : { action: Number(id) }),
          ...(some && { properties: some }),
        })),
    );
  }
  const events = fc.oneof(
    fc.constant("all" as const),
    fc.array(fc.oneof(...event), { minLength: 1, maxLength: 4 }),
  );
  const general = { properties, filter_test_accounts: fc.constant(true as const) };
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ events, ...general }, { requiredKeys: ["events"] }) },
    fc.record(
      { source: fc.constant("internal-events" as const), events, ...general },
      { requiredKeys: ["source", "events"] },
    ),
    fc.record({ source: fc.constant("person-updates" as const), ...general }, { requiredKeys: ["source"] }),
  );
}

const webhook = fc.record(
  {
    url: hogText,
    method: fc.constantFrom("PUT" as const, "PATCH" as const, "GET" as const, "DELETE" as const),
    headers: fc.dictionary(
      fc.oneof(fc.stringMatching(/^X-[A-Za-z]{1,8}$/), fc.constant("constructor")),
      hogText,
      { maxKeys: 3 },
    ),
    body: jsonValue,
    signing_secret: fc
      .uint8Array({ minLength: 24, maxLength: 24 })
      .map((bytes) => `whsec_${Buffer.from(bytes).toString("base64")}`),
    secret_inputs: fc.shuffledSubarray(["url" as const, "headers" as const], { minLength: 1 }),
    debug: fc.constant(true as const),
  },
  { requiredKeys: ["url", "body"] },
);

/** A bare value, or PostHog's own form of it. */
function input(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 3, arbitrary: value },
    fc.record({ value, templating: fc.constantFrom("hog", "liquid") }),
  );
}
const inputsByType = {
  string: input(hogText),
  number: fc.oneof(fc.integer(), fc.constant(0.5)),
  boolean: fc.oneof(fc.boolean(), fc.constant("{event.properties.on}")),
  dictionary: input(dictionary),
  choice: fc.constantFrom("a", "none of the choices"),
  json: input(jsonValue),
  integration: fc.integer({ min: 1, max: 9 }),
};

const template: fc.Arbitrary<LoweredTemplate> = fc
  .tuple(
    fc.record(
      {
        text: inputsByType.string,
        number: inputsByType.number,
        boolean: inputsByType.boolean,
        dictionary: inputsByType.dictionary,
        choice: inputsByType.choice,
        json: inputsByType.json,
        integration: inputsByType.integration,
        raw: text,
        liquid: fc.oneof(text, fc.constant("{{ event.event }}")),
        templated: fc.oneof(jsonValue, fc.record({ value: jsonValue, templating: fc.constant("hog") })),
        email: hogText,
        token: hogText,
        login: dictionary.filter((one) => Object.keys(one).length > 0),
      },
      { requiredKeys: ["login"] },
    ),
    fc.shuffledSubarray(["token", "login", "text", "json", "raw"]),
  )
  .map(([inputs, secrets]) => {
    const secret_inputs = secrets.filter((one) => Object.hasOwn(inputs, one));
    return { id: anyTemplate.id, inputs, ...(secret_inputs.length > 0 && { secret_inputs }) };
  });

const schemaItem = fc
  .constantFrom(...(["string", "number", "dictionary", "json", "choice", "integration"] as const))
  .chain((type) =>
    fc.record({
      item: fc.record(
        {
          type: fc.constant(type),
          label: fc.oneof(words, fc.constant(" padded ")),
          description: words,
          required: fc.constant(true as const),
          secret: fc.constant(true as const),
          hidden: fc.constant(true as const),
          default: jsonValue,
          ...(type !== "choice" && { templating: fc.constantFrom(true, false, "hog" as const) }),
        },
        { requiredKeys: ["type"] },
      ),
      given: inputsByType[type],
      isGiven: fc.boolean(),
    }),
  )
  .map(({ item, given, isGiven }) => ({
    item,
    isGiven,
    // What the schema says of it is not said twice.
    given: item.templating !== undefined && isWithTemplating(given) ? given.value : given,
  }));
const hog: fc.Arbitrary<LoweredHog> = fc
  .record({
    code: fc.constantFrom("return 1", "\nprint(inputs.a)\n", "fetch(inputs.url, {'body': event})"),
    items: fc.dictionary(fc.stringMatching(/^[a-z][a-z_]{0,7}$/), schemaItem, {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  })
  .map(({ code, items }) => {
    const inputs_schema = Object.entries(items).map(([name, { item }]) => ({ key: name, ...item }));
    const inputs = Object.fromEntries(
      Object.entries(items).flatMap(([name, { item, given, isGiven }]) =>
        // Required and empty it would be refused; its default need not fit its type.
        (isGiven || item.required) && given !== "" ? [[name, given]] : [],
      ),
    );
    return {
      code,
      ...(inputs_schema.length > 0 && { inputs_schema }),
      ...(Object.keys(inputs).length > 0 && { inputs }),
    };
  });

const labels = { name: words, description: words };
const masking = fc.record(
  {
    ttl: fc.integer({ min: 60, max: 86_400 }),
    hash: hogText.filter((one) => one.trim() !== ""),
    threshold: fc.integer({ min: 1, max: 99 }),
  },
  { requiredKeys: ["ttl", "hash"] },
);

/** `actions`: those that its filters may name. */
export function arbitraryDestination(actions: KnownAction[] = []): fc.Arbitrary<AcceptedDestination> {
  const common = fc.record(
    { ...labels, enabled: fc.boolean(), filters: filters(actions), masking },
    { requiredKeys: ["name", "enabled", "filters"] },
  );
  const way = fc.oneof(
    webhook.map((one) => ({ webhook: one })),
    template.map((one) => ({ template: one })),
    hog.map((one) => ({ hog: one })),
  );
  return fc.tuple(common, way).map(([one, sends]) => ({ ...one, ...sends }));
}

const autocapture: fc.Arbitrary<LoweredStep> = fc.record(
  {
    event: fc.constant("$autocapture"),
    properties,
    tag_name: fc.constantFrom("a", "button"),
    text,
    text_matching: fc.constantFrom("contains" as const, "regex" as const),
    href: text,
    href_matching: fc.constantFrom("contains" as const, "regex" as const),
    selector: fc.constantFrom("form > button.primary", "#buy"),
  },
  { requiredKeys: ["event"] },
);
const step: fc.Arbitrary<LoweredStep> = fc.oneof(
  autocapture,
  fc.record({ event: text, properties }, { requiredKeys: ["event"] }),
  fc.record(
    {
      url: words,
      url_matching: fc.constantFrom("exact" as const, "regex" as const),
      event: text,
      properties,
    },
    { requiredKeys: ["url"] },
  ),
);

/** A project has each action's name only once: the caller sees to it. */
export const arbitraryEventFilter: fc.Arbitrary<AcceptedEventFilter> = fc.record(
  { ...labels, steps: fc.array(step, { minLength: 1, maxLength: 3 }) },
  { requiredKeys: ["name", "steps"] },
);

function looksWrapped(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, "value");
}
