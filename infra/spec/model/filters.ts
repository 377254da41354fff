import { z } from "zod";
import { conditionKeys } from "./conditions.ts";
import { described } from "./described.ts";

/** `id`, `filter` or `action`, exactly one: that is checked apart. */
const eventItem = z.strictObject({
  id: described(z.string().min(1).nullable().optional(), "the event's name", "subscription_started"),
  filter: described(
    z.string().min(1).optional(),
    "an event filter of this project, by its file's name in destinations/filters/",
    "paying-signup",
  ),
  action: described(z.number().int().min(1).optional(), "somebody else's action in PostHog, by its id", 123),
  type: described(z.literal("events").optional(), "PostHog's own word; left out as a rule", "events"),
  name: described(z.string().nullish(), "only a label in PostHog", "Subscription started"),
  order: described(z.number().optional(), "PostHog's own; the place in the list counts", 0),
  ...conditionKeys,
});

const actionItem = z.strictObject({
  id: described(
    z.union([z.string().regex(/^\d+$/, "the number of an action"), z.number().int().min(1)]),
    "the action's id",
    "123",
  ),
  name: described(z.string().nullish(), "only a label in PostHog", "Paying sign-up"),
  type: described(z.literal("actions").optional(), "PostHog's own word", "actions"),
  order: described(z.number().optional(), "PostHog's own; the place in the list counts", 0),
  properties: conditionKeys.properties,
});

export const filtersModel = z.strictObject({
  source: described(
    z.enum(["events", "internal-events", "person-updates"]).optional(),
    "events (the default), PostHog's own alerts (internal-events), or changes of a person (person-updates)",
    "events",
  ),
  events: described(
    z.union([z.literal("all"), z.array(z.union([z.string().min(1), eventItem]))]).optional(),
    "any of these events; `all` for every event",
    ["user_signed_up", "subscription_started"],
  ),
  actions: described(z.array(actionItem).optional(), "PostHog's own form of `events: [{ action: 123 }]`", [
    { id: "123", type: "actions" },
  ]),
  ...conditionKeys,
  filter_test_accounts: described(
    z.boolean().optional(),
    "leave out the project's internal and test accounts, as set in PostHog",
    true,
  ),
});

export type FiltersFile = z.infer<typeof filtersModel>;
export type EventItem = z.infer<typeof eventItem>;
