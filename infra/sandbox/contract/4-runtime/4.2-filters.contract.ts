import { expect } from "vitest";
import { type Json, sandbox } from "../../test-support.ts";
import { fact } from "../contract.ts";

const nowhere = "http://127.0.0.1:1/";
const testAccounts = [{ key: "email", value: "@acme.example", operator: "not_icontains", type: "person" }];

/** How each event fares at a function with these filters: matched or not. */
async function matched(
  filters: Json,
  events: [string, Json?][],
  options: Parameters<typeof sandbox>[0] = {},
) {
  const { webhook, capture, settled } = await sandbox({ retries: "back-to-back", ...options });
  await webhook(nowhere, { filters });
  const results: boolean[] = [];
  for (const [event, properties = {}] of events) {
    results.push((await settled(await capture(event, { properties }))).destinations[0].matched);
  }
  return results;
}

fact(
  "4.2",
  "With events and no action, the event's name must be one of them",
  { needs: "sandbox" },
  async () => {
    const filters = {
      events: [
        { id: "a", type: "events" },
        { id: "b", type: "events" },
      ],
    };
    expect(await matched(filters, [["a"], ["b"], ["c"], ["A"]])).toEqual([true, true, false, false]);
  },
);

fact(
  "4.2",
  "An item without a `type` asks for its properties only, of each event that the list names",
  { needs: "sandbox" },
  async () => {
    const never = [{ key: "plan", value: "none" }];
    const filters = { events: [{ id: "a" }, { id: "b", type: "events", properties: never }] };
    expect(await matched(filters, [["a"], ["b"], ["c"]])).toEqual([true, true, false]);
  },
);

fact("4.2", "One id that is null takes every name", { needs: "sandbox" }, async () => {
  expect(
    await matched(
      {
        events: [
          { id: "a", type: "events" },
          { id: null, type: "events" },
        ],
      },
      [["a"], ["z"]],
    ),
  ).toEqual([true, true]);
});

fact(
  "4.2",
  "The bytecode must give true exactly: null and other values do not match",
  { needs: "sandbox" },
  async () => {
    const hogql = (key: string) => ({ properties: [{ key, type: "hogql" }] });
    expect(
      await matched(hogql("properties.flag"), [["a", { flag: true }], ["a", { flag: 1 }], ["a"]]),
    ).toEqual([true, false, false]);
  },
);

fact(
  "4.2",
  "A filter that throws is filtering_failed, with a log, and does not match",
  { needs: "sandbox" },
  async () => {
    const { webhook, capture, settled } = await sandbox();
    await webhook(nowhere, { filters: { properties: [{ key: "jsonParse('{')", type: "hogql" }] } });
    const [destination] = (await settled(await capture("a"))).destinations;
    expect(destination).toMatchObject({ state: "filtering_failed", matched: false, deliveries: [] });
    expect(destination.logs).toHaveLength(1);
  },
);

fact("4.2", "A filter without bytecode never matches", { needs: "sandbox" }, async () => {
  const { webhook, api, capture, settled } = await sandbox();
  const { body: action } = await api("POST", "actions/", { name: "A", steps: [{ event: "a" }] });
  const filters = { actions: [{ id: String(action.id), type: "actions" }] };
  const { id } = await webhook(nowhere, { filters, enabled: false });
  const stopped = { properties: [{ key: "id", value: 1, type: "cohort" }] };
  expect((await api("PATCH", `hog_functions/${id}/`, { filters: stopped })).body.filters.bytecode).toBeNull();
  expect((await settled(await capture("a"))).destinations).toEqual([]); // and it cannot be enabled (§1.8)
});

fact(
  "4.2",
  "Test-account filters and global properties, and then any of the events and actions",
  { needs: "sandbox" },
  async () => {
    const filters = {
      filter_test_accounts: true,
      properties: [{ key: "paid", value: "yes", operator: "exact", type: "event" }],
      events: [
        { id: "a", type: "events" },
        {
          id: "b",
          type: "events",
          properties: [{ key: "plan", value: "pro", operator: "exact", type: "event" }],
        },
      ],
    };
    const person = (email: string) => ({ $set: { email } });
    const events: [string, Json][] = [
      ["a", { paid: "yes", ...person("x@other.example") }],
      ["a", { paid: "no", ...person("x@other.example") }],
      ["a", { paid: "yes", ...person("x@acme.example") }],
      ["b", { paid: "yes", plan: "pro", ...person("x@other.example") }],
      ["b", { paid: "yes", plan: "free", ...person("x@other.example") }],
    ];
    const results = await matched(filters, events, { project: { testAccountFilters: testAccounts } });
    expect(results).toEqual([true, false, false, true, false]);
  },
);

fact("4.2", "An event's own properties are for that event only", { needs: "sandbox" }, async () => {
  const filters = {
    events: [
      { id: "a", type: "events", properties: [{ key: "x", value: "1", operator: "exact", type: "event" }] },
      { id: "b", type: "events" },
    ],
  };
  expect(await matched(filters, [["a", { x: "1" }], ["a"], ["b"]])).toEqual([true, false, true]);
});

fact("4.2", "An action stands beside the events: either one is enough", { needs: "sandbox" }, async () => {
  const { webhook, api, capture, settled } = await sandbox({ retries: "back-to-back" });
  const { body: action } = await api("POST", "actions/", { name: "A", steps: [{ event: "of the action" }] });
  await webhook(nowhere, {
    filters: { events: [{ id: "a", type: "events" }], actions: [{ id: String(action.id), type: "actions" }] },
  });
  const results = [];
  for (const event of ["a", "of the action", "z"]) {
    results.push((await settled(await capture(event))).destinations[0].matched);
  }
  expect(results).toEqual([true, true, false]);
});

fact(
  "4.2",
  "Without events and actions only the properties decide; without anything every event matches",
  { needs: "sandbox" },
  async () => {
    const properties = [{ key: "x", value: "1", operator: "exact", type: "event" }];
    expect(await matched({ properties }, [["any", { x: "1" }], ["any"]])).toEqual([true, false]);
    expect(await matched({}, [["any"], ["$pageview"]])).toEqual([true, true]);
  },
);

fact(
  "4.2",
  "Test-account filters are the team's when the function was saved",
  { needs: "sandbox" },
  async () => {
    const { api } = await sandbox({ project: { testAccountFilters: testAccounts } });
    const body = { hog: "return 1", filters: { filter_test_accounts: true } };
    expect((await api("POST", "hog_functions/", body)).body.filters.bytecode).toContain("%@acme.example%");
  },
);

fact(
  "4.2",
  "A change of the team's filters reaches its functions by a recompile, from the next event on",
  { needs: "sandbox" },
  async () => {
    const { webhook, call, capture, settled } = await sandbox({ retries: "back-to-back" });
    await webhook(nowhere, { filters: { filter_test_accounts: true } });
    const isSent = async () => {
      const properties = { $set: { email: "a@acme.example" } };
      return (await settled(await capture("a", { properties }))).destinations[0].matched;
    };
    expect(await isSent()).toBe(true);
    await call("PUT", "/_sandbox/test-account-filters", testAccounts);
    expect(await isSent()).toBe(false);
  },
);
