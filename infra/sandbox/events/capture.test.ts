import { gzipSync } from "node:zlib";
import { PostHog } from "posthog-node";
import { describe, expect, test } from "vitest";
import { type Json, ManualClock, receiver, sandbox, until } from "../test-support.ts";

const single = { api_key: "phc_sandbox", event: "one", distinct_id: "user-1" };
const uuid = (digit: number) => `0190a0a0-0000-7000-8000-00000000000${digit}`;

test("the real posthog-node delivers, identifies and flushes", async () => {
  const hook = await receiver();
  const { webhook, url } = await sandbox();
  await webhook(hook.url, { filters: { events: [{ id: "user_signed_up", type: "events" }] } });
  const client = new PostHog("phc_sandbox", { host: url, flushAt: 20 });
  client.identify({ distinctId: "user-7", properties: { email: "seven@acme.example" } });
  client.capture({ distinctId: "user-7", event: "user_signed_up", properties: { plan: "pro" } });
  client.capture({ distinctId: "user-7", event: "other" });
  await client.shutdown();
  await until(() => hook.received[0]);
  expect(JSON.parse(hook.received[0]?.body ?? "")).toMatchObject({
    event: { event: "user_signed_up", distinct_id: "user-7", properties: { plan: "pro" } },
    person: { properties: { email: "seven@acme.example" } },
  });
  expect(hook.received).toHaveLength(1);
});

test("posthog-node finds no feature flags, and no error", async () => {
  const { url } = await sandbox();
  const client = new PostHog("phc_sandbox", { host: url });
  const flags = await client.evaluateFlags("user-1");
  expect(flags.isEnabled("any")).toBe(false);
  await client.shutdown();
});

const packed = (item: Json) => JSON.stringify({ ...single, ...item });
const ways: [string, string, string | Buffer, Record<string, string>][] = [
  ["base64, said", "?compression=base64", Buffer.from(packed({ uuid: uuid(5) })).toString("base64"), {}],
  ["base64, not said", "", padded(packed({ uuid: uuid(5) })), {}],
  ["gzip in base64", "", padded(gzipSync(packed({ uuid: uuid(5) }))), {}],
  ["gzip by its header alone", "", gzipSync(packed({ uuid: uuid(5) })), { "content-encoding": "gzip" }],
  [
    "a form",
    "?compression=base64",
    `data=${encodeURIComponent(Buffer.from(packed({ uuid: uuid(5) })).toString("base64"))}`,
    { "content-type": "application/x-www-form-urlencoded" },
  ],
  ["plain text", "", packed({ uuid: uuid(5) }), { "content-type": "text/plain" }],
];

/** Base64 is known by a length that four divides: it always is. */
function padded(bytes: string | Buffer): string {
  return Buffer.from(bytes).toString("base64");
}

test.each(ways)("takes %s (§7)", async (_, query, body, headers) => {
  const { url, settled } = await sandbox();
  const response = await fetch(`${url}/e/${query}`, { method: "POST", body, headers });
  expect([response.status, await response.text()]).toEqual([200, '{"status":"Ok"}']);
  expect((await settled(uuid(5))).captured).toBe(true);
});

test("refuses what is too large, packed or unpacked, what it cannot unpack, and to be asked by GET (§7)", async () => {
  const { url } = await sandbox();
  const large = packed({ properties: { a: "x".repeat(20 * 1024 * 1024) } });
  const post = async (query: string, body: string | Buffer) => {
    const response = await fetch(`${url}/e/${query}`, { method: "POST", body });
    return [response.status, await response.text()];
  };
  expect(await post("", large)).toEqual([400, "the request is larger than 20 MB"]);
  expect(await post("", gzipSync(large))).toEqual([400, "the request is larger than 20 MB"]);
  expect(await post("", gzipSync("{}").subarray(0, 12))).toEqual([400, expect.stringContaining("gzip")]);
  expect(await post("?compression=lz64", "N4Ig")).toEqual([400, expect.stringContaining("lz64")]);
  expect((await fetch(`${url}/e/?data=${padded(packed({}))}`)).status).toBe(501);
});

describe("the time of an event", () => {
  const now = "2026-01-01T00:00:00.000Z";
  const times: [string, Json, Json, string][] = [
    ["none is now", {}, {}, now],
    ["is the client's", { timestamp: "2025-12-31T22:00:00Z" }, {}, "2025-12-31T22:00:00.000Z"],
    ["in another zone", { timestamp: "2025-12-31T22:00:00+02:00" }, {}, "2025-12-31T20:00:00.000Z"],
    [
      "is put right by when the batch was sent",
      { timestamp: "2025-12-31T22:00:00Z" },
      { sent_at: "2025-12-31T23:00:00Z" },
      "2025-12-31T23:00:00.000Z",
    ],
    [
      "is left where the event says so",
      { timestamp: "2025-12-31T22:00:00Z", properties: { $ignore_sent_at: true } },
      { sent_at: "2025-12-31T23:00:00Z" },
      "2025-12-31T22:00:00.000Z",
    ],
    ["is so many milliseconds ago", { offset: 60_000 }, {}, "2025-12-31T23:59:00.000Z"],
    ["is now when it is none", { timestamp: "then" }, {}, now],
    ["is now when it lies a day ahead", { timestamp: "2026-01-02T00:00:00Z" }, {}, now],
    ["may lie some hours ahead", { timestamp: "2026-01-01T22:00:00Z" }, {}, "2026-01-01T22:00:00.000Z"],
  ];

  test.each(times)("%s", async (_, item, batch, expected) => {
    const hook = await receiver();
    const { webhook, call, settled } = await sandbox({ clock: new ManualClock() });
    await webhook(hook.url);
    const event = { event: "one", distinct_id: "user-1", uuid: uuid(6), ...item };
    await call("POST", "/batch/", { api_key: "phc_sandbox", batch: [event], ...batch });
    await settled(uuid(6));
    expect(JSON.parse(hook.received[0]?.body ?? "").event.timestamp).toBe(expected);
  });

  test("is put right by the query of posthog-js as well", async () => {
    const hook = await receiver();
    const { webhook, call, settled } = await sandbox({ clock: new ManualClock() });
    await webhook(hook.url);
    const body = { ...single, uuid: uuid(6), timestamp: "2025-12-31T22:00:00Z" };
    await call("POST", `/e/?_=${Date.parse("2025-12-31T23:00:00Z")}`, body);
    await settled(uuid(6));
    expect(JSON.parse(hook.received[0]?.body ?? "").event.timestamp).toBe("2025-12-31T23:00:00.000Z");
  });
});

test("a distinct_id is a text of at most 200 letters, whatever was sent", async () => {
  const { call, settled } = await sandbox();
  const sent: [unknown, string][] = [
    [23, "23"],
    [["a", 1], '["a",1]'],
    ["x".repeat(300), "x".repeat(200)],
  ];
  for (const [index, [distinct_id, expected]] of sent.entries()) {
    await call("POST", "/e/", { ...single, distinct_id, uuid: uuid(index) });
    expect((await settled(uuid(index))).distinct_id).toBe(expected);
  }
});

test("of a list without a token in each, the others' counts; an empty uuid is none", async () => {
  const { call, api } = await sandbox();
  const list = [
    { ...single, uuid: "" },
    { event: "two", distinct_id: "user-1" },
  ];
  expect((await call("POST", "/e/", list)).status).toBe(200);
  expect((await api("GET", "event_definitions/")).body.count).toBe(2);
});

const wrong: [string, unknown, number][] = [
  ["no JSON", "{", 400],
  ["an empty batch", { api_key: "phc_sandbox", batch: [] }, 400],
  ["no name", { ...single, event: "" }, 400],
  ["no distinct_id", { ...single, distinct_id: undefined }, 400],
  ["a uuid that is none", { ...single, uuid: "one" }, 400],
  ["a token that is too long", { ...single, api_key: "x".repeat(65) }, 401],
  ["no token", { ...single, api_key: undefined }, 401],
  ["a personal key for a token", { ...single, api_key: "phx_sandbox" }, 401],
  ["two tokens", [single, { ...single, api_key: "phc_other" }], 401],
];

test.each(wrong)("refuses %s in plain text (§7)", async (_, body, status) => {
  const { call } = await sandbox();
  const answer = await call("POST", "/i/v0/e/", body);
  expect(answer.status).toBe(status);
  expect(answer.headers.get("content-type")).toMatch(/^text\/plain/);
});

test("a token of another project is accepted, and its events go nowhere (§7)", async () => {
  const { call } = await sandbox();
  expect((await call("POST", "/e/", { ...single, api_key: "phc_other", uuid: uuid(3) })).status).toBe(200);
  expect(await call("GET", `/_sandbox/events/${uuid(3)}`)).toMatchObject({
    status: 404,
    body: { captured: false },
  });
});

async function personAfter(events: Json[], distinctId = "user-1"): Promise<Json> {
  const hook = await receiver();
  const { webhook, capture, settled } = await sandbox();
  await webhook(hook.url, { filters: { events: [{ id: "last", type: "events" }] } });
  for (const { event, ...rest } of events) await capture(String(event), rest);
  await settled(
    await capture("last", { distinct_id: distinctId, ...(events.at(-1)?.event === "last" && events.at(-1)) }),
  );
  return JSON.parse(hook.received.at(-1)?.body ?? "").person;
}

test("$set overwrites, $set_once does not, $unset removes; all count before the event itself", async () => {
  const person = await personAfter([
    { event: "a", properties: { $set: { email: "old", plan: "free", gone: 1 }, $set_once: { first: "a" } } },
    { event: "b", $set: { email: "new" }, $set_once: { first: "b" } },
    { event: "c", properties: { $unset: ["gone"] } },
  ]);
  expect(person.properties).toEqual({ email: "new", plan: "free", first: "a" });
});

test("$identify joins the anonymous person to the identified one", async () => {
  const person = await personAfter(
    [
      { event: "a", distinct_id: "anonymous", properties: { $set: { source: "ads", plan: "none" } } },
      { event: "b", distinct_id: "user-1", properties: { $set: { plan: "pro" } } },
      {
        event: "$identify",
        distinct_id: "user-1",
        properties: { $anon_distinct_id: "anonymous", $set: { email: "e" } },
      },
    ],
    "anonymous",
  );
  expect(person).toMatchObject({ properties: { source: "ads", plan: "pro", email: "e" }, name: "e" });
});

test("groups come along with their properties", async () => {
  const hook = await receiver();
  const { webhook, capture, settled } = await sandbox();
  await webhook(
    hook.url,
    { filters: { properties: [{ key: "tier", value: "enterprise", type: "group", group_type_index: 0 }] } },
    { body: { value: "{groups.company}" } },
  );
  const set = { $group_type: "company", $group_key: "acme", $group_set: { tier: "enterprise" } };
  await capture("$groupidentify", { properties: set });
  await settled(await capture("a", { properties: { $groups: { company: "acme" } } }));
  expect(hook.received.map(({ body }) => JSON.parse(body))).toMatchObject([
    { id: "acme", type: "company", index: 0, properties: { tier: "enterprise" } },
  ]);
});
