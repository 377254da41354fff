import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import { HogError } from "../../hog/hog-error.ts";
import { parseQuery } from "../../hog/query.ts";
import type { Clock } from "../clock.ts";
import { missing, queryError, syntaxError, tooSlow } from "./errors.ts";
import { printQuery } from "./print.ts";
import { PropertyTypes } from "./property-types.ts";
import { Selects, type Translated } from "./select.ts";
import { addFunctions } from "./sqlite.ts";
import { type PersonsOnEvents, personsOnEventsModes } from "./tables.ts";
import { isNode, type Node, type Select } from "./tree.ts";
import { kindOf, shown, type Type } from "./types.ts";
import { Parameters } from "./value.ts";

export type Answer = {
  columns: string[];
  types: [name: string, type: string][];
  results: unknown[][];
  hogql: string;
  /** Only of a query without a LIMIT of its own. */
  hasMore: boolean | null;
  limit: number | null;
};

/** Rows of a query without LIMIT (`posthog/hogql/constants.py`). */
const defaultRows = 100;
// The parser's time grows with the square of an expression's length
const longestQuery = 10_000;
// and is seven times as long for each level of calls within calls that it meets first: a second for 6 of them
const mostNested = 6;
const longestPath = /(\.[^\s.,()]+){30}/;
const rowsBetweenLooks = 500;

/** Answers HogQL from the captured events. It reads only, on the connection of all others, and for a bounded time. */
export class HogQL {
  readonly #database: DatabaseSync;
  readonly #clock: Clock;
  readonly #maxMilliseconds: number;
  readonly #propertyTypes: PropertyTypes;
  #deadline = 0;
  #scanned = 0;

  /** A query holds up everything else: the sandbox gives it `maxMilliseconds`, PostHog 60 s. */
  constructor(database: DatabaseSync, clock: Clock, maxMilliseconds = 10_000) {
    this.#database = database;
    this.#clock = clock;
    this.#maxMilliseconds = maxMilliseconds;
    this.#propertyTypes = new PropertyTypes(database);
    addFunctions(database, () => this.#look());
  }

  /** Throws `ApiError`: 400 in PostHog's words, 501 with the name of what the sandbox lacks, 504 after too long. */
  async run(
    query: string,
    options: { values?: Record<string, unknown>; personsOnEvents?: PersonsOnEvents } = {},
  ): Promise<Answer> {
    const select = await readSelect(query);
    const isBounded = Boolean(select.limit);
    const now = this.#clock.now();
    const parameters = new Parameters();
    const groupTypes = this.#database.prepare("SELECT name FROM group_types ORDER BY position").all();
    const selects = new Selects({
      parameters,
      now: new Date(now).toISOString(),
      values: options.values ?? {},
      reader: {
        propertyType: (owner, name) => this.#propertyTypes.of(owner, name, now),
        groupTypes: groupTypes.map((row) => String(row.name)),
        persons: options.personsOnEvents ?? personsOnEventsModes.person_id_override_properties_on_events,
      },
    });
    const translated = selects.translate(select, defaultRows + 1);
    const rows = this.#read(translated, parameters);
    const { columns } = translated;
    return {
      columns: columns.map(({ name }) => name),
      types: columns.map(({ name, value }) => [name, shown(value.type)]),
      results: isBounded ? rows : rows.slice(0, defaultRows),
      hogql: `${printQuery(select)}${isBounded ? "" : ` LIMIT ${defaultRows}`}`,
      hasMore: isBounded ? null : rows.length > defaultRows,
      limit: isBounded ? null : defaultRows,
    };
  }

  #read({ sql, columns }: Translated, parameters: Parameters): unknown[][] {
    this.#deadline = performance.now() + this.#maxMilliseconds;
    this.#scanned = 0;
    this.#database.exec("PRAGMA query_only = ON");
    try {
      const statement = this.#database.prepare(sql);
      statement.setReturnArrays(true);
      const rows = statement.all(...parameters.values) as unknown as SQLOutputValue[][]; // by setReturnArrays
      return rows.map((row) => row.map((value, index) => output(value, columns[index]?.value.type)));
    } catch (error) {
      throw refusal(error);
    } finally {
      this.#database.exec("PRAGMA query_only = OFF");
    }
  }

  #look(): void {
    if (this.#scanned++ % rowsBetweenLooks === 0 && performance.now() >= this.#deadline) throw tooSlow();
  }
}

async function readSelect(query: string): Promise<Select> {
  if (query.trim() === "") throw syntaxError("Empty query");
  if (query.length > longestQuery) throw missing(`a query of more than ${longestQuery} characters`);
  if (nesting(query) > mostNested)
    throw missing(`more than ${mostNested} calls or queries within each other`);
  if (longestPath.test(query)) throw missing("a path of more than 30 steps");
  const tree = await parseQuery(query).catch((error: unknown) => {
    if (!(error instanceof HogError)) throw error;
    const isMissing = error.kind === "unsupported" || /^Unsupported/.test(error.message);
    throw isMissing ? missing(error.message) : syntaxError(error.message);
  });
  if (!isNode(tree)) throw queryError("Only SELECT queries are supported");
  const node: Node = tree;
  if (node.node === "SelectQuery") return node;
  throw missing(node.node === "SelectSetQuery" ? "UNION" : node.node);
}

/** How deep the brackets of calls, and of queries inside of expressions, stand within each other; those after FROM are cheap. */
function nesting(query: string): number {
  const open: boolean[] = [];
  let deepest = 0;
  for (const { 0: mark, index } of query.matchAll(/[()]/g)) {
    if (mark === ")") {
      open.pop();
      continue;
    }
    const before = query.slice(Math.max(0, index - 40), index).trimEnd();
    const isTable = /\b(from|join|as)$/i.test(before);
    const isQuery = /^\(\s*select\b/i.test(query.slice(index, index + 40));
    open.push(!isTable && (isQuery || /\w$/.test(before)));
    deepest = Math.max(deepest, open.filter(Boolean).length);
  }
  return deepest;
}

/** What SQLite cannot do for its size is refused; anything else is a mistake of ours. */
function refusal(error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  if (error.code === "ERR_OUT_OF_RANGE" || /integer overflow/.test(error.message)) {
    return missing("integers of more than 53 bits");
  }
  const isTooMuch = /too (many|large|big|deep)|at most \d+/i.test(error.message);
  return isTooMuch ? missing(`a query of this size (${error.message})`) : error;
}

/** As PostHog's JSON has it. */
function output(value: unknown, type: Type | undefined): unknown {
  if (value === null || type === undefined) return null;
  const kind = kindOf(type);
  if (kind === "bool") return value === 1;
  if (kind === "datetime")
    return String(value).replace(/\.(\d{3})Z$/, (_, ms) => (ms === "000" ? "Z" : `.${ms}000Z`));
  if (kind === "array") return JSON.parse(String(value)).map((item: unknown) => output(item, type.item));
  if (kind !== "number") return value;
  if (Number.isInteger(value) && !Number.isSafeInteger(value) && type.name !== "Float64") {
    throw missing("integers of more than 53 bits");
  }
  return Number.isFinite(value) ? value : null;
}
