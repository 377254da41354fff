import type { InputSchemaItem } from "./hog-functions.ts";

/** For tests: three of PostHog's destination templates, as its API serves them (contract §2). */
export type FakeTemplate = {
  id: string;
  type: string;
  code: string;
  icon_url: string | null;
  inputs_schema: InputSchemaItem[];
  mapping_templates: unknown[] | null;
};

const plain = { secret: false, required: false, hidden: false };

/** Contract §2.2. */
export const webhookTemplate: FakeTemplate = {
  id: "template-webhook",
  type: "destination",
  code: "let res := fetch(inputs.url, {'method': inputs.method, 'headers': inputs.headers, 'body': inputs.body})",
  icon_url: "/static/services/webhook.svg",
  inputs_schema: [
    { ...plain, key: "url", type: "string", label: "Webhook URL", required: true },
    {
      ...plain,
      key: "method",
      type: "choice",
      label: "Method",
      choices: choices("POST", "PUT", "PATCH", "GET", "DELETE"),
      default: "POST",
    },
    { ...plain, key: "body", type: "json", label: "JSON Body", default: { event: "{event}" } },
    { ...plain, key: "headers", type: "dictionary", label: "Headers" },
    { ...plain, key: "signing_secret", type: "string", label: "Signing secret", secret: true },
    { ...plain, key: "debug", type: "boolean", label: "Log responses", default: false },
  ],
  mapping_templates: null,
};

/** Contract §2.4. */
export const slackTemplate: FakeTemplate = {
  id: "template-slack",
  type: "destination",
  code: "let res := fetch('https://slack.com/api/chat.postMessage', {'body': inputs})",
  icon_url: "/static/services/slack.png",
  inputs_schema: [
    { ...plain, key: "slack_workspace", type: "integration", integration: "slack", required: true },
    {
      ...plain,
      key: "channel",
      type: "integration_field",
      integration_field: "slack_channel",
      required: true,
    },
    { ...plain, key: "username", type: "string", default: "PostHog" },
    { ...plain, key: "blocks", type: "json", default: [{ type: "section" }] },
    { ...plain, key: "text", type: "string" },
  ],
  mapping_templates: null,
};

/** Has what the other two have not: a required secret, a required input with a default, templating that the schema decides. */
export const crmTemplate: FakeTemplate = {
  id: "template-crm",
  type: "destination",
  code: "let res := fetch(f'https://{inputs.subdomain}.crm.example', {'body': inputs})",
  icon_url: "/static/services/crm.png",
  inputs_schema: [
    { ...plain, key: "subdomain", type: "string", required: true },
    { ...plain, key: "token", type: "string", secret: true, required: true },
    { ...plain, key: "email", type: "string", required: true, default: "{person.properties.email}" },
    { ...plain, key: "note", type: "string", templating: "liquid" },
    { ...plain, key: "properties", type: "dictionary" },
    { ...plain, key: "score", type: "number" },
    { ...plain, key: "priority", type: "choice", choices: choices("low", "high") },
  ],
  mapping_templates: null,
};

function choices(...values: string[]) {
  return values.map((value) => ({ value, label: value }));
}
