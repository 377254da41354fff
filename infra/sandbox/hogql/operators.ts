import { timeLiteral } from "./dates.ts";
import { clickHouseError, missing } from "./errors.ts";
import { type Context, shiftedType } from "./functions.ts";
import {
  DATE_TIME_64,
  isInteger,
  isNumeric,
  isTime,
  kindOf,
  moduloType,
  shown,
  sumType,
  type,
} from "./types.ts";
import { asOrdered, asTime, strict, type Value } from "./value.ts";

const orders: Record<string, string> = {
  "<": "less",
  ">": "greater",
  "<=": "lessOrEquals",
  ">=": "greaterOrEquals",
};

/** Texts: the function that holds them against a pattern. */
const patterns: Record<string, { call: (text: string, pattern: string) => string; name: string }> = {
  like: { call: (x, y) => `hog_like(${x}, ${y})`, name: "like" },
  ilike: { call: (x, y) => `hog_ilike(${x}, ${y})`, name: "ilike" },
  "=~": { call: (x, y) => `hog_match(${x}, ${y})`, name: "match" },
  "=~*": { call: (x, y) => `hog_match(${x}, '(?i)' || ${y})`, name: "match" },
};
const negated: Record<string, string> = {
  "not like": "like",
  "not ilike": "ilike",
  "!~": "=~",
  "!~*": "=~*",
};

/** HogQL leaves no null in a comparison: two nulls are equal, and a null is unlike, and neither less nor more. */
export function compare(op: string, left: Value, right: Value, context: Context, inJoin = false): Value {
  const made = { type: type("UInt8") };
  const pattern = patterns[negated[op] ?? op];
  if (pattern) {
    for (const side of [left, right]) {
      if (!["text", "null"].includes(kindOf(side.type))) throw illegalTypes(pattern.name, left, right);
    }
    const [x, y] = [left.sql, right.sql];
    if (op in negated) return { ...made, sql: `ifnull(NOT ${pattern.call(x, y)}, ${x} IS NOT ${y})` };
    return { ...made, sql: `ifnull(${pattern.call(x, y)}, ${x} IS ${y})` };
  }
  const name = orders[op] ?? { "==": "equals", "!=": "notEquals" }[op];
  if (!name) throw missing(`the operator '${op}'`);
  const pair = alike(name, left, right, context);
  if (op in orders) return { ...made, sql: `ifnull(${pair.map(asOrdered).join(` ${op} `)}, 0)` };
  const [x, y] = [pair[0].sql, pair[1].sql];
  if (inJoin) return { ...made, sql: `(${x} = ${y})` };
  // two numbers that are none are not equal, two nulls are
  const areNulls = [left, right].every((side) => side.type.nullable || strict(side.sql) !== side.sql);
  const [a, b] = areNulls ? [strict(x), strict(y)] : [x, y];
  return { ...made, sql: `(${a} IS ${op === "==" ? "" : "NOT "}${b})` };
}

/** Both sides as one type; a text beside a time or a UUID is read as one. */
export function alike(name: string, left: Value, right: Value, context: Context): [Value, Value] {
  const [a, b] = [kindOf(left.type), kindOf(right.type)];
  if (isNumeric(left.type) && isNumeric(right.type)) return [left, right];
  if (isTime(left.type) && isTime(right.type))
    return a === b ? [left, right] : [atStart(left), atStart(right)];
  if ((a === b && a !== "array" && a !== "interval") || a === "null" || b === "null") return [left, right];
  const readRight = readAs(right, left, context);
  if (readRight) return [left, readRight];
  const readLeft = readAs(left, right, context);
  if (readLeft) return [readLeft, right];
  throw illegalTypes(name, left, right);
}

function atStart(value: Value): Value {
  return { ...value, sql: asTime(value) };
}

/** A text that is written out, as the type of what it is compared with. */
function readAs(literal: Value, other: Value, { add }: Context): Value | undefined {
  const text = literal.constant;
  if (typeof text !== "string") return undefined;
  if (kindOf(other.type) === "uuid") {
    const uuid = text.toLowerCase();
    if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid)) return { sql: add(uuid), type: other.type };
    throw clickHouseError("cannot_parse_uuid", `Cannot parse UUID from String '${text}'`);
  }
  if (!isTime(other.type)) return undefined;
  const time = timeLiteral(text);
  const isDate = kindOf(other.type) === "date";
  if (time === undefined || (isDate && text.length !== 10)) {
    throw missing(
      `the text '${text.slice(0, 40)}' beside a ${isDate ? "date" : "time"} (toDateTime reads more forms)`,
    );
  }
  return { sql: add(isDate ? text : time), type: other.type };
}

export function isIn(negative: boolean, left: Value, items: Value[], context: Context): Value {
  if (items.some((item) => item.type.nullable)) throw missing("a null in the list of IN");
  const pairs = items.map((item) => alike("in", left, item, context));
  const [own = left.sql, ...others] = new Set(pairs.map(([side]) => side.sql));
  if (others.length > 0) throw missing("a list of dates and times");
  return inSet(negative, own, pairs.map(([, side]) => side.sql).join(", "));
}

/** A null is in no list without nulls (PostHog's setting `transform_null_in`). */
export function inSet(negative: boolean, left: string, set: string): Value {
  const test = `${left} ${negative ? "NOT " : ""}IN (${set})`;
  return { sql: `ifnull(${test}, ${negative ? 1 : 0})`, type: type("UInt8") };
}

export function between(negative: boolean, value: Value, low: Value, high: Value, context: Context): Value {
  const least = alike("greaterOrEquals", value, low, context).map(asOrdered);
  const most = alike("lessOrEquals", value, high, context).map(asOrdered);
  const test = `(${least.join(" >= ")} AND ${most.join(" <= ")})`;
  return { sql: `ifnull(${negative ? "NOT " : ""}${test}, 0)`, type: type("UInt8") };
}

export function logic(name: "and" | "or" | "not", args: Value[]): Value {
  for (const [index, arg] of args.entries()) {
    if (isNumeric(arg.type)) continue;
    const detail = `Illegal type (${shown(arg.type)}) of ${index + 1} argument of function ${name}`;
    throw clickHouseError("illegal_type_of_argument", detail);
  }
  const nullable = args.some((arg) => arg.type.nullable);
  const sql =
    name === "not" ? `NOT ${args[0]?.sql}` : args.map((arg) => arg.sql).join(` ${name.toUpperCase()} `);
  return { sql: `(${sql})`, type: type("UInt8", nullable) };
}

const names: Record<string, string> = {
  "+": "plus",
  "-": "minus",
  "*": "multiply",
  "/": "divide",
  "%": "modulo",
};

export function calculate(op: string, left: Value, right: Value): Value {
  const name = names[op];
  if (!name) throw missing(`the operator '${op}'`);
  const nullable = left.type.nullable || right.type.nullable;
  if (isTime(left.type) || (isTime(right.type) && op === "+")) {
    return isTime(left.type) ? shift(op, left, right) : shift(op, right, left);
  }
  if (!isNumeric(left.type) || !isNumeric(right.type)) throw illegalTypes(name, left, right);
  if ([left, right].some((side) => kindOf(side.type) === "null"))
    return { sql: "NULL", type: type("Nothing", true) };
  if (op === "/") return { sql: `hog_divide(${left.sql}, ${right.sql})`, type: type("Float64", nullable) };
  if (op !== "%") {
    return {
      sql: `(${left.sql} ${op} ${right.sql})`,
      type: type(sumType(left.type, right.type, op === "-"), nullable),
    };
  }
  if (!isInteger(left.type) || !isInteger(right.type)) throw missing("% of anything but integers");
  return {
    sql: `hog_modulo(${left.sql}, ${right.sql})`,
    type: type(moduloType(left.type, right.type), nullable),
  };
}

/** A number beside a date counts days, beside a time seconds. */
function shift(op: string, time: Value, by: Value): Value {
  const unit = /^Interval(.+)$/.exec(by.type.name)?.[1]?.toLowerCase();
  if (op !== "+" && op !== "-") throw illegalTypes(names[op] ?? op, time, by);
  if (isTime(by.type)) throw missing("the difference of two times by '-' (dateDiff tells it)");
  if (unit === undefined && !isInteger(by.type)) throw illegalTypes(names[op] ?? op, time, by);
  if (unit === undefined && time.type.name === DATE_TIME_64)
    throw missing("a number added to a time (INTERVAL says of what)");
  const step = unit ?? (kindOf(time.type) === "date" ? "day" : "second");
  const count = op === "-" ? `-(${by.sql})` : by.sql;
  const nullable = time.type.nullable || by.type.nullable;
  return {
    sql: `hog_add(${time.sql}, ${count}, '${step}')`,
    type: { ...shiftedType(time.type, step), nullable },
  };
}

function illegalTypes(name: string, left: Value, right: Value): Error {
  const types = `${shown(left.type)}, ${shown(right.type)}`;
  return clickHouseError(
    "illegal_type_of_argument",
    `Illegal types of arguments (${types}) of function ${name}`,
  );
}
