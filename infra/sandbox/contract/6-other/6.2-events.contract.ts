import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished } from "vitest";
import { type Json, sandbox, until } from "../../test-support.ts";
import { fact, untested } from "../contract.ts";
import type { Row } from "../target.ts";

async function captured() {
  const running = await sandbox();
  const at = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
  const events: [string, Json][] = [
    ["old", { timestamp: at(60 * 48) }],
    ["one", { timestamp: at(30), distinct_id: "ada", properties: { plan: "pro" } }],
    ["two", { timestamp: at(20), distinct_id: "bob" }],
    ["two", { timestamp: at(10), distinct_id: "ada" }],
  ];
  for (const [event, rest] of events) await running.settled(await running.capture(event, rest));
  const list = async (query: string) => (await running.api("GET", `events/?${query}`)).body;
  const names = async (query: string) => (await list(query)).results.map(({ event }: Row) => event);
  return { ...running, list, names, at };
}

fact("6.2", "events answers {next, results}, newest first", { needs: "sandbox" }, async () => {
  const { list, names } = await captured();
  expect(Object.keys(await list("limit=2"))).toEqual(["next", "results"]);
  expect((await names("")).slice(0, 3)).toEqual(["two", "two", "one"]);
});

fact("6.2", "It filters by event and distinct_id", { needs: "sandbox" }, async () => {
  const { names } = await captured();
  expect(await names("event=two")).toEqual(["two", "two"]);
  expect(await names("distinct_id=ada")).toEqual(["two", "one"]);
  expect(await names("event=two&distinct_id=bob")).toEqual(["two"]);
});

fact("6.2", "It takes `after` and `before`", { needs: "sandbox" }, async () => {
  const { names, at } = await captured();
  const query = `after=${encodeURIComponent(at(25))}&before=${encodeURIComponent(at(15))}`;
  expect(await names(query)).toEqual(["two"]);
});

fact("6.2", "Without `after` it looks at the last day first", { needs: "sandbox" }, async () => {
  const { list } = await captured();
  const { results } = await list("limit=3");
  expect(results.map(({ event }: Row) => event)).not.toContain("old");
});

fact("6.2", "`limit` is 100 unless told; `next` leads to the rest", { needs: "sandbox" }, async () => {
  const { list, call } = await captured();
  const { next, results } = await list("limit=2");
  expect(results).toHaveLength(2);
  const { pathname, search } = new URL(next);
  const rest = (await call("GET", pathname + search)).body.results;
  expect(rest.map(({ event }: Row) => event)[0]).toBe("one");
});

fact("6.2", "`orderBy` can turn the order", { needs: "sandbox" }, async () => {
  const { names, at } = await captured();
  const query = `after=${encodeURIComponent(at(60))}&orderBy=${encodeURIComponent('["timestamp"]')}`;
  expect(await names(query)).toEqual(["one", "two", "two"]);
});

fact("6.2", "The scope is query:read", { needs: "sandbox" }, async () => {
  const keys = { phx_a: { scopes: ["query:read"] }, phx_b: { scopes: ["person:read"] } };
  const { call } = await sandbox({ keys });
  const status = async (key: string) =>
    (await call("GET", "/api/projects/1/events/", undefined, { authorization: `Bearer ${key}` })).status;
  expect([await status("phx_a"), await status("phx_b")]).toEqual([200, 403]);
});

fact("6.2", "It filters by person_id and by properties", { needs: "sandbox" }, async () => {
  const { list, names } = await captured();
  const [ada] = (await list("distinct_id=ada&limit=1")).results;
  expect(ada).toHaveProperty("person");
  const properties = JSON.stringify([{ key: "plan", value: "pro", operator: "exact", type: "event" }]);
  expect(await names(`properties=${encodeURIComponent(properties)}`)).toEqual(["one"]);
});

untested(
  "6.2",
  "`where` and `select` are HogQL expressions",
  "deprecated; the sandbox refuses them by name (501): use query",
);
untested(
  "6.2",
  "`offset` is deprecated, and over 50,000 may be a 400",
  "the sandbox does not hold as many events",
);

fact(
  "6.3",
  "A query answers rows as lists, with columns, types, hogql, limit, hasMore, timings",
  { needs: "sandbox" },
  async () => {
    const { api } = await captured();
    const query = {
      kind: "HogQLQuery",
      query: "select event, count() from events group by event order by event limit 10",
    };
    const { status, body } = await api("POST", "query/", { query });
    expect(status).toBe(200);
    expect(body.results).toEqual([
      ["old", 1],
      ["one", 1],
      ["two", 2],
    ]);
    expect(body.columns).toEqual(["event", "count()"]);
    for (const key of ["types", "hogql", "limit", "offset", "hasMore", "timings", "error", "query_status"]) {
      expect(body, key).toHaveProperty(key);
    }
  },
);

fact("6.3", "`values` fill placeholders", { needs: "sandbox" }, async () => {
  const { api } = await captured();
  const query = {
    kind: "HogQLQuery",
    query: "select count() from events where event = {name}",
    values: { name: "two" },
  };
  expect((await api("POST", "query/", { query })).body.results).toEqual([[2]]);
});

async function rows(limit: string): Promise<Row> {
  const { call, api } = await sandbox();
  const batch = Array.from({ length: 150 }, () => ({ event: "a", distinct_id: "u" }));
  await call("POST", "/batch/", { api_key: "phc_sandbox", batch });
  return (
    await api("POST", "query/", { query: { kind: "HogQLQuery", query: `select event from events ${limit}` } })
  ).body;
}

fact(
  "6.3",
  "Without LIMIT there are 100 rows, and `hasMore` says that there were more",
  { needs: "sandbox" },
  async () => {
    const body = await rows("");
    expect([body.results.length, body.hasMore]).toEqual([100, true]);
    expect((await rows("limit 120")).results).toHaveLength(120);
  },
);

fact("6.3", "LIMIT goes to 50,000, and more is as much", { needs: "sandbox" }, async () => {
  const data = mkdtempSync(join(tmpdir(), "hogwire-contract-"));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  const first = await sandbox({ data });
  await first.settled(await first.capture("a"));
  await first.close();
  const database = new DatabaseSync(join(data, "sandbox.sqlite"));
  const columns = database.prepare("SELECT name FROM pragma_table_info('events') WHERE name <> 'row'").all();
  const names = columns.map(({ name }) => name).join();
  const counting = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50001)";
  database.exec(`INSERT INTO events (${names}) ${counting} SELECT ${names} FROM events, n`);
  database.close();
  const { api } = await sandbox({ data });
  const query = { kind: "HogQLQuery", query: "select event from events limit 90000" };
  expect((await api("POST", "query/", { query })).body.results).toHaveLength(50_000);
});

/** The answer to an asynchronous query, which is a 202 until it is complete. */
function complete(api: Awaited<ReturnType<typeof sandbox>>["api"], id: string) {
  return until(async () => {
    const answer = await api("GET", `query/${id}/`);
    return answer.status === 202 ? undefined : answer;
  });
}

fact(
  "6.3",
  "`refresh: async` answers 202 with a query_status, then GET of it 200 when complete",
  { needs: "sandbox" },
  async () => {
    const { api } = await captured();
    const query = { kind: "HogQLQuery", query: "select count() from events" };
    const { status, body } = await api("POST", "query/", { query, refresh: "force_async" });
    expect(status).toBe(202);
    const { id } = body.query_status;
    const answer = await complete(api, id);
    expect(answer).toMatchObject({
      status: 200,
      body: { query_status: { complete: true, results: { results: [[4]] } } },
    });
  },
);

fact("6.3", "GET of one that failed is a 400", { needs: "sandbox" }, async () => {
  const { api } = await sandbox();
  const query = { kind: "HogQLQuery", query: "select nothing_of_this_name from events limit 1" };
  const { body } = await api("POST", "query/", { query, refresh: "force_async" });
  const answer = await complete(api, body.query_status.id);
  expect(answer).toMatchObject({ status: 400, body: { query_status: { error: true, complete: true } } });
});

fact("6.3", "DELETE cancels it", { needs: "sandbox" }, async () => {
  const { api } = await captured();
  const query = { kind: "HogQLQuery", query: "select 1" };
  const { body } = await api("POST", "query/", { query, refresh: "force_async" });
  expect((await api("DELETE", `query/${body.query_status.id}/`)).status).toBe(200);
});

fact("6.3", "A query that is wrong is a 400 validation_error with a code of its kind", async (ph) => {
  for (const query of ["select from", "select nothing_of_this_name from events limit 1"]) {
    const answer = await ph.api("POST", "query/", { query: { kind: "HogQLQuery", query } });
    expect(answer).toMatchObject({
      status: 400,
      body: { type: "validation_error", code: expect.any(String) },
    });
  }
});

fact("6.3", "The scope is query:read, for POST too", { needs: "sandbox" }, async () => {
  const { call } = await sandbox({
    keys: { phx_a: { scopes: ["query:read"] }, phx_b: { scopes: ["action:write"] } },
  });
  const ask = async (key: string) => {
    const headers = { authorization: `Bearer ${key}` };
    const query = { kind: "HogQLQuery", query: "select 1" };
    return (await call("POST", "/api/projects/1/query/", { query }, headers)).status;
  };
  expect([await ask("phx_a"), await ask("phx_b")]).toEqual([200, 403]);
});

untested(
  "6.3",
  "Too many queries at once are a 429, an error of ClickHouse a 500, and 60 s the limit",
  "the sandbox answers one after the other from SQLite",
);
untested("6.3", "`filters_override` and `variables_override`", "the sandbox refuses them by name (501)");
