import { describe, expect, test } from "vitest";
import { type Json, ManualClock, receiver, sandbox } from "../test-support.ts";

// Where a function's events come from (`filters.source`, contract §1.8), and what it sees of them.

async function listening(...functions: [Json, Json?][]) {
  const hook = await receiver();
  const running = await sandbox();
  for (const [rest, inputs] of functions) await running.webhook(hook.url, rest, inputs);
  return {
    ...running,
    bodies: () => hook.received.map(({ body }) => JSON.parse(body)),
    /** PostHog itself notices something. */
    raise: async (event: Json) => {
      const { status, body } = await running.call("POST", "/_sandbox/internal-events", event);
      expect(status).toBe(200);
      return running.settled(body.uuid);
    },
  };
}

describe("internal events (§11.7)", () => {
  const internal = { type: "internal_destination", filters: {} };
  const everything = { body: { value: { event: "{event}", person: "{person}" } } };

  test("reach internal destinations alone, and captured events the others alone", async () => {
    const { raise, capture, settled, bodies } = await listening(
      [{ ...internal, name: "alerts" }, { body: { value: { internal: "{event.event}" } } }],
      [{ name: "events" }, { body: { value: { captured: "{event.event}" } } }],
    );
    const raised = await raise({ event: "$error_tracking_issue_created" });
    const captured = await settled(await capture("$error_tracking_issue_created"));
    expect(raised.destinations).toMatchObject([{ name: "alerts", state: "succeeded" }]);
    expect(captured.destinations).toMatchObject([{ name: "events", state: "succeeded" }]);
    expect(bodies()).toEqual([
      { internal: "$error_tracking_issue_created" },
      { captured: "$error_tracking_issue_created" },
    ]);
  });

  test("have no person, no URL of their own and no elements, unless they bring them", async () => {
    const { raise, bodies } = await listening([internal, everything]);
    const properties = { name: "TypeError" };
    const timestamp = "2026-01-01T00:00:00.000Z";
    await raise({ event: "$error_tracking_issue_created", properties, timestamp });
    await raise({
      event: "$activity_log_entry_created",
      distinct_id: "member-1",
      url: "https://posthog.example/activity",
      person: { id: "7", properties: { email: "ada@acme.example" } },
    });
    expect(bodies()).toEqual([
      {
        event: {
          uuid: expect.any(String),
          event: "$error_tracking_issue_created",
          distinct_id: "sandbox",
          properties,
          timestamp,
          elements_chain: "",
          url: "",
        },
        person: null,
      },
      {
        event: expect.objectContaining({ distinct_id: "member-1", url: "https://posthog.example/activity" }),
        person: { id: "7", properties: { email: "ada@acme.example" }, name: "ada@acme.example", url: "" },
      },
    ]);
  });

  test("are filtered like others; an issue carries the properties of its exception", async () => {
    const filters = {
      events: [{ id: "$error_tracking_issue_created", type: "events" }],
      properties: [{ key: "$browser", value: "Chrome", operator: "exact", type: "event" }],
    };
    const { raise, bodies } = await listening([{ ...internal, filters }, everything]);
    const exception = ($browser: string) => ({
      event: "$error_tracking_issue_created",
      properties: { name: "TypeError", exception_props: { $browser, name: "not this" } },
    });
    const refused = await raise(exception("Firefox"));
    expect(refused.destinations).toMatchObject([{ state: "filtered" }]);
    await raise(exception("Chrome"));
    expect(bodies().map(({ event }) => event.properties)).toEqual([
      { name: "TypeError", $browser: "Chrome" },
    ]);
  });

  test("that are alerts reach only who names the event and its alert_id, exactly", async () => {
    const event = { id: "$insight_alert_firing", type: "events" };
    const alertId = { key: "alert_id", value: "a1", operator: "exact", type: "event" };
    const { raise } = await listening(
      [{ ...internal, name: "all alerts", filters: { events: [event] } }],
      [{ ...internal, name: "this one", filters: { events: [event], properties: [alertId] } }],
      [
        {
          ...internal,
          name: "no operator",
          filters: { events: [event], properties: [{ ...alertId, operator: undefined }] },
        },
      ],
      [
        {
          ...internal,
          name: "another",
          filters: { events: [event], properties: [{ ...alertId, value: "a2" }] },
        },
      ],
    );
    const { destinations } = await raise({ event: "$insight_alert_firing", properties: { alert_id: "a1" } });
    expect(destinations).toMatchObject([{ name: "this one", state: "succeeded" }]);
  });

  test("are refused when they are not understood", async () => {
    const { call } = await sandbox();
    for (const event of [{}, { event: "" }, { event: "a", props: {} }, { event: "a", uuid: "1" }]) {
      const answer = await call("POST", "/_sandbox/internal-events", event);
      expect([answer.status, answer.body]).toEqual([400, { error: expect.any(String) }]);
    }
  });

  test("that come from person-updates or events in the filter are internal ones all the same (§1.8)", async () => {
    const { api } = await sandbox();
    for (const source of ["events", "person-updates", "internal-events"]) {
      const body = { type: "internal_destination", hog: "return event", filters: { source } };
      const answer = await api("POST", "hog_functions/", body);
      expect(answer.body.filters.source).toBe("internal-events");
    }
  });
});

describe("person updates", () => {
  const updates = { name: "updates", filters: { source: "person-updates" } };
  const everything = { body: { value: { event: "{event}", person: "{person}", groups: "{groups}" } } };

  test("are told when a person is new or gets other properties, not with each event", async () => {
    const { capture, settled, bodies } = await listening([updates, everything]);
    const told = async (event: string, properties: Json = {}) => {
      const { destinations } = await settled(await capture(event, { properties }));
      return destinations.length;
    };
    expect(await told("a")).toBe(1); // a new person
    expect(await told("b")).toBe(0);
    expect(await told("c", { $set: { plan: "pro" } })).toBe(1);
    expect(await told("d", { $set: { plan: "pro" } })).toBe(0);
    expect(await told("e", { $set_once: { plan: "free" } })).toBe(0);
    expect(await told("f", { $unset: ["plan"] })).toBe(1);
    expect(await told("g", { $process_person_profile: false, $set: { plan: "free" } })).toBe(0);
    expect(bodies().map(({ person }) => person.properties)).toEqual([{}, { plan: "pro" }, {}]);
  });

  test("are events of their own: no properties, no timestamp, the person's id as distinct id", async () => {
    const { capture, settled, bodies, url } = await listening([updates, everything]);
    const $set = { email: "ada@acme.example" };
    const properties = { $set, price: 5, $groups: { company: "acme" } };
    const uuid = await capture("purchase", { properties });
    await settled(uuid);
    const [{ event, person, groups }] = bodies();
    const at = `${url}/project/1/person/${person.id}`;
    expect(event).toEqual({
      uuid: expect.any(String),
      event: "$person_updated",
      distinct_id: person.id,
      properties: {},
      elements_chain: "",
      url: at,
    });
    expect(event.uuid).not.toBe(uuid);
    expect(person).toEqual({ id: person.id, properties: $set, name: $set.email, url: at });
    expect(groups).toEqual({});
  });

  test("are filtered by the person, and functions of the other source do not hear of them", async () => {
    const enterprise = [{ key: "plan", value: "enterprise", operator: "exact", type: "person" }];
    const { capture, settled } = await listening(
      [{ name: "updates", filters: { source: "person-updates", properties: enterprise } }],
      [{ name: "events" }],
    );
    const states = async (plan: string) => {
      const { destinations } = await settled(await capture("a", { properties: { $set: { plan } } }));
      return Object.fromEntries(destinations.map(({ name, state }: Json) => [name, state]));
    };
    expect(await states("pro")).toEqual({ updates: "filtered", events: "succeeded" });
    expect(await states("enterprise")).toEqual({ updates: "succeeded", events: "succeeded" });
  });
});

test("own Hog code runs with its inputs, one of them secret", async () => {
  const hook = await receiver();
  const { api, capture, settled } = await sandbox();
  const fn = {
    name: "own",
    enabled: true,
    hog: `
      let total := 0
      for (let item in event.properties.items) { total := total + item.price }
      print('sending', inputs.token, total)
      let res := fetch(inputs.url, {
        'method': 'POST',
        'headers': {'Authorization': f'Bearer {inputs.token}', 'Content-Type': 'application/json'},
        'body': {'who': inputs.who, 'total': total}
      })
      if (res.status >= 300) { throw Error(f'failed with {res.status}') }`,
    inputs_schema: [
      { key: "url", type: "string", required: true },
      { key: "who", type: "string" },
      { key: "token", type: "string", secret: true, required: true },
    ],
    inputs: {
      url: { value: hook.url },
      who: { value: "{person.properties.email ?? 'nobody'}" },
      token: { value: "t0ken" },
    },
  };
  const { body, text } = await api("POST", "hog_functions/", fn);
  expect(body).toMatchObject({ template: null, inputs: { token: { secret: true } } });
  const properties = { items: [{ price: 2 }, { price: 3.5 }], $set: { email: "ada@acme.example" } };
  const trace = await settled(await capture("order", { properties }));
  expect(hook.received[0]?.headers.authorization).toBe("Bearer t0ken");
  expect(JSON.parse(hook.received[0]?.body ?? "")).toEqual({ who: "ada@acme.example", total: 5.5 });
  expect(text + JSON.stringify(trace)).not.toContain("t0ken");
  expect(trace.destinations[0].logs[0].message).toBe("sending, ***, 5.5");
});

describe("an autocaptured click", () => {
  const button = {
    tag_name: "button",
    $el_text: 'Buy "now"',
    attr__class: "primary big",
    attr__id: "buy",
    nth_child: 2,
    nth_of_type: 1,
  };
  const chain =
    'button.big.primary:attr__class="primary big"attr__id="buy"attr_id="buy"nth-child="2"nth-of-type="1"text="Buy \\"now\\""' +
    ';div:nth-child="0"nth-of-type="0"';

  test.each([
    ["as a list", { $elements: [button, { tag_name: "div" }] }],
    ["as a chain", { $elements_chain: chain }],
  ])("that comes %s leaves the properties and becomes the event's chain (§4.3)", async (_, elements) => {
    const filters = {
      events: [
        {
          id: "$autocapture",
          type: "events",
          properties: [{ key: "tag_name", value: "button", operator: "exact", type: "element" }],
        },
      ],
    };
    const { capture, settled, bodies } = await listening([{ filters }]);
    await settled(await capture("$autocapture", { properties: { ...elements, $event_type: "click" } }));
    expect(bodies()[0].event).toMatchObject({
      elements_chain: chain,
      properties: { $event_type: "click" },
    });
    expect(Object.keys(bodies()[0].event.properties)).not.toContain(Object.keys(elements)[0]);
  });
});

describe("group types", () => {
  test("are listed with the index that each got, the first seen first", async () => {
    const { api, capture, settled } = await sandbox();
    expect((await api("GET", "groups_types/")).body).toEqual([]);
    const identify = { $group_type: "project", $group_key: "p1" };
    await capture("$groupidentify", { properties: identify });
    await settled(await capture("a", { properties: { $groups: { company: "acme" } } }));
    expect((await api("GET", "groups_types/")).body).toEqual(
      ["project", "company"].map((group_type, group_type_index) => ({
        group_type,
        group_type_index,
        name_singular: null,
        name_plural: null,
        detail_dashboard: null,
        default_columns: null,
        created_at: null,
      })),
    );
  });

  test("can be declared at the start, in another order than the events would give", async () => {
    const { api, capture, settled } = await sandbox({ groupTypes: ["company", "project"] });
    await settled(await capture("a", { properties: { $groups: { project: "p1", company: "acme" } } }));
    const { body } = await api("GET", "groups_types/");
    expect(body.map(({ group_type }: Json) => group_type)).toEqual(["company", "project"]);
  });

  test("are five at most, and need group:read", async () => {
    const keys = { phx_read: { scopes: ["group:read"] }, phx_other: { scopes: ["action:write"] } };
    const { call } = await sandbox({ keys, groupTypes: ["a", "b", "c", "d", "e", "f"] });
    const list = (key: string) =>
      call("GET", "/api/projects/1/groups_types/", undefined, { authorization: `Bearer ${key}` });
    expect((await list("phx_read")).body).toHaveLength(5);
    expect(await list("phx_other")).toMatchObject({
      status: 403,
      body: { detail: "API key missing required scope 'group:read'" },
    });
  });

  test("are not changed over the API here: it says so", async () => {
    const { api } = await sandbox();
    expect(await api("PATCH", "groups_types/update_metadata/", [])).toMatchObject({
      status: 501,
      body: { code: "not_in_sandbox" },
    });
  });
});

describe("masking, more of it (§1.9, §4.7)", () => {
  const hashOf = (hash: string) => ({ masking: { ttl: 60, hash } });

  test.each([
    ["a whole object, which is the same for everybody", "{person}", ["succeeded", "masked"]],
    ["one person's property", "{person.properties.email}", ["succeeded", "succeeded"]],
    ["a number", "{1 + 1}", ["succeeded", "masked"]],
    ["what is missing", "{person.properties.nothing}", ["succeeded", "succeeded"]],
    ["what cannot be made: nothing is masked", "{nobody.id}", ["succeeded", "succeeded"]],
  ])("by %s", async (_, hash, states) => {
    const { capture, settled } = await listening([hashOf(hash)]);
    const state = async (who: string) => {
      const properties = { $set: { email: `${who}@acme.example` } };
      const { destinations } = await settled(await capture("a", { distinct_id: who, properties }));
      return destinations[0].state;
    };
    expect([await state("ada"), await state("bob")]).toEqual(states);
  });

  test.each([59, 60, 86_400, 86_401])("a ttl of %i s", async (ttl) => {
    const { api } = await sandbox();
    const answer = await api("POST", "hog_functions/", { hog: "return 1", masking: { ttl, hash: "{1}" } });
    expect(answer.status).toBe(ttl === 59 || ttl === 86_401 ? 400 : 201);
    if (answer.status === 400) expect(answer.body.attr).toBe("masking__ttl");
  });

  test("ends with the ttl of its first event", async () => {
    const clock = new ManualClock();
    const hook = await receiver();
    const { webhook, capture, settled } = await sandbox({ clock });
    await webhook(hook.url, { masking: { ttl: 86_400, hash: "{event.event}" } });
    const states: string[] = [];
    for (const later of [0, 86_399_000, 1_000]) {
      clock.advance(later);
      states.push((await settled(await capture("a"))).destinations[0].state);
    }
    expect(states).toEqual(["succeeded", "masked", "succeeded"]);
  });

  test("with a hash that is no template is a 500, as PostHog looks at no error there", async () => {
    const { api } = await sandbox();
    const answer = await api("POST", "hog_functions/", { hog: "return 1", ...hashOf("{person.id") });
    expect(answer).toMatchObject({ status: 500, body: { type: "server_error" } });
  });
});
