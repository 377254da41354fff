import { airtable } from "./airtable.ts";
import { braze } from "./braze.ts";
import { customerio } from "./customerio.ts";
import { discord } from "./discord.ts";
import { email } from "./email.ts";
import { hubspot } from "./hubspot.ts";
import { intercom } from "./intercom.ts";
import { mailchimp } from "./mailchimp.ts";
import { microsoftTeams } from "./microsoft-teams.ts";
import { slack } from "./slack.ts";
import type { HogTemplate, Templates } from "./template-routes.ts";
import { twilio } from "./twilio.ts";
import { type WebhookVariant, webhookTemplate } from "./webhook.ts";
import { zendesk } from "./zendesk.ts";

/**
 * Templates of different shapes out of PostHog's many; the rest are in the catalogue of `infra/spec`. One of `more`
 * takes the place of one with its id.
 */
export function allTemplates(webhook: WebhookVariant, more: HogTemplate[] = []): Templates {
  const templates = [
    webhookTemplate(webhook),
    slack,
    hubspot,
    discord,
    microsoftTeams,
    zendesk,
    intercom,
    customerio,
    mailchimp,
    braze,
    twilio,
    airtable,
    email,
    ...more,
  ];
  return new Map(templates.map((template) => [template.id, template]));
}
