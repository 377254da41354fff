import { expect } from "vitest";
import { type Json, sandbox } from "../../test-support.ts";
import { fact } from "../contract.ts";
import type { Row } from "../target.ts";

fact("2.4", "Slack is stable and free", async (ph) => {
  const { body } = await ph.api("GET", "hog_function_templates/template-slack/");
  expect(body).toMatchObject({ status: "stable", free: true, type: "destination" });
});

const slackInputs: [string, Json][] = [
  [
    "slack_workspace",
    {
      ...{ type: "integration", integration: "slack", required: true },
      requiredScopes: "channels:read groups:read chat:write chat:write.customize",
    },
  ],
  ["channel", { type: "integration_field", integration_field: "slack_channel", required: true }],
  ["icon_emoji", { type: "string", default: ":hedgehog:" }],
  ["username", { type: "string", default: "PostHog" }],
  ["blocks", { type: "json", default: [{ type: "section" }, { type: "actions" }] }],
  ["text", { type: "string" }],
  ["thread_ts", { type: "string" }],
];
for (const [key, item] of slackInputs) {
  fact("2.4", `Slack's input ${key} is ${JSON.stringify(item)}`, async (ph) => {
    const { body } = await ph.api("GET", "hog_function_templates/template-slack/");
    expect(body.inputs_schema.find((one: Row) => one.key === key)).toMatchObject(item);
  });
}

async function posted(inputs: Json) {
  const { api, capture, settled, call } = await sandbox();
  const values = Object.entries(inputs).map(([key, value]) => [key, { value }]);
  const body = { template_id: "template-slack", enabled: true, inputs: Object.fromEntries(values) };
  expect((await api("POST", "hog_functions/", body)).status).toBe(201);
  const { destinations } = await settled(await capture("signed_up"));
  const { messages } = (await call("GET", "/_partners")).body.slack;
  return { destination: destinations[0], messages };
}

fact(
  "2.4",
  "Its code posts to chat.postMessage with the workspace's token",
  { needs: "sandbox" },
  async () => {
    const { destination, messages } = await posted({
      slack_workspace: 1,
      channel: "C0123",
      text: "{event.event}",
    });
    expect(destination.state).toBe("succeeded");
    expect(messages).toMatchObject([{ channel: "C0123", text: "signed_up" }]);
  },
);

fact("2.4", "It fails unless Slack answers 200 and ok", { needs: "sandbox" }, async () => {
  const { destination, messages } = await posted({ slack_workspace: 99, channel: "C0123", text: "Hello" });
  expect([destination.state, messages]).toEqual(["failed", []]);
});
