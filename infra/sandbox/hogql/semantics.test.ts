import { expect, test } from "vitest";
import { type Given, hogqlOver } from "./test-events.ts";

// What ClickHouse and PostHog's printer make of it, where SQLite would say something else.

const events: Given[] = [
  {
    event: "signed up",
    distinct_id: "ada",
    timestamp: "2026-01-05T09:30:15.250Z", // a Monday
    properties: {
      plan: "pro",
      seats: 5,
      ratio: 2.5,
      ok: true,
      empty: "",
      nothing: null,
      $set: { tier: "gold" },
    },
  },
  {
    event: "signed up",
    distinct_id: "bob",
    timestamp: "2026-01-11T23:59:59Z", // a Sunday
    properties: {
      plan: "Free",
      seats: 10,
      ok: false,
      since: "2025-12-31",
      list: [1, "a"],
      deep: { a: { b: 'x"y' } },
    },
  },
  { event: "left", distinct_id: "ada", timestamp: "2026-01-15T10:00:00Z", properties: { plan: null } },
];

/** The one row of `SELECT …`. */
const values: [expression: string, value: unknown, type?: string][] = [
  // numbers
  ["7 / 2", 3.5, "Float64"],
  ["1 / 0", null],
  ["0 / 0", null],
  ["intDiv(-7, 2)", -3],
  ["-7 % 3", -1],
  ["1 + 2 * 3", 7],
  ["255 + 1", 256, "UInt16"],
  ["1 - 2", -1, "Int16"],
  ["round(2.5)", 2],
  ["round(3.5)", 4],
  ["round(-2.5)", -2],
  ["round(2.345, 2)", 2.35],
  ["floor(-1.5)", -2],
  ["abs(-3)", 3],
  ["1.0", 1, "Float64"],
  ["count() / 4 FROM events", 0.75],
  // texts
  ["'a' = 'A'", 0],
  ["'a' < 'B'", 0],
  ["'abc' LIKE 'A%'", 0],
  ["'abc' ILIKE 'A%'", 1],
  ["'a_c' LIKE 'a\\\\_c'", 1],
  ["'abc' LIKE 'a\\\\_c'", 0],
  ["'a\nb' LIKE 'a%b'", 1],
  ["'a.c' LIKE 'a.c'", 1],
  ["'abc' LIKE 'a.c'", 0],
  ["'abc' NOT LIKE '%z'", 1],
  ["'abc' =~ '^A'", 0],
  ["'abc' =~* '^A'", 1],
  ["'abc' !~ 'b'", 0],
  ["'a\nb' =~ 'a.b'", 1],
  ["length('é')", 2],
  ["upper('é')", "é"],
  ["concat('a', NULL, 1, true)", "a1true"],
  ["'a' || 'b'", "ab"],
  ["toString(1.5)", "1.5"],
  ["toString(2.0)", "2"],
  ["startsWith('abc', 'ab')", 1],
  ["endsWith('abc', 'bc')", 1],
  ["extract('a-12', '-([0-9]+)')", "12"],
  // nulls
  ["NULL = NULL", 1],
  ["NULL != NULL", 0],
  ["1 = NULL", 0],
  ["NULL > 1", 0],
  ["isNull(NULL)", 1],
  ["if(NULL, 1, 2)", 2],
  ["coalesce(NULL, 3)", 3],
  ["ifNull(NULL, 'x')", "x"],
  ["nullIf(1, 1)", null],
  ["NOT NULL", null],
  ["multiIf(0, 'a', 1, 'b', 'c')", "b"],
  ["1 IN (1, 2)", 1],
  ["3 NOT IN (1, 2)", 1],
  ["NULL IN (1)", 0],
  ["NULL NOT IN (1)", 1],
  ["2 BETWEEN 1 AND 3", 1],
  ["NULL NOT BETWEEN 1 AND 3", 0],
  ["true", true, "Bool"],
  ["true AND 1", 1, "UInt8"],
  // conversions
  ["toInt('12')", 12],
  ["toInt('12.5')", null],
  ["toInt(2.0)", 2],
  ["toFloat('1e3')", 1000],
  ["toFloat('12a')", null],
  ["toFloatOrZero('x')", 0],
  ["toDate('2026-02-30')", null],
  ["toDateTime('nothing')", "400"],
  // times
  ["now()", "2026-01-15T12:00:00.500000Z", "DateTime64(6, 'UTC')"],
  ["today()", "2026-01-15", "Date"],
  ["toDateTime('2026-01-02')", "2026-01-02T00:00:00Z", "DateTime('UTC')"],
  ["toDateTime('2026-01-02T03:04:05.6+02:00')", "2026-01-02T01:04:05.600000Z", "DateTime64(6, 'UTC')"],
  ["toDate('2026-01-31') + INTERVAL 1 MONTH", "2026-02-28", "Nullable(Date)"],
  ["toDate('2026-01-31') + INTERVAL 1 HOUR", "2026-01-31T01:00:00Z", "Nullable(DateTime('UTC'))"],
  ["toDateTime('2026-03-31') - INTERVAL 1 QUARTER", "2025-12-31T00:00:00Z"],
  ["toDateTime('2026-01-02') + 3600", "2026-01-02T01:00:00Z"],
  ["intDiv(toInt('7'), 2)", 3, "Nullable(Int64)"],
  ["today() - 7", "2026-01-08"],
  ["addDays(today(), 1)", "2026-01-16"],
  ["subtractWeeks(today(), 1)", "2026-01-08"],
  ["toStartOfWeek(toDate('2026-01-11'))", "2026-01-11"],
  ["toStartOfWeek(toDate('2026-01-11'), 1)", "2026-01-05"],
  ["toMonday(toDate('2026-01-11'))", "2026-01-05"],
  ["dateTrunc('week', toDate('2026-01-11'))", "2026-01-05"],
  ["dateTrunc('day', now())", "2026-01-15T00:00:00Z", "DateTime('UTC')"],
  ["toStartOfQuarter(toDate('2026-06-11'))", "2026-04-01", "Nullable(Date)"],
  ["toStartOfYear(now())", "2026-01-01"],
  ["toStartOfMinute(now())", "2026-01-15T12:00:00Z", "DateTime('UTC')"],
  ["dateDiff('hour', toDateTime('2026-01-01 00:59:59'), toDateTime('2026-01-01 01:00:00'))", 1],
  ["dateDiff('week', toDate('2026-01-11'), toDate('2026-01-12'))", 1],
  ["dateDiff('month', toDate('2026-01-31'), toDate('2026-02-01'))", 1],
  ["dateDiff('year', toDate('2026-01-01'), toDate('2025-12-31'))", -1],
  ["formatDateTime(now(), '%Y/%m/%d %H:%i:%S')", "2026/01/15 12:00:00"],
  ["toDayOfWeek(toDate('2026-01-11'))", 7, "Nullable(UInt8)"],
  ["toYYYYMM(now())", 202601, "UInt32"],
  ["toString(now())", "2026-01-15 12:00:00.500000"],
  ["toString(toDateTime('2026-01-02'))", "2026-01-02 00:00:00"],
  ["toDate(now()) = today()", 1],
  ["toDateTime('2026-01-15') = today()", 1],
  ["today() = '2026-01-15'", 1],
  ["now() > '2026-01-15'", 1],
  ["now() BETWEEN '2026-01-15 11:00:00' AND '2026-01-15T12:00:00.6'", 1],
  // JSON
  [`JSONExtractString('{"a":{"b":"c"}}', 'a', 'b')`, "c"],
  [`JSONExtractString('{"a":1}', 'a')`, "1"],
  [`JSONExtractString('{"a":1}', 'b')`, ""],
  [`JSONExtractInt('{"a":2}', 'a')`, 2],
  [`JSONExtractInt('{"a":{}}', 'a')`, 0],
  [`JSONExtractBool('{"a":true}', 'a')`, true, "Bool"],
  [`JSONHas('{"a":null}', 'a')`, 1],
  [`JSONExtractRaw('no json', 'a')`, ""],
  // aggregates of nothing
  ["count() FROM events WHERE false", 0, "UInt64"],
  ["sum(properties.seats) FROM events WHERE false", null],
  ["sum(1) FROM events WHERE false", 0],
  ["max(event) FROM events WHERE false", ""],
  ["min(timestamp) FROM events WHERE false", "1970-01-01T00:00:00Z"],
  ["avg(1) FROM events WHERE false", null],
  ["argMax(event, timestamp) FROM events WHERE false", ""],
  ["groupArray(event) FROM events WHERE false", [], "Array(String)"],
  // aggregates
  ["countIf(event = 'left') FROM events", 1],
  ["count(properties.seats) FROM events", 2],
  ["count(DISTINCT distinct_id) FROM events", 2],
  ["uniq(event, distinct_id) FROM events", 3],
  ["uniq(properties.plan, event) FROM events", 2],
  ["uniqIf(distinct_id, event = 'left') FROM events", 1],
  ["sumIf(properties.seats, properties.plan = 'pro') FROM events", 5],
  ["avg(properties.seats) FROM events", 7.5, "Nullable(Float64)"],
  ["median(properties.seats) FROM events", 7.5],
  ["quantile(0.25)(properties.seats) FROM events", 6.25],
  ["max(properties.plan) FROM events", "pro"],
  ["argMax(distinct_id, timestamp) FROM events", "ada"],
  ["argMin(properties.plan, properties.seats) FROM events", "pro"],
  ["anyIf(event, event = 'left') FROM events", "left"],
  ["groupArray(properties.plan) FROM events", ["pro", "Free"]],
  ["groupUniqArrayIf(event, event != 'left') FROM events", ["signed up"]],
  ["max(timestamp) - INTERVAL 1 DAY FROM events", "2026-01-14T10:00:00Z"],
];

for (const [expression, value, type] of values) {
  test(`SELECT ${expression}`, async () => {
    const { hogql } = hogqlOver(events);
    const query = `SELECT ${expression}`;
    if (value === "400") return expect(hogql.run(query)).rejects.toMatchObject({ status: 400 });
    const { results, types } = await hogql.run(query);
    expect(results).toEqual([[value]]);
    if (type !== undefined) expect(types[0]?.[1]).toBe(type);
  });
}

/** Each of three rows, in the order of time. */
const columns: [expression: string, values: unknown[], type?: string][] = [
  ["properties.plan", ["pro", "Free", null], "Nullable(String)"],
  ["properties.plan != 'pro'", [0, 1, 1]],
  ["NOT (properties.plan = 'pro')", [0, 1, 1]],
  ["properties.plan IS NULL", [0, 0, 1]],
  ["properties.plan LIKE 'p%'", [1, 0, 0]],
  ["properties.plan NOT LIKE 'p%'", [0, 1, 1]],
  ["properties.plan IN ('pro', 'x')", [1, 0, 0]],
  ["properties.plan NOT IN ('pro', 'x')", [0, 1, 1]],
  ["properties.seats", [5, 10, null], "Nullable(Float64)"],
  ["properties.seats > 5", [0, 1, 0]],
  ["NOT (properties.seats > 5)", [1, 0, 1]],
  ["properties.seats + 1", [6, 11, null]],
  ["properties.seats / 2", [2.5, 5, null]],
  ["toString(properties.seats)", ["5", "10", null]],
  ["properties.ok", [true, false, null], "Nullable(Bool)"],
  ["properties.ok = true", [1, 0, 0]],
  ["if(properties.ok, 'yes', 'no')", ["yes", "no", "no"]],
  ["properties.empty", ["", null, null]],
  ["properties.nothing", [null, null, null]],
  ["properties.since", [null, "2025-12-31T00:00:00Z", null], "Nullable(DateTime64(6, 'UTC'))"],
  ["properties.since < now()", [0, 1, 0]],
  ["properties.list", [null, '[1,"a"]', null]],
  ["properties.deep.a", [null, '{"b":"x\\"y"}', null]],
  ["properties['deep']['a'].b", [null, 'x\\"y', null]], // escapes stay: JSONExtractRaw without its quotes
  ["JSONExtractString(properties, 'deep', 'a', 'b')", ["", 'x"y', ""]],
  ["toFloatOrZero(properties.seats)", [5, 10, null]],
  ["toIntOrZero(properties['seats'])", [5, 10, null]],
  ["person.properties.tier", ["gold", null, "gold"]],
  ["person_id = person.id", [1, 1, 1]],
  ["timestamp", ["2026-01-05T09:30:15.250000Z", "2026-01-11T23:59:59Z", "2026-01-15T10:00:00Z"]],
  ["toStartOfHour(timestamp)", ["2026-01-05T09:00:00Z", "2026-01-11T23:00:00Z", "2026-01-15T10:00:00Z"]],
  ["toStartOfWeek(timestamp)", ["2026-01-04", "2026-01-11", "2026-01-11"], "Date"],
  ["timestamp > '2026-01-11'", [0, 1, 1]],
  ["timestamp >= now() - INTERVAL 5 DAY", [0, 1, 1]],
  ["toDate(timestamp) IN ('2026-01-05', '2026-01-15')", [1, 0, 1]],
  ["person_id IN (SELECT person_id FROM events WHERE event = 'left')", [1, 0, 1]],
  ["(SELECT count() FROM events) + 1", [4, 4, 4]],
  ["length(distinct_id)", [3, 3, 3]],
];

for (const [expression, expected, type] of columns) {
  test(`SELECT ${expression} FROM events`, async () => {
    const { hogql } = hogqlOver(events);
    const { results, types } = await hogql.run(`SELECT ${expression} FROM events ORDER BY timestamp`);
    expect(results.map(([value]) => value)).toEqual(expected);
    if (type !== undefined) expect(types[0]?.[1]).toBe(type);
  });
}
