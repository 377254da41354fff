import { type AggregateRule, aggregates, emptyValue } from "./aggregates.ts";
import { clickHouseError, missing, queryError } from "./errors.ts";
import { applyRule, type Context, checkArguments, functions, inAnyCase, otherNames } from "./functions.ts";
import { alike, between, calculate, compare, inSet, isIn, logic } from "./operators.ts";
import { printNode } from "./print.ts";
import { type Reader, type Source, unresolved } from "./tables.ts";
import type { Node, Select } from "./tree.ts";
import { integerLiteral, isCondition, isNumeric, type } from "./types.ts";
import { madeOf, type Parameters, type Value } from "./value.ts";

/** What one SELECT can name. */
export type Scope = {
  /** `alias` is the one in the SQL; a table that a LEFT JOIN may not find is `optional`. */
  tables: Map<string, { source: Source; alias: string; optional: boolean }>;
  /** Of the expressions read so far: an alias may be used from there on, in any clause. */
  aliases: Map<string, Value>;
  /** The SQL of what is grouped by; such an expression may stand outside of an aggregate. */
  keys?: Set<string>;
};

/** What the whole query has in common. */
export type Query = {
  parameters: Parameters;
  reader: Omit<Reader, "asStored" | "add">;
  /** The time of the query: ISO 8601. */
  now: string;
  /** For the placeholders `{name}`. */
  values: Record<string, unknown>;
  /** A query inside of an expression: its SQL and its columns. */
  subquery: (select: Select) => { sql: string; columns: { value: Value }[] };
};

type Call = Extract<Node, { node: "Call" }>;

const comparisons = new Map(
  Object.entries({
    equals: "==",
    notEquals: "!=",
    less: "<",
    lessOrEquals: "<=",
    greater: ">",
    greaterOrEquals: ">=",
    like: "like",
    ilike: "ilike",
    notLike: "not like",
    notILike: "not ilike",
    in: "in",
    notIn: "not in",
  }),
);
const arithmetic = new Map(
  Object.entries({ plus: "+", minus: "-", multiply: "*", divide: "/", modulo: "%" }),
);
/** They parse a text, so that a numeric property comes to them as it is stored. */
const takeStored = new Set(["toFloatOrZero", "toIntOrZero"]);

/** Every name that may be called. */
export const operatorNames = [...comparisons.keys(), ...arithmetic.keys(), "and", "or", "not"];

/** SQLite would take up to a billion letters, for minutes. */
const longestSql = 1_000_000;

/** From the nodes of expressions to SQL, in the scope of one SELECT. */
export class Expressions {
  readonly #query: Query;
  readonly #scope: Scope;
  readonly #context: Context;
  /** The aggregate whose arguments are being read. */
  #aggregate: string | undefined;
  #asStored = false;
  readonly #inJoin: boolean;

  constructor(query: Query, scope: Scope, inJoin = false) {
    this.#query = query;
    this.#scope = scope;
    this.#inJoin = inJoin;
    this.#context = { now: query.now, add: (value) => query.parameters.add(value) };
  }

  read(node: Node): Value {
    const asStored = this.#asStored;
    this.#asStored = false;
    const chain = chainOf(node);
    const value = chain ? this.#field(chain, asStored) : this.#read(node);
    // an alias or a BETWEEN that stands for itself several times, within the next, doubles it each time
    if (value.sql.length > longestSql) throw missing("a query that grows as large as this one");
    if (!this.#scope.keys?.has(value.sql)) return value;
    const { bare: _, ...key } = value;
    return key;
  }

  /** A condition of WHERE, HAVING or an aggregate's `If`. */
  condition(node: Node): Value {
    const value = this.read(node);
    if (isCondition(value.type)) return value;
    if (isNumeric(value.type)) throw missing(`${value.type.name} as a condition`);
    const detail = `Illegal type ${value.type.name} of column for filter. Must be UInt8 or Nullable(UInt8)`;
    throw clickHouseError("illegal_type_of_column_for_filter", detail);
  }

  #read(node: Node): Value {
    switch (node.node) {
      case "Constant":
        return this.#constant(node);
      case "Alias":
        return this.alias(node.alias, node.expr);
      case "Placeholder":
        return this.#constant({ value: this.#placeholder(node.expr) });
      case "And":
      case "Or":
        return this.#call({ node: "Call", name: node.node, args: node.exprs });
      case "Not":
        return this.#call({ node: "Call", name: "not", args: [node.expr] });
      case "CompareOperation":
        return this.#compare(node.op, node.left, node.right);
      case "ArithmeticOperation":
        return this.#made(this.#all([node.left, node.right]), ([a, b]) => calculate(node.op, a, b));
      case "BetweenExpr":
        return this.#made(this.#all([node.expr, node.low, node.high]), ([value, low, high]) =>
          between(node.negated, value, low, high, this.#context),
        );
      case "Call":
        return this.#call(node);
      case "SelectQuery":
        return this.#scalar(node);
      default:
        throw missing(node.node);
    }
  }

  /** Names an expression for the rest of the query. */
  alias(name: string, node: Node): Value {
    const value = this.read(node);
    if (this.#scope.aliases.has(name)) throw queryError(`Cannot redefine an alias with the name: ${name}`);
    this.#scope.aliases.set(name, value);
    return value;
  }

  #all(nodes: Node[]): Value[] {
    return nodes.map((node) => this.read(node));
  }

  /** `make` is given as many values as it names. */
  #made(args: Value[], make: (args: [Value, Value, Value]) => Value): Value {
    return { ...make(args as [Value, Value, Value]), ...madeOf(args) }; // each caller reads them itself
  }

  #constant({ value, value_type, float }: { value: unknown; value_type?: string; float?: true }): Value {
    const { add } = this.#context;
    if (value_type === "number") throw missing(`the number ${value}`);
    if (value === null) return { sql: "NULL", type: type("Nothing", true), constant: null };
    if (typeof value === "string") return { sql: add(value), type: type("String"), constant: value };
    if (typeof value === "boolean") return { sql: add(BigInt(value)), type: type("Bool"), constant: value };
    if (typeof value !== "number") throw missing("a list or an object in a place of its own");
    if (!Number.isInteger(value) || float) return { sql: add(value), type: type("Float64"), constant: value };
    if (!Number.isSafeInteger(value)) throw missing("integers of more than 53 bits");
    return { sql: add(BigInt(value)), type: integerLiteral(value), constant: value };
  }

  #placeholder(node: Node): unknown {
    const chain = chainOf(node);
    const name = chain?.join(".");
    if (name === undefined) throw missing("a placeholder with an expression");
    if (chain?.length === 1 && Object.hasOwn(this.#query.values, name)) return this.#query.values[name];
    if (name === "filters" || chain?.[0] === "variables") throw missing(`the placeholder {${name}}`);
    throw queryError(`Unresolved placeholder: {${name}}`);
  }

  #field(chain: (string | number)[], asStored: boolean): Value {
    const { tables, aliases } = this.#scope;
    const names = chain.map((name) => {
      if (typeof name === "string") return name;
      throw missing("an element of an array");
    });
    const [first = "", ...rest] = names;
    if (first === "*" || rest.includes("*")) throw missing("'*' inside of an expression");
    const reader = { ...this.#query.reader, asStored, add: this.#context.add };
    const table = rest.length > 0 ? tables.get(first) : undefined;
    const alias = table ? undefined : aliases.get(first);
    if (alias && rest.length > 0) throw missing("a field of an alias");
    if (alias) return this.#used(alias);
    const held = table
      ? [{ ...table, path: rest }]
      : [...tables.values()].map((one) => ({ ...one, path: names }));
    const [found, other] = held.flatMap((one) => {
      const value = one.source.field(one.alias, one.path, reader);
      return value ? [{ value, optional: one.optional }] : [];
    });
    if (other) throw queryError(`Ambiguous query. Found multiple sources for field: ${first}`);
    if (!found) throw unresolved(table ? rest : names);
    const empty = found.optional ? emptyValue(found.value.type) : undefined;
    const sql = empty === undefined ? found.value.sql : `ifnull(${found.value.sql}, ${empty})`;
    return { ...found.value, sql, bare: names.join(".") };
  }

  #used(alias: Value): Value {
    if (alias.hasAggregate && this.#aggregate) {
      throw clickHouseError(
        "illegal_aggregation",
        "Aggregate function is found inside another aggregate function",
      );
    }
    return alias;
  }

  #compare(op: string, leftNode: Node, rightNode: Node): Value {
    const left = this.read(leftNode);
    if (op !== "in" && op !== "not in") {
      const right = this.read(rightNode);
      return this.#made([left, right], ([a, b]) => compare(op, a, b, this.#context, this.#inJoin));
    }
    if (rightNode.node === "SelectQuery") {
      const { sql, columns } = this.#query.subquery(rightNode);
      const [column, other] = columns;
      if (!column || other) throw missing("IN with a query of several columns");
      if (column.value.type.nullable) throw missing("IN with a query that may give null");
      // nothing of the inner query's SQL can be changed from here, nor can a text be read by its type
      const [own, its] = alike("in", { ...left, constant: undefined }, column.value, this.#context);
      if (own.sql !== left.sql || its.sql !== column.value.sql)
        throw missing("IN with a query of times of another kind");
      return { ...inSet(op === "not in", left.sql, sql), ...madeOf([left]) };
    }
    const items = this.#items(rightNode);
    return { ...isIn(op === "not in", left, items, this.#context), ...madeOf([left, ...items]) };
  }

  /** The list on the right of IN. */
  #items(node: Node): Value[] {
    if (node.node === "Tuple" || node.node === "Array") return this.#all(node.exprs);
    const value = node.node === "Placeholder" ? this.#placeholder(node.expr) : undefined;
    if (Array.isArray(value)) return value.map((item) => this.#constant({ value: item }));
    return [this.read(node)];
  }

  #scalar(node: Select): Value {
    const { sql, columns } = this.#query.subquery(node);
    const [column, other] = columns;
    if (!column || other) throw missing("a query of several columns as a value");
    return { sql: `(${sql})`, type: { ...column.value.type, nullable: true } };
  }

  #call(node: Call): Value {
    const { name, args } = node;
    const [first, second] = args;
    if (first && second && args.length === 2) {
      const [comparison, sum] = [comparisons.get(name), arithmetic.get(name)];
      if (comparison !== undefined) return this.#compare(comparison, first, second);
      if (sum !== undefined) return this.#made(this.#all(args), ([a, b]) => calculate(sum, a, b));
    }
    const logical = name.toLowerCase();
    if (logical === "and" || logical === "or" || (logical === "not" && args.length === 1)) {
      const all = this.#all(args);
      return { ...logic(logical, all), ...madeOf(all) };
    }
    const aggregate = findAggregate(name);
    if (aggregate) return this.#aggregateCall(node, aggregate.base, aggregate.rule, aggregate.hasCondition);
    const known = canonical(name);
    const rule = known === undefined ? undefined : functions[known];
    if (known === undefined || !rule) throw unknownFunction(name);
    if (node.params || node.distinct || node.filter_expr) throw missing(`${name} as an aggregate`);
    this.#asStored = takeStored.has(known);
    const values = this.#all(args);
    this.#asStored = false;
    return { ...applyRule(known, rule, values, this.#context), ...madeOf(values) };
  }

  #aggregateCall(node: Call, base: string, rule: AggregateRule, hasCondition: boolean): Value {
    const { name } = node;
    if (this.#aggregate !== undefined) {
      throw queryError(
        `Aggregation '${name}' cannot be nested inside another aggregation '${this.#aggregate}'.`,
      );
    }
    if (node.order_by || node.within_group) throw missing(`ORDER BY inside of ${name}`);
    if (node.distinct && base !== "count") throw missing(`DISTINCT inside of ${name}`);
    this.#aggregate = name;
    const nodes = node.args.filter((arg) => !(base === "count" && printNode(arg) === "*"));
    const conditions = [
      ...(hasCondition ? nodes.splice(-1) : []),
      ...(node.filter_expr ? [node.filter_expr] : []),
    ];
    if (hasCondition && conditions.length === 0) checkArguments(name, "condition", [], "Aggregation");
    const args = this.#all(nodes);
    const filters = this.#all(conditions);
    this.#aggregate = undefined;
    checkArguments(name, rule.takes, args, "Aggregation");
    for (const condition of filters) checkArguments(name, "condition", [condition], "Aggregation");
    const filter = (more?: string) => {
      const all = [...filters.map(({ sql }) => sql), ...(more === undefined ? [] : [more])];
      return all.length > 0 ? ` FILTER (WHERE ${all.join(" AND ")})` : "";
    };
    const sqls = args.map((arg) => arg.sql);
    if (rule.level) sqls.push(this.#level(node));
    else if (node.params?.length) throw missing(`parameters of ${name}`);
    const used = node.distinct && args.length === 1 ? (aggregates.uniqExact ?? rule) : rule;
    const made = used.gives(args);
    const sql = used.sql(sqls, filter, args);
    const empty = sql.includes("hog_divide(") ? undefined : emptyValue(made);
    return { sql: empty === undefined ? sql : `ifnull(${sql}, ${empty})`, type: made, hasAggregate: true };
  }

  #level({ name, params }: Call): string {
    const [node, other] = params ?? [];
    const level = node ? this.read(node) : this.#constant({ value: 0.5 });
    const { constant } = level;
    if (other || typeof constant !== "number" || constant < 0 || constant > 1) {
      throw missing(`${name} of anything but one level between 0 and 1`);
    }
    return level.sql;
  }
}

/** `a.b['c']` as a chain of names; undefined for what is no path. */
function chainOf(node: Node): (string | number)[] | undefined {
  if (node.node === "Field") return node.chain;
  if (node.node !== "ArrayAccess" || node.property.node !== "Constant") return undefined;
  const chain = chainOf(node.array);
  const { value } = node.property;
  return chain && (typeof value === "string" || typeof value === "number") ? [...chain, value] : undefined;
}

function findAggregate(name: string) {
  const known = ["count", "sum", "avg", "min", "max"].find((one) => one === name.toLowerCase()) ?? name;
  const base = Object.hasOwn(aggregates, known) ? known : name.replace(/If$/, "");
  const rule = Object.hasOwn(aggregates, base) ? aggregates[base] : undefined;
  return rule && { base, rule, hasCondition: base !== known };
}

function canonical(name: string): string | undefined {
  if (Object.hasOwn(otherNames, name)) return otherNames[name];
  if (Object.hasOwn(functions, name)) return name;
  if (!inAnyCase.has(name.toLowerCase())) return undefined;
  return Object.keys(functions).find((one) => one.toLowerCase() === name.toLowerCase());
}

/** PostHog knows hundreds more: only a name in other letters is surely none of them. */
function unknownFunction(name: string): Error {
  const all = [...Object.keys(functions), ...Object.keys(aggregates)];
  const meant = all.find((one) => one.toLowerCase() === name.toLowerCase());
  if (!meant) return missing(`the function '${name.slice(0, 60)}'`);
  return queryError(`Unsupported function call '${name}(...)'. Perhaps you meant '${meant}(...)'?`);
}
