import { expect, onTestFinished, test } from "vitest";
import { listDeliveries, replayDelivery, showDelivery } from "./admin.ts";
import type { Outcome } from "./inbox.ts";
import { SqliteInbox } from "./sqlite.ts";
import { eventBody, tempFolder } from "./testing.ts";

const receivedAt = Date.parse("2026-09-01T10:00:01.500Z");
const handled: Outcome = { state: "handled" };
const retrying: Outcome = { state: "retrying", dueAt: 1e15, error: "Error: later" };
const dead: Outcome = { state: "dead", error: "GiveUp: no" };

/** Deliveries of one uuid each; `crm` and `notify` end as given, "running" keeps the lease. */
async function inboxWith(deliveries: Record<string, (Outcome | "running" | undefined)[]>): Promise<string> {
  const folder = tempFolder();
  const inbox = new SqliteInbox(folder);
  onTestFinished(() => inbox.close());
  for (const [uuid, outcomes] of Object.entries(deliveries)) {
    const about = { id: `msg-${uuid}`, uuid, destination: uuid.split("-")[0] ?? "", event: "user_signed_up" };
    await inbox.store({
      ...about,
      sentAt: receivedAt - 1_500,
      receivedAt,
      body: eventBody(uuid),
      handlers: ["crm", "notify"],
    });
    for (const [index, outcome] of outcomes.entries()) {
      if (!outcome) continue;
      const request = { limit: 10, now: receivedAt, until: 1e15 };
      const jobs = await inbox.lease({ handler: ["crm", "notify"][index] ?? "", ...request });
      const job = jobs.find((one) => one.uuid === uuid);
      if (job && outcome !== "running") await inbox.settle(job, outcome, receivedAt + 1_000 * (index + 1));
    }
  }
  return folder;
}

test("lists deliveries, the newest first, while the receiver has the file open", async () => {
  const folder = await inboxWith({ "signups-1": [handled, handled], "signups-2": [retrying] });
  expect(listDeliveries(folder)).toEqual([
    {
      id: "msg-signups-2",
      destination: "signups",
      event: "user_signed_up",
      uuid: "signups-2",
      state: "retrying",
      handlers: [
        { name: "crm", state: "retrying", attempts: 1, lastError: "Error: later" },
        { name: "notify", state: "stored", attempts: 0 },
      ],
      receivedAt: "2026-09-01T10:00:01.500Z",
    },
    {
      id: "msg-signups-1",
      destination: "signups",
      event: "user_signed_up",
      uuid: "signups-1",
      state: "handled",
      handlers: [
        { name: "crm", state: "handled", attempts: 1, settledAt: "2026-09-01T10:00:02.500Z" },
        { name: "notify", state: "handled", attempts: 1, settledAt: "2026-09-01T10:00:03.500Z" },
      ],
      receivedAt: "2026-09-01T10:00:01.500Z",
      handledAt: "2026-09-01T10:00:03.500Z",
    },
  ]);
});

test.each([
  [[undefined, undefined], "stored"],
  [[handled, undefined], "stored"],
  [[handled, handled], "handled"],
  [["running", undefined], "running"],
  [["running", handled], "running"],
  [[retrying, "running"], "retrying"],
  [[dead, retrying], "dead"],
  [[handled, dead], "dead"],
] as const)("with handlers %j a delivery is %s", async (outcomes, state) => {
  const folder = await inboxWith({ "signups-1": [...outcomes] });
  expect(listDeliveries(folder)).toMatchObject([{ state }]);
});

test("filters by state, destination and uuid, and limits", async () => {
  const folder = await inboxWith({
    "signups-1": [dead],
    "alerts-1": [dead],
    "signups-2": [handled, handled],
    "signups-3": [handled, handled],
  });
  const uuids = (query: Parameters<typeof listDeliveries>[1]) =>
    listDeliveries(folder, query).map(({ uuid }) => uuid);
  expect(uuids({ state: "dead" })).toEqual(["alerts-1", "signups-1"]);
  expect(uuids({ destination: "signups" })).toEqual(["signups-3", "signups-2", "signups-1"]);
  expect(uuids({ destination: "signups", state: "handled" })).toEqual(["signups-3", "signups-2"]);
  expect(uuids({ state: "handled", limit: 1 })).toEqual(["signups-3"]);
  expect(uuids({ uuid: "alerts-1" })).toEqual(["alerts-1"]);
  expect(uuids({ uuid: "nothing" })).toEqual([]);
});

test("shows one delivery with what was sent", async () => {
  const folder = await inboxWith({ "signups-1": [] });
  expect(showDelivery(folder, "msg-signups-1")).toMatchObject({
    id: "msg-signups-1",
    state: "stored",
    headers: { "webhook-id": "msg-signups-1", "webhook-timestamp": "1788256800" },
    body: JSON.parse(eventBody("signups-1")),
  });
  expect(showDelivery(folder, "nothing")).toBeUndefined();
});

test("replays a dead letter while the receiver has the file open", async () => {
  const folder = await inboxWith({ "signups-1": [dead, handled] });
  expect(replayDelivery(folder, "msg-signups-1", receivedAt)).toEqual(["crm"]);
  expect(listDeliveries(folder)).toMatchObject([
    {
      state: "stored",
      handlers: [
        { name: "crm", state: "stored", attempts: 0 },
        { name: "notify", state: "handled" },
      ],
    },
  ]);
  expect(replayDelivery(folder, "msg-signups-1", receivedAt)).toEqual([]);
});

test("reads the file of a receiver that has stopped", async () => {
  const folder = tempFolder();
  const inbox = new SqliteInbox(folder);
  await inbox.store({
    id: "msg-1",
    uuid: "1",
    destination: "signups",
    event: "a",
    sentAt: 0,
    receivedAt: 0,
    body: "{}",
    handlers: ["crm"],
  });
  await inbox.close();
  expect(listDeliveries(folder)).toMatchObject([{ id: "msg-1" }]);
});

test("says where there is no inbox", () => {
  expect(() => listDeliveries("nowhere")).toThrow(/There is no inbox at nowhere.inbox\.db/);
});
