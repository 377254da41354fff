import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { systemClock } from "../sandbox/clock.ts";
import { personalApiKey, type Sandbox, startSandbox } from "../sandbox/server.ts";
import { createClient } from "./http.ts";
import { createLimiter } from "./limiter.ts";

// The sandbox with PostHog's limits, on a clock that jumps when the client sleeps.

let time = Date.now();
const now = () => time;
const clock = {
  now,
  async sleep(milliseconds: number) {
    time += milliseconds;
  },
};

let sandbox: Sandbox;
beforeAll(async () => {
  const its = { now, sleep: systemClock.sleep };
  sandbox = await startSandbox({ port: 0, data: ":memory:", rateLimits: true, clock: its });
});
afterAll(() => sandbox.close());

let said: string[];
beforeEach(async () => {
  time += 3_600_000;
  said = [];
  await control("DELETE", "requests");
});

function control(method: string, path: string, body?: object): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return fetch(`${sandbox.url}/_sandbox/${path}`, {
    method,
    headers,
    ...(body && { body: JSON.stringify(body) }),
  });
}

async function statuses(): Promise<Record<string, number>> {
  const { requests } = (await (await control("GET", "requests")).json()) as {
    requests: { status: number }[];
  };
  const counts: Record<string, number> = {};
  for (const { status } of requests) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

function client() {
  const limiter = createLimiter({ host: sandbox.url, clock, say: (text) => said.push(text) });
  return createClient({ host: sandbox.url, project: "1", apiKey: personalApiKey, limiter, clock });
}

test("a thousand calls at once all get their answer, and hardly one is made in vain", async () => {
  const { get } = client();
  await Promise.all(Array.from({ length: 1000 }, () => get("actions/")));
  const { 200: answered, 429: inVain = 0 } = await statuses();
  expect(answered).toBe(1000);
  // What was under way when the first 429 came, and a try or two after each wait
  expect(inVain).toBeLessThan(530);
  expect(said).toEqual(
    Array(said.length).fill(expect.stringMatching(/^waiting \d+ s for PostHog's rate limit$/)),
  );
  expect(said.length).toBeLessThan(5);
});

test("hundreds of calls all get their answer beside somebody who takes most of the key's calls", async () => {
  const { get } = client();
  const headers = { authorization: `Bearer ${personalApiKey}` };
  const others = (count: number) =>
    Promise.all(
      Array.from({ length: count }, () => fetch(`${sandbox.url}/api/projects/1/actions/`, { headers })),
    );
  await others(450);
  let isOver = false;
  const goOn = (async () => {
    while (!isOver) await others(40);
  })();
  await Promise.all(Array.from({ length: 300 }, () => get("hog_functions/")));
  isOver = true;
  await goOn;
  expect(said).not.toEqual([]);
});

test("a POST that was throttled is made again after the wait, and happens once", async () => {
  const { post, get } = client();
  await control("POST", "faults", [{ match: { method: "POST" }, status: 429, retryAfter: 12, times: 1 }]);
  const start = time;
  await post("actions/", { name: "Sign-up", steps: [{ event: "user_signed_up" }] });
  expect(time - start).toBe(12_000);
  expect(said).toEqual(["waiting 12 s for PostHog's rate limit"]);
  expect(await get("actions/")).toMatchObject({ results: [{ name: "Sign-up" }] });
});
