import { expect } from "vitest";
import { type Json, receiver, sandbox } from "../../test-support.ts";
import { fact, untested } from "../contract.ts";

/** What one template gives for one event. */
async function rendered(template: unknown, rest: Json = {}, options: Parameters<typeof sandbox>[0] = {}) {
  const hook = await receiver();
  const running = await sandbox({ groupTypes: ["company"], ...options });
  const fn = await running.webhook(hook.url, { name: "The function" }, { body: { value: { it: template } } });
  const { event = "user_signed_up", ...more } = rest;
  const uuid = await running.capture(String(event), more);
  const { destinations } = await running.settled(uuid);
  return {
    it: JSON.parse(hook.received[0]?.body ?? "{}").it,
    uuid,
    fn,
    url: running.url,
    state: destinations[0].state,
  };
}

fact("4.4", "project is {id, name, url}; its url is <site>/project/<id>", { needs: "sandbox" }, async () => {
  const { it, url } = await rendered("{project}");
  expect(it).toEqual({ id: 1, name: expect.any(String), url: `${url}/project/1` });
});

fact(
  "4.4",
  "source is {name, url}: the function, and its page below the project",
  { needs: "sandbox" },
  async () => {
    const { it, url, fn } = await rendered("{source}");
    expect(it).toEqual({ name: "The function", url: `${url}/project/1/functions/${fn.id}/configuration/` });
  },
);

fact(
  "4.4",
  "event is {uuid, event, elements_chain, distinct_id, properties, timestamp, url}; the newest adds captured_at",
  { needs: "sandbox" },
  async () => {
    const { it, uuid } = await rendered("{event}", {
      properties: { a: 1 },
      timestamp: "2026-02-03T04:05:06Z",
    });
    const { captured_at: _, ...event } = it;
    expect(event).toEqual({
      ...{ uuid, event: "user_signed_up", elements_chain: "", distinct_id: "user-1", properties: { a: 1 } },
      ...{ timestamp: "2026-02-03T04:05:06.000Z", url: expect.any(String) },
    });
  },
);

fact(
  "4.4",
  "event.url is <project>/events/<uuid>/<timestamp, URL-encoded>",
  { needs: "sandbox" },
  async () => {
    const { it, uuid, url } = await rendered("{event.url}", { timestamp: "2026-02-03T04:05:06Z" });
    expect(it).toBe(`${url}/project/1/events/${uuid}/2026-02-03T04%3A05%3A06.000Z`);
  },
);

fact(
  "4.4",
  "person is {id, properties, name, url}; its url is by the distinct id",
  { needs: "sandbox" },
  async () => {
    const $set = { email: "a@acme.example" };
    const { it, url } = await rendered("{person}", { distinct_id: "user/1", properties: { $set } });
    const { distinct_id: _, ...person } = it; // only in the newest
    expect(person).toEqual({
      ...{ id: expect.any(String), properties: $set, name: "a@acme.example" },
      url: `${url}/project/1/person/user%2F1`,
    });
  },
);

fact(
  "4.4",
  "person.name is the e-mail, else the name, else the username, else the distinct id",
  { needs: "sandbox" },
  async () => {
    const name = async ($set: Json) => (await rendered("{person.name}", { properties: { $set } })).it;
    expect(await name({ email: "e", name: "n", username: "u" })).toBe("e");
    expect(await name({ name: "n", username: "u" })).toBe("n");
    expect(await name({ email: "", username: "u" })).toBe("u");
    expect(await name({ plan: "pro" })).toBe("user-1");
  },
);

untested("4.4", "A team may choose other display properties", "the sandbox has the default ones");

fact("4.4", "groups is {<type>: {id, type, index, url, properties}}", { needs: "sandbox" }, async () => {
  const { it, url } = await rendered("{groups}", { properties: { $groups: { company: "acme" } } });
  expect(it).toEqual({
    company: {
      id: "acme",
      type: "company",
      index: 0,
      properties: {},
      url: expect.stringContaining(`${url}/project/1/`),
    },
  });
});

fact("4.4", "inputs are those rendered before", { needs: "sandbox" }, async () => {
  expect((await rendered("{inputs.url}")).it).toMatch(/^http:\/\/127/);
});

untested(
  "4.4",
  "`request` is for source webhooks, `variables` and `unsubscribe_url` for workflows",
  "no destinations",
);

fact(
  "4.5",
  "The default body holds event and person as objects, not as texts",
  { needs: "sandbox" },
  async () => {
    const hook = await receiver();
    const { webhook, capture, settled } = await sandbox();
    await webhook(hook.url);
    await settled(await capture("a", { properties: { n: 1 } }));
    expect(JSON.parse(hook.received[0]?.body ?? "")).toMatchObject({
      event: { event: "a", properties: { n: 1 } },
      person: { id: expect.any(String), properties: {} },
    });
  },
);

fact(
  "4.5",
  "A template that is one expression keeps the value's type; text around it makes a text",
  { needs: "sandbox" },
  async () => {
    const properties = { n: 5, list: [1], flag: false };
    expect((await rendered("{event.properties}", { properties })).it).toEqual(properties);
    expect((await rendered("n: {event.properties.n}", { properties })).it).toBe("n: 5");
  },
);

fact("4.5", "A property that is missing renders as null", { needs: "sandbox" }, async () => {
  expect((await rendered("{event.properties.nothing}")).it).toBeNull();
});

fact(
  "4.5",
  "Where there is no person at all, {person} renders as null",
  { needs: "sandbox", certainty: "inferred" },
  async () => {
    const hook = await receiver();
    const { webhook, call, settled } = await sandbox();
    await webhook(
      hook.url,
      { type: "internal_destination", filters: {} },
      { body: { value: { it: "{person}" } } },
    );
    const { uuid } = (
      await call("POST", "/_sandbox/internal-events", { event: "$error_tracking_issue_created" })
    ).body;
    await settled(uuid);
    expect(JSON.parse(hook.received[0]?.body ?? "")).toEqual({ it: null });
  },
);
