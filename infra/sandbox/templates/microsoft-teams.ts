import { destination, input, required } from "./define.ts";

export const microsoftTeams = destination({
  id: "template-microsoft-teams",
  name: "Microsoft Teams",
  description: "Posts a message to a Microsoft Teams channel",
  category: ["Customer Success"],
  free: true,
  code: `
let isKnown := match(inputs.webhookUrl, '^https://[^/]+.logic.azure.com:443/workflows/[^/]+/triggers/manual/paths/invoke?.*')
  or match(inputs.webhookUrl, '^https://[^/]+.webhook.office.com/webhookb2/[^/]+/IncomingWebhook/[^/]+/[^/]+')
  or match(inputs.webhookUrl, '^https://[^/]+.powerautomate.com/[^/]+')
  or match(inputs.webhookUrl, '^https://[^/]+.flow.microsoft.com/[^/]+')
  or match(inputs.webhookUrl, '^https://[^/]+.environment.api.powerplatform.com(:443)?/powerautomate/automations/direct/(.*/)?workflows/.*')
if (not isKnown) {
  throw Error('This is no webhook of Microsoft Teams, Azure Logic Apps, Power Automate or Power Platform')
}

let card := {
  '$schema': 'http://adaptivecards.io/schemas/adaptive-card.json',
  'type': 'AdaptiveCard',
  'version': '1.2',
  'body': [{'type': 'TextBlock', 'text': inputs.text, 'wrap': true}]
}
let response := fetch(inputs.webhookUrl, {
  'method': 'POST',
  'headers': {'Content-Type': 'application/json'},
  'body': {
    'type': 'message',
    'attachments': [{'contentType': 'application/vnd.microsoft.card.adaptive', 'contentUrl': null, 'content': card}]
  }
})

if (response.status >= 400) {
  throw Error(f'Microsoft Teams did not take the message: {response.status}: {response.body}')
}`,
  inputs_schema: [
    input("webhookUrl", "string", "Webhook URL", required),
    input("text", "string", "Text", {
      ...required,
      default: "**{person.name}** triggered event: '{event.event}'",
    }),
  ],
});
