import { expect, test } from "vitest";
import type { LoweredWay } from "./lowered.ts";
import { placeInWords } from "./place-in-words.ts";

const slack = { slack_workspace: 1, channel: "C0123" };

test.each<[string, LoweredWay]>([
  ["your-app.example", { webhook: { url: "https://your-app.example/hook?x=1", body: "" } }],
  ["your-app.example:8080", { webhook: { url: "https://user:t0p@your-app.example:8080/hook", body: "" } }],
  ["a secret address", { webhook: { url: "https://t0p.example", body: "", secret_inputs: ["url"] } }],
  ["an address that the stack knows", { webhook: { url: "config:hook", body: "" } }],
  ["an address that each event names", { webhook: { url: "{person.properties.hook}", body: "" } }],
  ["the Slack channel C0123", { template: { id: "template-slack", inputs: slack } }],
  [
    "a secret Slack channel",
    { template: { id: "template-slack", inputs: slack, secret_inputs: ["channel"] } },
  ],
  ["the service of template-zendesk", { template: { id: "template-zendesk", inputs: {} } }],
  ["wherever its own code sends", { hog: { code: "return 1" } }],
])("says %s", (words, way) => {
  const common = { slug: "a", name: "A", enabled: true, filters: { events: "all" as const } };
  expect(placeInWords({ ...common, ...way })).toBe(words);
});
