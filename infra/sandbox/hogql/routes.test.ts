import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { ManualClock, sandbox, until } from "../test-support.ts";

const query = (text: string, rest: object = {}) => ({ query: { kind: "HogQLQuery", query: text, ...rest } });

async function captured() {
  const clock = new ManualClock();
  clock.advance(15 * 86_400_000);
  const server = await sandbox({ clock });
  const { capture, settled } = server;
  const send = async (event: string, rest: object) => {
    const uuid = await capture(event, rest as Record<string, unknown>);
    await settled(uuid);
    return uuid;
  };
  const uuids = [
    await send("signed up", {
      distinct_id: "ada",
      timestamp: "2026-01-14T10:00:00Z",
      properties: { plan: "pro", seats: 5, $set: { email: "ada@example.com", secret: 1 } },
    }),
    await send("$autocapture", {
      distinct_id: "bob",
      timestamp: "2026-01-15T10:00:00.120Z",
      properties: {
        plan: '"free"',
        $elements_chain: 'a.link.big:href="/x"nth-child="2"text="Go";div:nth-child="1"',
      },
    }),
    await send("left", { distinct_id: "ada", timestamp: "2026-01-03T10:00:00Z", properties: {} }),
  ];
  return { ...server, clock, uuids };
}

test("a query answers with rows, columns, types and what a client of PostHog reads besides", async () => {
  const { api } = await captured();
  const { status, body } = await api(
    "POST",
    "query/",
    query("SELECT event, count() FROM events GROUP BY event ORDER BY 1"),
  );
  expect(status).toBe(200);
  expect(body).toEqual({
    cache_key: expect.stringMatching(/^cache_1_[0-9a-f]{32}$/),
    cache_target_age: null,
    calculation_trigger: null,
    clickhouse: null,
    columns: ["event", "count()"],
    error: null,
    explain: null,
    hasMore: false,
    hogql: "SELECT event, count() FROM events GROUP BY event ORDER BY 1 ASC LIMIT 100",
    is_cached: false,
    last_refresh: "2026-01-16T00:00:00.000Z",
    limit: 100,
    metadata: null,
    modifiers: null,
    next_allowed_client_refresh: "2026-01-16T00:00:00.000Z",
    offset: 0,
    query: "SELECT event, count() FROM events GROUP BY event ORDER BY 1",
    query_status: null,
    results: [
      ["$autocapture", 1],
      ["left", 1],
      ["signed up", 1],
    ],
    timezone: "UTC",
    timings: [{ k: ".", t: expect.any(Number) }],
    types: [
      ["event", "String"],
      ["count()", "UInt64"],
    ],
  });
});

test("an asynchronous query answers 202, and is asked for until it is complete", async () => {
  const { api } = await captured();
  const asked = { ...query("SELECT count() FROM events"), refresh: "async", client_query_id: "mine" };
  const started = await api("POST", "query/", asked);
  expect(started).toMatchObject({
    status: 202,
    body: { query_status: { id: "mine", complete: false, results: null } },
  });
  const done = await until(async () => {
    const answer = await api("GET", "query/mine/");
    return answer.status === 202 ? undefined : answer;
  });
  expect(done).toMatchObject({
    status: 200,
    body: { query_status: { complete: true, results: { results: [[3]] } } },
  });
  expect(await api("DELETE", "query/mine/")).toMatchObject({ status: 200 });
  expect(await api("GET", "query/mine/")).toMatchObject({ status: 404 });
});

test("an asynchronous query that fails says why when it is asked for", async () => {
  const { api } = await captured();
  await api("POST", "query/", {
    ...query("SELECT x FROM events"),
    refresh: "force_async",
    client_query_id: "mine",
  });
  const done = await until(async () => {
    const answer = await api("GET", "query/mine/");
    return answer.status === 202 ? undefined : answer;
  });
  expect(done).toMatchObject({
    status: 400,
    body: { query_status: { error: true, error_message: "Unable to resolve field: x", results: null } },
  });
});

test("the last 50 asynchronous queries are kept", async () => {
  const { api } = await sandbox();
  for (let id = 0; id <= 50; id++) {
    await api("POST", "query/", { ...query("SELECT 1"), refresh: "async", client_query_id: `q${id}` });
  }
  expect(await api("GET", "query/q0/")).toMatchObject({ status: 404 });
  expect((await api("GET", "query/q1/")).body).toHaveProperty("query_status.id", "q1");
});

const refused: [why: string, body: unknown, status: number, detail: RegExp][] = [
  ["a query that cannot be read", query("SELECT 1 FROM"), 400, /^(unexpected|cannot read|no viable)/],
  ["another kind", { query: { kind: "TrendsQuery", series: [] } }, 501, /queries of the kind 'TrendsQuery'/],
  ["no query", {}, 400, /^JSON parse error - query/],
  ["a HogQLQuery without a query", { query: { kind: "HogQLQuery" } }, 400, /Field required/],
  [
    "overriding variables",
    { ...query("SELECT 1"), variables_override: { a: 1 } },
    501,
    /'variables_override'/,
  ],
  ["overriding filters", { ...query("SELECT 1"), filters_override: { a: 1 } }, 501, /'filters_override'/],
  ["variables", query("SELECT 1", { variables: { a: {} } }), 501, /'variables'/],
  ["filters", query("SELECT 1", { filters: { properties: [] } }), 501, /'filters'/],
  [
    "a modifier",
    query("SELECT 1", { modifiers: { bounceRateDurationSeconds: 1 } }),
    501,
    /'bounceRateDurationSeconds'/,
  ],
  [
    "a refresh that does not exist",
    { ...query("SELECT 1"), refresh: "soon" },
    400,
    /^JSON parse error - refresh/,
  ],
];

for (const [why, body, status, detail] of refused) {
  test(`query/ refuses ${why}`, async () => {
    const { api } = await sandbox();
    const answer = await api("POST", "query/", body);
    expect(answer).toMatchObject({ status, body: { attr: null } });
    expect(answer.body.detail).toMatch(detail);
  });
}

test("a key needs query:read, also to POST a query", async () => {
  const { call } = await sandbox({
    keys: { phx_reader: { scopes: ["query:read"] }, phx_other: { scopes: ["action:read"] } },
  });
  const as = (key: string) => ({ authorization: `Bearer ${key}` });
  const path = "/api/projects/1/query/";
  expect(await call("POST", path, query("SELECT 1"), as("phx_reader"))).toMatchObject({ status: 200 });
  expect(await call("POST", path, query("SELECT 1"), as("phx_other"))).toMatchObject({
    status: 403,
    body: { detail: "API key missing required scope 'query:read'" },
  });
  expect(await call("GET", "/api/projects/1/events/", undefined, as("phx_other"))).toMatchObject({
    status: 403,
  });
});

test("events/ shows the latest first, as PostHog's old API does", async () => {
  const { api, uuids } = await captured();
  const { body } = await api("GET", "events/");
  expect(body.next).toBeNull();
  expect(body.results.map(({ id }: { id: string }) => id)).toEqual([uuids[1], uuids[0], uuids[2]]);
  expect(body.results[1]).toEqual({
    id: uuids[0],
    distinct_id: "ada",
    properties: { plan: "pro", seats: 5, $set: { email: "ada@example.com", secret: 1 } },
    event: "signed up",
    timestamp: "2026-01-14T10:00:00+00:00",
    person: { is_identified: false, distinct_ids: ["ada"], properties: { email: "ada@example.com" } },
    elements: [],
    elements_chain: "",
  });
  expect(body.results[0]).toMatchObject({
    timestamp: "2026-01-15T10:00:00.120000+00:00",
    properties: { plan: "free" },
    elements: [
      { tag_name: "a", attr_class: ["link", "big"], href: "/x", nth_child: 2, text: "Go", order: 0 },
      { tag_name: "div", attr_class: null, order: 1 },
    ],
  });
});

const listings: [query: string, found: number[]][] = [
  ["event=left", [2]],
  ["distinct_id=ada", [0, 2]],
  ["after=2026-01-10T00:00:00Z", [1, 0]],
  ["before=2026-01-10", [2]],
  ["orderBy=%5B%22timestamp%22%5D", [2, 0, 1]],
  ["offset=1", [0, 2]],
  [
    `properties=${encodeURIComponent('[{"key":"plan","value":["pro","x"],"operator":"exact","type":"event"}]')}`,
    [0],
  ],
  [`properties=${encodeURIComponent('[{"key":"plan","value":"pro","operator":"is_not"}]')}`, [1, 2]],
  [`properties=${encodeURIComponent('[{"key":"plan","value":"PR","operator":"icontains"}]')}`, [0]],
  [`properties=${encodeURIComponent('[{"key":"plan","operator":"is_not_set"}]')}`, [2]],
  [`properties=${encodeURIComponent('[{"key":"seats","value":"4","operator":"gt"}]')}`, [0]],
  [
    `properties=${encodeURIComponent('[{"key":"email","value":"^ada","operator":"regex","type":"person"}]')}`,
    [0, 2],
  ],
];

for (const [search, found] of listings) {
  test(`events/?${decodeURIComponent(search)}`, async () => {
    const { api, uuids } = await captured();
    const { body } = await api("GET", `events/?${search}`);
    expect(body.results.map(({ id }: { id: string }) => uuids.indexOf(id))).toEqual(found);
  });
}

test("events/ of a person, in pages whose links lead on", async () => {
  const { api, call, uuids } = await captured();
  const { body } = await api(
    "POST",
    "query/",
    query("SELECT DISTINCT person_id FROM events WHERE distinct_id = 'ada'"),
  );
  const first = await api("GET", `events/?person_id=${body.results[0][0]}&limit=1`);
  expect(first.body.results).toMatchObject([{ id: uuids[0] }]);
  const next = new URL(first.body.next);
  expect((await call("GET", next.pathname + next.search)).body).toMatchObject({
    next: null,
    results: [{ id: uuids[2] }],
  });
});

test("what PostHog itself raised is no event of events/", async () => {
  const { api, call } = await sandbox();
  const raised = await call("POST", "/_sandbox/internal-events", { event: "$error_tracking_issue_created" });
  await until(async () => {
    const { body } = await call("GET", `/_sandbox/events/${raised.body.uuid}`);
    return body.settled || undefined;
  });
  expect((await api("GET", "events/")).body.results).toEqual([]);
  expect(await api("GET", `events/${raised.body.uuid}/`)).toMatchObject({ status: 404 });
});

test("without an `after`, the last day alone is shown when it fills the page", async () => {
  const { api, uuids } = await captured();
  const { body } = await api("GET", "events/?limit=1");
  expect(body).toMatchObject({ next: null, results: [{ id: uuids[1] }] }); // PostHog forgets that there are more
});

test("one event by its uuid, with its person when asked", async () => {
  const { api, uuids } = await captured();
  expect((await api("GET", `events/${uuids[0]}/`)).body).toMatchObject({ id: uuids[0], person: null });
  expect((await api("GET", `events/${uuids[0]}/?include_person=1`)).body).toMatchObject({
    person: { distinct_ids: ["ada"] },
  });
  const nobody = randomUUID();
  expect(await api("GET", `events/${nobody}/`)).toMatchObject({
    status: 404,
    body: { detail: `No events exist for event UUID ${nobody}` },
  });
  expect(await api("GET", "events/one/")).toMatchObject({ status: 400, body: { detail: "Invalid UUID" } });
});

const strange = (filter: object) =>
  `properties=${encodeURIComponent(JSON.stringify([{ key: "a", value: 1, ...filter }]))}`;

test.each([
  strange({ type: "constructor" }),
  strange({ operator: "constructor" }),
  strange({ type: "cohort" }),
  "select=event",
  "where=true",
  "action_id=1",
  "format=csv",
  "after=-7d",
])("events/?%s is refused", async (search) => {
  const { api } = await sandbox();
  expect(await api("GET", `events/?${search}`)).toMatchObject({
    status: 501,
    body: { code: "not_in_sandbox" },
  });
});
