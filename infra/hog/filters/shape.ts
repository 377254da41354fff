import { z } from "zod";
import { HogError } from "../hog-error.ts";
import type { HogFilters } from "../types.ts";

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
// PostHog takes an empty one for none.
const name = z
  .string("must be text")
  .nullish()
  .transform((text) => text || undefined);

const property = z.object(
  {
    key: z.string("must be text").nullish(),
    value: z
      .union([scalar, z.array(scalar)], "must be text, a number, true, false or a list of these")
      .optional(),
    operator: name,
    type: name,
    group_type_index: z.number("must be a number").nullish(),
  },
  "must be an object",
);
const properties = z.array(property, "must be a list").nullish();
const id = z.union([z.string(), z.number().transform(String)], "must be text");

const shape = z.object(
  {
    source: z.string("must be text").nullish(),
    events: z
      .array(
        z.object({ id: id.nullish().transform(toNull), type: name, properties }, "must be an object"),
        "must be a list",
      )
      .nullish(),
    actions: z
      .array(z.object({ id, type: name, properties }, "must be an object"), "must be a list")
      .nullish(),
    properties,
    filter_test_accounts: z.boolean("must be true or false").nullish(),
  },
  "must be an object",
);

/**
 * What the compiler reads of filters in PostHog's JSON, whatever the JSON: their items are free-form to PostHog's API
 * (contract §1.8), and its compiler stops at the first that it cannot use. Throws `HogError` with the item's place.
 */
export function readShape(filters: unknown): HogFilters {
  const result = shape.safeParse(filters);
  // A condition without a `key` is left out by name (property.ts); all else is as the type says.
  if (result.success) return withoutNothing(result.data) as HogFilters;
  const [issue] = result.error.issues;
  throw new HogError("unsupported", `filters${placeOf(issue?.path ?? [])} ${issue?.message}`);
}

function placeOf(path: PropertyKey[]): string {
  return path.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`)).join("");
}

/** No `id` is every event. */
function toNull(id: string | null | undefined): string | null {
  return id ?? null;
}

/** Null is to PostHog as if it were not there, but for an event's `id` and a condition's value. */
function withoutNothing(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNothing);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(
    ([key, item]) => item !== undefined && (item !== null || key === "id" || key === "value"),
  );
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutNothing(item)]));
}
