import { missing } from "./errors.ts";
import { arrayOf, isInteger, kindOf, type Type, type } from "./types.ts";
import { strict, type Value } from "./value.ts";

/** `filter` is empty or ` FILTER (WHERE …)`. */
export type AggregateRule = {
  takes: string;
  gives: (args: Value[]) => Type;
  sql: (args: string[], filter: (condition?: string) => string, values: Value[]) => string;
  level?: true;
};

const count = () => type("UInt64");
const same = ([first]: Value[]): Type => first?.type ?? type("Nothing", true);
const float = (args: Value[]) =>
  type(
    "Float64",
    args.some((arg) => arg.type.nullable),
  );
const sum = ([first]: Value[]): Type => {
  const name = first && isInteger(first.type) ? (/^I/.test(first.type.name) ? "Int64" : "UInt64") : "Float64";
  return type(name, first?.type.nullable);
};

/** Every aggregate of the subset. Each also exists with `If`, and a condition as its last argument. */
export const aggregates: Record<string, AggregateRule> = {
  count: { takes: "any?", gives: count, sql: ([x = "*"], filter) => `count(${strict(x)})${filter()}` },
  uniq: { takes: "any any...", gives: count, sql: distinct },
  uniqExact: { takes: "any any...", gives: count, sql: distinct },
  countDistinct: { takes: "any", gives: count, sql: distinct },
  sum: { takes: "number|bool", gives: sum, sql: ([x], filter) => `sum(${strict(`${x}`)})${filter()}` },
  avg: {
    takes: "number|bool",
    gives: float,
    sql: ([x], filter, [value]) =>
      value?.type.nullable
        ? `avg(${strict(`${x}`)})${filter()}`
        : `hog_divide(total(${strict(`${x}`)})${filter()}, count(*)${filter()})`,
  },
  min: { takes: "ordered", gives: same, sql: ([x], filter) => `min(${strict(`${x}`)})${filter()}` },
  max: { takes: "ordered", gives: same, sql: ([x], filter) => `max(${strict(`${x}`)})${filter()}` },
  any: { takes: "any", gives: same, sql: ([x], filter) => `hog_any(${strict(`${x}`)})${filter()}` },
  anyLast: { takes: "any", gives: same, sql: ([x], filter) => `hog_any_last(${strict(`${x}`)})${filter()}` },
  argMin: {
    takes: "any ordered",
    gives: argument,
    sql: (args, filter) => `hog_arg_min(${all(args)})${filter()}`,
  },
  argMax: {
    takes: "any ordered",
    gives: argument,
    sql: (args, filter) => `hog_arg_max(${all(args)})${filter()}`,
  },
  median: { takes: "number", gives: float, sql: ([x], filter) => quantile(`${x}`, "0.5", filter) },
  /** The level is a parameter: `quantile(0.9)(x)`. */
  quantile: {
    takes: "number",
    gives: float,
    level: true,
    sql: ([x, level], filter) => quantile(`${x}`, `${level}`, filter),
  },
  groupArray: { takes: "any", gives: list, sql: ([x], filter) => array(`${x}`, "", filter) },
  groupUniqArray: { takes: "any", gives: list, sql: ([x], filter) => array(`${x}`, "DISTINCT ", filter) },
};

/** What an aggregate of no rows gives, and a row that a LEFT JOIN did not find, where the type has no null. */
export function emptyValue(of: Type): string | undefined {
  if (of.nullable) return undefined;
  const kind = kindOf(of);
  if (kind === "array") return "'[]'";
  if (kind === "text") return "''";
  if (kind === "date") return "'1970-01-01'";
  if (kind === "datetime") return "'1970-01-01T00:00:00.000Z'";
  if (kind === "uuid") return "'00000000-0000-0000-0000-000000000000'";
  return kind === "number" || kind === "bool" ? "0" : undefined;
}

/** Rows with a null in them do not count. */
function distinct(args: string[], filter: (condition?: string) => string, values: Value[]): string {
  const [only] = args;
  if (args.length === 1) return `count(DISTINCT ${strict(`${only}`)})${filter()}`;
  const nulls = values
    .filter((value) => value.type.nullable)
    .map((value) => `${strict(value.sql)} IS NOT NULL`);
  return `count(DISTINCT json_array(${all(args)}))${filter(nulls.join(" AND ") || undefined)}`;
}

/** Of no rows it is not a number, as an average is. */
function quantile(x: string, level: string, filter: (condition?: string) => string): string {
  return `ifnull(hog_quantile(${strict(x)}, ${level})${filter()}, hog_divide(0.0, 0.0))`;
}

function argument(args: Value[]): Type {
  const [arg, by] = args;
  return { ...same(args), nullable: Boolean(arg?.type.nullable || by?.type.nullable) };
}

function list([first]: Value[]): Type {
  if (!first || kindOf(first.type) === "array") throw missing("an array of arrays");
  return arrayOf({ ...first.type, nullable: false });
}

function array(x: string, mark: string, filter: (condition?: string) => string): string {
  return `json_group_array(${mark}${strict(x)})${filter(`${strict(x)} IS NOT NULL`)}`;
}

function all(args: string[]): string {
  return args.map(strict).join(", ");
}
