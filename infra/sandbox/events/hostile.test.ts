import { expect, test } from "vitest";
import { type Json, receiver, sandbox } from "../test-support.ts";

// Events that no client means to send. One that the sandbox took and then fell over would end each of its next starts too.

const noText = { toString: 1 };
const hostile: [what: string, event: string, given: Json][] = [
  ["a group whose key has a `toString`", "a", { properties: { $groups: { company: noText } } }],
  [
    "the key of a group that is set",
    "$groupidentify",
    { properties: { $group_type: "company", $group_key: noText, $group_set: noText } },
  ],
  ["a property that is unset", "a", { properties: { $unset: [noText, [noText]] } }],
  ["a person's property", "a", { properties: { $set: { plan: noText } } }],
  ["a distinct id", "a", { distinct_id: noText }],
  ["an element", "$autocapture", { properties: { $elements: [{ tag_name: noText, attr__href: [noText] }] } }],
  ["a distinct id that is cut inside of a letter", "a", { distinct_id: `${"x".repeat(199)}🙂` }],
  ["a time before all others", "a", { timestamp: "-271821-04-20T00:00:00Z" }],
  ["an offset beyond all times", "a", { offset: 1e300 }],
];

test.each(hostile)("is taken, held against the destinations and sent: %s", async (_, event, given) => {
  const hook = await receiver();
  const { webhook, capture, settled } = await sandbox({ retries: "back-to-back" });
  await webhook(hook.url);
  await webhook(hook.url, { masking: { hash: "{event.properties.$set.plan}", ttl: 60 } });
  const { destinations } = await settled(await capture(event, given));
  expect(destinations.map(({ state }: Json) => state)).toEqual(["succeeded", "succeeded"]);
});

test.each([
  ["nested deeper than PostHog's capture reads", `${"[".repeat(200)}${"]".repeat(200)}`, "nested too deep"],
  ["half of a surrogate pair", '"\\ud83d"', "surrogate"],
])("is refused before it is stored: %s", async (_, x, word) => {
  const { call } = await sandbox();
  const event = `{"api_key":"phc_sandbox","event":"a","distinct_id":"b","properties":{"x":${x}}}`;
  const { status, text } = await call("POST", "/i/v0/e/", event);
  expect({ status, text }).toEqual({ status: 400, text: expect.stringContaining(word) });
});

test("a backslash before the letters of a surrogate is a text like others", async () => {
  const { capture, settled } = await sandbox();
  expect(await settled(await capture("a", { properties: { x: "\\ud83d", y: "🙂" } }))).toBeTruthy();
});
