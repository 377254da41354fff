import { describe, expect, test } from "vitest";
import { type Json, ManualClock, receiver, sandbox } from "../test-support.ts";

describe("which events go out (§4.2)", () => {
  const signup = {
    events: [
      { id: "sign_up", type: "events", properties: [{ key: "plan", value: ["pro"], operator: "exact" }] },
    ],
  };
  const cases: [string, Json, Json, string][] = [
    ["of another name", signup, { event: "other" }, "filtered"],
    ["with another property", signup, { event: "sign_up", properties: { plan: "free" } }, "filtered"],
    ["that fits", signup, { event: "sign_up", properties: { plan: "pro" } }, "succeeded"],
    ["of any name where the filter is empty", {}, { event: "other" }, "succeeded"],
    ["of any name where one id is null", { events: [{ id: null }] }, { event: "other" }, "succeeded"],
    [
      "of a test account",
      { filter_test_accounts: true },
      { event: "a", properties: { $host: "localhost:3000" } },
      "filtered",
    ],
    [
      "of a real account",
      { filter_test_accounts: true },
      { event: "a", properties: { $host: "www.acme.example" } },
      "succeeded",
    ],
  ];
  test.each(cases)("an event %s", async (_, filters, { event, ...rest }, state) => {
    const hook = await receiver();
    const { webhook, capture, settled } = await sandbox();
    await webhook(hook.url, { filters });
    const { destinations } = await settled(await capture(String(event), rest));
    expect(destinations[0]).toMatchObject({ state, matched: state === "succeeded" });
    expect(hook.received).toHaveLength(state === "succeeded" ? 1 : 0);
    if (state === "filtered") expect(destinations[0].reason).toEqual(expect.any(String));
  });

  test("a disabled or deleted function gets none", async () => {
    const hook = await receiver();
    const { webhook, capture, settled, api } = await sandbox();
    await webhook(hook.url, { enabled: false });
    const { id } = await webhook(hook.url);
    await api("PATCH", `hog_functions/${id}/`, { deleted: true });
    expect((await settled(await capture("any"))).destinations).toEqual([]);
  });

  test("an input that cannot be made stops the event at this function only, and says why (§11.8)", async () => {
    const hook = await receiver();
    const { webhook, capture, settled } = await sandbox();
    await webhook(hook.url, { name: "broken" }, { body: { value: { who: "{distinct_id}" } } });
    await webhook(hook.url, { name: "fine" });
    const { destinations } = await settled(await capture("any"));
    expect(destinations).toMatchObject([
      { name: "fine", state: "succeeded" },
      { name: "broken", state: "inputs_failed", reason: expect.stringContaining("distinct_id") },
    ]);
  });

  test("each mapping that matches is a run of its own (§1.10)", async () => {
    const hook = await receiver();
    const { webhook, capture, settled } = await sandbox();
    const mapping = (name: string, event: string) => ({
      name,
      filters: { events: [{ id: event, type: "events" }] },
      inputs_schema: [{ key: "body", type: "json" }],
      inputs: { body: { value: { from: name } } },
    });
    await webhook(hook.url, {
      mappings: [mapping("a", "sign_up"), mapping("b", "other"), mapping("c", "sign_up")],
    });
    await settled(await capture("sign_up"));
    expect(hook.received.map(({ body }) => JSON.parse(body).from).sort()).toEqual(["a", "c"]);
  });
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

describe("masking (§4.7, §11.2)", () => {
  async function run(masking: Json, steps: (string | number)[]): Promise<string[]> {
    const clock = new ManualClock();
    const hook = await receiver();
    const { webhook, capture, settled } = await sandbox({ clock });
    await webhook(hook.url, { masking });
    const states: string[] = [];
    for (const step of steps) {
      if (typeof step === "number") clock.advance(step * 1000);
      else states.push((await settled(await capture(step))).destinations[0].state);
    }
    return states;
  }

  const perPerson = { ttl: 60, hash: "{person.id}" };
  test("lets the first in a window pass; the window starts with it and is not prolonged", async () => {
    expect(await run(perPerson, ["a", 30, "a", 29, "a", 1, "a"])).toEqual([
      "succeeded",
      "masked",
      "masked",
      "succeeded",
    ]);
  });

  test("is for the function: one event swallows another under the same hash", async () => {
    expect(await run(perPerson, ["a", "b"])).toEqual(["succeeded", "masked"]);
    expect(await run({ ttl: 60, hash: "{event.event}" }, ["a", "b", "a"])).toEqual([
      "succeeded",
      "succeeded",
      "masked",
    ]);
  });

  test("with a threshold of 2 lets the 1st, 3rd and 5th pass", async () => {
    const states = await run({ ...perPerson, threshold: 2 }, ["a", "a", "a", "a", "a"]);
    expect(states).toEqual(["succeeded", "masked", "succeeded", "masked", "succeeded"]);
  });

  test("does nothing where the hash is empty", async () => {
    expect(await run({ ttl: 60, hash: "{event.properties.none}" }, ["a", "a"])).toEqual([
      "succeeded",
      "succeeded",
    ]);
  });
});
