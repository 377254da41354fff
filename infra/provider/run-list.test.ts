import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { startSandbox } from "../sandbox/server.ts";
import { createRunList, type Owned } from "./run-list.ts";
import { byHand, providerOf } from "./testing.ts";

/** A PostHog of a few lines: its list ends when the test says so. */
function start(...ids: string[]) {
  const there = new Map(ids.map((id) => [id, row(id)]));
  const hidden = new Set<string>();
  const calls: string[] = [];
  const ends: ((failure?: Error) => void)[] = [];
  const rows = createRunList<Owned>(
    async () => {
      calls.push("list");
      const listed = new Map([...there].filter(([id]) => !hidden.has(id)));
      await new Promise<void>((resolve, reject) =>
        ends.push((failure) => (failure ? reject(failure) : resolve())),
      );
      return listed;
    },
    async (id) => {
      calls.push(id);
      return there.get(id) ?? null;
    },
  );
  /** Ends the list that was begun first of those under way, once it was begun. */
  async function end(failure?: Error) {
    while (ends.length === 0) await setImmediate();
    ends.shift()?.(failure);
  }
  return { rows, calls, there, hidden, end };
}

function row(id: string, name = id): Owned {
  return { id, name, description: `[hogwire:hogwire/dev/${id}]` };
}

async function listed(...ids: string[]) {
  const started = start(...ids);
  const loading = started.rows.load();
  await started.end();
  await loading;
  return started;
}

test("all who ask share one list, and a list that failed is asked for again", async () => {
  const { rows, calls, end } = start("a", "b");
  const failing = Promise.allSettled([rows.get("a"), rows.ownedBy("hogwire/dev/a"), rows.load()]);
  await end(new Error("cut"));
  expect((await failing).map(({ status }) => status)).toEqual(Array(3).fill("rejected"));
  const asking = Promise.all([rows.get("a"), rows.get("b"), rows.ownedBy("hogwire/dev/a")]);
  await end();
  expect(await asking).toEqual([row("a"), row("b"), [row("a")]]);
  expect(calls).toEqual(["list", "list"]);
});

test("a row that the list lacks is asked for alone, once however many ask, and known from then on", async () => {
  const { rows, calls, there } = await listed("a");
  there.set("b", row("b"));
  const asking = Array.from({ length: 5 }, () => rows.get("b"));
  expect(await Promise.all(asking)).toEqual(Array(5).fill(row("b")));
  expect(await rows.ownedBy("hogwire/dev/b")).toEqual([row("b")]);
  expect([await rows.get("c"), await rows.get("c")]).toEqual([null, null]);
  expect(calls).toEqual(["list", "b", "c"]);
});

test("of hundreds that are gone a few are asked for alone, and a second list is believed about the others", async () => {
  const { rows, calls, there, end } = await listed("a");
  const ids = Array.from({ length: 300 }, (_, index) => `gone ${index}`);
  there.set("gone 299", row("gone 299")); // came back, as when somebody undeletes it
  const asking = Promise.all(ids.map((id) => rows.get(id)));
  await end();
  expect(await asking).toEqual([...Array(299).fill(null), row("gone 299")]);
  expect(calls).toEqual(["list", ...ids.slice(0, 20), "list"]);
});

test("no list is believed to lack a row after one was there that it lacked", async () => {
  const { rows, calls, there, hidden } = await listed("a");
  const ids = Array.from({ length: 50 }, (_, index) => `hidden ${index}`);
  for (const id of ids) {
    there.set(id, row(id));
    hidden.add(id);
  }
  expect(await Promise.all(ids.map((id) => rows.get(id)))).toEqual(ids.map((id) => row(id)));
  expect(calls).toEqual(["list", ...ids]);
});

test("a refetch is begun after it was asked for, and shared by all who asked before it began", async () => {
  const { rows, calls, there, end } = await listed("a");
  const first = rows.refetch();
  while (calls.length < 2) await setImmediate();
  there.set("b", row("b")); // the list under way does not know it
  const later = Promise.all([rows.refetch(), rows.refetch()]);
  await end();
  await first;
  await end();
  await later;
  expect(await rows.ownedBy("hogwire/dev/b")).toEqual([row("b")]);
  expect(calls).toEqual(["list", "list", "list"]);
});

test("who reads while a refetch is under way gets the new list, or asks again when it failed", async () => {
  const { rows, calls, end } = await listed("a");
  const failing = rows.refetch();
  while (calls.length < 2) await setImmediate();
  const reading = rows.get("a");
  await end(new Error("cut"));
  await expect(failing).rejects.toThrow("cut");
  await expect(reading).rejects.toThrow("cut");
  const again = rows.get("a");
  await end();
  expect(await again).toEqual(row("a"));
});

test("what this run wrote is known at once, also when an older list comes later", async () => {
  const { rows, calls, there, end } = await listed("a", "b");
  const refetching = rows.refetch();
  while (calls.length < 2) await setImmediate();
  there.delete("b");
  rows.put(row("a", "renamed"));
  rows.remove("b");
  await end();
  await refetching;
  expect(await rows.get("a")).toEqual(row("a", "renamed"));
  expect(await rows.ownedBy("hogwire/dev/b")).toEqual([]);
  expect(await rows.get("b")).toBeNull();
});

test("a write is taken in although PostHog gives no list", async () => {
  const { rows, end } = await listed("a");
  const refetching = rows.refetch();
  await end(new Error("cut"));
  await expect(refetching).rejects.toThrow();
  expect(() => rows.put(row("b"))).not.toThrow();
});

test("reads of hundreds of destinations cost three list calls, and deleting most of them twenty-odd calls more", async () => {
  const sandbox = await startSandbox({ port: 0, data: ":memory:" });
  const posthog = byHand(sandbox);
  const inputs = (slug: string) => ({
    ...{ kind: "destination", host: sandbox.url, project: "1", slug, name: slug, __provider: "loader" },
    ...{ managed_by: `hogwire/dev/${slug}`, enabled: true, filters: { events: [{ id: "user_signed_up" }] } },
    hog: { code: "return 1" },
  });
  const slugs = Array.from({ length: 400 }, (_, index) => `slug-${index}`);
  const run = providerOf();
  const made = await Promise.all(slugs.map((slug) => run.create(inputs(slug))));

  await posthog.reset();
  const refresh = providerOf();
  const read = await Promise.all(made.map(({ id, outs }) => refresh.read(id, outs)));
  expect(read.map(({ id }) => id)).toEqual(made.map(({ id }) => id));
  expect(await posthog.requests()).toEqual(Array(3).fill("GET /api/projects/1/hog_functions/"));

  for (const { id } of made.slice(100)) {
    await posthog.api("PATCH", `hog_functions/${id}/`, { deleted: true, mappings: null });
  }
  await posthog.reset();
  const later = providerOf();
  const left = await Promise.all(made.map(({ id, outs }) => later.read(id, outs)));
  expect(left.filter(({ id }) => id !== undefined)).toHaveLength(100);
  expect(await posthog.requests()).toHaveLength(1 + 20 + 1);
  await sandbox.close();
});
