import { expect, test } from "vitest";
import { personsOnEventsModes } from "./tables.ts";
import { type Given, hogqlOver } from "./test-events.ts";

const day = (date: number) => `2026-01-${String(date).padStart(2, "0")}T10:00:00Z`;

const events: Given[] = [
  { event: "viewed", distinct_id: "anonymous", timestamp: day(1), properties: { path: "/a" } },
  {
    event: "$identify",
    distinct_id: "ada",
    timestamp: day(2),
    properties: { $anon_distinct_id: "anonymous", $set: { email: "ada@acme.example", age: 36 } },
  },
  {
    event: "$groupidentify",
    distinct_id: "ada",
    timestamp: day(3),
    properties: { $group_type: "company", $group_key: "acme", $group_set: { seats: 50 } },
  },
  {
    event: "viewed",
    distinct_id: "ada",
    timestamp: day(4),
    properties: { path: "/b", $groups: { company: "acme" } },
  },
  {
    event: "viewed",
    distinct_id: "bob",
    timestamp: day(4),
    properties: { path: "/a", $session_id: "s1", $set: { age: 20 } },
  },
  {
    event: "bought",
    distinct_id: "bob",
    timestamp: day(5),
    properties: { price: 10, $set: { email: "bob@example.com" } },
  },
];

const queries: [query: string, rows: unknown[][]][] = [
  // aliases: anywhere, inside of expressions too, and before columns of their name
  ["SELECT lower(event) AS name FROM events WHERE name = 'bought'", [["bought"]]],
  ["SELECT event AS e, count() AS c FROM events GROUP BY e HAVING c > 1 ORDER BY c DESC", [["viewed", 3]]],
  ["SELECT (count() AS c) * 2, c FROM events", [[12, 6]]],
  ["SELECT 'x' AS event FROM events WHERE event = 'x' LIMIT 1", [["x"]]],
  ["SELECT event FROM events WHERE (lower(event) AS l) = 'bought' ORDER BY l", [["bought"]]],
  // grouping
  [
    "SELECT toDate(timestamp), count() FROM events GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 2",
    [
      ["2026-01-04", 2],
      ["2026-01-01", 1],
    ],
  ],
  [
    "SELECT concat(event, '!'), count() FROM events GROUP BY event ORDER BY event DESC LIMIT 1",
    [["viewed!", 3]],
  ],
  ["SELECT count() FROM events GROUP BY event ORDER BY count() DESC, event", [[3], [1], [1], [1]]],
  ["SELECT event FROM events GROUP BY event HAVING countIf(properties.price > 5) = 1", [["bought"]]],
  [
    "SELECT if(event = 'viewed', 'v', 'o') AS kind, uniq(person_id) FROM events GROUP BY kind ORDER BY kind",
    [
      ["o", 2],
      ["v", 2],
    ],
  ],
  [
    "SELECT DISTINCT properties.path FROM events WHERE properties.path IS NOT NULL ORDER BY 1",
    [["/a"], ["/b"]],
  ],
  // nulls come last, whichever way
  ["SELECT DISTINCT properties.price FROM events ORDER BY properties.price", [[10], [null]]],
  ["SELECT DISTINCT properties.price FROM events ORDER BY properties.price DESC", [[10], [null]]],
  // persons and groups
  ["SELECT uniq(person_id) FROM events", [[2]]],
  [
    "SELECT person.properties.email, person.properties.age FROM events ORDER BY timestamp LIMIT 2",
    [
      [null, null],
      ["ada@acme.example", 36],
    ],
  ],
  [
    "SELECT group_0.properties.seats, $group_0, group_0.key FROM events WHERE $group_0 != ''",
    [[50, "acme", "acme"]],
  ],
  ["SELECT key, index, JSONExtractInt(properties, 'seats') FROM groups", [["acme", 0, 50]]],
  [
    "SELECT properties.email, created_at FROM persons ORDER BY properties.age",
    [
      ["bob@example.com", day(4)],
      ["ada@acme.example", day(1)],
    ],
  ],
  ["SELECT count() FROM person_distinct_ids", [[3]]],
  ["SELECT $session_id, person_mode FROM events WHERE $session_id != ''", [["s1", "full"]]],
  // joins and queries within queries
  [
    "SELECT e.event FROM events AS e JOIN persons AS p ON e.person_id = p.id WHERE p.properties.email LIKE 'bob%' ORDER BY e.timestamp",
    [["viewed"], ["bought"]],
  ],
  [
    "SELECT count() FROM events JOIN persons ON events.person_id = persons.id AND persons.properties.age = 36",
    [[4]],
  ],
  [
    "SELECT p.properties.email, b.price FROM persons p LEFT JOIN (SELECT person_id AS id, sum(properties.price) AS price, count() AS n FROM events WHERE event = 'bought' GROUP BY id) b ON p.id = b.id ORDER BY 1",
    [
      ["ada@acme.example", null],
      ["bob@example.com", 10],
    ],
  ],
  [
    "SELECT p.properties.email, b.n, b.event FROM persons p LEFT JOIN (SELECT person_id, event, count() AS n FROM events WHERE event = 'bought' GROUP BY person_id, event) b ON p.id = b.person_id ORDER BY 1",
    [
      ["ada@acme.example", 0, ""],
      ["bob@example.com", 1, "bought"],
    ], // no null where the type has none
  ],
  [
    "WITH busy AS (SELECT distinct_id AS d, count() AS c FROM events GROUP BY d) SELECT max(c) FROM busy",
    [[3]],
  ],
  [
    "WITH a AS (SELECT event FROM events), b AS (SELECT event FROM a WHERE event = 'bought') SELECT * FROM b",
    [["bought"]],
  ],
  [
    "SELECT e FROM (SELECT event AS e FROM events ORDER BY timestamp DESC LIMIT 2) ORDER BY e",
    [["bought"], ["viewed"]],
  ],
  ["SELECT `count()` FROM (SELECT count() FROM events)", [[6]]],
  ["SELECT t.* FROM (SELECT 1 AS a, 2 AS b) AS t", [[1, 2]]],
  ["SELECT event FROM events WHERE timestamp = (SELECT max(timestamp) FROM events)", [["bought"]]],
  [
    "SELECT count() FROM events WHERE distinct_id NOT IN (SELECT distinct_id FROM events WHERE event = 'bought')",
    [[4]],
  ],
  ["SELECT event FROM events WHERE event = 'bought' LIMIT 0", []],
];

for (const [query, rows] of queries) {
  test(query, async () => {
    expect(await hogqlOver(events).rows(query)).toEqual(rows);
  });
}

test("a placeholder stands for a value of any kind, and is bound", async () => {
  const { rows } = hogqlOver(events);
  const values = { name: "bought' OR 1 = 1 --", names: ["bought", "viewed"], least: 9.5, none: null };
  expect(await rows("SELECT count() FROM events WHERE event = {name}", values)).toEqual([[0]]);
  expect(await rows("SELECT count() FROM events WHERE event IN {names}", values)).toEqual([[4]]);
  expect(await rows("SELECT event FROM events WHERE properties.price > {least}", values)).toEqual([
    ["bought"],
  ]);
  expect(await rows("SELECT {none} IS NULL", values)).toEqual([[1]]);
});

test("who an event's person is after a merge, and what was known of them then, is told by the mode", async () => {
  const { hogql } = hogqlOver(events);
  const query =
    "SELECT uniq(person_id), countIf(person.properties.email IS NULL) FROM events WHERE distinct_id != 'bob'";
  const answers: Record<string, unknown> = {};
  for (const [mode, personsOnEvents] of Object.entries(personsOnEventsModes)) {
    answers[mode] = (await hogql.run(query, { personsOnEvents })).results[0];
  }
  expect(answers).toEqual({
    person_id_override_properties_on_events: [1, 1],
    person_id_no_override_properties_on_events: [1, 1],
    person_id_override_properties_joined: [1, 0],
    disabled: [1, 0],
  });
});

test("a merge gives the events of before another person only where the mode overrides", async () => {
  const { hogql } = hogqlOver([
    { distinct_id: "a", timestamp: day(1) },
    { distinct_id: "b", timestamp: day(2) },
    { event: "$create_alias", distinct_id: "a", timestamp: day(3), properties: { alias: "b" } },
  ]);
  const people = async (personsOnEvents: (typeof personsOnEventsModes)["disabled"]) =>
    (await hogql.run("SELECT uniq(person_id) FROM events", { personsOnEvents })).results;
  expect(await people(personsOnEventsModes.person_id_override_properties_on_events)).toEqual([[1]]);
  expect(await people(personsOnEventsModes.person_id_no_override_properties_on_events)).toEqual([[2]]);
});

test("a property has the type of its first value, as PostHog's definitions have it", async () => {
  const { hogql } = hogqlOver([
    {
      properties: {
        size: null,
        code: "12",
        at: "2026-01-01",
        flag: "true",
        utm_id: 5,
        sent_at: 1_767_225_600,
      },
    },
    { properties: { size: 3, code: 12, at: "soon", flag: "yes", utm_id: 6, sent_at: "x" } },
    { properties: { size: "many" } },
  ]);
  const { types, results } = await hogql.run(
    "SELECT properties.size, properties.code, properties.at, properties.flag, properties.utm_id, properties.sent_at FROM events",
  );
  expect(types.map(([, type]) => type.replace(/^Nullable\((.*)\)$/, "$1"))).toEqual([
    "Float64",
    "String",
    "DateTime64(6, 'UTC')",
    "Bool",
    "String",
    "DateTime64(6, 'UTC')",
  ]);
  expect(results).toEqual([
    [null, "12", "2026-01-01T00:00:00Z", true, "5", "2026-01-01T00:00:00Z"],
    [3, "12", null, null, "6", null],
    [null, null, null, null, null, null],
  ]);
});

test("UUIDs are ordered by their second half, as ClickHouse has it", async () => {
  const uuids = ["00000000-0000-4000-9000-000000000000", "f0000000-0000-4000-8000-000000000000"];
  const { rows } = hogqlOver(uuids.map((uuid) => ({ uuid })));
  expect(await rows("SELECT uuid FROM events ORDER BY uuid")).toEqual([[uuids[1]], [uuids[0]]]);
  expect(await rows(`SELECT count() FROM events WHERE uuid > '${uuids[1]}'`)).toEqual([[1]]);
});

test("without a LIMIT there are 100 rows and whether there are more; with one, 50,000 at most", async () => {
  const many = Array.from({ length: 101 }, (_, index) => ({ event: `e${index}` }));
  const { hogql, database } = hogqlOver(many);
  expect(await hogql.run("SELECT event FROM events")).toMatchObject({
    hasMore: true,
    limit: 100,
    results: { length: 100 },
  });
  expect(await hogql.run("SELECT count() FROM events")).toMatchObject({ hasMore: false, results: [[101]] });
  expect(await hogql.run("SELECT event FROM events LIMIT 101")).toMatchObject({
    hasMore: null,
    limit: null,
    results: { length: 101 },
  });
  database.exec(`
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 50000)
    INSERT INTO events (uuid, event, distinct_id, properties, timestamp, captured_at, matched)
    SELECT n, 'many', 'u', '{}', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z', 1 FROM numbers`);
  expect((await hogql.run("SELECT event FROM events LIMIT 60000")).results).toHaveLength(50_000);
});

test("an event that no function was held against yet, or that PostHog itself raised, is not there", async () => {
  const { database, rows } = hogqlOver([{ event: "a" }, { event: "b" }, { event: "c" }]);
  database.exec(
    "UPDATE events SET matched = 0 WHERE event = 'a'; UPDATE events SET internal = '{}' WHERE event = 'b'",
  );
  expect(await rows("SELECT event FROM events")).toEqual([["c"]]);
});

test("a query that takes too long is given up, and nothing is held by it", async () => {
  const { hogql, database } = hogqlOver([{}], 0);
  await expect(hogql.run("SELECT count() FROM events")).rejects.toMatchObject({
    status: 504,
    body: { detail: "Query has hit the max execution time before completing." },
  });
  database.exec("DELETE FROM events"); // the connection writes again
});
