import { airtable } from "./airtable.ts";
import { braze } from "./braze.ts";
import { customerio } from "./customerio.ts";
import { discord } from "./discord.ts";
import { hubspot } from "./hubspot.ts";
import { intercom } from "./intercom.ts";
import { mailchimp } from "./mailchimp.ts";
import { microsoftTeams } from "./microsoft-teams.ts";
import { slack } from "./slack.ts";
import type { Templates } from "./template-routes.ts";
import { twilio } from "./twilio.ts";
import { webhookTemplate } from "./webhook.ts";
import { zendesk } from "./zendesk.ts";

/** Templates of different shapes out of PostHog's many; the rest are in the catalogue of `infra/spec`. */
export function allTemplates(webhookFailsFrom: 300 | 400): Templates {
  const templates = [
    webhookTemplate(webhookFailsFrom),
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
  ];
  return new Map(templates.map((template) => [template.id, template]));
}
