import { request } from "node:http";
import { Client as HubSpot } from "@hubspot/api-client";
import { IncomingWebhook } from "@slack/webhook";
import { describe, expect, test } from "vitest";
import { type Json, ManualClock, receiver, sandbox, until } from "../test-support.ts";

const path = "/api/projects/1/hog_functions/";
const code = { hog: "return event" };

test.each([
  ["POST", "/_sandbox/faults"],
  ["POST", "/_sandbox/internal-events"],
  ["PATCH", "/_sandbox/runtime"],
  ["PUT", "/_sandbox/hog_functions/1/status"],
  ["PUT", "/_sandbox/test-account-filters"],
  ["POST", "/_partners/slack/services/hook"],
  ["POST", "/_partners/hubspot/crm/v3/objects/contacts/batch/upsert"],
])("%s %s answers 400 to a body that is no JSON, or none", async (method, path) => {
  const { call } = await sandbox();
  for (const body of ["", "{half"]) {
    expect(await call(method, path, body)).toMatchObject({ status: 400, body: { code: "parse_error" } });
  }
});

describe("faults", () => {
  async function faulty(...rules: Json[]) {
    const running = await sandbox();
    expect((await running.call("POST", "/_sandbox/faults", rules)).status).toBe(200);
    const count = async () => {
      await running.call("DELETE", "/_sandbox/faults");
      return (await running.api("GET", "hog_functions/")).body.count;
    };
    return { ...running, count };
  }

  test("answer instead, as often as told, where method and path fit", async () => {
    const { api, count } = await faulty({
      match: { method: "POST", path: "hog_functions" },
      status: 500,
      times: 2,
    });
    expect((await api("GET", "hog_functions/")).status).toBe(200);
    expect(await api("POST", "hog_functions/", code)).toMatchObject({
      status: 500,
      body: { type: "server_error" },
    });
    expect((await api("POST", "hog_functions/", code)).status).toBe(500);
    expect((await api("POST", "hog_functions/", code)).status).toBe(201);
    expect(await count()).toBe(1);
  });

  test("answer 500 to what was carried out all the same", async () => {
    const { api, count } = await faulty({ match: { method: "POST" }, status: 500, commit: true });
    expect((await api("POST", "hog_functions/", code)).status).toBe(500);
    expect(await count()).toBe(1);
  });

  test.each([
    ["before", 0],
    ["after", 1],
  ])("cut the connection %s the work", async (cut, created) => {
    const { api, count } = await faulty({ match: { path: "hog_functions" }, cut });
    await expect(api("POST", "hog_functions/", code)).rejects.toThrow("fetch failed");
    expect(await count()).toBe(created);
  });

  test("throttle with Retry-After, and answer as a gateway does: in HTML", async () => {
    const { api } = await faulty({ status: 429, retryAfter: 42, times: 1 }, { status: 502, times: 1 });
    const throttled = await api("GET", "hog_functions/");
    expect(throttled.headers.get("retry-after")).toBe("42");
    expect(throttled.body).toMatchObject({
      code: "throttled",
      detail: "Request was throttled. Expected available in 42 seconds.",
    });
    const gateway = await api("GET", "hog_functions/");
    expect(gateway.status).toBe(502);
    expect(gateway.headers.get("content-type")).toBe("text/html");
  });

  test("delay an answer on the sandbox's clock", async () => {
    const clock = new ManualClock();
    const { api, call } = await sandbox({ clock });
    await call("POST", "/_sandbox/faults", [{ delayMs: 60_000 }]);
    const answer = api("GET", "hog_functions/");
    await until(() => clock.sleeping.includes(60_000) || undefined);
    clock.advance(60_000);
    expect((await answer).status).toBe(200);
  });

  test.each([
    [{ statsu: 500 }, "statsu"],
    [{ on: "deliveries", rows: "drop" }, "rows"],
    [{ redeliver: true }, "redeliver"],
    [{ match: { path: "(" } }, "no pattern"],
  ])("are refused when they are not understood: %j", async (rule, word) => {
    const { call } = await sandbox();
    const answer = await call("POST", "/_sandbox/faults", [rule]);
    expect(answer).toMatchObject({ status: 400, body: { error: expect.stringContaining(word) } });
  });

  const statuses = async (
    api: (method: string, path: string) => Promise<{ status: number }>,
    count: number,
  ) => {
    const seen: number[] = [];
    for (let n = 0; n < count; n++) seen.push((await api("GET", "hog_functions/")).status);
    return seen;
  };

  test("are a script: one after the other, each after so many and so often", async () => {
    const { api, call } = await faulty(
      { after: 1, status: 429, times: 1 },
      { after: 2, status: 500, times: 2 },
      { match: { method: "POST" }, status: 503 },
    );
    // a request that a rule answers is not seen by those after it
    expect(await statuses(api, 7)).toEqual([200, 429, 200, 500, 500, 200, 200]);
    expect((await call("GET", "/_sandbox/faults")).body.rules).toMatchObject([{ status: 503 }]);
  });

  test("of chance are the same for the same seed", async () => {
    const run = async (seed: number) => {
      const { api } = await faulty({ status: 500, probability: 0.5, seed });
      return statuses(api, 20);
    };
    const [first, again, other] = [await run(7), await run(7), await run(8)];
    expect(new Set(first)).toEqual(new Set([200, 500]));
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  test.each([
    ["drop", ["c", "b"]],
    ["repeat", ["c", "c", "b", "a"]],
  ])("make a list %s a row", async (rows, names) => {
    const { api } = await faulty({ match: { method: "GET", path: "hog_functions" }, rows });
    for (const name of ["a", "b", "c"]) await api("POST", "hog_functions/", { ...code, name });
    const { body } = await api("GET", "hog_functions/");
    expect(body.results.map(({ name }: Json) => name)).toEqual(names);
    expect(body.count).toBe(3);
    expect((await api("GET", `hog_functions/${body.results[0].id}/`)).body.name).toBe("c");
  });
});

describe("faults of deliveries", () => {
  async function delivering(...rules: Json[]) {
    const clock = new ManualClock();
    const hook = await receiver();
    const running = await sandbox({ clock, retries: "back-to-back" });
    await running.webhook(hook.url, {}, { signing_secret: { value: `whsec_${"A".repeat(32)}` } });
    const answer = await running.call(
      "POST",
      "/_sandbox/faults",
      rules.map((rule) => ({ on: "deliveries", ...rule })),
    );
    expect(answer.status).toBe(200);
    const send = async () => {
      const [destination] = (await running.settled(await running.capture("any"))).destinations;
      const attempts = destination.deliveries.map((one: Json) =>
        (one.attempts as Json[]).map(({ status }) => status),
      );
      return { state: destination.state, attempts, deliveries: destination.deliveries };
    };
    return { ...running, clock, hook, send };
  }

  test.each<[string, Json, unknown[][], number]>([
    ["a status instead of sending", { status: 503, times: 2 }, [[503, 503, 200]], 1],
    ["a status after it was sent", { status: 503, commit: true, times: 2 }, [[503, 503, 200]], 3],
    ["a cut before: an attempt tries once more by itself", { cut: "before", times: 3 }, [[null, 200]], 1],
    ["a cut after", { cut: "after", times: 3 }, [[null, 200]], 4],
    ["another address", { match: { path: "elsewhere" }, status: 503 }, [[200]], 1],
    ["another method", { match: { method: "PUT" }, status: 503 }, [[200]], 1],
  ])("%s", async (_, rule, attempts, requests) => {
    const { send, hook } = await delivering(rule);
    expect(await send()).toMatchObject({ state: "succeeded", attempts });
    expect(hook.received).toHaveLength(requests);
  });

  test("a delay counts: after 3 s there was no answer", async () => {
    const { clock, capture, settled, hook } = await delivering({ delayMs: 5_000, times: 1 });
    const uuid = await capture("any");
    await until(() => clock.sleeping.includes(5_000) || undefined);
    clock.advance(3_000);
    const [{ deliveries }] = (await settled(uuid)).destinations;
    expect(deliveries[0].attempts).toMatchObject([
      { status: null, error: "TimeoutError: No answer within 3 s" },
      { status: 200 },
    ]);
    expect(hook.received).toHaveLength(1);
  });

  test("redelivery: the same body once more, under a new webhook-id", async () => {
    const { send, hook, api } = await delivering({ redeliver: true, times: 1 });
    const { state, attempts, deliveries } = await send();
    expect({ state, attempts }).toEqual({ state: "succeeded", attempts: [[200], [200]] });
    const [first, second] = hook.received;
    expect(second?.body).toBe(first?.body);
    const ids = hook.received.map(({ headers }) => headers["webhook-id"]);
    expect(new Set(ids)).toHaveLength(2);
    expect(deliveries.map(({ webhookId }: Json) => webhookId)).toEqual(ids);
    expect((await send()).attempts).toEqual([[200]]);
    expect((await api("GET", "hog_functions/")).status).toBe(200); // of requests it says nothing
  });
});

test("health says whose sandbox it is", async () => {
  const { call } = await sandbox();
  expect((await call("GET", "/_sandbox/health")).body).toEqual({
    ok: true,
    project: 1,
    data: ":memory:",
    pid: process.pid,
  });
});

test("the request log counts calls, without queries and the control's own", async () => {
  const { call, api } = await sandbox();
  await api("GET", "hog_functions/?personal_api_key=phx_sandbox");
  await api("POST", "hog_functions/", { hog: "" });
  await call("GET", "/_sandbox/health");
  const { text, body } = await call("GET", "/_sandbox/requests");
  expect(body.requests).toMatchObject([
    { method: "GET", path, status: 200 },
    { method: "POST", path, status: 400 },
  ]);
  expect(text).not.toContain("phx_");
  await call("DELETE", "/_sandbox/requests");
  expect((await call("GET", "/_sandbox/requests")).body.requests).toEqual([]);
});

describe("browsers", () => {
  /** `fetch` does not let a program choose these headers. */
  function statusOf(url: string, headers: Record<string, string>): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      request(url, { headers }, (response) => resolve(response.resume().statusCode))
        .once("error", reject)
        .end();
    });
  }

  test.each(["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])("may call it %s", async (host) => {
    const { url, port } = await sandbox();
    expect(await statusOf(`${url}/_sandbox/health`, { host: `${host}:${port}` })).toBe(200);
  });

  test.each(["evil.example", "127.0.0.1.evil.example", "localhost.evil.example"])(
    "are refused under the name %s",
    async (host) => {
      const { url } = await sandbox();
      for (const at of ["/_sandbox/health", path, "/_partners"])
        expect(await statusOf(url + at, { host })).toBe(403);
    },
  );

  test("are refused from another origin, even on this machine", async () => {
    const { url, port } = await sandbox();
    const authorization = "Bearer phx_sandbox";
    for (const at of ["/_sandbox/health", path, "/_partners"]) {
      for (const origin of ["https://evil.example", "http://127.0.0.1:1", "null"]) {
        expect(await statusOf(url + at, { origin, authorization })).toBe(403);
      }
      const own = { host: `127.0.0.1:${port}`, origin: url, authorization };
      expect(await statusOf(url + at, own)).toBe(200);
    }
  });
});

test("HubSpot's own client finds a contact made once and updated after", async () => {
  const { url, call } = await sandbox();
  const hubspot = new HubSpot({ accessToken: "token", basePath: `${url}/_partners/hubspot` });
  const upsert = (properties: Record<string, string>) =>
    hubspot.crm.contacts.batchApi.upsert({
      inputs: [{ idProperty: "email", id: "Someone@Acme.example", properties }],
    });
  const first = await upsert({ firstname: "Some" });
  const second = await upsert({ lifecyclestage: "customer" });
  expect([first, second].map(({ results }) => results[0]?._new)).toEqual([true, false]);
  expect(second.results[0]?.updatedAt).toBeInstanceOf(Date);
  const { hubspot: kept } = (await call("GET", "/_partners")).body;
  expect(kept.contacts).toMatchObject([
    { properties: { email: "someone@acme.example", firstname: "Some", lifecyclestage: "customer" } },
  ]);
});

test("Slack's own client posts its message", async () => {
  const { url, call } = await sandbox();
  const slack = new IncomingWebhook(`${url}/_partners/slack/services/T0/B0/x`);
  expect(await slack.send({ text: "Someone signed up" })).toEqual({ text: "ok" });
  expect((await call("GET", "/_partners")).body.slack.messages).toMatchObject([
    { text: "Someone signed up" },
  ]);
});
