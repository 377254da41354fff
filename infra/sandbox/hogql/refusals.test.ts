import { expect, test } from "vitest";
import { hogqlOver } from "./test-events.ts";

// [query, code, words]: 400 in PostHog's or ClickHouse's words

const errors: [query: string, code: string, detail: string | RegExp][] = [
  ["", "hogql_syntax_error", "Empty query"],
  ["SELEC 1", "hogql_syntax_error", /SELEC/],
  ["SELECT 1 FROM", "hogql_syntax_error", /.+/],
  ["SELECT nope FROM events", "hogql_query_error", "Unable to resolve field: nope"],
  ["SELECT events.nope FROM events", "hogql_query_error", "Unable to resolve field: nope"],
  [
    "SELECT event FROM events AS e WHERE events.event = 'x'",
    "hogql_query_error",
    "Unable to resolve field: events",
  ],
  [
    "SELECT later FROM (SELECT 1 AS a) WHERE later = 1",
    "hogql_query_error",
    "Unable to resolve field: later",
  ],
  ["SELECT b + 1, 1 AS b", "hogql_query_error", "Unable to resolve field: b"],
  ["SELECT 1 AS a, 2 AS a", "hogql_query_error", "Cannot redefine an alias with the name: a"],
  ["SELECT 1 FROM nope", "hogql_query_error", "Unknown table `nope`."],
  ["SELECT constructor FROM events", "hogql_query_error", "Unable to resolve field: constructor"],
  ["SELECT 1 FROM toString", "hogql_query_error", "Unknown table `toString`."],
  [
    "SELECT id FROM persons a JOIN persons b ON a.id = b.id",
    "hogql_query_error",
    "Ambiguous query. Found multiple sources for field: id",
  ],
  [
    "SELECT 1 FROM persons JOIN persons ON persons.id = persons.id",
    "hogql_query_error",
    `Already have joined a table called "persons". Can't redefine.`,
  ],
  ["SELECT lower() FROM events", "hogql_query_error", "Function 'lower' expects 1 argument, found 0"],
  ["SELECT coalesce()", "hogql_query_error", "Function 'coalesce' expects at least 1 argument, found 0"],
  ["SELECT round(1, 2, 3)", "hogql_query_error", "Function 'round' expects at most 2 arguments, found 3"],
  ["SELECT countIf() FROM events", "hogql_query_error", "Aggregation 'countIf' expects 1 argument, found 0"],
  ["SELECT sum(1, 2) FROM events", "hogql_query_error", "Aggregation 'sum' expects 1 argument, found 2"],
  [
    "SELECT tostring(1)",
    "hogql_query_error",
    "Unsupported function call 'tostring(...)'. Perhaps you meant 'toString(...)'?",
  ],
  [
    "SELECT sum(count()) FROM events",
    "hogql_query_error",
    "Aggregation 'count' cannot be nested inside another aggregation 'sum'.",
  ],
  ["SELECT {name}", "hogql_query_error", "Unresolved placeholder: {name}"],
  [
    "SELECT event FROM events LIMIT 1 OFFSET 1",
    "hogql_query_error",
    /^OFFSET is not supported on queries made with a personal API key/,
  ],
  ["WITH a AS (SELECT * FROM a) SELECT * FROM a", "hogql_query_error", /^Too many CTE expansions/],
  [
    "SELECT * FROM events JOIN persons ON events.person_id = persons.id",
    "hogql_query_error",
    /^Cannot use '\*' without table name/,
  ],
  [
    "SELECT event, count() FROM events",
    "not_an_aggregate",
    "Column `event` is not under aggregate function and not in GROUP BY",
  ],
  ["SELECT event FROM events GROUP BY distinct_id", "not_an_aggregate", /`event`/],
  ["SELECT lower(event) FROM events GROUP BY upper(event)", "not_an_aggregate", /`event`/],
  ["SELECT count() FROM events ORDER BY event", "not_an_aggregate", /`event`/],
  ["SELECT count() FROM events HAVING event = 'x'", "not_an_aggregate", /`event`/],
  ["SELECT event FROM events WHERE count() > 1", "illegal_aggregation", /in WHERE/],
  ["SELECT count() AS c FROM events WHERE c > 1", "illegal_aggregation", /in WHERE/],
  ["SELECT count() FROM events GROUP BY 1", "illegal_aggregation", /in GROUP BY/],
  ["SELECT count() AS c, sum(c) FROM events", "illegal_aggregation", /inside another/],
  ["SELECT event FROM events ORDER BY 2", "bad_arguments", /out of bounds/],
  [
    "SELECT event > 5 FROM events",
    "illegal_type_of_argument",
    "Illegal types of arguments (String, UInt8) of function greater",
  ],
  [
    "SELECT properties.x = 5 FROM events",
    "illegal_type_of_argument",
    "Illegal types of arguments (Nullable(String), UInt8) of function equals",
  ],
  ["SELECT properties.x = true FROM events", "illegal_type_of_argument", /Nullable\(String\), Bool/],
  ["SELECT event + 1 FROM events", "illegal_type_of_argument", /String, UInt8\) of function plus/],
  ["SELECT sum(event) FROM events", "illegal_type_of_argument", /String of argument 1 of function sum/],
  [
    "SELECT toStartOfDay('2026-01-01')",
    "illegal_type_of_argument",
    /String of argument 1 of function toStartOfDay/,
  ],
  [
    "SELECT timestamp = event FROM events",
    "illegal_type_of_argument",
    /DateTime64\(6, 'UTC'\), String\) of function equals/,
  ],
  ["SELECT event AND 1 FROM events", "illegal_type_of_argument", /String\) of 1 argument of function and/],
  ["SELECT 1 FROM events WHERE event", "illegal_type_of_column_for_filter", /String/],
  [
    "SELECT if(count(), 1, 2) FROM events",
    "illegal_type_of_argument",
    "Illegal type UInt64 of argument 1 of function if",
  ],
  [
    "SELECT countIf(event) FROM events",
    "illegal_type_of_argument",
    /String of argument 1 of function countIf/,
  ],
  [
    "SELECT toStartOfHour(today())",
    "illegal_type_of_argument",
    /Date of argument 1 of function toStartOfHour/,
  ],
  ["SELECT concat('a')", "hogql_query_error", "Function 'concat' expects at least 2 arguments, found 1"],
  ["SELECT if(1, 'a', 1)", "no_common_type", "There is no supertype for types String, UInt8"],
  ["SELECT ifNull(properties.x, 0) FROM events", "no_common_type", /Nullable\(String\), UInt8/],
  ["SELECT if(1, count(), -1) FROM events", "no_common_type", /UInt64, Int8/],
  ["SELECT if(1, count(), 0.5) FROM events", "no_common_type", /UInt64, Float64/],
  ["SELECT person_id = 'ada' FROM events", "cannot_parse_uuid", /'ada'/],
  ["SELECT toDateTime('soon')", "cannot_parse_datetime", /'soon'/],
  ["SELECT 1 % 0", "illegal_division", "Division by zero"],
  ["SELECT 'a' =~ '('", "cannot_compile_regexp", /cannot compile re2/],
];

for (const [query, code, detail] of errors) {
  test(`400 ${code}: ${query}`, async () => {
    const error = await hogqlOver([{ event: "a", timestamp: "2026-01-01T00:00:00Z" }])
      .hogql.run(query)
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ status: 400, body: { type: "validation_error", code, attr: null } });
    if (typeof detail === "string") expect(error.body.detail).toBe(detail);
    else expect(error.body.detail).toMatch(detail);
  });
}

// 501: PostHog may answer it; the sandbox names what it lacks

const missing: [query: string, what: string | RegExp][] = [
  ["SELECT 1 UNION ALL SELECT 2", "UNION"],
  ["SELECT 1 FROM (SELECT 1 UNION ALL SELECT 2)", "UNION"],
  ["SELECT sum(1) OVER () FROM events", "WindowFunction"],
  ["SELECT arrayMap(x -> x, [1])", "the function 'arrayMap'"],
  ["SELECT cutToFirstSignificantSubdomain('a')", "the function 'cutToFirstSignificantSubdomain'"],
  ["SELECT constructor(1, 2)", "the function 'constructor'"],
  ["SELECT groupArray(event)[1] FROM events", "ArrayAccess"],
  ["SELECT [1, 2]", "Array"],
  ["SELECT (1, 2)", "Tuple"],
  ["SELECT CAST(1 AS Int)", "TypeCast"],
  ["SELECT event FROM events LIMIT 1 BY event", "the clause LIMIT BY"],
  ["SELECT event FROM events LIMIT 1 WITH TIES", "the clause LIMIT WITH TIES"],
  ["SELECT event FROM events LIMIT 1 + 1", "LIMIT of anything but a number"],
  ["SELECT event FROM events SAMPLE 0.1", "the clause SAMPLE"],
  ["SELECT event FROM events FINAL", "the clause TABLE FINAL"],
  ["SELECT event FROM events PREWHERE 1", "the clause PREWHERE"],
  ["SELECT event FROM events GROUP BY ALL", "the clause GROUP BY MODE"],
  ["SELECT event FROM events ARRAY JOIN [1] AS a", /^the clause ARRAY JOIN/],
  ["WITH 1 AS x SELECT x", "WITH of anything but a SELECT"],
  ["SELECT 1 FROM events, persons", "CROSS JOIN"],
  ["SELECT 1 FROM events RIGHT JOIN persons ON events.person_id = persons.id", "RIGHT JOIN"],
  ["SELECT 1 FROM events JOIN persons ON events.person_id > persons.id", "JOIN on anything but equal values"],
  ["SELECT 1 FROM sessions", "the table 'sessions'"],
  ["SELECT 1 FROM system.tables", "the table 'system.tables'"],
  ["SELECT 1 FROM numbers(10)", "the clause TABLE ARGS"],
  ["SELECT * FROM persons", /'\*' of persons/],
  ["SELECT properties.a.1 FROM events", "TupleAccess"],
  ["SELECT properties['a\"b'] FROM events", /a quote or a backslash in its name/],
  ["SELECT properties.$group_0 FROM events", /properties\.\$group_0/],
  ["SELECT person_id IN COHORT 1 FROM events", "the operator 'in cohort'"],
  ["SELECT timestamp > '2026-01-01T00:00:00Z' FROM events", /beside a time/],
  ["SELECT now() - now()", /dateDiff/],
  ["SELECT toDateTime('1st of May 2026')", /a time written as '1st of May 2026'/],
  ["SELECT toFloat('inf')", "the number 'inf'"],
  ["SELECT formatDateTime(now(), '%M')", "'%M' of formatDateTime"],
  ["SELECT toDateTime('2026-01-01', 'Europe/Berlin')", "toDateTime with 2 arguments"],
  ["SELECT floor(1.55, 1)", "floor with 2 arguments"],
  ["SELECT dateTrunc('day', today())", "the day of a date"],
  ["SELECT now() - 60", /INTERVAL says of what/],
  ["SELECT 1 FROM events WHERE count() OVER () = 1", "WindowFunction"],
  ["SELECT 1 FROM events WHERE length(event)", "UInt64 as a condition"],
  ["SELECT JSONExtractString(properties.a, 'b') FROM events", "JSON that may be null"],
  [`SELECT JSONExtractInt('{"a":"5"}', 'a')`, '"5" read as a number'],
  ["SELECT ifNull(0 / 0, 1)", /a division by 0 inside/],
  ["SELECT ifNull(median(toHour(timestamp)), 1) FROM events WHERE false", /a division by 0 inside/],
  ["SELECT 1 IN (1, NULL)", "a null in the list of IN"],
  ["SELECT event IN (SELECT properties.x FROM events) FROM events", "IN with a query that may give null"],
  ["SELECT min(uuid) FROM events", "the least or the greatest of UUIDs"],
  ["SELECT 9007199254740993", "integers of more than 53 bits"],
  ["SELECT 9007199254740991 + 9007199254740991", "integers of more than 53 bits"],
  ["SELECT sumOrNull(1) FROM events", "the function 'sumOrNull'"],
  ["SELECT quantile(2)(1) FROM events", /one level between 0 and 1/],
  ["SELECT 1 HAVING 1", "HAVING without GROUP BY"],
  ["SELECT {filters}", "the placeholder {filters}"],
  [`SELECT ${"not ".repeat(60)}1`, "too many NOT in a row"],
  [`SELECT ${"case when 1 then ".repeat(60)}1${" end".repeat(60)}`, "more than 40 CASE within each other"],
  [`SELECT ${"1 between 1 and ".repeat(40)}1`, "a query that grows as large as this one"],
  [
    `SELECT 1 AS a0${Array.from({ length: 40 }, (_, i) => `, a${i} + a${i} AS a${i + 1}`).join("")}`,
    "a query that grows as large as this one",
  ],
  [`SELECT ${"lower(".repeat(7)}'a'${")".repeat(7)}`, "more than 6 calls or queries within each other"],
  [`SELECT ${"(SELECT ".repeat(7)}1${")".repeat(7)}`, "more than 6 calls or queries within each other"],
  [`SELECT ${"a.".repeat(40)}b FROM events`, "a path of more than 30 steps"],
  [`SELECT ${"1 AND ".repeat(1_000)}1`, "a query that exhausts the parser"],
  ["SELECT date '2026-01-01'", /ColumnExprDate/],
  [`SELECT ${"1 + ".repeat(3_000)}1`, /a query of more than 10000 characters/],
];

for (const [query, what] of missing) {
  test(`501: ${query.slice(0, 80)}`, async () => {
    const error = await hogqlOver([{ event: "a" }])
      .hogql.run(query)
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ status: 501, body: { code: "not_in_sandbox" } });
    const named = error.body.detail.replace(/^The sandbox does not have (.*) in HogQL\.$/s, "$1");
    if (typeof what === "string") expect(named).toBe(what);
    else expect(named).toMatch(what);
  });
}
