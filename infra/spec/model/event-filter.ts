import { z } from "zod";
import { conditionKeys } from "./conditions.ts";
import { described } from "./described.ts";
import { eventFilterLifecycle } from "./lifecycle.ts";

const MATCHINGS = z.enum(["contains", "regex", "exact"]).optional();

/** A step of an action (contract §6.1): all of these. */
const stepKeys = {
  event: described(
    z.string().min(1).optional(),
    "the event's name; any event unless given",
    "user_signed_up",
  ),
  ...conditionKeys,
  url: described(z.string().min(1).optional(), "the page's address ($current_url)", "/pricing"),
  url_matching: described(MATCHINGS, "how `url` is compared; contains unless given", "contains"),
  href: described(z.string().min(1).optional(), "where the clicked link leads", "/signup"),
  href_matching: described(MATCHINGS, "how `href` is compared; exact unless given", "contains"),
  text: described(z.string().min(1).optional(), "the clicked element's text", "Buy now"),
  text_matching: described(MATCHINGS, "how `text` is compared; exact unless given", "exact"),
  tag_name: described(z.string().min(1).optional(), "the clicked element's HTML tag", "button"),
  selector: described(z.string().min(1).optional(), "a CSS selector of the clicked element", "form > button"),
};

const stepModel = z.strictObject(stepKeys);

/** `destinations/filters/<slug>.yaml` without its environments. */
export const eventFilterKeys = z.strictObject({
  name: described(z.string().regex(/\S/).max(400), "the action's name, unique in PostHog", "Paying sign-up"),
  description: described(z.string().optional(), "one more line for people", "Signed up for a paid plan"),
  ...stepKeys,
  steps: described(z.array(stepModel).min(1).optional(), "any of these, in place of one step at the top", [
    { event: "user_signed_up", properties: { plan: "pro" } },
  ]),
  ...eventFilterLifecycle,
});

/** The same, its environment merged. */
export const mergedEventFilterModel = eventFilterKeys.extend({ environments: z.unknown().optional() });
export type EventFilterFile = z.infer<typeof mergedEventFilterModel>;
export type StepFile = z.infer<typeof stepModel>;
