import { z } from "zod";
import type { DestinationInputs } from "../wire/destination.ts";
import type { EventFilterInputs } from "../wire/event-filter.ts";
import { RefusedError } from "./errors.ts";

/** Inputs and outputs as the engine hands them over. */
export type Properties = Record<string, unknown>;

/** Stands for a text that is known only after other resources are there: in a preview, the id of a new event filter. */
export const unknownText = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Strict: what is not known here would be dropped on its way, and less filter means more events (law 1). */
const property = z
  .strictObject({
    key: z.string(),
    // An empty list is a condition that PostHog drops (contract §4.3).
    value: z.exactOptional(z.unknown().refine((value) => !isEmptyList(value), "must not be an empty list")),
    operator: z.exactOptional(z.string()),
    type: z.exactOptional(z.string()),
    group_type_index: z.exactOptional(z.int().min(0)),
    group_type: z.exactOptional(z.string().min(1)),
  })
  .refine(
    ({ type, group_type_index, group_type }) =>
      type === "group"
        ? (group_type_index === undefined) !== (group_type === undefined)
        : group_type === undefined,
    "a condition on a group, and no other, names it by `group_type` or by `group_type_index`",
  );
const properties = z.exactOptional(z.array(property).min(1));

const event = z.union([
  z.strictObject({ id: z.string().min(1), properties }),
  z.strictObject({
    filter: z.string().min(1),
    id: z.string().regex(/^\d+$/, "must be the number of its action, as text"),
    properties,
  }),
  z.strictObject({ action: z.int().positive(), properties }),
]);
const events = z.union([
  z.literal("all"),
  z.array(event).min(1, "must not be empty: PostHog would send every event; say `all` if that is meant"),
]);
const filters = z
  .strictObject({
    source: z.exactOptional(z.enum(["internal-events", "person-updates"])),
    events: z.exactOptional(events),
    properties,
    filter_test_accounts: z.exactOptional(z.literal(true)),
  })
  .refine(({ source, events }) => (source === "person-updates") === (events === undefined), {
    path: ["events"],
    error: "must be there, except for person-updates, which have none",
  });

const place = {
  host: z.url({ protocol: /^https?$/ }),
  project: z.string().min(1),
  managed_by: z.string().regex(/^[^/\s\]]+\/[^/\s\]]+\/[^/\s\]]+$/, "must be <project>/<stack>/<slug>"),
  slug: z.string().min(1),
  name: z.string().max(400).regex(/\S/, "must not be empty"),
  description: z.exactOptional(z.string()),
  adopt: z.exactOptional(z.string().min(1)),
};
const yes = z.exactOptional(z.literal(true));
const destination = {
  ...place,
  lifecycle: z.exactOptional(z.strictObject({ retain: yes, upgrade: yes })),
  enabled: z.boolean(),
  filters,
  masking: z.exactOptional(
    z.strictObject({
      ttl: z.int().min(60).max(86_400),
      hash: z.string().regex(/\S/, "must not be empty"),
      threshold: z.exactOptional(z.int()),
    }),
  ),
};

const inputs = z.record(z.string(), z.unknown());
const schemaItem = z.looseObject({
  key: z.string().min(1),
  type: z.string().min(1),
  required: z.exactOptional(z.literal(true)),
  secret: z.exactOptional(z.literal(true)),
  hidden: z.exactOptional(z.literal(true)),
});
/** The three ways to send, of which a destination has one. */
const ways = {
  webhook: z.strictObject({
    ...destination,
    webhook: z.strictObject({
      url: z.string().min(1),
      method: z.exactOptional(z.enum(["PUT", "PATCH", "GET", "DELETE"])),
      headers: z.exactOptional(z.record(z.string(), z.string())),
      body: z.unknown(),
      signing_secret: z.exactOptional(z.string().min(1)),
      secret_inputs: z.exactOptional(z.array(z.enum(["url", "headers"]))),
      debug: z.exactOptional(z.literal(true)),
    }),
  }),
  template: z.strictObject({
    ...destination,
    template: z.strictObject({
      id: z.string().min(1),
      inputs,
      secret_inputs: z.exactOptional(z.array(z.string())),
    }),
  }),
  hog: z.strictObject({
    ...destination,
    hog: z.strictObject({
      code: z.string().regex(/\S/, "must not be empty"),
      inputs_schema: z.exactOptional(z.array(schemaItem)),
      inputs: z.exactOptional(inputs),
    }),
  }),
};

const elementFields = ["selector", "tag_name", "text", "href"] as const;
const step = z
  .strictObject({
    event: z.exactOptional(z.string().min(1)),
    properties,
    url: z.exactOptional(z.string().min(1)),
    url_matching: z.exactOptional(z.enum(["regex", "exact"])),
    href: z.exactOptional(z.string().min(1)),
    href_matching: z.exactOptional(z.enum(["contains", "regex"])),
    text: z.exactOptional(z.string().min(1)),
    text_matching: z.exactOptional(z.enum(["contains", "regex"])),
    tag_name: z.exactOptional(z.string().min(1)),
    selector: z.exactOptional(z.string().min(1)),
  })
  .refine(
    (fields) =>
      fields.event === "$autocapture" || elementFields.every((field) => fields[field] === undefined),
    // PostHog then drops them, and the step may hold for every event.
    "`selector`, `tag_name`, `text` and `href` count only with the event `$autocapture`",
  )
  .refine(
    ({ event, properties, url }) => event !== undefined || properties !== undefined || url !== undefined,
    "must have a condition: PostHog would take every event",
  );
const eventFilter = z.strictObject({
  ...place,
  lifecycle: z.exactOptional(z.strictObject({ retain: yes })),
  steps: z.array(step).min(1),
});

/** What is wrong with a destination's inputs, each with its path and never with the value, which may be a secret. */
export function destinationProblems(inputs: Properties): string[] {
  return problemsOf(wayOf(inputs), inputs);
}

export function parseDestination(inputs: Properties): DestinationInputs {
  return parse(wayOf(inputs), inputs, "a destination");
}

export function eventFilterProblems(inputs: Properties): string[] {
  return problemsOf(eventFilter, inputs);
}

export function parseEventFilter(inputs: Properties): EventFilterInputs {
  return parse(eventFilter, inputs, "an event filter");
}

function wayOf(inputs: Properties): z.ZodType<DestinationInputs> {
  if (inputs.template !== undefined) return ways.template;
  return inputs.hog !== undefined ? ways.hog : ways.webhook;
}

function problemsOf(schema: z.ZodType, inputs: Properties): string[] {
  const issues = schema.safeParse(ownInputs(inputs)).error?.issues ?? [];
  return issues
    .flatMap(narrowed)
    .filter(({ path }) => valueAt(inputs, path) !== unknownText)
    .map(({ path, message }) => `${path.join(".")}: ${message}`);
}

function parse<T>(schema: z.ZodType<T>, inputs: Properties, what: string): T {
  const { data, success } = schema.safeParse(ownInputs(inputs));
  if (success) return data;
  throw new RefusedError(`These inputs are not ${what}: ${problemsOf(schema, inputs).join("; ")}`);
}

type Issue = Pick<z.core.$ZodIssue, "path" | "message">;

/** "Invalid input" for a union says nothing: what is wrong by the alternative that fits best does. */
function narrowed(issue: z.core.$ZodIssue): Issue[] {
  if (issue.code !== "invalid_union") return [issue];
  const fitting = issue.errors.filter((issues) => issues.every(({ path }) => path.length > 0));
  const [best] = (fitting.length > 0 ? fitting : issue.errors).toSorted((a, b) => a.length - b.length);
  const within = (best ?? []).flatMap(narrowed);
  if (within.length === 0) return [issue];
  return within.map(({ path, message }) => ({ path: [...issue.path, ...path], message }));
}

/** Without what the resource class adds for the loader. */
function ownInputs({ kind: _kind, __provider: _loader, ...inputs }: Properties): Properties {
  return inputs;
}

function valueAt(value: unknown, path: PropertyKey[]): unknown {
  return path.reduce((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value); // an issue's path leads through objects
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
