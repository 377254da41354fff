import { describe, expect, test } from "vitest";
import { type Json, ManualClock, receiver, sandbox, until } from "../test-support.ts";

/** A function whose receiver answers when the test says so. */
async function watched(settings: Json = {}) {
  const clock = new ManualClock();
  let answer = () => {};
  const hook = await receiver((response) => {
    answer = () => response.end();
  });
  const running = await sandbox({ clock });
  await running.call("PATCH", "/_sandbox/runtime", settings);
  const fn = await running.webhook(hook.url);
  const status = async () => (await running.api("GET", `hog_functions/${fn.id}/`)).body.status;
  const force = (state: number) => running.call("PUT", `/_sandbox/hog_functions/${fn.id}/status`, { state });
  return {
    ...running,
    clock,
    hook,
    fn,
    status,
    force,
    /** Sends one event, which is answered after so many milliseconds. */
    async send(ms: number) {
      const before = hook.received.length;
      const uuid = await running.capture("any");
      await until(() => hook.received.length > before || undefined);
      clock.advance(ms);
      answer();
      return (await running.settled(uuid)).destinations[0];
    },
  };
}

describe("the watcher (§4.8)", () => {
  test.each([
    [0, 10_000],
    [100, 10_000],
    [1_325, 9_995],
    [2_550, 9_990],
    [2_900, 9_989],
  ])("an answer after %i ms leaves %i tokens", async (ms, tokens) => {
    const { send, status } = await watched();
    await send(ms);
    expect(await status()).toEqual({ state: 1, tokens });
  });

  test("gives 10 a second back", async () => {
    const { send, status, clock } = await watched();
    for (let count = 0; count < 3; count++) await send(2_000); // 8 each
    expect((await status()).tokens).toBe(9_992);
    clock.advance(1_000);
    expect((await status()).tokens).toBe(10_000);
  });

  test("shows a disabled function without state and tokens", async () => {
    const { status, api, fn, force } = await watched();
    await force(2);
    await api("PATCH", `hog_functions/${fn.id}/`, { enabled: false });
    expect(await status()).toEqual({ state: 0, tokens: 0 });
    const [row] = (await api("GET", "hog_functions/?type=destination")).body.results;
    expect(row.status).toEqual({ state: 0, tokens: 0 });
  });

  test("keeps a state for a minute, then judges by the tokens again", async () => {
    const { status, force, send, clock } = await watched();
    await force(2);
    await send(0);
    expect((await status()).state).toBe(2);
    clock.advance(60_000);
    await send(0);
    expect((await status()).state).toBe(1);
  });

  test.each([11, 12])("never leaves %i by itself, nor by a save", async (state) => {
    const { status, force, api, fn, clock, capture, settled, hook } = await watched();
    await force(state);
    clock.advance(120_000);
    const { destinations } = await (state === 12 ? settled(await capture("any")) : { destinations: [] });
    await api("PATCH", `hog_functions/${fn.id}/`, { name: "Saved" });
    expect((await status()).state).toBe(state);
    if (state === 12) {
      expect(destinations).toMatchObject([{ state: "disabled_permanently", deliveries: [] }]);
      expect(hook.received).toEqual([]);
    }
  });

  test("that disabled a function drops its events, until a save gives it another chance", async () => {
    const { status, force, api, fn, capture, settled, send } = await watched();
    await force(3);
    expect((await settled(await capture("any"))).destinations).toMatchObject([
      { state: "disabled_permanently", reason: expect.stringContaining("watcher") },
    ]);
    const totals = async () =>
      (await api("GET", `hog_functions/${fn.id}/metrics/totals/?breakdown_by=name`)).body.totals;
    expect(await totals()).toEqual({ disabled_permanently: 1 });
    const { body } = await api("PATCH", `hog_functions/${fn.id}/`, { name: "Saved" });
    expect(body.status.state).toBe(2);
    expect(await status()).toMatchObject({ state: 2 });
    expect((await send(0)).state).toBe("succeeded");
  });
});

test.each([
  ["off", 2],
  ["on", 3],
] as const)("a bucket overdrawn with `disabling` %s makes the state %i", async (disabling, state) => {
  const { Watcher } = await import("./watcher.ts");
  const { initialSettings } = await import("./settings.ts");
  const { Writes } = await import("../writes.ts");
  const { openDatabase } = await import("../database.ts");
  const database = openDatabase(":memory:");
  const clock = new ManualClock();
  const settings = { ...initialSettings, disabling };
  const writes = new Writes(database);
  const watcher = new Watcher(database, writes, clock, settings);
  const fn = { id: "f", enabled: true };
  const states: number[] = [];
  for (let run = 0; run <= 100; run++) {
    watcher.observe(fn.id, [{ kind: "hog", ms: 10_000 }]); // 100 at most
    states.push(watcher.status(fn).state);
    if (run === 20) clock.advance(60_000); // the lock ends, 600 tokens come back
    if (run === 60) clock.advance(60_000);
  }
  expect(states[18]).toBe(1); // 8,100 left
  expect(states[19]).toBe(2);
  expect(watcher.status(fn)).toEqual({ state: 2, tokens: 1_100 });
  clock.advance(60_000);
  for (let run = 0; run < 18; run++) watcher.observe(fn.id, [{ kind: "hog", ms: 550 }]);
  expect(watcher.status(fn)).toEqual({ state, tokens: -100 });
  writes.flush();
  expect(new Watcher(database, writes, clock, settings).status(fn)).toEqual({ state, tokens: -100 });
  database.close();
});

describe("the settings of the runtime", () => {
  test("used-up quota sends nothing and counts it", async () => {
    const { capture, settled, api, fn, call, send } = await watched({ quota: "used-up" });
    expect((await settled(await capture("any"))).destinations).toMatchObject([{ state: "quota_limited" }]);
    expect(
      (await api("GET", `hog_functions/${fn.id}/metrics/totals/?breakdown_by=name`)).body.totals,
    ).toEqual({
      quota_limited: 1,
    });
    expect((await call("PATCH", "/_sandbox/runtime", { quota: "free" })).body).toMatchObject({
      quota: "free",
    });
    expect((await send(0)).state).toBe("succeeded");
  });

  test("without Redis masking lets nothing pass, and nothing else notices (§4.7)", async () => {
    const hook = await receiver();
    const { webhook, capture, settled, call } = await sandbox();
    const masking = { ttl: 60, hash: "{event.properties.mask}" };
    await webhook(hook.url, { masking });
    await call("PATCH", "/_sandbox/runtime", { redis: "down" });
    const state = async (mask: string) =>
      (await settled(await capture("any", { properties: { mask } }))).destinations[0].state;
    expect(await state("a")).toBe("masked");
    expect(await state("")).toBe("succeeded");
    await call("PATCH", "/_sandbox/runtime", { redis: "up" });
    expect([await state("a"), await state("a")]).toEqual(["succeeded", "masked"]);
  });

  test.each([
    ["ignored", "60", 1_500],
    ["honoured", "60", 60_000 + 15_000],
    ["honoured", "100000", 300_000 + 15_000],
    ["honoured", "Thu, 01 Jan 2026 00:00:10 GMT", 10_000 + 5_000],
    ["honoured", "soon", 1_500],
  ])("`retryAfter` %s makes of Retry-After: %s a pause of %i ms", async (retryAfter, header, pause) => {
    const clock = new ManualClock();
    const hook = await receiver((response) => response.writeHead(429, { "retry-after": header }).end());
    const { webhook, capture, call } = await sandbox({ clock, random: () => 0.5 });
    await call("PATCH", "/_sandbox/runtime", { retryAfter });
    await webhook(hook.url);
    await capture("any");
    await until(() => clock.sleeping.includes(pause) || undefined);
  });

  test("are refused when they are not understood", async () => {
    const { call, fn } = await watched();
    expect((await call("PATCH", "/_sandbox/runtime", { redis: "gone" })).status).toBe(400);
    expect((await call("PUT", `/_sandbox/hog_functions/${fn.id}/status`, { state: 4 })).status).toBe(400);
    expect((await call("PUT", "/_sandbox/hog_functions/nobody/status", { state: 1 })).status).toBe(404);
    expect((await call("PUT", "/_sandbox/test-account-filters", [{ value: 1 }])).status).toBe(400);
  });
});

test("the project's test-account filters are compiled into the functions that use them (§1.8, §11.10)", async () => {
  const hook = await receiver();
  const clock = new ManualClock();
  const { webhook, capture, settled, call, api } = await sandbox({ clock });
  const fn = await webhook(hook.url, { name: "real only", filters: { filter_test_accounts: true } });
  await webhook(hook.url, { name: "all" });
  const states = async () => {
    const properties = { $set: { email: "ada@acme.example" } };
    const { destinations } = await settled(await capture("any", { properties }));
    return Object.fromEntries(destinations.map(({ name, state }: Json) => [name, state]));
  };
  expect(await states()).toEqual({ "real only": "succeeded", all: "succeeded" });
  clock.advance(1_000);
  const filters = [{ key: "email", value: "@acme.example", operator: "not_icontains", type: "person" }];
  await call("PUT", "/_sandbox/test-account-filters", filters);
  expect(await states()).toEqual({ "real only": "filtered", all: "succeeded" });
  expect((await api("GET", "")).body.test_account_filters).toEqual(filters);
  const { body } = await api("GET", `hog_functions/${fn.id}/`);
  expect(body.version).toBe(fn.version);
  expect(body.updated_at).not.toBe(fn.updated_at);
});
