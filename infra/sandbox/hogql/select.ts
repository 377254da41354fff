import { clickHouseError, missing, queryError } from "./errors.ts";
import { Expressions, type Query, type Scope } from "./expression.ts";
import { printNode } from "./print.ts";
import { type Source, tables } from "./tables.ts";
import type { Join, Node, Select } from "./tree.ts";
import { kindOf } from "./types.ts";
import { asOrdered, type Value } from "./value.ts";

export type Column = { name: string; value: Value };
export type Translated = { sql: string; columns: Column[] };

/** The common table expressions that are in reach. */
type Tables = Map<string, Select>;

const clauses = new Set(
  "node start end ctes select distinct select_from where group_by having order_by limit".split(" "),
);
/** Tables of PostHog that the sandbox has nothing for. */
const elsewhere =
  /^(raw_.*|.*_log_entries|log_entries|sessions|session_replay_events|cohort_people|static_cohort_people|app_metrics2?|hog_invocation_results|query_log|heatmaps|logs|ai_events|person_distinct_id_overrides|error_tracking.*)$/;

const mostExpansions = 50;

/** From the tree of a SELECT to SQL for SQLite. */
export class Selects {
  readonly #query: Query;
  #aliases = 0;
  #expansions = 0;

  constructor(query: Omit<Query, "subquery">) {
    this.#query = { ...query, subquery: () => ({ sql: "", columns: [] }) };
  }

  /** `limit` where the query names none. */
  translate(select: Select, limit?: number): Translated {
    return this.#select(select, new Map(), limit);
  }

  #select(select: Select, outer: Tables, limit?: number): Translated {
    refuseClauses(select);
    const ctes = withTables(select, outer);
    const query = { ...this.#query, subquery: once((inner: Select) => this.#select(inner, ctes)) };
    const scope: Scope = { tables: new Map(), aliases: new Map() };
    const from = this.#from(select.select_from, scope, ctes, query);

    // first for the aliases that GROUP BY may name, then again with what is grouped by
    const first = new Expressions(query, scope);
    const named = this.#columns(select, scope, first);
    const where = select.where ? withoutAggregate("WHERE", first.condition(select.where)) : undefined;
    const keys = (select.group_by ?? []).map((node) =>
      withoutAggregate("GROUP BY", ordinal(node, named) ?? first.read(node)),
    );
    const grouped: Scope = { ...scope, aliases: new Map(), keys: new Set(keys.map((key) => key.sql)) };
    const expressions = new Expressions(query, grouped);
    const columns = this.#columns(select, grouped, expressions);
    for (const [name, value] of scope.aliases) {
      if (!grouped.aliases.has(name)) grouped.aliases.set(name, value); // of WHERE or GROUP BY
    }
    const having = select.having ? expressions.condition(select.having) : undefined;
    const orders = (select.order_by ?? []).map(({ expr, order }) => ({
      value: ordinal(expr, columns) ?? expressions.read(expr),
      order: order === "DESC" ? "DESC" : "ASC",
    }));
    const outputs = [
      ...columns.map(({ value }) => value),
      ...orders.map(({ value }) => value),
      ...(having ? [having] : []),
    ];
    const isGrouped = keys.length > 0 || outputs.some((value) => value.hasAggregate);
    if (isGrouped) for (const value of outputs) refuseBare(value);
    if (having && !isGrouped) throw missing("HAVING without GROUP BY");

    const list = columns.map(({ value }, index) => `${value.sql} AS c${index + 1}`).join(", ");
    const conditions = [...(from?.conditions ?? []), ...(where ? [where.sql] : [])];
    const parts = [
      `SELECT ${select.distinct ? "DISTINCT " : ""}${list}`,
      from && `FROM ${from.sql}`,
      conditions.length > 0 && `WHERE ${conditions.join(" AND ")}`,
      keys.length > 0 && `GROUP BY ${keys.map((key) => key.sql).join(", ")}`,
      having && `HAVING ${having.sql}`,
      orders.length > 0 &&
        `ORDER BY ${orders.map(({ value, order }) => `${sortable(value)} ${order} NULLS LAST`).join(", ")}`,
      limitOf(select, limit, query),
    ];
    return { sql: parts.filter(Boolean).join(" "), columns };
  }

  #columns(select: Select, scope: Scope, expressions: Expressions): Column[] {
    return select.select.flatMap((node) => {
      if (node.node === "Field" && node.chain.at(-1) === "*") return all(node.chain, scope, expressions);
      if (node.node === "Alias")
        return [{ name: node.alias, value: expressions.alias(node.alias, node.expr) }];
      return [{ name: nameOf(node), value: expressions.read(node) }];
    });
  }

  #from(join: Join | null | undefined, scope: Scope, ctes: Tables, query: Query) {
    if (!join) return undefined;
    const sql: string[] = [];
    const anchors: string[] = [];
    for (let next: Join | null | undefined = join; next; next = next.next_join) {
      refuseJoin(next);
      const source = this.#source(next.table, ctes);
      const alias = `t${++this.#aliases}`;
      const name = next.alias ?? tableName(next.table) ?? alias;
      if (scope.tables.has(name)) {
        throw queryError(`Already have joined a table called "${name}". Can't redefine.`);
      }
      scope.tables.set(name, { source, alias, optional: false });
      anchors.push(`${alias}.${source.anchor}`);
      const from = source.from(query.reader.persons);
      const isQuery = from.startsWith("SELECT");
      if (next === join) {
        sql.push(`${isQuery ? `(${from})` : from} AS ${alias}`);
        continue;
      }
      const on = withoutAggregate("ON", new Expressions(query, scope, true).condition(joinCondition(next)));
      const isLeft = next.join_type?.startsWith("LEFT") ?? false;
      // the limit keeps SQLite from dissolving the query, which then has no index to join by
      const joined = isQuery ? `(SELECT * FROM (${from}) LIMIT -1)` : from;
      sql.push(`${isLeft ? "LEFT JOIN" : "JOIN"} ${joined} AS ${alias} ON ${on.sql}`);
      scope.tables.set(name, { source, alias, optional: isLeft });
    }
    return { sql: sql.join(" "), conditions: [`hog_scanned(${anchors.join(", ")})`] };
  }

  #source(table: Node, ctes: Tables): Source {
    if (table.node === "SelectQuery") return subquery(this.#select(table, ctes));
    if (table.node !== "Field") throw missing(table.node === "SelectSetQuery" ? "UNION" : table.node);
    const name = tableName(table);
    if (name === undefined) throw missing(`the table '${table.chain.join(".")}'`);
    const expression = ctes.get(name);
    if (expression) {
      this.#expansions++;
      if (this.#expansions > mostExpansions)
        throw queryError("Too many CTE expansions (50+). Probably a CTE loop.");
      return subquery(this.#select(expression, ctes));
    }
    const known = Object.hasOwn(tables, name) ? tables[name] : undefined;
    if (known) return known;
    if (elsewhere.test(name)) throw missing(`the table '${name}'`);
    throw queryError(`Unknown table \`${name}\`.`);
  }
}

/** As expressions are read twice, queries inside of queries would be read twice as often with each level. */
function once<Key extends object, Result>(make: (key: Key) => Result): (key: Key) => Result {
  const made = new WeakMap<Key, Result>();
  return (key) => {
    const known = made.get(key) ?? make(key);
    made.set(key, known);
    return known;
  };
}

function refuseClauses(select: Select): void {
  if (select.offset) {
    throw queryError("OFFSET is not supported on queries made with a personal API key."); // `user_query_validator.py`
  }
  for (const [key, value] of Object.entries(select)) {
    const isEmpty = value === null || value === false || value === undefined;
    if (!isEmpty && !clauses.has(key)) throw missing(`the clause ${key.toUpperCase().replaceAll("_", " ")}`);
  }
}

function withTables({ ctes }: Select, outer: Tables): Tables {
  const tables = new Map(outer);
  for (const { name, expr, cte_type, columns } of ctes ?? []) {
    if (cte_type !== "subquery" || columns || expr.node !== "SelectQuery")
      throw missing("WITH of anything but a SELECT");
    tables.set(name, expr);
  }
  return tables;
}

const joinFields = new Set("node start end table alias join_type constraint next_join".split(" "));

function refuseJoin(join: Join): void {
  for (const [key, value] of Object.entries(join)) {
    if (value !== null && !joinFields.has(key))
      throw missing(`the clause ${key.toUpperCase().replaceAll("_", " ")}`);
  }
  const kinds = [undefined, null, "JOIN", "INNER JOIN", "LEFT JOIN", "LEFT OUTER JOIN"];
  if (!kinds.includes(join.join_type)) throw missing(join.join_type ?? "this join");
}

/** ClickHouse joins on equalities. */
function joinCondition({ constraint, join_type }: Join): Node {
  if (constraint?.constraint_type !== "ON") throw missing(`${join_type ?? "JOIN"} without ON`);
  const { expr } = constraint;
  const parts = expr.node === "And" ? expr.exprs : [expr];
  const isEqual = (node: Node) => node.node === "CompareOperation" && node.op === "==";
  if (!parts.every(isEqual)) throw missing("JOIN on anything but equal values");
  return expr;
}

function tableName(node: Node): string | undefined {
  if (node.node !== "Field" || node.chain.length !== 1) return undefined;
  const [name] = node.chain;
  return typeof name === "string" ? name : undefined;
}

function subquery({ sql, columns }: Translated): Source {
  return {
    from: () => sql,
    anchor: "c1",
    asterisk: columns.map(({ name }) => name),
    field: (alias, [name, ...path]) => {
      const found = columns.flatMap((column, index) => (column.name === name ? [{ column, index }] : []));
      const [first, other] = found;
      if (!first) return undefined;
      if (other) throw missing(`a query with two columns '${name}' inside of another`);
      if (path.length > 0) throw missing("a field of a column of another query");
      return { sql: `${alias}.c${first.index + 1}`, type: first.column.value.type };
    },
  };
}

/** What `*` and `table.*` stand for. */
function all(chain: (string | number)[], { tables }: Scope, expressions: Expressions): Column[] {
  const [name] = chain;
  if (chain.length > 2) throw missing("'*' of a field");
  if (chain.length === 1 && tables.size > 1) {
    throw queryError("Cannot use '*' without table name when there are multiple tables in the query");
  }
  const own = chain.length === 1 ? [...tables.keys()][0] : String(name);
  const table = own === undefined ? undefined : tables.get(own);
  if (own !== undefined && !table && tables.size > 0) throw missing("'*' of a field");
  if (own === undefined || !table) throw queryError("Cannot use '*' when there are no tables in the query");
  const { asterisk } = table.source;
  if (!asterisk) throw missing(`'*' of ${own} (not all of its columns are here)`);
  return asterisk.map((field) => ({
    name: field,
    value: expressions.read({ node: "Field", chain: [own, field] }),
  }));
}

/** A field is called by its last name, a call as PostHog prints it. */
function nameOf(node: Node): string {
  if (node.node === "Field") return String(node.chain.at(-1));
  if (node.node === "ArrayAccess" && node.property.node === "Constant") return String(node.property.value);
  return printNode(node);
}

/** `GROUP BY 1`: the first column. */
function ordinal(node: Node, columns: Column[]): Value | undefined {
  if (node.node !== "Constant" || typeof node.value !== "number") return undefined;
  const column = columns[node.value - 1];
  if (column) return column.value;
  throw clickHouseError(
    "bad_arguments",
    `Positional argument out of bounds: ${node.value} (expected in range [1, ${columns.length}])`,
  );
}

function withoutAggregate(clause: string, value: Value): Value {
  if (!value.hasAggregate) return value;
  throw clickHouseError("illegal_aggregation", `Aggregate function is found in ${clause} in query`);
}

function refuseBare({ bare }: Value): void {
  if (bare === undefined) return;
  const detail = `Column \`${bare}\` is not under aggregate function and not in GROUP BY`;
  throw clickHouseError("not_an_aggregate", detail);
}

function sortable(value: Value): string {
  if (["array", "interval"].includes(kindOf(value.type))) throw missing(`ORDER BY of ${kindOf(value.type)}s`);
  return asOrdered(value);
}

export const mostRows = 50_000;

function limitOf({ limit }: Select, fallback: number | undefined, { parameters }: Query): string | undefined {
  if (!limit) return fallback === undefined ? undefined : `LIMIT ${parameters.add(BigInt(fallback))}`;
  const value = limit.node === "Constant" ? limit.value : undefined;
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0)
    throw missing("LIMIT of anything but a number");
  const most = fallback === undefined ? value : Math.min(value, mostRows);
  return `LIMIT ${parameters.add(BigInt(most))}`;
}
