import { z } from "zod";

/** Contract §4.3; what each does, and which values it takes, `infra/hog` knows. */
// biome-ignore format: one line a family
export const OPERATORS = [
  "exact", "is_not", "is_set", "is_not_set", "in", "not_in",
  "icontains", "not_icontains", "icontains_multi", "not_icontains_multi", "regex", "not_regex",
  "gt", "gte", "lt", "lte", "min", "max", "between", "not_between",
  "is_date_exact", "is_date_before", "is_date_after",
  "semver_eq", "semver_neq", "semver_gt", "semver_gte", "semver_lt", "semver_lte",
  "semver_tilde", "semver_caret", "semver_wildcard", "is_cleaned_path_exact",
] as const;

// The model is the language as written: references stand for their values already, short forms are still short.

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const scalarOrList = z.union([scalar, z.array(scalar)]);

const operators = z.partialRecord(z.enum([...OPERATORS, "missing"]), scalarOrList);

const property = z.strictObject({
  key: z.string().min(1),
  value: z.union([scalar, z.array(scalar), z.null()]).optional(),
  operator: z.enum(OPERATORS).optional(),
  type: z.string().optional(),
});

/** Short forms by property name, or a list in PostHog's own JSON. */
const conditions = z.union([
  z.record(z.string().min(1), z.union([scalarOrList, operators])),
  z.array(property),
]);

const event = z.union([
  z.string().min(1),
  z.strictObject({
    id: z.string().min(1).nullable(),
    type: z.enum(["events", "actions"]).optional(),
    /** Only a label in PostHog. */
    name: z.string().nullish(),
    order: z.number().optional(),
    properties: conditions.optional(),
    person: conditions.optional(),
  }),
]);

export const filtersModel = z.strictObject({
  events: z.union([z.literal("all"), z.array(event).min(1)]),
  properties: conditions.optional(),
  person: conditions.optional(),
  filter_test_accounts: z.boolean().optional(),
});

export const webhookModel = z.strictObject({
  url: z.string(),
  method: z.enum(["POST", "PUT", "PATCH", "GET", "DELETE"]).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  /** A preset's name, or a tree of Hog templates. */
  body: z
    .union([z.string(), z.number(), z.boolean(), z.array(z.unknown()), z.record(z.string(), z.unknown())])
    .optional(),
  signing_secret: z.string().optional(),
  debug: z.boolean().optional(),
});

/** `destinations/<slug>.yaml`. Exactly one of `handlers` and `webhook` is there: that is checked apart. */
export const destinationModel = z.strictObject({
  name: z.string().regex(/\S/).max(400), // contract §1.4
  description: z.string().optional(),
  enabled: z.boolean().optional(),
  filters: filtersModel,
  handlers: z.array(z.string().min(1)).min(1).optional(),
  webhook: webhookModel.optional(),
  environments: z
    .record(z.string().min(1), z.union([z.literal("absent"), z.record(z.string(), z.unknown())]))
    .optional(),
});

/** `destinations/<slug>.test.yaml`. */
export const samplesModel = z.array(
  z.strictObject({
    name: z.string().min(1),
    event: z.union([
      z.string().min(1),
      z.strictObject({
        event: z.string().min(1),
        uuid: z.string().optional(),
        distinct_id: z.string().optional(),
        timestamp: z.string().optional(),
        elements_chain: z.string().optional(),
        properties: z.record(z.string(), z.unknown()).optional(),
      }),
    ]),
    person: z
      .strictObject({ id: z.string().optional(), properties: z.record(z.string(), z.unknown()).optional() })
      .nullish(),
    groups: z
      .record(
        z.string(),
        z.strictObject({
          id: z.string().optional(),
          properties: z.record(z.string(), z.unknown()).optional(),
        }),
      )
      .optional(),
    environment: z.string().optional(),
    expect: z.strictObject({ sent: z.boolean(), body: z.unknown().optional() }),
  }),
);

export type FiltersFile = z.infer<typeof filtersModel>;
export type WebhookFile = z.infer<typeof webhookModel>;
export type Conditions = z.infer<typeof conditions>;
/** A section of a file that is refused anyway: checked as far as it goes. */
export type Incomplete<T> = { [Key in keyof T]?: T[Key] | undefined };
export type Sample = z.infer<typeof samplesModel>[number];

/** The design's keys that are still to be built, by place (`*` is any index). They are refused by name. */
export const NOT_YET: Record<string, readonly string[]> = {
  "": ["slack", "template", "hog", "once", "masking", "overlaps"],
  filters: ["source", "group", "element", "hogql", "actions"],
  "filters.events.*": ["filter", "action", "group", "element", "hogql"],
};
