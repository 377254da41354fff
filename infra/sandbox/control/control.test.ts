import { request } from "node:http";
import { Client as HubSpot } from "@hubspot/api-client";
import { IncomingWebhook } from "@slack/webhook";
import { describe, expect, test } from "vitest";
import { type Json, ManualClock, sandbox, until } from "../test-support.ts";

const path = "/api/projects/1/hog_functions/";
const code = { hog: "return event" };

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

  test("are refused when they are not understood", async () => {
    const { call } = await sandbox();
    const answer = await call("POST", "/_sandbox/faults", [{ statsu: 500 }]);
    expect(answer).toMatchObject({ status: 400, body: { error: expect.stringContaining("statsu") } });
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
