import { expect, onTestFinished, test, vi } from "vitest";
import { listDeliveries } from "./admin.ts";
import { defineHandler, GiveUp, type Handler, type HandlerContext, RetryAfter } from "./define-handler.ts";
import { SqliteInbox } from "./sqlite.ts";
import { eventBody, memoryLog, tempFolder } from "./testing.ts";
import { backoff, createWorker } from "./worker.ts";

const second = 1_000;

/** A worker on a real inbox; time stands still until the test moves it, chance is always the longest wait. */
function setUp(handlers: Record<string, Handler>, folder = tempFolder()) {
  const inbox = new SqliteInbox(folder);
  const { log, lines } = memoryLog();
  let time = 1_000_000;
  const worker = createWorker({
    inbox,
    handlers: Object.entries(handlers).map(([name, handler]) => ({ name, handler, secrets: {}, config: {} })),
    log,
    now: () => time,
    random: () => 1,
  });
  let stopped: Promise<void> | undefined;
  async function stop(deadline = 0): Promise<void> {
    stopped ??= worker.stop(deadline).then(() => inbox.close());
    await stopped;
  }
  onTestFinished(() => stop());
  return {
    worker,
    lines,
    stop,
    pass: (milliseconds: number) => {
      time += milliseconds;
      worker.wake();
    },
    async deliver(uuid: string, event = "user_signed_up") {
      const about = {
        id: `msg-${uuid}`,
        uuid,
        event,
        destination: "signups",
        handlers: Object.keys(handlers),
      };
      await inbox.store({ ...about, sentAt: time, receivedAt: time, body: eventBody(uuid, event) });
      worker.wake();
    },
    handlers: (uuid: string) => listDeliveries(folder, { uuid })[0]?.handlers,
  };
}

function handlerOf(
  run: (context: HandlerContext) => Promise<void> | void,
  rest: { concurrency?: number; timeout?: number } = {},
) {
  return defineHandler({ ...rest, on: { user_signed_up: run as () => void } });
}

/** A handler that ends when the test says so. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { promise, open: resolve };
}

const until = <T>(check: () => T) => vi.waitFor(check, { timeout: 10_000, interval: 10 });

test("runs each handler once and says so", async () => {
  const calls: unknown[] = [];
  const { worker, deliver, handlers, lines } = setUp({
    crm: handlerOf(({ event, person, idempotencyKey }) => void calls.push({ event, person, idempotencyKey })),
    notify: handlerOf(() => {}),
  });
  worker.start();
  await deliver("one");
  await until(() => expect(handlers("one")?.map(({ state }) => state)).toEqual(["handled", "handled"]));
  expect(calls).toEqual([
    {
      event: expect.objectContaining({
        uuid: "one",
        event: "user_signed_up",
        distinct_id: "user-123",
        properties: { plan: "pro" },
      }),
      person: expect.objectContaining({ id: "person-1", name: "Ada" }),
      idempotencyKey: "signups/crm/one",
    },
  ]);
  const said = lines
    .map((line) => JSON.parse(line))
    .find(({ handler, state }) => handler === "crm" && state === "handled");
  expect(said).toMatchObject({
    delivery: "msg-one",
    destination: "signups",
    event: "user_signed_up",
    uuid: "one",
    attempt: 1,
    duration: 0,
  });
});

test("handles what was stored before it started", async () => {
  const { worker, deliver, handlers } = setUp({ crm: handlerOf(() => {}) });
  await deliver("one");
  worker.start();
  await until(() => expect(handlers("one")).toMatchObject([{ state: "handled" }]));
});

test("keeps the delivery when a handler throws, and tries again when the wait is over", async () => {
  let failing = true;
  const { worker, deliver, handlers, pass } = setUp({
    crm: handlerOf(({ event }) => {
      if (failing) throw new TypeError(`no contact for someone@example.com, ${event.distinct_id}`);
    }),
    notify: handlerOf(() => {}),
  });
  worker.start();
  await deliver("one");
  const lastError = "TypeError: no contact for [e-mail], [redacted]";
  await until(() =>
    expect(handlers("one")).toEqual([
      { name: "crm", state: "retrying", attempts: 1, lastError },
      { name: "notify", state: "handled", attempts: 1, settledAt: expect.any(String) },
    ]),
  );
  failing = false;
  pass(second - 1);
  expect(handlers("one")?.[0]?.attempts).toBe(1);
  pass(1);
  await until(() =>
    expect(handlers("one")?.[0]).toMatchObject({ name: "crm", state: "handled", attempts: 2 }),
  );
});

test.each([
  ["an Error", () => new Error("no"), "Error: no"],
  ["a string", () => "no", "no"],
  ["nothing", () => undefined, "undefined was thrown"],
  ["an object that is no text", () => Object.create(null), "object was thrown"],
  ["an error of many lines", () => new Error(`no\n  ${"x".repeat(2_000)}`), `Error: no ${"x".repeat(490)}`],
])("keeps the reason when %s is thrown", async (_what, thrown, lastError) => {
  const { worker, deliver, handlers } = setUp({ crm: handlerOf(() => Promise.reject(thrown())) });
  worker.start();
  await deliver("one");
  await until(() => expect(handlers("one")).toMatchObject([{ state: "retrying", lastError }]));
});

test("makes a dead letter after 20 attempts", async () => {
  let attempts = 0;
  const { worker, deliver, handlers, pass } = setUp({
    crm: handlerOf(() => {
      attempts += 1;
      throw new Error("still down");
    }),
  });
  worker.start();
  await deliver("one");
  for (let attempt = 1; attempt < 20; attempt += 1) {
    await until(() => expect(handlers("one")).toMatchObject([{ state: "retrying", attempts: attempt }]));
    pass(6 * 3600 * second);
  }
  await until(() =>
    expect(handlers("one")).toMatchObject([
      { name: "crm", state: "dead", attempts: 20, lastError: "Error: still down" },
    ]),
  );
  pass(1e12);
  expect(attempts).toBe(20);
});

test("makes a dead letter at once of what a handler gives up", async () => {
  const { worker, deliver, handlers } = setUp({
    crm: handlerOf(() => Promise.reject(new GiveUp("not a customer"))),
  });
  worker.start();
  await deliver("one");
  await until(() =>
    expect(handlers("one")).toMatchObject([
      { state: "dead", attempts: 1, lastError: "GiveUp: not a customer" },
    ]),
  );
});

test("waits as long as a handler asks", async () => {
  const { worker, deliver, handlers, pass } = setUp({
    crm: handlerOf(() => Promise.reject(new RetryAfter(90 * second))),
  });
  worker.start();
  await deliver("one");
  await until(() => expect(handlers("one")).toMatchObject([{ state: "retrying", attempts: 1 }]));
  pass(89 * second);
  await deliver("two");
  await until(() => expect(handlers("two")).toMatchObject([{ attempts: 1 }]));
  expect(handlers("one")).toMatchObject([{ attempts: 1 }]);
  pass(second);
  await until(() => expect(handlers("one")).toMatchObject([{ attempts: 2 }]));
});

test("ends a handler that takes too long, by its signal, and tries again", async () => {
  let reason: unknown;
  const { worker, deliver, handlers } = setUp({
    crm: handlerOf(
      ({ signal }) =>
        new Promise(() => {
          signal.addEventListener("abort", () => {
            reason = signal.reason;
          });
        }),
      { timeout: 20 },
    ),
  });
  worker.start();
  await deliver("one");
  const lastError = "TimeoutError: the handler took longer than 20 ms";
  await until(() => expect(handlers("one")).toMatchObject([{ state: "retrying", lastError }]));
  expect(reason).toMatchObject({ name: "TimeoutError" });
});

test("runs no more of a handler at a time than its `concurrency`, and lets it hold up no other", async () => {
  const gates = { one: gate(), two: gate(), three: gate() };
  const begun: string[] = [];
  const { worker, deliver, handlers } = setUp({
    slow: handlerOf(
      ({ event }) => {
        begun.push(event.uuid);
        return gates[event.uuid as keyof typeof gates].promise; // the test delivers only these
      },
      { concurrency: 2 },
    ),
    quick: handlerOf(() => {}),
  });
  worker.start();
  for (const uuid of Object.keys(gates)) await deliver(uuid);
  await until(() => expect(handlers("three")).toMatchObject([{ state: "handled" }, { state: "stored" }]));
  expect(begun.sort()).toEqual(["one", "two"]);
  gates.one.open();
  await until(() => expect(begun).toContain("three"));
  gates.two.open();
  gates.three.open();
  await until(() => expect(handlers("three")).toMatchObject([{ state: "handled" }, { state: "handled" }]));
});

test.each([
  ["that has no entry", "page_closed"],
  ["named like a method of every object", "toString"],
])("counts an event %s as handled", async (_what, event) => {
  const { worker, deliver, handlers, lines } = setUp({
    crm: handlerOf(() => Promise.reject(new Error("not mine"))),
  });
  worker.start();
  await deliver("one", event);
  await until(() => expect(handlers("one")).toMatchObject([{ state: "handled", attempts: 1 }]));
  expect(lines.join("\n")).toContain("nothing to do");
});

test('gives an event without an entry to "*"', async () => {
  const events: string[] = [];
  const { worker, deliver, handlers } = setUp({
    all: defineHandler({ on: { "*": ({ event }) => void events.push(event.event) } }),
  });
  worker.start();
  await deliver("one", "page_closed");
  await until(() => expect(handlers("one")).toMatchObject([{ state: "handled" }]));
  expect(events).toEqual(["page_closed"]);
});

test("lets what runs finish when it stops, and takes nothing new", async () => {
  const door = gate();
  const folder = tempFolder();
  const { worker, deliver, stop } = setUp({ crm: handlerOf(() => door.promise, { concurrency: 1 }) }, folder);
  worker.start();
  await deliver("one");
  await until(() => expect(listDeliveries(folder)).toMatchObject([{ state: "running" }]));
  await deliver("two");
  const stopped = stop(10_000);
  door.open();
  await stopped;
  expect(listDeliveries(folder)).toMatchObject([
    { uuid: "two", state: "stored" },
    { uuid: "one", state: "handled" },
  ]);
});

test("aborts what does not finish in time, and hands it to the next start", async () => {
  const folder = tempFolder();
  let aborted = false;
  const stuck = handlerOf(
    ({ signal }) =>
      new Promise(() => {
        signal.addEventListener("abort", () => {
          aborted = true;
        });
      }),
  );
  const first = setUp({ crm: stuck }, folder);
  first.worker.start();
  await first.deliver("one");
  await until(() => expect(first.handlers("one")).toMatchObject([{ state: "running" }]));
  await first.stop(0);
  expect(aborted).toBe(true);
  const second = setUp({ crm: handlerOf(() => {}) }, folder);
  second.worker.start();
  const handled = { name: "crm", state: "handled", attempts: 2, settledAt: expect.any(String) };
  await until(() => expect(second.handlers("one")).toEqual([handled]));
});

test("gives up a delivery that was interrupted 20 times", async () => {
  const folder = tempFolder();
  const ran: string[] = [];
  const crm = handlerOf(({ event }) => void ran.push(event.uuid));
  const { deliver, stop } = setUp({ crm }, folder);
  await deliver("one");
  await stop();
  for (let death = 0; death < 20; death += 1) {
    const inbox = new SqliteInbox(folder);
    await inbox.lease({ handler: "crm", limit: 1, now: 1e12, until: 1e12 });
    await inbox.close();
  }
  const again = setUp({ crm }, folder);
  again.worker.start();
  const lastError = "Interrupted: the receiver died 20 times while this was handled";
  await until(() => expect(again.handlers("one")).toMatchObject([{ state: "dead", lastError }]));
  expect(ran).toEqual([]);
});

test("notes what was handled as soon as the disk takes it, without handling it again", async () => {
  const ran: string[] = [];
  const settle = vi.spyOn(SqliteInbox.prototype, "settle").mockRejectedValueOnce(new Error("disk is full"));
  onTestFinished(() => settle.mockRestore());
  const { worker, deliver, handlers } = setUp({ crm: handlerOf(({ event }) => void ran.push(event.uuid)) });
  worker.start();
  await deliver("one");
  await until(() => expect(handlers("one")).toMatchObject([{ state: "handled", attempts: 1 }]));
  expect(ran).toEqual(["one"]);
});

test("forgets what was handled more than 45 days ago", async () => {
  const folder = tempFolder();
  const first = setUp({ crm: handlerOf(({ event }) => void (event.uuid === "dead" && fail())) }, folder);
  const fail = () => {
    throw new GiveUp("no");
  };
  first.worker.start();
  await first.deliver("old");
  await first.deliver("dead");
  await until(() => expect(listDeliveries(folder)).toMatchObject([{ state: "dead" }, { state: "handled" }]));
  first.pass(45 * 24 * 3600 * second);
  await first.deliver("new");
  await until(() => expect(first.handlers("new")).toMatchObject([{ state: "handled" }]));
  await first.stop();
  const again = setUp({ crm: handlerOf(() => {}) }, folder);
  again.pass(45 * 24 * 3600 * second + 1);
  again.worker.start();
  await until(() => expect(listDeliveries(folder)).toMatchObject([{ uuid: "new" }, { uuid: "dead" }]));
});

test("says what waits for a handler that is gone", async () => {
  const folder = tempFolder();
  const first = setUp({ gone: handlerOf(() => {}) }, folder);
  await first.deliver("one");
  await first.stop();
  const { worker, lines } = setUp({ crm: handlerOf(() => {}) }, folder);
  worker.start();
  await until(() =>
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: "warn", handler: "gone", count: 1 },
    ]),
  );
});

test("redacts what a handler logs", async () => {
  const { worker, deliver, handlers, lines } = setUp({
    crm: handlerOf(({ log, event, person }) =>
      log.info(`saved ${event.distinct_id}`, { person, to: "ada@example.com" }),
    ),
  });
  worker.start();
  await deliver("one");
  await until(() => expect(handlers("one")).toMatchObject([{ state: "handled" }]));
  expect(lines.join("\n")).toContain("saved [redacted]");
  expect(lines.join("\n")).not.toMatch(/ada@|user-123/);
});

test.each([
  [1, 1, second],
  [1, 0, 0],
  [2, 1, 2 * second],
  [5, 0.5, 8 * second],
  [15, 1, 16_384 * second],
  [16, 1, 6 * 3600 * second],
  [20, 1, 6 * 3600 * second],
])("backs off after attempt %d with chance %d for %d ms", (attempt, chance, wait) => {
  expect(backoff(attempt, chance)).toBe(wait);
});
