import { isPartOfDay, parseTime, units, unknownFormats } from "./dates.ts";
import { clickHouseError, missing, queryError } from "./errors.ts";
import {
  commonType,
  DATE_TIME,
  DATE_TIME_64,
  isCondition,
  isInteger,
  isTime,
  kindOf,
  quotientType,
  shown,
  type Type,
  type,
} from "./types.ts";
import { asText, asTime, strict, type Value } from "./value.ts";

export type Context = { now: string; add: (value: string | number | bigint) => string };

/**
 * `takes` names a kind for each argument, with `?` if it may be left out and `...` if it repeats. `more?` is one that
 * PostHog takes and the sandbox does not.
 */
export type FunctionRule = {
  takes: string;
  /** A name alone is null where an argument is null. */
  gives: string | ((args: Value[]) => Type);
  sql: (args: Value[], context: Context) => string;
};

type Sql = (...args: string[]) => string;

function rule(takes: string, gives: FunctionRule["gives"], sql: Sql): FunctionRule {
  return { takes, gives, sql: (args) => sql(...args.map((arg) => arg.sql)) };
}

/** Never null, whatever the arguments are. */
const always = (name: string) => () => type(name);
const orNull = (name: string) => () => type(name, true);
const quotient = ([a, b]: Value[]): Type =>
  type(
    quotientType(a?.type ?? type("Int64"), b?.type ?? type("Int64")),
    Boolean(a?.type.nullable || b?.type.nullable),
  );
const same = ([first]: Value[]): Type => first?.type ?? type("Nothing", true);

/** Every function of the subset; a name that PostHog takes in any case is marked in `inAnyCase`. */
export const functions: Record<string, FunctionRule> = {
  // conditions
  if: choice("any any any"),
  multiIf: choice("any any any any..."),
  coalesce: firstKnown("any any..."),
  ifNull: firstKnown("any any"),
  nullIf: {
    takes: "any any",
    gives: (args) => {
      commonType(args.map((arg) => arg.type));
      return { ...same(args), nullable: true };
    },
    sql: (args) => `nullif(${each(args).map(strict).join(", ")})`,
  },
  isNull: rule("any", always("UInt8"), (x) => `(${strict(x)} IS NULL)`),
  isNotNull: rule("any", always("UInt8"), (x) => `(${strict(x)} IS NOT NULL)`),
  empty: rule("text", "UInt8", (x) => `(${x} = '')`),
  notEmpty: rule("text", "UInt8", (x) => `(${x} <> '')`),
  // texts
  lower: rule("text", "String", (x) => `lower(${x})`),
  upper: rule("text", "String", (x) => `upper(${x})`),
  length: rule("text", "UInt64", (x) => `length(CAST(${x} AS BLOB))`),
  trim: rule("text more?", "String", (x) => `trim(${x})`),
  concat: {
    takes: "any any any...",
    gives: always("String"),
    sql: (args) => `(${args.map((arg) => `ifnull(${asText(arg)}, '')`).join(" || ")})`,
  },
  startsWith: rule("text text", "UInt8", (x, y) => `(substr(${x}, 1, length(${y})) = ${y})`),
  endsWith: rule("text text", "UInt8", (x, y) => `(${y} = '' OR substr(${x}, -length(${y})) = ${y})`),
  replaceAll: rule("text text text", "String", (x, from, to) => `replace(${x}, ${from}, ${to})`),
  match: rule("text constant", "UInt8", (x, pattern) => `hog_match(${x}, ${pattern})`),
  extract: rule("text constant", "String", (x, pattern) => `hog_extract(${x}, ${pattern})`),
  // conversions
  toString: { takes: "any more?", gives: "String", sql: (args: Value[]) => args.map(asText).join() },
  toInt: conversion("hog_int", "Int64"),
  toFloat: conversion("hog_float", "Float64"),
  toIntOrZero: rule("text", "Int64", (x) => `CASE WHEN ${x} IS NOT NULL THEN ifnull(hog_int(${x}), 0) END`),
  toFloatOrZero: rule(
    "text",
    "Float64",
    (x) => `CASE WHEN ${x} IS NOT NULL THEN ifnull(hog_float(${x}), 0.0) END`,
  ),
  toDate: {
    takes: "text|time",
    gives: ([arg]) => type("Date", !arg || kindOf(arg.type) === "text" || arg.type.nullable),
    sql: ([arg]) =>
      arg && isTime(arg.type) ? `substr(${arg.sql}, 1, 10)` : `hog_date(${arg?.sql ?? "NULL"})`,
  },
  toDateTime: {
    takes: "text|time|integer more?",
    gives: ([arg]) => {
      if (!arg || kindOf(arg.type) !== "text") return type(DATE_TIME, arg?.type.nullable);
      if (typeof arg.constant !== "string") return type(DATE_TIME_64, true);
      const isPlain = /^\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?$/.test(arg.constant);
      return type(isPlain ? DATE_TIME : DATE_TIME_64);
    },
    sql: ([arg]) => {
      if (!arg) return "NULL";
      if (isTime(arg.type)) return `(substr(${asTime(arg)}, 1, 19) || '.000Z')`;
      if (kindOf(arg.type) !== "text") return `hog_unix_time(${arg.sql})`;
      if (typeof arg.constant === "string" && parseTime(arg.constant) === null) {
        throw clickHouseError("cannot_parse_datetime", `Cannot parse datetime '${arg.constant}'`);
      }
      return `hog_time(${arg.sql})`;
    },
  },
  // numbers
  abs: rule(
    "number",
    (args) => ({ ...same(args), name: same(args).name.replace(/^I/, "UI") }),
    (x) => `abs(${x})`,
  ),
  floor: rule("number more?", same, (x) => `floor(${x})`),
  ceil: rule("number more?", same, (x) => `ceil(${x})`),
  round: {
    takes: "number whole?",
    gives: same,
    sql: ([x, digits]) =>
      x && isInteger(x.type) && !digits ? x.sql : `hog_round(${x?.sql}, ${digits?.sql ?? "0"})`,
  },
  intDiv: rule("integer integer", quotient, (a, b) => `hog_int_divide(${a}, ${b})`),
  // times
  now: { takes: "more?", gives: always(DATE_TIME_64), sql: (_, { now, add }) => add(now) },
  today: { takes: "", gives: always("Date"), sql: (_, { now, add }) => add(now.slice(0, 10)) },
  yesterday: {
    takes: "",
    gives: always("Date"),
    sql: (_, { now, add }) => `hog_add(${add(now.slice(0, 10))}, -1, 'day')`,
  },
  toStartOfSecond: startOf("second", DATE_TIME_64, "datetime"),
  toStartOfMinute: startOf("minute", DATE_TIME, "datetime"),
  toStartOfHour: startOf("hour", DATE_TIME, "datetime"),
  toStartOfDay: startOf("day", DATE_TIME, "time more?"),
  toStartOfWeek: rule("time whole?", "Date", (x, mode = "0") => `hog_start_of_week(${x}, ${mode})`),
  toStartOfMonth: startOf("month", "Date"),
  toStartOfQuarter: startOf("quarter", "Date"),
  toStartOfYear: startOf("year", "Date"),
  toMonday: startOf("week", "Date"),
  dateTrunc: {
    takes: "constant time more?",
    gives: ([unit, time]) => {
      const isTimeOf = isPartOfDay(unitOf(unit)) || unitOf(unit) === "day";
      if (isTimeOf && time && kindOf(time.type) === "date") throw missing(`the ${unitOf(unit)} of a date`);
      return type(isTimeOf ? DATE_TIME : "Date", time?.type.nullable);
    },
    sql: ([unit, time], { add }) => `hog_start(${time?.sql}, ${add(unitOf(unit))})`,
  },
  dateDiff: {
    takes: "constant time time",
    gives: "Int64",
    sql: ([unit, from, to], { add }) => `hog_units_between(${add(unitOf(unit))}, ${from?.sql}, ${to?.sql})`,
  },
  formatDateTime: {
    takes: "time constant more?",
    gives: "String",
    sql: ([time, format]) => {
      const [unknown] = unknownFormats(String(format?.constant));
      if (unknown) throw missing(`'${unknown}' of formatDateTime`);
      return `hog_format(${time?.sql}, ${format?.sql})`;
    },
  },
  toYear: part("year", "UInt16"),
  toQuarter: part("quarter", "UInt8"),
  toMonth: part("month", "UInt8"),
  toDayOfMonth: part("dayOfMonth", "UInt8"),
  toDayOfWeek: part("dayOfWeek", "UInt8", "time more? more?"),
  toHour: part("hour", "UInt8", "datetime"),
  toMinute: part("minute", "UInt8", "datetime"),
  toSecond: part("second", "UInt8", "datetime"),
  toUnixTimestamp: part("unix", "UInt32", "time more?"),
  toYYYYMM: part("yearMonth", "UInt32"),
  toYYYYMMDD: part("yearMonthDay", "UInt32"),
  ...forUnits((unit) => ({ [`toInterval${unit}`]: rule("integer", `Interval${unit}`, (count) => count) })),
  ...forUnits((unit) => ({ [`add${unit}s`]: shift(unit, ""), [`subtract${unit}s`]: shift(unit, "-") })),
  // JSON
  JSONExtractString: json("string", "String"),
  JSONExtractInt: json("int", "Int64"),
  JSONExtractFloat: json("float", "Float64"),
  JSONExtractBool: json("bool", "Bool"),
  JSONExtractRaw: json("raw", "String"),
  JSONHas: json("has", "UInt8"),
};

/** The same function under another name. */
export const otherNames: Record<string, string> = {
  date_trunc: "dateTrunc",
  date_diff: "dateDiff",
  to_date: "toDate",
  current_timestamp: "now",
  current_date: "today",
};

export const inAnyCase = new Set(
  [..."if coalesce ifNull nullIf isNull lower upper length concat abs floor ceil round now".split(" ")].map(
    (name) => name.toLowerCase(),
  ),
);

/** Checks the arguments against what the function takes, and makes its SQL. */
export function applyRule(
  name: string,
  { takes, gives, sql }: FunctionRule,
  args: Value[],
  context: Context,
): Value {
  checkArguments(name, takes, args);
  const nullable = args.some((arg) => arg.type.nullable);
  const made = typeof gives === "string" ? type(gives, nullable) : gives(args);
  return { sql: sql(args, context), type: made };
}

export function checkArguments(name: string, takes: string, args: Value[], term = "Function"): void {
  const kinds = takes.split(" ").filter(Boolean);
  const last = kinds.at(-1) ?? "";
  const most = last.endsWith("...") ? Number.POSITIVE_INFINITY : kinds.length;
  const least = kinds.filter((kind) => !/(\?|\.\.\.)$/.test(kind)).length;
  if (args.length < least || args.length > most) {
    const bound = least === most ? `${least}` : args.length < least ? `at least ${least}` : `at most ${most}`;
    const expected = args.length < least ? least : most;
    const noun = `argument${expected === 1 ? "" : "s"}`;
    throw queryError(`${term} '${name}' expects ${bound} ${noun}, found ${args.length}`);
  }
  for (const [index, arg] of args.entries()) {
    const kind = (kinds[index] ?? last).replace(/\?|\.\.\./, "");
    if (!kind.split("|").some((one) => fits(one, arg))) throw illegalType(name, index, kind, arg);
  }
}

function fits(kind: string, arg: Value): boolean {
  const is = kindOf(arg.type);
  if (kind === "more") return false;
  if (kind === "constant") return typeof arg.constant === "string";
  if (kind === "whole") return Number.isInteger(arg.constant);
  if (kind === "any") return is !== "interval";
  if (kind === "ordered" && is === "uuid") throw missing("the least or the greatest of UUIDs");
  if (kind === "ordered") return is !== "interval" && is !== "array";
  if (is === "null") return true;
  if (kind === "time") return isTime(arg.type);
  if (kind === "condition") return isCondition(arg.type);
  if (kind === "integer") return isInteger(arg.type);
  return kind === is;
}

function illegalType(name: string, index: number, kind: string, arg: Value): Error {
  if (kind === "more") return missing(`${name} with ${index + 1} arguments`);
  if (kind === "constant" || kind === "whole") {
    const what = kind === "constant" ? "a text" : "a whole number";
    return missing(`${name} with anything but ${what} written out as argument ${index + 1}`);
  }
  const detail = `Illegal type ${shown(arg.type)} of argument ${index + 1} of function ${name}`;
  return clickHouseError("illegal_type_of_argument", detail);
}

/** `multiIf(condition, then, condition, then, else)`: a condition that is null does not hold. */
function choice(takes: string): FunctionRule {
  const branches = (args: Value[]) => args.filter((_, index) => index % 2 === 1 || index === args.length - 1);
  return {
    takes,
    gives: (args) => {
      if (args.length % 2 === 0) throw queryError("Function 'multiIf' expects an odd number of arguments");
      for (const [index, arg] of args.entries()) {
        const isFine = index % 2 === 1 || index === args.length - 1 || isCondition(arg.type);
        if (!isFine) throw illegalType(args.length === 3 ? "if" : "multiIf", index, "condition", arg);
      }
      return commonType(branches(args).map((arg) => arg.type));
    },
    sql: (args) => {
      const made = each(branches(args));
      const whens = made.slice(0, -1).map((then, index) => `WHEN ${args[index * 2]?.sql} THEN ${then}`);
      return `CASE ${whens.join(" ")} ELSE ${made.at(-1)} END`;
    },
  };
}

/** All as one type: a date among times is the start of its day. */
function each(args: Value[]): string[] {
  const isDateTime = args.some((arg) => kindOf(arg.type) === "datetime");
  return args.map((arg) => (isDateTime ? asTime(arg) : arg.sql));
}

function firstKnown(takes: string): FunctionRule {
  return {
    takes,
    gives: (args) => {
      const common = commonType(args.map((arg) => arg.type));
      return { ...common, nullable: args.every((arg) => arg.type.nullable) };
    },
    sql: (args) => (args.length === 1 ? `${args[0]?.sql}` : `coalesce(${each(args).map(strict).join(", ")})`),
  };
}

/** `accurateCastOrNull`. */
function conversion(name: string, to: string): FunctionRule {
  return {
    takes: "text|number|bool",
    gives: orNull(to),
    sql: ([arg]) => {
      if (!arg) return "NULL";
      if (to === "Float64" && kindOf(arg.type) !== "text") return `CAST(${arg.sql} AS REAL)`;
      return `${name}(${arg.sql})`;
    },
  };
}

function startOf(unit: string, gives: string, takes = "time"): FunctionRule {
  return rule(takes, gives, (x) => `hog_start(${x}, '${unit}')`);
}

function part(name: string, gives: string, takes = "time"): FunctionRule {
  return rule(takes, gives, (x) => `hog_part(${x}, '${name}')`);
}

function forUnits(rules: (unit: string) => Record<string, FunctionRule>): Record<string, FunctionRule> {
  return Object.assign({}, ...units.map((unit) => rules(unit.charAt(0).toUpperCase() + unit.slice(1))));
}

function shift(unit: string, sign: "" | "-"): FunctionRule {
  return {
    takes: "time integer",
    gives: ([time, count]) => ({
      ...shiftedType(time?.type ?? type("Date"), unit),
      nullable: Boolean(time?.type.nullable || count?.type.nullable),
    }),
    sql: ([time, count]) => `hog_add(${time?.sql}, ${sign}(${count?.sql}), '${unit.toLowerCase()}')`,
  };
}

/** A date becomes a time by a unit that is smaller than a day. */
export function shiftedType(time: Type, unit: string): Type {
  return isPartOfDay(unit.toLowerCase()) && kindOf(time) === "date" ? { ...time, name: DATE_TIME } : time;
}

function json(as: string, gives: string): FunctionRule {
  return {
    takes: "text constant...",
    gives: ([text]) => {
      if (text?.type.nullable) throw missing("JSON that may be null");
      return type(gives);
    },
    sql: ([text, ...path], { add }) =>
      `hog_json(${text?.sql}, ${add(JSON.stringify(path.map((key) => key.constant)))}, '${as}')`,
  };
}

function unitOf(value: Value | undefined): string {
  const unit = String(value?.constant).toLowerCase();
  if (units.includes(unit)) return unit;
  throw missing(`the unit '${String(value?.constant).slice(0, 40)}'`);
}
