import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test, vi } from "vitest";
import { inboxContract } from "./inbox.contract.ts";
import { InboxError, type NewDelivery } from "./inbox.ts";
import { inboxFile, SqliteInbox } from "./sqlite.ts";
import { tempFolder } from "./testing.ts";

inboxContract("SQLite", () => open(tempFolder()));

function open(folder: string): SqliteInbox {
  const inbox = new SqliteInbox(folder);
  onTestFinished(() => inbox.close());
  return inbox;
}

function delivery(n: number): NewDelivery {
  const about = { id: `msg-${n}`, uuid: `uuid-${n}`, destination: "signups", event: "user_signed_up" };
  return { ...about, sentAt: 0, receivedAt: 0, body: "{}", handlers: ["crm"] };
}

const lease = { handler: "crm", limit: 10, now: 10_000, until: 1e12 };

test("commits the stores of one moment together, with one fsync", async () => {
  const inbox = open(tempFolder());
  const exec = vi.spyOn(DatabaseSync.prototype, "exec");
  onTestFinished(() => exec.mockRestore());
  await Promise.all(Array.from({ length: 200 }, (_, n) => inbox.store(delivery(n))));
  expect(exec.mock.calls.filter(([sql]) => sql === "COMMIT")).toHaveLength(1);
});

test("rejects all stores of a transaction that fails, keeps none, and goes on", async () => {
  const inbox = open(tempFolder());
  const impossible = { ...delivery(2), event: null as unknown as string }; // breaks NOT NULL, as a full disk would break a write
  const outcomes = await Promise.allSettled([inbox.store(delivery(1)), inbox.store(impossible)]);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await inbox.lease(lease)).toEqual([]);
  expect(await inbox.store(delivery(1))).toBe("stored");
});

test("takes back at once what a dead process was handling", async () => {
  const folder = tempFolder();
  const before = new SqliteInbox(folder);
  await before.store(delivery(1));
  await before.lease(lease);
  await before.close();
  expect(await open(folder).lease({ ...lease, now: 1 })).toMatchObject([{ id: "msg-1", attempt: 2 }]);
});

test("refuses a folder that another receiver is using, and takes it when that one is gone", async () => {
  const folder = tempFolder();
  const first = new SqliteInbox(folder);
  expect(() => new SqliteInbox(folder)).toThrow(InboxError);
  expect(() => new SqliteInbox(folder)).toThrow(/inbox\.db is used by another receiver.*HOGWIRE_DATA/);
  await first.close();
  open(folder);
});

test("says what is wrong with a folder that is none", () => {
  const file = join(tempFolder(), "a-file");
  writeFileSync(file, "");
  expect(() => new SqliteInbox(file)).toThrow(
    /inbox\.db cannot be opened \(.*\): mend that, or name another folder/,
  );
});

test("refuses a file of another version", async () => {
  const folder = tempFolder();
  await new SqliteInbox(folder).close();
  const database = new DatabaseSync(inboxFile(folder));
  database.exec("PRAGMA user_version = 99");
  database.close();
  expect(() => new SqliteInbox(folder)).toThrow(/schema 99/);
  expect(() => new SqliteInbox(folder)).toThrow(/schema 99/); // and not that another receiver has it
});
