import { destination, input, required } from "./define.ts";

const sentence = "*{person.name}* triggered event: '{event.event}'";

function button(label: string, url: string) {
  return { url, text: { text: label, type: "plain_text" }, type: "button" };
}

/** Contract §2.4. PostHog's code also cuts texts that are too long for Slack. */
export const slack = destination({
  id: "template-slack",
  name: "Slack",
  description: "Posts a message to a Slack channel",
  category: ["Customer Success"],
  free: true,
  code: `
let message := {
  'channel': inputs.channel,
  'icon_emoji': inputs.icon_emoji,
  'username': inputs.username,
  'blocks': inputs.blocks,
  'text': inputs.text
}
if (not empty(inputs.thread_ts)) {
  message.thread_ts := inputs.thread_ts
}

let response := fetch('https://slack.com/api/chat.postMessage', {
  'method': 'POST',
  'headers': {
    'Authorization': f'Bearer {inputs.slack_workspace.access_token}',
    'Content-Type': 'application/json'
  },
  'body': message
})

if (response.status != 200 or response.body.ok == false) {
  throw Error(f'Slack did not take the message: {response.status}: {response.body}')
}`,
  inputs_schema: [
    input("slack_workspace", "integration", "Slack workspace", {
      ...required,
      integration: "slack",
      requiredScopes: "channels:read groups:read chat:write chat:write.customize",
    }),
    input("channel", "integration_field", "Channel", {
      ...required,
      integration_key: "slack_workspace",
      integration_field: "slack_channel",
    }),
    input("icon_emoji", "string", "Icon", { default: ":hedgehog:" }),
    input("username", "string", "Sender's name", { default: "PostHog" }),
    input("blocks", "json", "Blocks", {
      default: [
        { text: { text: sentence, type: "mrkdwn" }, type: "section" },
        {
          type: "actions",
          elements: [
            button("View Person in PostHog", "{person.url}"),
            button("Message source", "{source.url}"),
          ],
        },
      ],
    }),
    input("text", "string", "Text", { default: sentence }),
    input("thread_ts", "string", "Thread"),
  ],
});
