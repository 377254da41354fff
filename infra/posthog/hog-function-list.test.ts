import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { personalApiKey, type Sandbox, startSandbox } from "../sandbox/server.ts";
import { type FakePostHog, startFakePostHog } from "./fake-posthog.ts";
import { store } from "./fake-rows.ts";
import { listHogFunctions } from "./hog-function-list.ts";
import { createClient, type PostHogClient } from "./http.ts";
import { createLimiter } from "./limiter.ts";

let sandbox: Sandbox;
let client: PostHogClient;
beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, data: ":memory:" });
  client = clientOf(sandbox.url);
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  await fetch(`${sandbox.url}/_sandbox/faults`, { method: "DELETE" });
  for (const id of await living()) await remove(id);
});

function clientOf(host: string): PostHogClient {
  return createClient({ host, project: "1", apiKey: personalApiKey, limiter: createLimiter({ host }) });
}

const pageSize = 4;

/** The list in small pages, with something done by somebody else before each request. */
async function list(between: (request: number) => Promise<unknown> = async () => {}) {
  let requests = 0;
  const rows = await listHogFunctions(
    {
      ...client,
      async get(path, query) {
        await between(++requests);
        return client.get(path, query);
      },
    },
    pageSize,
  );
  return { rows, requests };
}

async function create(name: string): Promise<string> {
  const body = { name, type: "destination", hog: "return 1", inputs_schema: [], inputs: {} };
  return ((await client.post("hog_functions/", body)) as { id: string }).id;
}
async function createMany(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index++) ids.push(await create(`destination ${index}`));
  return ids;
}
const rename = (id: string, name: string) => client.patch(`hog_functions/${id}/`, { name, mappings: null });
const remove = (id: string) => client.patch(`hog_functions/${id}/`, { deleted: true, mappings: null });
const undelete = (id: string) => client.patch(`hog_functions/${id}/`, { deleted: false, mappings: null });
async function names(): Promise<Map<string, string>> {
  const { results } = (await client.get("hog_functions/", { limit: "1000" })) as {
    results: { id: string; name: string }[];
  };
  return new Map(results.map(({ id, name }) => [id, name]));
}
const living = async () => [...(await names()).keys()];
const faults = (...rules: object[]) =>
  fetch(`${sandbox.url}/_sandbox/faults`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(rules),
  });

test.each([
  [0, 1],
  [4, 1],
  [5, 3],
  [20, 8],
])(
  "lists %i rows by fours in %i requests: pages that overlap, and then the front again",
  async (count, expected) => {
    const ids = await createMany(count);
    const { rows, requests } = await list();
    expect([...rows.keys()].sort()).toEqual(ids.sort());
    expect(requests).toBe(expected);
  },
);

/** A fake with so many rows, changed when `time` says. */
async function startFakeWith(count: number, time: (index: number) => number): Promise<FakePostHog> {
  const fake = await startFakePostHog(personalApiKey);
  onTestFinished(() => fake.close());
  for (let index = 0; index < count; index++) {
    const row = store({ name: `${index}`, inputs_schema: [], inputs: {}, filters: {}, enabled: true });
    row.updated_at = new Date(time(index)).toISOString();
    fake.rows.set(row.id, row);
  }
  return fake;
}

test("lists 1,001 rows in six requests, all to the host it was given, whatever PostHog calls itself", async () => {
  const fake = await startFakeWith(1001, (index) => 2_000_000_000_000 - index);
  expect((await listHogFunctions(clientOf(fake.url))).size).toBe(1001);
  expect(fake.requests).toEqual(Array(6).fill("GET hog_functions/"));
});

test("lists 600 rows of one time, as an import leaves them, in four requests", async () => {
  const fake = await startFakeWith(600, () => 2_000_000_000_000);
  expect((await listHogFunctions(clientOf(fake.url))).size).toBe(600);
  expect(fake.requests).toHaveLength(4);
});

test("lists rows of one time that PostgreSQL puts in another order for each page", async () => {
  const fake = await startFakeWith(600, () => 2_000_000_000_000);
  const asStored = [...fake.rows];
  const reversed = asStored.toReversed();
  const offsets: string[] = [];
  const client = clientOf(fake.url);
  const rows = await listHogFunctions({
    ...client,
    get(path, query) {
      offsets.push(query?.offset ?? "");
      fake.rows = new Map(query?.offset === "0" ? asStored : reversed);
      return client.get(path, query);
    },
  });
  expect(rows.size).toBe(600);
  expect(offsets.filter((offset) => offset === "0").length).toBeGreaterThan(1);
});

test("sees a row that an edit moved to the pages already read, while a deletion keeps the count right", async () => {
  const ids = await createMany(10);
  const [edited = "", deleted = ""] = [ids[0], ids[9]]; // the last of the list, and the first
  const { rows } = await list(async (request) => {
    if (request !== 2) return;
    await rename(edited, "edited");
    await remove(deleted);
  });
  expect(rows.get(edited)?.name).toBe("edited");
  expect(rows.size).toBeGreaterThanOrEqual(9);
});

test("sees edits that fill the front, also those behind its first page", async () => {
  const ids = await createMany(10);
  const { rows } = await list(async (request) => {
    if (request !== 4) return; // the front again
    for (const id of ids.slice(0, 6)) await rename(id, "edited");
  });
  expect([...rows.values()].filter(({ name }) => name === "edited")).toHaveLength(6);
});

test("sees rows that deletions pulled onto a page already read", async () => {
  const ids = (await createMany(16)).reverse(); // as the list has them
  const { rows } = await list(async (request) => {
    if (request === 4) for (const id of ids.slice(4, 7)) await remove(id);
  });
  expect([...rows.keys()]).toEqual(expect.arrayContaining(await living()));
});

test("whatever somebody else does between the pages, sees every row, as it was at the last request", async () => {
  const what = fc.constantFrom(rename, rename, remove, remove, undelete, "create" as const);
  const change = fc.record({ what, which: fc.nat(23) });
  const script = fc.array(fc.array(change, { maxLength: 4, size: "max" }), { maxLength: 9, size: "max" });
  let count = 0;
  await fc.assert(
    fc.asyncProperty(script, async (changes) => {
      const ids = [...(await living()), ...(await createMany(6))].slice(-24);
      for (const id of (await living()).slice(20)) await remove(id);
      const { rows } = await list(async (request) => {
        for (const { what, which } of changes[request - 1] ?? []) {
          if (what === "create") await create(`new ${++count}`);
          else await what(ids[which] ?? "", `renamed ${++count}`).catch(() => {}); // of one that is deleted
        }
      });
      for (const [id, name] of await names()) expect(rows.get(id)?.name).toBe(name);
    }),
    { numRuns: process.env.LONG ? 400 : 20 },
  );
}, 300_000);

test.each([
  ["loses a row of one page", { rows: "drop", times: 1 }],
  ["loses a row of each of the first pages", { rows: "drop", times: 4 }],
  ["has a row of each page twice", { rows: "repeat" }],
])("is whole when PostHog %s", async (_name, fault) => {
  const ids = await createMany(10);
  await faults({ match: { method: "GET" }, ...fault });
  const { rows } = await list();
  expect([...rows.keys()].sort()).toEqual(ids.sort());
});

test("gives no list that stays shorter than its own count: what is not seen would be created again", async () => {
  await createMany(3);
  await faults({ match: { method: "GET" }, rows: "drop" });
  await expect(list()).rejects.toThrow("did not come out whole in 6 readings");
});
