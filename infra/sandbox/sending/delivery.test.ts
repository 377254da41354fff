import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Json, ManualClock, receiver, sandbox, until } from "../test-support.ts";

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const signing = { signing_secret: { value: secret } };

test("an event goes out as PostHog's default body says, with no header of its own (§4.5, §4.6)", async () => {
  const hook = await receiver();
  const { webhook, capture, settled, url } = await sandbox();
  const fn = await webhook(
    hook.url,
    {},
    { headers: { value: { "X-Plan": "{event.properties.plan}", "X-Count": 1 } } },
  );
  const uuid = await capture("user_signed_up", {
    timestamp: "2026-02-03T04:05:06Z",
    properties: { plan: "pro", $set: { email: "a@acme.example" } },
  });
  const trace = await settled(uuid);
  const [sent] = hook.received;
  expect(hook.received).toHaveLength(1);
  expect(JSON.parse(sent?.body ?? "")).toEqual({
    event: {
      uuid,
      event: "user_signed_up",
      elements_chain: "",
      distinct_id: "user-1",
      properties: { plan: "pro", $set: { email: "a@acme.example" } },
      timestamp: "2026-02-03T04:05:06.000Z",
      url: `${url}/project/1/events/${uuid}/2026-02-03T04%3A05%3A06.000Z`,
    },
    person: {
      id: expect.any(String),
      name: "a@acme.example",
      properties: { email: "a@acme.example" },
      url: `${url}/project/1/person/user-1`,
    },
  });
  const names = (sent?.rawHeaders ?? [])
    .filter((_, index) => index % 2 === 0)
    .map((name) => name.toLowerCase());
  expect(names.sort()).toEqual(["connection", "content-length", "host", "x-plan"]);
  expect(trace).toEqual({
    captured: true,
    at: expect.any(String),
    event: "user_signed_up",
    distinct_id: "user-1",
    settled: true,
    destinations: expect.any(Array),
  });
  expect(trace.destinations).toEqual([
    {
      id: fn.id,
      name: "HTTP Webhook",
      type: "destination",
      invocation: expect.any(String),
      matched: true,
      state: "succeeded",
      deliveries: [
        {
          webhookId: null,
          signed: false,
          state: "delivered",
          request: { method: "POST", url: hook.url, headers: { "X-Plan": "pro" }, body: sent?.body },
          attempts: [
            {
              at: expect.any(String),
              status: 200,
              ms: expect.any(Number),
              response: { headers: expect.objectContaining({ "content-length": "2" }), body: "ok" },
            },
          ],
        },
      ],
      logs: [
        { level: "DEBUG", timestamp: expect.any(String), message: expect.stringContaining(`Event: ${uuid}`) },
      ],
    },
  ]);
});

describe("attempts (§4.6, §11.4)", () => {
  test("are spaced by a growing pause with some chance in it", async () => {
    const clock = new ManualClock();
    const hook = await receiver((response) => response.writeHead(500).end());
    const { webhook, capture, settled } = await sandbox({ clock, random: () => 0.5 });
    await webhook(hook.url);
    const uuid = await capture("any");
    for (const pause of [1500, 2500]) {
      await until(() => clock.sleeping.includes(pause) || undefined);
      clock.advance(pause - 1);
      clock.advance(1);
    }
    const { destinations } = await settled(uuid);
    const times = destinations[0].deliveries[0].attempts.map(({ at }: Json) => Date.parse(String(at)));
    expect(times.map((time: number) => time - times[0])).toEqual([0, 1500, 4000]);
    expect(destinations[0].logs.map(({ level, message }: Json) => `${level} ${message}`)).toEqual([
      "ERROR Attempt 1 of the request failed with status 500; the next in 1500 ms",
      "ERROR Attempt 2 of the request failed with status 500; the next in 2500 ms",
      "ERROR Attempt 3 of the request failed with status 500",
      `ERROR The function failed on event ${uuid}: Webhook failed with status 500: `,
    ]);
  });

  test("end after 3 s without an answer; the code then sees a 500", async () => {
    const clock = new ManualClock();
    const hook = await receiver(() => {});
    const { webhook, capture, settled } = await sandbox({ clock, retries: "back-to-back" });
    await webhook(hook.url);
    const uuid = await capture("any");
    for (const count of [1, 2, 3]) {
      await until(() => (hook.received.length === count ? true : undefined));
      clock.advance(3000);
    }
    const { destinations } = await settled(uuid);
    const error = "TimeoutError: No answer within 3 s";
    const attempt = { status: null, ms: 3000, error, at: expect.any(String) };
    expect(destinations[0]).toMatchObject({
      state: "failed",
      reason: `Webhook failed with status 500: ${error}`,
      deliveries: [{ attempts: [attempt, attempt, attempt] }],
    });
  });

  test.each([
    ["cut once", 1, [200], 2],
    ["cut twice: an attempt makes its request once more by itself", 2, [null, 200], 3],
    ["cut always", 6, [null, null, null], 6],
  ])("are repeated after a connection that is %s", async (_, cuts, statuses, requests) => {
    const hook = await receiver((response, count) => {
      if (count <= cuts) response.destroy();
      else response.end("ok");
    });
    const { webhook, capture, settled } = await sandbox({ retries: "back-to-back" });
    await webhook(hook.url);
    const { destinations } = await settled(await capture("any"));
    const attempts: Json[] = destinations[0].deliveries[0].attempts;
    expect(attempts.map(({ status }) => status)).toEqual(statuses);
    expect(hook.received).toHaveLength(requests);
  });

  test.each([
    ["not a url", "Invalid URL"],
    ["http://127.0.0.1:1:1/", "Invalid URL"],
  ])("are not repeated for %j, which cannot be asked", async (url, error) => {
    const { webhook, capture, settled } = await sandbox({ retries: "back-to-back" });
    await webhook(url);
    const { destinations } = await settled(await capture("any"));
    expect(destinations[0].deliveries[0].attempts).toMatchObject([
      { status: null, error: expect.stringContaining(error) },
    ]);
  });
});

test("logs end at 25 lines and hold no secret (§4.6)", async () => {
  const { api, capture, settled } = await sandbox();
  const inputs_schema = [{ key: "key", type: "string", secret: true }];
  const hog = "let i := 0\nwhile (i < 40) {\n  print('line', i, inputs.key)\n  i := i + 1\n}";
  await api("POST", "hog_functions/", {
    hog,
    enabled: true,
    inputs_schema,
    inputs: { key: { value: "s3\\{cret" } }, // an escape, which the program does not see
  });
  const { logs } = (await settled(await capture("any"))).destinations[0];
  expect(logs).toHaveLength(26); // 24 printed, the word that there are more, and the runtime's own
  expect(logs[0]).toMatchObject({ level: "INFO", message: "line, 0, ***" });
  expect(logs[23]).toMatchObject({ level: "INFO", message: "line, 23, ***" });
  expect(logs.slice(24)).toMatchObject([{ level: "WARN" }, { level: "DEBUG" }]);
});

test("what a closed sandbox had not sent is sent by the next one, under a new webhook-id (§2.3)", async () => {
  const data = mkdtempSync(join(tmpdir(), "hogwire-sandbox-"));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  const clock = new ManualClock();
  const hook = await receiver((response, count) => response.writeHead(count === 1 ? 503 : 200).end());
  const first = await sandbox({ data, clock });
  await first.webhook(hook.url, {}, signing);
  const uuid = await first.capture("any");
  await until(() => clock.sleeping.length === 1 || undefined);
  await first.close();

  const second = await sandbox({ data });
  const { destinations } = await second.settled(uuid);
  expect(destinations[0]).toMatchObject({
    state: "succeeded",
    deliveries: [
      { state: "interrupted", attempts: [{ status: 503 }] },
      { state: "delivered", attempts: [{ status: 200 }] },
    ],
  });
  const [one, two] = hook.received;
  expect(two?.body).toBe(one?.body);
  expect(two?.headers["webhook-id"]).not.toBe(one?.headers["webhook-id"]);
});

test.each(["hooks.acme.invalid", "127.0.0.1.acme.invalid", "localhost.acme.invalid"])(
  "another machine is not sent to, once and with the way to allow it: %s",
  async (host) => {
    const { webhook, capture, settled } = await sandbox();
    await webhook(`https://${host}/in`);
    const { destinations } = await settled(await capture("any"));
    expect(destinations[0].deliveries[0].attempts).toEqual([
      expect.objectContaining({
        status: null,
        error: expect.stringContaining(`not to ${host}, unless started with --send-anywhere`),
      }),
    ]);
  },
);

const itself = "let a := {}\na.a := a\n";
test.each([
  ["a body that contains itself", `${itself}fetch('http://127.0.0.1:9/', {'body': a})`, "circular"],
  ["a method that is no text", "fetch('http://127.0.0.1:9/', {'method': {'toString': 1}})", "`method`"],
  [
    "a signing input that is no text",
    "fetch('http://127.0.0.1:9/', {'standard_webhooks': {'secret_input': {'toString': 1}}})",
    "`secret_input`",
  ],
])("%s fails the run before a request is made", async (_, hog, says) => {
  const { api, capture, settled } = await sandbox();
  expect((await api("POST", "hog_functions/", { hog, enabled: true })).status).toBe(201);
  const [destination] = (await settled(await capture("any"))).destinations;
  expect(destination).toMatchObject({ state: "failed", deliveries: [] });
  expect(destination.reason).toContain(says);
  const body = { configuration: { hog }, globals: { event: { event: "any" } }, mock_async_functions: true };
  expect((await api("POST", "hog_functions/new/invocations/", body)).body.status).toBe("error");
});

test("an input that contains itself is inputs_failed, and the events after it are matched", async () => {
  const { webhook, capture, settled } = await sandbox();
  const value = { a: "{(() -> { let a := {}; a.a := a; return a })()}" };
  await webhook("http://127.0.0.1:9/", {}, { body: { value } });
  for (const event of ["one", "two"]) {
    const [destination] = (await settled(await capture(event))).destinations;
    expect(destination).toMatchObject({ state: "inputs_failed", deliveries: [] });
    expect(destination.reason).toContain("circular");
  }
});

test("with `sendsAnywhere` the other machine is tried", async () => {
  const { webhook, capture, settled } = await sandbox({ sendsAnywhere: true, retries: "back-to-back" });
  await webhook("http://hooks.acme.invalid/in");
  const { destinations } = await settled(await capture("any"));
  expect(destinations[0].deliveries[0].attempts).toHaveLength(3);
});

test("what is secret by its name alone is told in no log either (§4.6)", async () => {
  const hook = await receiver((response) => response.writeHead(401).end("no such key: abc"));
  const { webhook, capture, settled } = await sandbox();
  const headers = { value: { Authorization: "Bearer abc", "X-Plan": "pro" } };
  await webhook(hook.url, {}, { headers, debug: { value: true } });
  const [destination] = (await settled(await capture("any"))).destinations;
  expect(hook.received[0]?.headers.authorization).toBe("Bearer abc");
  expect(JSON.stringify(destination)).not.toContain("abc");
  expect(destination.reason).toBe("Webhook failed with status 401: no such key: ***");
  expect(JSON.stringify(destination.logs)).toContain("pro");
});

test("nor what an input is called that is not marked secret", async () => {
  const { api, capture, settled } = await sandbox();
  const inputs_schema = [
    { key: "apiKey", type: "string" },
    { key: "plan", type: "string" },
  ];
  const inputs = { apiKey: { value: "k-123" }, plan: { value: "pro" } };
  const hog = "print(inputs.apiKey, inputs.plan)";
  await api("POST", "hog_functions/", { hog, enabled: true, inputs_schema, inputs });
  const [{ logs }] = (await settled(await capture("any"))).destinations;
  expect(logs[0].message).toBe("***, pro");
});

test.each([
  ["fetch(event.none)", "URL"],
  ["fetch('http://127.0.0.1:9/', {'aws_sigv4': {'service': 's3'}})", "aws_sigv4"],
])("%s fails by name", async (hog, word) => {
  const { api, capture, settled } = await sandbox();
  await api("POST", "hog_functions/", { hog, enabled: true });
  const [destination] = (await settled(await capture("any"))).destinations;
  expect(destination).toMatchObject({
    state: "failed",
    reason: expect.stringContaining(word),
    deliveries: [],
  });
});
