import { expect } from "vitest";
import { ManualClock, sandbox } from "../../test-support.ts";
import { fact, untested } from "../contract.ts";
import type { Row } from "../target.ts";

async function defined() {
  const running = await sandbox();
  for (const event of ["signed_up", "$pageview", "paid"]) {
    const properties = {
      plan: "pro",
      seats: 3,
      $set: { email: "a@acme.example" },
      $groups: { company: "acme" },
    };
    await running.settled(await running.capture(event, { properties }));
  }
  const set = { $group_type: "company", $group_key: "acme", $group_set: { tier: "free" } };
  await running.settled(await running.capture("$groupidentify", { properties: set }));
  const names = async (path: string): Promise<string[]> =>
    (await running.api("GET", path)).body.results.map(({ name }: Row) => name).sort();
  return { ...running, names };
}

fact(
  "6.4",
  "Event definitions are {count, next, previous, results}, with a UUID each",
  { needs: "sandbox" },
  async () => {
    const { api } = await defined();
    const { body } = await api("GET", "event_definitions/");
    expect(Object.keys(body)).toEqual(expect.arrayContaining(["count", "next", "previous", "results"]));
    expect(body.results[0].id).toMatch(/^[0-9a-f]{8}-/);
    for (const key of ["name", "last_seen_at", "tags"]) expect(body.results[0], key).toHaveProperty(key);
  },
);

fact("6.4", "`search` finds by a part of the name", { needs: "sandbox" }, async () => {
  const { names } = await defined();
  expect(await names("event_definitions/?search=sign")).toEqual(["signed_up"]);
});

fact("6.4", "`names` finds by whole names", { needs: "sandbox" }, async () => {
  const { names } = await defined();
  expect(await names("event_definitions/?names=paid,signed_up")).toEqual(["paid", "signed_up"]);
});

fact("6.4", "`event_type` is event, event_custom or event_posthog", { needs: "sandbox" }, async () => {
  const { names } = await defined();
  expect(await names("event_definitions/?event_type=event_custom")).toEqual(["paid", "signed_up"]);
  expect(await names("event_definitions/?event_type=event_posthog")).toContain("$pageview");
  expect(await names("event_definitions/?event_type=event")).toEqual(
    expect.arrayContaining(["paid", "$pageview"]),
  );
});

fact(
  "6.4",
  "A definition has enforcement_mode, primary_property, last_updated_at",
  { needs: "sandbox" },
  async () => {
    const { api } = await defined();
    const [definition] = (await api("GET", "event_definitions/")).body.results;
    for (const key of ["enforcement_mode", "primary_property", "last_updated_at"])
      expect(definition).toHaveProperty(key);
  },
);

fact(
  "6.4",
  "An event can be declared, read, changed before it was ever seen",
  { needs: "sandbox" },
  async () => {
    const { api, names } = await defined();
    const { status, body } = await api("POST", "event_definitions/", { name: "to_come" });
    expect(status).toBe(201);
    const changed = await api("PATCH", `event_definitions/${body.id}/`, { tags: ["crm"], verified: true });
    expect(changed).toMatchObject({ status: 200, body: { name: "to_come", tags: ["crm"], verified: true } });
    expect((await api("GET", `event_definitions/${body.id}/`)).body.tags).toEqual(["crm"]);
    expect(await names(`event_definitions/?tags=${encodeURIComponent('["crm"]')}`)).toEqual(["to_come"]);
    expect(await names("event_definitions/?verified=false")).not.toContain("to_come");
  },
);

fact(
  "6.4",
  "`ordering` orders, `exclude_stale` leaves out what was not seen for long",
  { needs: "sandbox" },
  async () => {
    const clock = new ManualClock();
    const { api, capture, settled } = await sandbox({ clock });
    const list = async (query: string): Promise<string[]> =>
      (await api("GET", `event_definitions/?${query}`)).body.results.map(({ name }: Row) => name);
    await settled(await capture("long ago"));
    clock.advance(40 * 86_400_000);
    await settled(await capture("now"));
    expect(await list("ordering=name")).toEqual(["long ago", "now"]);
    expect(await list("ordering=-name")).toEqual(["now", "long ago"]);
    expect(await list("exclude_stale=true")).toEqual(["now"]);
  },
);

untested("6.4", "`count` may be capped on huge projects", "the sandbox is none");
untested("6.4", "What DELETE of a definition does", "unverified", "unverified");

fact(
  "6.4",
  "Property definitions are of an event, a person, a group or a session",
  { needs: "sandbox" },
  async () => {
    const { names } = await defined();
    expect(await names("property_definitions/?type=event")).toEqual(
      expect.arrayContaining(["plan", "seats"]),
    );
    expect(await names("property_definitions/?type=person")).toEqual(["email"]);
    expect(await names("property_definitions/?type=group&group_type_index=0")).toEqual(["tier"]);
  },
);

fact("6.4", "`search`, `properties` and `is_numerical` filter them", { needs: "sandbox" }, async () => {
  const { names } = await defined();
  expect(await names("property_definitions/?search=pla")).toEqual(["plan"]);
  expect(await names("property_definitions/?properties=plan,seats")).toEqual(["plan", "seats"]);
  expect(await names("property_definitions/?is_numerical=true")).toEqual(["seats"]);
});

fact(
  "6.4",
  "`event_names` with filter_by_event_names keeps those seen on these events",
  { needs: "sandbox" },
  async () => {
    const { names, capture, settled } = await defined();
    await settled(await capture("other", { properties: { only_here: 1 } }));
    const query = `event_names=${encodeURIComponent('["other"]')}&filter_by_event_names=true`;
    expect(await names(`property_definitions/?${query}`)).toContain("only_here");
    expect(await names(`property_definitions/?${query}`)).not.toContain("plan");
  },
);

fact("6.4", "An event never seen has no definition, and is accepted in a filter all the same", async (ph) => {
  const name = `${ph.marker} never seen`;
  expect((await ph.api("GET", `event_definitions/?search=${encodeURIComponent(name)}`)).body.results).toEqual(
    [],
  );
  const { fn } = await ph.create({ filters: { events: [{ id: name, type: "events" }] } });
  expect(fn.filters.bytecode).toContain(name);
});

fact(
  "6.5",
  "users/@me is uuid, distinct_id, email, first_name, team, organization, organizations",
  async (ph) => {
    const { status, body } = await ph.call("GET", "/api/users/@me/");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...{ uuid: expect.any(String), distinct_id: expect.any(String), email: expect.any(String) },
      ...{
        first_name: expect.any(String),
        team: { id: expect.any(Number) },
        organization: { id: expect.any(String) },
      },
      organizations: expect.any(Array),
    });
  },
);

fact("6.5", "It needs user:read, and no project", { needs: "sandbox" }, async () => {
  const { call } = await sandbox({
    keys: { phx_a: { scopes: ["user:read"], projects: [7] }, phx_b: { scopes: ["action:read"] } },
  });
  const status = async (key: string) =>
    (await call("GET", "/api/users/@me/", undefined, { authorization: `Bearer ${key}` })).status;
  expect([await status("phx_a"), await status("phx_b")]).toEqual([200, 403]);
});
