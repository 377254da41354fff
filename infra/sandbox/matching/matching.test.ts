import { describe, expect, test } from "vitest";
import { type Json, ManualClock, receiver, sandbox } from "../test-support.ts";

test.each([
  ["localhost:3000", "filtered"],
  ["127.0.0.1", "filtered"],
  ["www.acme.example", "succeeded"],
])("a new project leaves a developer's own machine out as a test account: %s is %s", async ($host, state) => {
  const hook = await receiver();
  const { webhook, capture, settled } = await sandbox();
  await webhook(hook.url, { filters: { filter_test_accounts: true } });
  const { destinations } = await settled(await capture("a", { properties: { $host } }));
  expect(destinations[0]).toMatchObject({ state, matched: state === "succeeded" });
  expect(hook.received).toHaveLength(state === "succeeded" ? 1 : 0);
});

describe("Liquid (§5.2)", () => {
  async function rendered(value: unknown, more: Json = {}) {
    const clock = new ManualClock();
    const hook = await receiver();
    const { webhook, capture, settled } = await sandbox({ clock });
    await webhook(hook.url, {}, { body: { value, templating: "liquid" }, ...more });
    const { destinations } = await settled(
      await capture("a&b", { properties: { $set: { email: "ada@acme.example" }, list: [1, 2] } }),
    );
    return { destination: destinations[0], body: hook.received[0]?.body };
  }

  test.each([
    ["a range", "{% for i in (1..100000000) %}x{% endfor %}"],
    [
      "a text that doubles",
      "{% assign s = 'ab' %}{% for i in (1..60) %}{% assign s = s | append: s %}{% endfor %}",
    ],
  ])("fails the input, not the sandbox, when it asks for too much: %s", async (_, value) => {
    const { destination } = await rendered(value);
    expect(destination).toMatchObject({ state: "inputs_failed", reason: expect.stringContaining("limit") });
  });

  test("renders each text of a value to text, escaped for HTML unless told", async () => {
    const { body } = await rendered({
      text: "{{ event.event }} {{ event.event | raw }}",
      list: ["{{ event.properties.list[1] }}", 3],
      person: "{% if person.properties.email %}{{ person.name | upcase }}{% endif %}",
      missing: "<{{ event.properties.none }}>",
      year: '{{ now | date: "%Y" }}',
      decoded: "{% if event.properties.list.size &gt; 1 %}many{% endif %} &gt;",
    });
    expect(JSON.parse(body ?? "")).toEqual({
      text: "a&amp;b a&b",
      list: ["2", 3],
      person: "ADA@ACME.EXAMPLE",
      missing: "<>",
      year: "2026",
      decoded: "many &gt;",
    });
  });

  test.each([
    ["{{ event.event", "not closed"],
    ["{% include 'a' %}", "a"],
    ["{{ 1 | nosuchfilter: 2 }} {% nosuchtag %}", "nosuchtag"],
  ])("that cannot be rendered, %j, fails the input", async (value, message) => {
    const { destination } = await rendered({ value });
    expect(destination).toMatchObject({
      state: "inputs_failed",
      reason: expect.stringContaining(message),
    });
  });
});
