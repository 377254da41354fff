import { z } from "zod";
import { described } from "./described.ts";
import { filtersModel } from "./filters.ts";
import { destinationLifecycle } from "./lifecycle.ts";

const METHODS = ["POST", "PUT", "PATCH", "GET", "DELETE"] as const;

const json = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.array(z.unknown()),
  z.record(z.string(), z.unknown()),
]);

export const webhookModel = z.strictObject({
  url: described(z.string(), "where to send; a Hog template", "https://your-app.example/webhooks/posthog"),
  method: described(z.enum(METHODS).optional(), "POST unless given", "POST"),
  headers: described(
    z.record(z.string(), z.string()).optional(),
    "HTTP headers; with any given, Content-Type is yours to give as well",
    { "Content-Type": "application/json" },
  ),
  body: described(json.optional(), "`event` (the default), `flat`, or a tree of Hog templates", "flat"),
  signing_secret: described(
    z.string().optional(),
    "signs each request (Standard Webhooks): a `whsec_…` from the stack's configuration",
    `\${secret:signupSigning}`,
  ),
  debug: described(
    z.boolean().optional(),
    "log request and response in PostHog, personal data included",
    false,
  ),
});

export const slackModel = z.strictObject({
  integration: described(
    z.number().int(),
    "the id of the Slack integration in PostHog",
    `\${config:slackIntegration}`,
  ),
  channel: described(z.string().min(1), "the channel's id or name", "C0123456789"),
  text: described(
    z.string().min(1).optional(),
    "the message; beside `blocks` what a notification shows",
    "{person.name} signed up",
  ),
  blocks: described(z.array(z.unknown()).optional(), "Slack's Block Kit, each text a Hog template", [
    { type: "section", text: { type: "mrkdwn", text: "{person.name} signed up" } },
  ]),
  username: described(z.string().optional(), "the name that the message carries", "PostHog"),
  icon_emoji: described(z.string().optional(), "its picture", ":hedgehog:"),
  thread_ts: described(z.string().optional(), "the message to reply to", "{event.properties.thread_ts}"),
});

const inputs = z.record(z.string().min(1), z.unknown());

export const templateModel = z.strictObject({
  id: described(z.string().min(1), "the template's id in PostHog", "template-zendesk"),
  inputs: described(inputs.optional(), "its inputs, as its schema wants them", { subdomain: "acme" }),
});

/** Contract §1.5: what PostHog keeps of an item. */
export const schemaItemModel = z.strictObject({
  key: described(z.string().min(1), "the input's name, `inputs.<key>` in the code", "api_key"),
  type: described(
    z.string().min(1),
    "string, number, boolean, dictionary, choice, json, integration, …",
    "string",
  ),
  label: described(z.string().optional(), "what PostHog's editor shows", "API key"),
  description: described(z.string().optional(), "one more line in PostHog's editor", "From your account"),
  required: described(z.boolean().optional(), "refuse to save without it", true),
  secret: described(z.boolean().optional(), "keep it encrypted and never show it", true),
  hidden: described(z.boolean().optional(), "not shown in PostHog's editor", false),
  default: described(z.unknown().optional(), "what PostHog's editor begins with", ""),
  choices: described(z.array(z.record(z.string(), z.unknown())).optional(), "for type choice", [
    { label: "EU", value: "eu" },
  ]),
  templating: described(
    z.union([z.boolean(), z.enum(["hog", "liquid"])]).optional(),
    "whether its value is a template, and of which kind",
    "hog",
  ),
  searchable: described(z.boolean().optional(), "for type choice", false),
  integration: described(z.string().optional(), "for type integration: which", "slack"),
  integration_key: described(z.string().optional(), "for type integration_field", "slack_workspace"),
  integration_field: described(z.string().optional(), "for type integration_field", "slack_channel"),
  requires_field: described(z.string().optional(), "shown only beside that input", "slack_workspace"),
  requiredScopes: described(z.string().optional(), "for type integration", "chat:write"),
});

export const hogModel = z.strictObject({
  code: described(
    z.string().regex(/\S/),
    "a file of Hog code, from the folder destinations/",
    "./lib/custom.hog",
  ),
  inputs_schema: described(z.array(schemaItemModel).optional(), "the inputs that the code reads", [
    { key: "url", type: "string", required: true },
  ]),
  inputs: described(inputs.optional(), "their values", { url: "https://your-app.example/hook" }),
});

export const onceModel = z.strictObject({
  per: described(
    z.array(z.string().min(1)).min(1),
    "what is counted together: person, event, distinct_id, group.<type>, event.properties.<x>, person.properties.<x>",
    ["person", "event"],
  ),
  within: described(z.string(), "how long one counts: from 60s to 24h", "1h"),
});

export const maskingModel = z.strictObject({
  ttl: described(z.number().int(), "seconds, from 60 to 86400", 3600),
  hash: described(
    z.string().min(1),
    "a Hog template: events with the same result count together",
    "{person.id}",
  ),
  threshold: described(z.number().int().nullish(), "send again after so many", 100),
});

/** `destinations/<slug>.yaml` without its environments. That there is exactly one way to send is checked apart. */
export const destinationKeys = z.strictObject({
  name: described(
    z.string().regex(/\S/).max(400),
    "the label in PostHog, at most 400 characters",
    "Sign-ups",
  ), // contract §1.4
  description: described(z.string().optional(), "one more line for people", "Tell the CRM and the team"),
  enabled: described(z.boolean().optional(), "true unless given", true),
  filters: described(filtersModel, "which events", { events: ["user_signed_up"] }),
  once: described(onceModel.optional(), "send only the first in a while", {
    per: ["person", "event"],
    within: "1h",
  }),
  masking: described(maskingModel.optional(), "PostHog's own form of `once`", {
    ttl: 3600,
    hash: "{person.id}",
  }),
  handlers: described(
    z.array(z.string().min(1)).min(1).optional(),
    "to this project's receiver, which calls destinations/handlers/<name>.ts",
    ["crm"],
  ),
  webhook: described(webhookModel.optional(), "to any address", { url: "https://your-app.example/hook" }),
  slack: described(slackModel.optional(), "to a Slack channel", {
    integration: 1,
    channel: "C0123456789",
    text: "Hi",
  }),
  template: described(templateModel.optional(), "by any destination template of PostHog", {
    id: "template-zendesk",
  }),
  hog: described(hogModel.optional(), "by Hog code of your own", { code: "./lib/custom.hog" }),
  overlaps: described(
    z.array(z.string().min(1)).optional(),
    "destinations that are meant to send the same events to the same place",
    ["signup-notifications"],
  ),
  ...destinationLifecycle,
});

/** The same, its environment merged: what is in the environments is checked by merging each. */
export const mergedModel = destinationKeys.extend({ environments: z.unknown().optional() });

/** A destination of which every section may be incomplete: what is left of a file that is refused anyway. */
export const partsModel = mergedModel.partial().extend({
  filters: filtersModel.partial().optional(),
  webhook: webhookModel.partial().optional(),
  slack: slackModel.partial().optional(),
  template: templateModel.partial().optional(),
  hog: hogModel.partial().optional(),
});

export type DestinationParts = z.infer<typeof partsModel>;
export type WebhookFile = z.infer<typeof webhookModel>;
export type SlackFile = z.infer<typeof slackModel>;
export type TemplateFile = z.infer<typeof templateModel>;
export type HogFile = z.infer<typeof hogModel>;
/** A section of a file that may be incomplete. */
export type Incomplete<T> = { [Key in keyof T]?: T[Key] | undefined };
