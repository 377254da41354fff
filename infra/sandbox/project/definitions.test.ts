import { describe, expect, test } from "vitest";
import { type Json, ManualClock, sandbox } from "../test-support.ts";

// What a client learns of events and properties before it filters by them (contract §6.4).

async function captured() {
  const clock = new ManualClock();
  const running = await sandbox({ clock, groupTypes: ["company"] });
  const day = 86_400_000;
  await running.capture("$pageview", { properties: { $host: "a.example", utm_source: 7 } });
  clock.advance(day);
  const properties = {
    plan: "pro",
    seats: 5,
    paid: true,
    started_at: "2026-01-01",
    list: [1],
    odd: null,
    $groups: {},
  };
  await running.capture("sign_up", {
    properties: { ...properties, $set: { email: "a@b.example", age: 40 } },
  });
  await running.capture("sign_up", { properties: { odd: 1, plan: 3 } });
  await running.capture("$groupidentify", {
    properties: { $group_type: "company", $group_key: "acme", $group_set: { tier: "gold" } },
  });
  clock.advance(day);
  await running.capture("paid", { properties: { plan: "pro" } });
  const names = async (path: string) =>
    (await running.api("GET", path)).body.results.map(({ name }: Json) => name) as string[];
  return { ...running, clock, day, names };
}

describe("event definitions", () => {
  test("are of what was captured, the last seen first, with when", async () => {
    const { api, names } = await captured();
    expect(await names("event_definitions/")).toEqual(["paid", "$groupidentify", "sign_up", "$pageview"]);
    const { body } = await api("GET", "event_definitions/?names=sign_up");
    expect(body).toMatchObject({
      count: 1,
      next: null,
      results: [
        { created_at: "2026-01-02T00:00:00.000Z", last_seen_at: "2026-01-02T00:00:00.000Z", tags: [] },
      ],
    });
    expect((await api("GET", `event_definitions/${body.results[0].id}/`)).body).toEqual(body.results[0]);
    expect((await api("GET", "event_definitions/sign_up/")).status).toBe(404);
  });

  const narrowed: [query: string, names: string[]][] = [
    ["search=SIGN up", ["sign_up"]],
    ["search=i", ["paid", "sign_up", "$pageview", "$groupidentify"]],
    ["names=paid,sign_up", ["paid", "sign_up"]],
    ["names=paid&names=none", ["paid"]],
    ["event_type=event_custom", ["paid", "sign_up"]],
    ["event_type=event_posthog", ["$groupidentify", "$pageview"]],
    ["verified=true", ["$groupidentify", "$pageview"]],
    ["verified=false", ["paid", "sign_up"]],
    ['excluded_properties=["paid"]&event_type=event_custom', ["sign_up"]],
    ["ordering=name", ["$groupidentify", "$pageview", "paid", "sign_up"]],
    ["ordering=-created_at,none", ["paid", "$groupidentify", "sign_up", "$pageview"]],
    ["limit=2&offset=1", ["$groupidentify", "sign_up"]],
  ];

  test.each(narrowed)("with %s", async (query, expected) => {
    const { names } = await captured();
    expect(await names(`event_definitions/?${query}`)).toEqual(expected);
  });

  test("can leave out what was not seen for a month, not what was never seen", async () => {
    const { api, clock, day, names, capture } = await captured();
    await api("POST", "event_definitions/", { name: "planned" });
    clock.advance(30 * day);
    await capture("late");
    expect(await names("event_definitions/?exclude_stale=true")).toEqual(["late", "planned"]);
  });

  test.each([
    ["event_type=other", "event_type", "invalid_input"],
    ["limit=0", "limit", "min_value"],
    ["offset=-1", "offset", "min_value"],
  ])("refuse %s", async (query, attr, code) => {
    const { api } = await captured();
    expect(await api("GET", `event_definitions/?${query}`)).toMatchObject({
      status: 400,
      body: { attr, code },
    });
  });

  test("are declared before they are seen, said more of, and forgotten until they are seen again", async () => {
    const { api, capture, names } = await captured();
    const made = await api("POST", "event_definitions/", {
      name: "planned",
      tags: ["A", "a "],
      verified: true,
    });
    expect(made).toMatchObject({
      status: 201,
      body: { created_at: null, last_seen_at: null, tags: ["a"], verified: true, verified_by: { id: 1 } },
    });
    expect((await api("POST", "event_definitions/", { name: "planned" })).body).toMatchObject({
      attr: "name",
      detail: "Event definition with name 'planned' already exists",
    });
    const item = `event_definitions/${made.body.id}/`;
    const changed = await api("PATCH", item, { name: "other", hidden: true, description: "Soon" });
    expect(changed.body).toMatchObject({
      name: "planned",
      hidden: true,
      verified: false,
      description: "Soon",
    });
    expect((await api("PATCH", item, { hidden: true, verified: true })).body).toMatchObject({
      attr: null,
      detail: "An event cannot be both hidden and verified",
    });
    expect(await api("PATCH", item, { owner: 1 })).toMatchObject({ status: 501 });
    expect(await names('event_definitions/?tags=["a","b"]')).toEqual(["planned"]);
    expect(await names("event_definitions/?exclude_hidden=true")).not.toContain("planned");
    const log = (await api("GET", `activity_log/?scope=EventDefinition&item_id=${made.body.id}`)).body
      .results;
    expect(log.map(({ activity }: Json) => activity)).toEqual(["changed", "created"]);

    await capture("planned");
    expect((await api("GET", item)).body.last_seen_at).not.toBeNull();
    expect((await api("DELETE", item)).status).toBe(204);
    expect((await api("GET", item)).status).toBe(404);
    await capture("planned");
    expect((await api("GET", "event_definitions/?names=planned")).body.results).toMatchObject([{ tags: [] }]);
  });
});

describe("property definitions", () => {
  test("have the type of the first value that has one", async () => {
    const { api } = await captured();
    const { results } = (await api("GET", "property_definitions/")).body;
    const types = Object.fromEntries(results.map(({ name, property_type }: Json) => [name, property_type]));
    expect(types).toEqual({
      $host: "String",
      list: null,
      odd: "Numeric",
      paid: "Boolean",
      plan: "String",
      seats: "Numeric",
      started_at: "DateTime",
      utm_source: "String",
    });
    expect(results[0]).toMatchObject({
      name: "$host",
      is_numerical: false,
      is_seen_on_filtered_events: null,
    });
    expect((await api("GET", `property_definitions/${results[0].id}/`)).body).toEqual(results[0]);
  });

  const narrowed: [query: string, names: string[]][] = [
    ["type=person", ["age", "email"]],
    ["type=group&group_type_index=0", ["tier"]],
    ["type=group&group_type_index=1", []],
    ["search=S", ["$host", "list", "seats", "started_at", "utm_source"]],
    ["properties=plan,paid,none", ["paid", "plan"]],
    ["is_numerical=true", ["odd", "seats"]],
    ["is_feature_flag=true", []],
    ['event_names=["paid"]&filter_by_event_names=true', ["plan"]],
    ['event_names=["paid"]&search=p', ["plan", "paid"]],
    ['excluded_properties=["plan"]&search=p', ["paid"]],
  ];

  test.each(narrowed)("with %s", async (query, expected) => {
    const { names } = await captured();
    expect(await names(`property_definitions/?${query}`)).toEqual(expected);
  });

  test.each([
    ["type=group", "`group_type_index` must be set for `group` type"],
    ["group_type_index=0", "`group_type_index` can only set for `group` type"],
    ["type=group&group_type_index=7", "Invalid value for `group_type_index`"],
    ['type=person&event_names=["a"]', "`event_names` can only be set for `event` type"],
    ["type=cohort", '"cohort" is not a valid choice.'],
  ])("refuse %s", async (query, detail) => {
    const { api } = await captured();
    expect(await api("GET", `property_definitions/?${query}`)).toMatchObject({
      status: 400,
      body: { detail },
    });
  });

  test("are only read here; what PostHog has besides is refused by name", async () => {
    const { api } = await captured();
    expect((await api("PATCH", "property_definitions/some/", { tags: [] })).status).toBe(501);
    expect((await api("GET", "property_definitions/?type=session")).status).toBe(501);
    expect((await api("GET", "property_definitions/?exclude_core_properties=true")).status).toBe(501);
  });
});

test.each([
  ["event_definitions", "event_definition:read", "GET", 200],
  ["event_definitions", "event_definition:read", "POST", 403],
  ["property_definitions", "property_definition:read", "GET", 200],
  ["property_definitions", "event_definition:write", "GET", 403],
])("%s with %s: %s answers %i (§6.6)", async (resource, scope, method, status) => {
  const { call } = await sandbox({ keys: { phx_some: { scopes: [scope] } } });
  const headers = { authorization: "Bearer phx_some" };
  const body = method === "POST" ? { name: "a" } : undefined;
  expect((await call(method, `/api/projects/1/${resource}/`, body, headers)).status).toBe(status);
});
