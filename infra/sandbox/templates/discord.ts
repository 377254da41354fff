import { choices, destination, input, required } from "./define.ts";

export const discord = destination({
  id: "template-discord",
  name: "Discord",
  description: "Posts a message to a Discord channel",
  category: ["Customer Success"],
  free: true,
  code: `
if (not match(inputs.webhookUrl, '^https://discord.com/api/webhooks/.*')) {
  throw Error('A webhook of Discord begins with https://discord.com/api/webhooks/')
}

let pinged := []
if (inputs.allowedMentions == 'roles_users') {
  pinged := ['roles', 'users']
} else if (inputs.allowedMentions == 'everyone') {
  pinged := ['everyone', 'roles', 'users']
}

let response := fetch(inputs.webhookUrl, {
  'method': 'POST',
  'headers': {'Content-Type': 'application/json'},
  'body': {'content': inputs.content, 'allowed_mentions': {'parse': pinged}}
})

if (response.status >= 400) {
  throw Error(f'Discord did not take the message: {response.status}: {response.body}')
}`,
  inputs_schema: [
    input("webhookUrl", "string", "Webhook URL", required),
    input("content", "string", "Message", {
      ...required,
      default: "**{person.name}** triggered event: '{event.event}'",
    }),
    input("allowedMentions", "choice", "Who is pinged", {
      ...required,
      ...choices("none", "roles_users", "everyone"),
      default: "none",
    }),
  ],
});
