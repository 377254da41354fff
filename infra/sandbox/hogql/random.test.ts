import fc from "fast-check";
import { expect, test } from "vitest";
import { ApiError } from "../http/api-error.ts";
import { aggregates } from "./aggregates.ts";
import { functions } from "./functions.ts";
import { hogqlOver } from "./test-events.ts";

// `npm test` tries some queries, always the same; `LONG=1` many more, each time others. The parser takes most of the time.
const LONG = process.env.LONG === "1";
const runs = (numRuns: number) => (LONG ? { numRuns: numRuns * 40 } : { numRuns, seed: 20_260_922 });
const timeout = LONG ? 3_600_000 : 60_000;

// HogQL by itself in JavaScript, for random queries over random rows: nothing of the translator is used.

type Row = { id: number; event: string; n: number | null; s: string | null; b: boolean | null; day: number };
type Cell = number | string | null;
/** An expression as text, and what it is for a row. */
type Expr = { text: string; of: (row: Row) => Cell };

const texts = ["", "a", "A", "ab", "b%", "é"];
const row = fc.record({
  event: fc.constantFrom("x", "y", "z"),
  n: fc.option(fc.integer({ min: -3, max: 3 }), { nil: null }),
  s: fc.option(fc.constantFrom(...texts), { nil: null }),
  b: fc.option(fc.boolean(), { nil: null }),
  day: fc.integer({ min: 1, max: 28 }),
});
/** The first row fixes the types of the properties. */
const rows = fc
  .array(row, { maxLength: 12 })
  .map((list): Row[] =>
    [{ event: "x", n: 1, s: "a", b: true, day: 1 }, ...list].map((one, id) => ({ ...one, id })),
  );

const lift =
  (f: (...args: (number & string)[]) => Cell) =>
  (...args: Cell[]): Cell =>
    args.includes(null) ? null : f(...(args as (number & string)[]));
const bit = (value: boolean) => (value ? 1 : 0);
const arithmetic: Record<string, (a: number, b: number) => number> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
};
const orders: Record<string, (a: Cell, b: Cell) => boolean> = {
  "<": (a, b) => a !== null && b !== null && compare(a, b) < 0,
  "<=": (a, b) => a !== null && b !== null && compare(a, b) <= 0,
  ">": (a, b) => a !== null && b !== null && compare(a, b) > 0,
  ">=": (a, b) => a !== null && b !== null && compare(a, b) >= 0,
  "=": (a, b) => a === b,
  "!=": (a, b) => a !== b,
};

function compare(a: Cell, b: Cell): number {
  if (typeof a === "string" && typeof b === "string") return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return Number(a) === Number(b) ? 0 : Number(a) < Number(b) ? -1 : 1; // of two infinities too
}

const { number, text, condition } = fc.letrec<{ number: Expr; text: Expr; condition: Expr }>((tie) => {
  const one = (f: (a: Expr) => Expr) => (kind: fc.Arbitrary<Expr>) => kind.map(f);
  const two = (kind: fc.Arbitrary<Expr>, f: (a: Expr, b: Expr) => Expr) =>
    fc.tuple(kind, kind).map(([a, b]) => f(a, b));
  return {
    number: fc.oneof(
      { maxDepth: 2 },
      fc.integer({ min: -3, max: 3 }).map((value) => ({ text: `(${value})`, of: () => value })),
      fc.constant<Expr>({ text: "properties.n", of: (r) => r.n }),
      fc.constant<Expr>({ text: "toDayOfMonth(timestamp)", of: (r) => r.day }),
      one((a) => ({
        text: `length(${a.text})`,
        of: (r) => lift((s: string) => Buffer.byteLength(s))(a.of(r)),
      }))(tie("text")),
      ...Object.entries(arithmetic).map(([op, f]) =>
        two(tie("number"), (a, b) => ({
          text: `(${a.text} ${op} ${b.text})`,
          of: (r) =>
            lift((x: number, y: number) => (Number.isNaN(f(x, y)) ? null : f(x, y)))(a.of(r), b.of(r)),
        })),
      ),
      two(tie("number"), (a, b) => ({
        text: `coalesce(${a.text}, ${b.text})`,
        of: (r) => a.of(r) ?? b.of(r),
      })),
      two(tie("number"), (a, b) => ({
        text: `(${a.text} / abs(${b.text}))`,
        of: (r) =>
          lift((x: number, y: number) => (Number.isNaN(x / Math.abs(y)) ? null : x / Math.abs(y)))(
            a.of(r),
            b.of(r),
          ),
      })),
    ),
    text: fc.oneof(
      { maxDepth: 2 },
      fc.constantFrom(...texts).map((value) => ({ text: `'${value}'`, of: () => value })),
      fc.constant<Expr>({ text: "event", of: (r) => r.event }),
      fc.constant<Expr>({ text: "properties.s", of: (r) => r.s }),
      one((a) => ({
        text: `lower(${a.text})`,
        of: (r) => lift((s: string) => s.replace(/[A-Z]/g, (c) => c.toLowerCase()))(a.of(r)),
      }))(tie("text")),
      two(tie("text"), (a, b) => ({
        text: `concat(${a.text}, ${b.text})`,
        of: (r) => `${a.of(r) ?? ""}${b.of(r) ?? ""}`,
      })),
      fc.tuple(tie("condition"), tie("text"), tie("text")).map(([c, a, b]) => ({
        text: `if(${c.text}, ${a.text}, ${b.text})`,
        of: (r: Row) => (c.of(r) ? a.of(r) : b.of(r)),
      })),
    ),
    condition: fc.oneof(
      { maxDepth: 2 },
      fc.constant<Expr>({ text: "properties.b", of: (r) => (r.b === null ? null : bit(r.b)) }),
      ...["number", "text"].flatMap((kind) =>
        Object.entries(orders).map(([op, f]) =>
          two(tie(kind as "number" | "text"), (a, b) => ({
            text: `(${a.text} ${op} ${b.text})`,
            of: (r) => bit(f(a.of(r), b.of(r))),
          })),
        ),
      ),
      one((a) => ({ text: `(${a.text} LIKE 'a%')`, of: (r) => bit(String(a.of(r) ?? "").startsWith("a")) }))(
        tie("text"),
      ),
      one((a) => ({
        text: `(${a.text} IN ('a', 'x'))`,
        of: (r) => bit(["a", "x"].includes(String(a.of(r)))),
      }))(tie("text")),
      one((a) => ({ text: `(${a.text} IS NULL)`, of: (r) => bit(a.of(r) === null) }))(tie("text")),
      one((a) => ({ text: `(NOT ${a.text})`, of: (r) => lift((x: number) => bit(!x))(a.of(r)) }))(
        tie("condition"),
      ),
      two(tie("condition"), (a, b) => ({
        text: `(${a.text} AND ${b.text})`,
        of: (r) => (a.of(r) === 0 || b.of(r) === 0 ? 0 : a.of(r) === null || b.of(r) === null ? null : 1),
      })),
      two(tie("condition"), (a, b) => ({
        text: `(${a.text} OR ${b.text})`,
        of: (r) => (a.of(r) === 1 || b.of(r) === 1 ? 1 : a.of(r) === null || b.of(r) === null ? null : 0),
      })),
    ),
  };
});

const known = (values: Cell[]) => values.filter((value) => value !== null);
const sum = (values: Cell[]) => values.reduce<number>((total, value) => total + Number(value), 0);
const least = (values: Cell[], sign: number) =>
  known(values).reduce<Cell>((a, b) => (a === null || compare(b, a) * sign < 0 ? b : a), null);

/** Aggregates over nullable arguments, so that none of nothing is null. */
const folds: Record<string, (values: Cell[]) => Cell> = {
  count: (values) => known(values).length,
  uniq: (values) => new Set(known(values)).size,
  min: (values) => least(values, 1),
  max: (values) => least(values, -1),
  sum: (values) => (known(values).length > 0 ? sum(known(values)) : null),
  avg: (values) => (known(values).length > 0 ? sum(known(values)) / known(values).length : null),
};

function load(list: Row[]) {
  return hogqlOver(
    list.map(({ id, event, n, s, b, day }) => ({
      event,
      distinct_id: String(id),
      timestamp: `2026-01-${String(day).padStart(2, "0")}T00:00:00Z`,
      properties: { n, s, b },
    })),
  );
}

/** Floats that differ in their last bits are the same. */
const near = (value: Cell) => (typeof value === "number" ? Number(value.toPrecision(12)) || 0 : value);
const shown = (value: unknown) =>
  typeof value === "number" || typeof value === "string" || value === null
    ? near(value)
    : bit(value === true);
const finite = (value: Cell) => (typeof value === "number" && !Number.isFinite(value) ? null : near(value));

/** Nothing but a refusal by name may come instead of an answer. */
async function answerOrRefusal(query: string, list: Row[]): Promise<unknown[][] | undefined> {
  try {
    return await load(list).rows(query);
  } catch (error) {
    if (error instanceof ApiError && [400, 501].includes(error.status)) return undefined;
    throw new Error(`${query} is neither answered nor refused`, { cause: error });
  }
}

test("random conditions choose the rows, and random expressions give the values, that JavaScript finds", {
  timeout,
}, async () => {
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(rows, condition, fc.oneof(number, text, condition), async (list, where, column) => {
      const query = `SELECT distinct_id, ${column.text} FROM events WHERE ${where.text} ORDER BY toInt(distinct_id)`;
      const answer = await answerOrRefusal(query, list);
      if (!answer) return;
      answered++;
      const expected = list.filter((r) => where.of(r) === 1).map((r) => [String(r.id), finite(column.of(r))]);
      expect(answer.map(([id, value]) => [id, shown(value)])).toEqual(expected);
    }),
    runs(40),
  );
  expect(answered).toBeGreaterThan(30);
});

test("random groups have the aggregates that JavaScript finds", { timeout }, async () => {
  let answered = 0;
  const fold = fc.constantFrom(...Object.keys(folds));
  const key = fc.oneof(text, condition);
  await fc.assert(
    fc.asyncProperty(rows, key, fold, condition, condition, async (list, by, name, only, where) => {
      const value = `${name}If(properties.n, ${only.text})`;
      const query = `SELECT ${by.text} AS k, ${value}, count() FROM events WHERE ${where.text} GROUP BY k HAVING count() > 1`;
      const answer = await answerOrRefusal(query, list);
      if (!answer) return;
      answered++;
      const groups = Map.groupBy(
        list.filter((r) => where.of(r) === 1),
        (r) => by.of(r),
      );
      const expected = [...groups]
        .filter(([, members]) => members.length > 1)
        .map(([k, members]) => [
          near(k),
          near(folds[name]?.(members.filter((r) => only.of(r) === 1).map((r) => r.n)) ?? null),
          members.length,
        ]);
      const sorted = (table: unknown[][]) => table.map((line) => JSON.stringify(line)).toSorted();
      expect(sorted(answer.map((line) => line.map(shown)))).toEqual(sorted(expected));
    }),
    runs(40),
  );
  expect(answered).toBeGreaterThan(30);
});

test("whatever is made of the subset's words is answered or refused by name, never a crash", {
  timeout,
}, async () => {
  const names = [...Object.keys(functions), ...Object.keys(aggregates), "countIf", "nope", "constructor"];
  const leaf = fc.constantFrom(
    ...[
      "event",
      "timestamp",
      "person_id",
      "properties",
      "properties.n",
      "properties.s.t",
      "person.properties.x",
      "$group_0",
    ],
    ...[
      "*",
      "1",
      "-1.5",
      "'a'",
      "'2026-01-01'",
      "'day'",
      "NULL",
      "true",
      "toDate('2026-01-01')",
      "now()",
      "INTERVAL 1 MONTH",
      "a",
      "e.uuid",
    ],
  );
  const expression = fc.letrec<{ any: string }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 2 },
      leaf,
      fc
        .tuple(fc.constantFrom(...names), fc.array(tie("any"), { maxLength: 3 }))
        .map(([name, args]) => `${name}(${args.join(", ")})`),
      fc
        .tuple(
          tie("any"),
          fc.constantFrom(
            "+",
            "-",
            "*",
            "/",
            "%",
            "=",
            "<",
            "LIKE",
            "=~",
            "IN",
            "AND",
            "||",
            "BETWEEN 1 AND",
          ),
          tie("any"),
        )
        .map(([a, op, b]) => `(${a} ${op} ${b})`),
      tie("any").map((a) => `(${a} AS a)`),
      tie("any").map((a) => `(SELECT ${a} FROM events)`),
    ),
  })).any;
  const clause = (word: string) =>
    fc.option(expression, { nil: "" }).map((text) => (text === "" ? "" : ` ${word} ${text}`));
  const from = fc.constantFrom(
    "",
    " FROM events",
    " FROM events AS e",
    " FROM events e LEFT JOIN persons p ON e.person_id = p.id",
    " FROM (SELECT event, count() AS a FROM events GROUP BY event)",
  );
  const list: Row[] = [{ id: 0, event: "x", n: 1, s: "a", b: true, day: 1 }];
  await fc.assert(
    fc.asyncProperty(
      fc.array(expression, { minLength: 1, maxLength: 3 }),
      from,
      fc.tuple(clause("WHERE"), clause("GROUP BY"), clause("HAVING"), clause("ORDER BY")),
      async (columns, source, clauses) => {
        await answerOrRefusal(`SELECT ${columns.join(", ")}${source}${clauses.join("")}`, list);
      },
    ),
    runs(60),
  );
});
