import { z } from "zod";
import { described } from "./described.ts";

// The model is the language as written: references stand for their values already, short forms are still short.

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const scalarOrList = z.union([scalar, z.array(scalar)]);

/** Contract §4.3: each operator, what it says, and a value. What each does, and which values it takes, `infra/hog` knows. */
const DESCRIBED_OPERATORS = {
  exact: ["equals the value, or one of a list", ["pro", "team"]],
  is_not: ["does not equal the value, or any of a list; true when the property is missing", "free"],
  is_set: ["the property is there, whatever its value", true],
  is_not_set: ["the property is missing", true],
  in: ["is one of at least two values", ["pro", "team"]],
  not_in: ["is none of at least two values; true when the property is missing", ["free", "trial"]],
  icontains: ["contains the text, in any case", "@acme.example"],
  not_icontains: [
    "does not contain the text, in any case; true when the property is missing",
    "@acme.example",
  ],
  icontains_multi: ["contains any of the texts, in any case", ["acme", "globex"]],
  not_icontains_multi: [
    "contains none of the texts, in any case; true when the property is missing",
    ["acme", "globex"],
  ],
  regex: ["the RE2 regular expression is found in it", "^/pricing"],
  not_regex: ["the RE2 regular expression is not found in it; true when the property is missing", "^/admin"],
  gt: ["is greater than", 100],
  gte: ["is at least", 5],
  lt: ["is less than; true when the property is missing, which counts as 0", 500],
  lte: ["is at most; true when the property is missing, which counts as 0", 500],
  min: ["is at least (the same as gte)", 5],
  max: ["is at most (the same as lte)", 500],
  between: ["lies between two numbers, both included", [10, 20]],
  not_between: ["lies outside two numbers; true when the property is missing", [10, 20]],
  is_date_exact: ["is that day or time", "2026-09-01"],
  is_date_before: ["is before that day or time, which may be relative", "-7d"],
  is_date_after: ["is after that day or time, which may be relative", "-7d"],
  semver_eq: ["is that version", "1.2.3"],
  semver_neq: ["is another version", "1.2.3"],
  semver_gt: ["is a later version", "1.2.3"],
  semver_gte: ["is that version or a later one", "1.2.3"],
  semver_lt: ["is an earlier version", "2.0.0"],
  semver_lte: ["is that version or an earlier one", "2.0.0"],
  semver_tilde: ["is that version or a later patch of it", "1.2.3"],
  semver_caret: ["is that version or a later compatible one", "1.2.3"],
  semver_wildcard: ["is a version of this pattern", "1.2.*"],
  is_cleaned_path_exact: ["equals the path after the project's path cleaning rules", "/pricing"],
} as const satisfies Record<string, readonly [string, unknown]>;

export type Operator = keyof typeof DESCRIBED_OPERATORS;
export const OPERATORS = Object.keys(DESCRIBED_OPERATORS) as Operator[]; // the keys of a constant

const operatorKeys = Object.fromEntries(
  Object.entries(DESCRIBED_OPERATORS).map(([name, [description, example]]) => [
    name,
    described(scalarOrList.optional(), description, example),
  ]),
) as Record<Operator, z.ZodOptional<typeof scalarOrList>>; // `fromEntries` forgets the names

/** What must hold of one property: all of these. */
const operators = z.strictObject({
  ...operatorKeys,
  missing: described(
    z.enum(["send", "skip"]).optional(),
    "whether an event without the property is sent, where a negative condition would let it through",
    "skip",
  ),
});

const condition = z.union([scalarOrList, operators]);

/** PostHog's own JSON (contract §4.3). */
const property = z.strictObject({
  key: described(z.string().min(1), "the property's name, or an expression of type hogql", "plan"),
  value: described(
    z.union([scalar, z.array(scalar), z.null()]).optional(),
    "what it is compared with",
    "pro",
  ),
  operator: described(z.enum(OPERATORS).optional(), "how it is compared; exact unless given", "exact"),
  type: described(z.string().optional(), "whose property it is; event unless given", "person"),
  group_type_index: described(
    z.number().int().min(0).max(4).optional(),
    "PostHog's number of a group type, which differs between projects: `group: { company: … }` is looked up",
    0,
  ),
});

/** Short forms by property name, or a list in PostHog's own JSON. */
const conditions = z.union([z.record(z.string().min(1), condition), z.array(property)]);

/** What may stand beside an event, and beside all of them. */
export const conditionKeys = {
  properties: described(conditions.optional(), "conditions on the event's properties; all must hold", {
    plan: ["pro", "team"],
    seats: { gte: 5 },
  }),
  person: described(conditions.optional(), "conditions on the person's properties; all must hold", {
    email: { not_icontains: "@acme.example", missing: "skip" },
  }),
  group: described(
    z.record(z.string().min(1), z.record(z.string().min(1), condition)).optional(),
    "conditions on the properties of a group, by the group type's name",
    { company: { tier: "enterprise" } },
  ),
  element: described(
    z
      .strictObject({
        tag_name: described(condition.optional(), "the HTML tag of the element", "button"),
        text: described(condition.optional(), "the text of the element", "Buy now"),
        href: described(condition.optional(), "where a link leads", { icontains: "/pricing" }),
        selector: described(condition.optional(), "a CSS selector of the element", "form.checkout > button"),
      })
      .optional(),
    "conditions on the element that was clicked, for $autocapture",
    { tag_name: "button", text: "Buy now" },
  ),
  hogql: described(
    z.union([z.string().min(1), z.array(z.string().min(1))]).optional(),
    "a HogQL expression that must be true, or a list of them",
    "toFloat(properties.amount) > 100",
  ),
};

export const conditionsModel = z.strictObject(conditionKeys);
type Condition = z.infer<typeof condition>;
export type Conditions = Record<string, Condition | undefined> | z.infer<typeof property>[];
export type ConditionKeys = z.infer<typeof conditionsModel>;
