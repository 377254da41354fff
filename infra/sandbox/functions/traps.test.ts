import { expect, test } from "vitest";
import { type Json, ManualClock, receiver, sandbox } from "../test-support.ts";

// What a client gets wrong, each told as it would fall into it, to the delivery that is missing or too many (contract
// §9). The facts behind them stand one by one in `contract/`.

async function listening(options: Parameters<typeof sandbox>[0] = {}) {
  const hook = await receiver();
  const running = await sandbox(options);
  return {
    ...running,
    hook,
    /** How many requests one event makes. */
    sent: async (event: string, rest: Json = {}) => {
      const before = hook.received.length;
      await running.settled(await running.capture(event, rest));
      return hook.received.length - before;
    },
  };
}

test("a PATCH without mappings: a client changes the name, and the function sends every event", async () => {
  const { webhook, api, hook, sent } = await listening();
  const mappings = [
    {
      name: "Signups",
      filters: { events: [{ id: "sign_up", type: "events" }] },
      inputs_schema: [],
      inputs: {},
    },
  ];
  const { id } = await webhook(hook.url, {
    filters: { events: [{ id: "sign_up", type: "events" }] },
    mappings,
  });
  expect([await sent("sign_up"), await sent("$pageview")]).toEqual([1, 0]);
  const answer = await api("PATCH", `hog_functions/${id}/`, { name: "Signups" });
  expect(answer).toMatchObject({ status: 200, body: { mappings: null } });
  expect(await sent("$pageview")).toBe(1);
});

test('`{"secret": true}` with nothing stored: a client copies a function, and its copy is refused', async () => {
  const { webhook, api } = await listening();
  const signing_secret = { value: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" };
  const { id } = await webhook("https://a.example", {}, { signing_secret });
  const { name, hog, inputs_schema, inputs } = (await api("GET", `hog_functions/${id}/`)).body;
  const copy = {
    name,
    hog,
    inputs_schema,
    inputs: { url: inputs.url, signing_secret: inputs.signing_secret },
  };
  expect(await api("POST", "hog_functions/", copy)).toMatchObject({
    status: 400,
    body: {
      attr: "inputs__signing_secret",
      detail: "No value is saved for this secret input. Enter the value again.",
    },
  });
});

test("an empty filter: a client misspells a key, or takes the filter away, and every event is sent", async () => {
  const { webhook, api, hook, sent } = await listening();
  const misspelt = await webhook(hook.url, { filters: { event: [{ id: "sign_up", type: "events" }] } });
  expect(misspelt.filters).toEqual({ source: "events", bytecode: ["_H", 1, 29] });
  expect(await sent("$pageview")).toBe(1);
  await api("PATCH", `hog_functions/${misspelt.id}/`, { enabled: false });

  const { id } = await webhook(hook.url, { filters: { events: [{ id: "sign_up", type: "events" }] } });
  expect(await sent("$pageview")).toBe(0);
  await api("PATCH", `hog_functions/${id}/`, { filters: null });
  expect(await sent("$pageview")).toBe(1);
});

test("an input outside the schema: a client signs with a template that does not know it, and nothing is signed", async () => {
  const { webhook, hook, sent } = await listening({ webhookVariant: "unsigned" });
  const { inputs } = await webhook(
    hook.url,
    {},
    { signing_secret: { value: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" } },
  );
  expect(inputs).not.toHaveProperty("signing_secret");
  expect(await sent("sign_up")).toBe(1);
  expect(hook.received[0]?.headers).not.toHaveProperty("webhook-signature");
});

test("an input left out: a client trusts the default of `body`, and nothing is in it", async () => {
  const { webhook, hook, sent } = await listening();
  await webhook(hook.url, {}, { body: undefined });
  expect(await sent("sign_up")).toBe(1);
  expect(hook.received[0]?.body).toBe("");
});

test("a DELETE: a client reads only that it was no 404, and the function goes on sending", async () => {
  const { webhook, api, hook, sent } = await listening();
  const { id } = await webhook(hook.url);
  expect((await api("DELETE", `hog_functions/${id}/`)).status).toBe(403);
  expect(await sent("sign_up")).toBe(1);
  await api("PATCH", `hog_functions/${id}/`, { deleted: true });
  expect(await sent("sign_up")).toBe(0);
});

test("an undelete: a client brings a function back to look at it, and it sends at once, signed as before", async () => {
  const { webhook, api, hook, sent } = await listening();
  const signing_secret = { value: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" };
  const { id } = await webhook(hook.url, {}, { signing_secret });
  await api("PATCH", `hog_functions/${id}/`, { deleted: true });
  expect((await api("PATCH", `hog_functions/${id}/`, { deleted: false })).body.enabled).toBe(true);
  expect(await sent("sign_up")).toBe(1);
  expect(hook.received[0]?.headers).toHaveProperty("webhook-signature");
});

test("a stale `base_updated_at`: of two who read the same, the second is refused; without it they overwrite each other", async () => {
  const clock = new ManualClock();
  const { webhook, api } = await listening({ clock });
  const { id } = await webhook("https://a.example");
  const read = (await api("GET", `hog_functions/${id}/`)).body;
  const write = (description: string, base_updated_at?: string) =>
    api("PATCH", `hog_functions/${id}/`, { description, base_updated_at });
  clock.advance(1_000);
  expect((await write("Ada's", read.updated_at)).status).toBe(200);
  // a client that repeats every `server_error` would never end
  expect(await write("Bob's", read.updated_at)).toMatchObject({
    status: 409,
    body: { type: "server_error", code: "stale_update" },
  });
  expect((await write("Bob's")).body.description).toBe("Bob's");
});

test("two events under one mask: a client masks by person, and of a signup and a payment only the first arrives", async () => {
  const { webhook, hook, sent } = await listening();
  await webhook(hook.url, { masking: { ttl: 3600, hash: "{person.id}" } });
  expect([await sent("sign_up"), await sent("paid")]).toEqual([1, 0]);
});

test("a POST repeated: a client tries again after a lost answer, and every event is sent twice", async () => {
  const { webhook, call, hook, sent } = await listening();
  await call("POST", "/_sandbox/faults", [
    { match: { method: "POST", path: "hog_functions" }, cut: "after", times: 1 },
  ]);
  await expect(webhook(hook.url)).rejects.toThrow("fetch failed");
  await webhook(hook.url);
  expect(await sent("sign_up")).toBe(2);
});
