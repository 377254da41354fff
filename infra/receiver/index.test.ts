import { expect, onTestFinished, test, vi } from "vitest";
import { listDeliveries } from "./admin.ts";
import { defineHandler } from "./define-handler.ts";
import type { Inbox } from "./inbox.ts";
import { ConfigurationError, createReceiver, type ReceiverOptions } from "./index.ts";
import { SqliteInbox } from "./sqlite.ts";
import { eventBody, memoryLog, signedHeaders, signingKey, tempFolder } from "./testing.ts";

const url = "http://receiver.example";

function setUp(options: Partial<ReceiverOptions> = {}) {
  const folder = tempFolder();
  const inbox = new SqliteInbox(folder);
  const { log, lines } = memoryLog();
  const handled: string[] = [];
  const receiver = createReceiver({
    routes: { signups: ["crm"] },
    handlers: {
      crm: defineHandler({ on: { user_signed_up: ({ event }) => void handled.push(event.uuid) } }),
    },
    settings: {},
    signing: { key: signingKey, generation: 1 },
    inbox,
    log,
    ...options,
  });
  onTestFinished(async () => {
    await receiver.stop(0);
    await inbox.close();
  });
  return { receiver, lines, handled, deliveries: () => listDeliveries(folder), inbox };
}

function post(body: string | ReadableStream, headers: Record<string, string>, path = "/d/signups"): Request {
  return new Request(url + path, { method: "POST", body, headers, duplex: "half" } as RequestInit); // undici's own key
}

function signedPost(uuid: string, signing: Partial<Parameters<typeof signedHeaders>[1]> = {}): Request {
  const body = eventBody(uuid);
  return post(body, signedHeaders(body, { id: `msg-${uuid}`, ...signing }));
}

test("stores a signed delivery before it answers, then handles it", async () => {
  const { receiver, deliveries, handled } = setUp();
  const response = await receiver.fetch(signedPost("one"));
  expect(response.status).toBe(202);
  expect(await response.json()).toEqual({ delivery: "msg-one", state: "stored" });
  expect(deliveries()).toMatchObject([
    { id: "msg-one", destination: "signups", event: "user_signed_up", uuid: "one", state: "stored" },
  ]);
  receiver.start();
  await vi.waitFor(() => expect(deliveries()).toMatchObject([{ state: "handled" }]), { timeout: 10_000 });
  expect(handled).toEqual(["one"]);
});

test.each([
  ["the same webhook-id", {}],
  ["a new webhook-id, as after a rerun", { id: "msg-rerun" }],
])("answers 2xx to a repeated event with %s, and handles it once", async (_what, again) => {
  const { receiver, deliveries, handled } = setUp();
  receiver.start();
  await receiver.fetch(signedPost("one"));
  const repeated = await receiver.fetch(signedPost("one", again));
  expect(repeated.status).toBe(202);
  expect(await repeated.json()).toMatchObject({ state: "repeated" });
  await receiver.fetch(signedPost("two"));
  await vi.waitFor(() => expect(deliveries()).toMatchObject([{ state: "handled" }, { state: "handled" }]), {
    timeout: 10_000,
  });
  expect(handled.sort()).toEqual(["one", "two"]);
});

test.each([
  ["this generation", 3, 202],
  ["the one before", 2, 202],
  ["an older one", 1, 401],
  ["a later one", 4, 401],
])("takes generation 3's neighbours: signed with %s", async (_what, generation, status) => {
  const { receiver } = setUp({ signing: { key: signingKey, generation: 3 } });
  expect((await receiver.fetch(signedPost("one", { generation }))).status).toBe(status);
});

const body = eventBody("one");
const tooLarge = "x".repeat(2 * 1024 * 1024 + 1);
const wrongBodies = [
  "not json",
  "[]",
  "{}",
  '{"event":"{event}","person":null}',
  '{"event":{"uuid":"","event":"x"}}',
];
test.each([
  ["an unsigned POST", 401, /not signed/, () => post(body, {})],
  [
    "a wrongly signed POST",
    401,
    /does not match.*signingKey/,
    () => signedPost("one", { key: "another signing key!" }),
  ],
  ["another destination's signature", 401, /does not match/, () => signedPost("one", { slug: "alerts" })],
  ["a changed body", 401, /does not match/, () => post(`${body} `, signedHeaders(body, { id: "msg-one" }))],
  ["a stale POST", 401, /5 minutes/, () => signedPost("one", { at: Date.now() - 301_000 })],
  ["a POST from the future", 401, /5 minutes/, () => signedPost("one", { at: Date.now() + 302_000 })],
  [
    "an oversized POST",
    413,
    /larger than 2097152 bytes/,
    () => post(tooLarge, signedHeaders(tooLarge, { id: "msg-one" })),
  ],
  ["a POST that says it is oversized", 413, /larger/, () => post(body, { "content-length": "2097153" })],
  ["an unknown destination", 404, /pulumi up/, () => post(body, {}, "/d/unknown")],
  [
    "a destination named like a method of every object",
    404,
    /pulumi up/,
    () => post(body, {}, "/d/constructor"),
  ],
  ["another path", 404, /POST \/d\//, () => post(body, {}, "/d/signups/more")],
  ["the wrong method", 405, /Use POST/, () => new Request(`${url}/d/signups`)],
  ["the wrong method of a probe", 405, /Use GET/, () => post("", {}, "/livez")],
  ...wrongBodies.map(
    (wrong) =>
      [
        `the body ${wrong}`,
        400,
        /preset "event"/,
        () => post(wrong, signedHeaders(wrong, { id: "msg-one" })),
      ] as const,
  ),
] as const)("refuses %s with %d", async (_what, status, error, request) => {
  const { receiver, deliveries, lines } = setUp();
  const response = await receiver.fetch(request());
  expect(response.status).toBe(status);
  const text = await response.text();
  expect(JSON.parse(text)).toEqual({ error: expect.stringMatching(error) });
  expect(deliveries()).toEqual([]);
  for (const said of [text, ...lines]) expect(said).not.toMatch(/ada@|user-123|unknown|xxxx/);
});

test("refuses an oversized body while it streams, without reading the rest", async () => {
  const { receiver } = setUp();
  let sent = 0;
  const long = new ReadableStream({
    pull(controller) {
      sent += 64 * 1024;
      controller.enqueue(new Uint8Array(64 * 1024));
      if (sent >= 8 * 1024 * 1024) controller.close();
    },
  });
  expect((await receiver.fetch(post(long, {}))).status).toBe(413);
  expect(sent).toBeLessThan(3 * 1024 * 1024);
});

test("answers 503 when the store fails, to a delivery and to /readyz, and stays alive", async () => {
  const { receiver, lines } = setUp({ inbox: fullDisk(new SqliteInbox(tempFolder())) });
  const response = await receiver.fetch(signedPost("one"));
  expect(response.status).toBe(503);
  expect(await response.json()).toEqual({ error: expect.stringContaining("send it again") });
  expect((await receiver.fetch(new Request(`${url}/readyz`))).status).toBe(503);
  expect((await receiver.fetch(new Request(`${url}/livez`))).status).toBe(200);
  expect(lines.join("\n")).toContain("disk is full");
});

function fullDisk(inbox: SqliteInbox): Inbox {
  onTestFinished(() => inbox.close());
  const full = () => Promise.reject(new Error("database or disk is full"));
  vi.spyOn(inbox, "store").mockImplementation(full);
  vi.spyOn(inbox, "ready").mockImplementation(full);
  return inbox;
}

test("/readyz tells which version runs", async () => {
  const { receiver } = setUp({ version: "abc123" });
  const response = await receiver.fetch(new Request(`${url}/readyz`));
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ ready: true, version: "abc123" });
});

test("gives handlers their secrets and settings, and no others; hides the secrets in its log", async () => {
  const seen: unknown[] = [];
  const crm = defineHandler({
    secrets: ["token"],
    config: { url: "https://example.com", retries: 3, dry: false },
    on: {
      user_signed_up: ({ secrets, config, log }) => {
        seen.push({ secrets, config });
        log.info(`asked with ${secrets.token}`);
      },
    },
  });
  const { receiver, lines } = setUp({
    handlers: { crm },
    settings: { token: "s3cret-token", retries: "5", other: "x" },
  });
  receiver.start();
  await receiver.fetch(signedPost("one"));
  const config = { url: "https://example.com", retries: 5, dry: false };
  await vi.waitFor(() => expect(seen).toEqual([{ secrets: { token: "s3cret-token" }, config }]), {
    timeout: 10_000,
  });
  expect(lines.join("\n")).toContain("asked with [redacted]");
});

test("does not start without what its handlers need, and says all of it", () => {
  const crm = defineHandler({ secrets: ["token"], config: { retries: 3 }, on: { a: () => {} } });
  const routes = { signups: ["crm", "lost"] };
  const start = () => setUp({ routes, handlers: { crm }, settings: { retries: "many" } });
  expect(start).toThrow(ConfigurationError);
  expect(start).toThrow(
    [
      "Handler crm needs the secret token: npx pulumi config set --secret hogwire:token",
      "Handler crm needs a number as retries: npx pulumi config set hogwire:retries 3",
      "Handler lost is named by a route, but was not given.",
    ].join("\n"),
  );
});
