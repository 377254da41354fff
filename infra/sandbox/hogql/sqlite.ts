import type { DatabaseSync, SQLInputValue, SQLOutputValue } from "node:sqlite";
import { regex } from "../../hog/regex.ts";
import { addUnits, formatTime, parseDate, parseTime, partOf, startOf, unitsBetween } from "./dates.ts";
import { clickHouseError, missing } from "./errors.ts";

type Argument = SQLOutputValue;
type Rule = (...args: never[]) => SQLInputValue;

/** Functions that ClickHouse has and SQLite has not, or has otherwise. Unless said, null makes null. */
const functions: Record<string, Rule> = {
  /** A property as `JSONExtractRaw` without its outer quotes: escapes stay, as in PostHog. */
  hog_text: (json: string) => (json === "null" ? null : json.replace(/^"|"$/g, "")),
  hog_string: (value: number) => String(value).replace("e+", "e").replace("Infinity", "inf"),
  hog_float: (text: string) => {
    if (/^[+-]?(inf|infinity|nan)$/i.test(text)) throw missing(`the number '${text}'`);
    return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : null;
  },
  hog_int: (value: number | string) => {
    const number = typeof value === "number" || /^[+-]?\d+$/.test(value) ? Number(value) : Number.NaN;
    if (!Number.isInteger(number)) return null;
    return whole(number);
  },
  hog_bool: (text: string) => (text === "true" ? 1n : text === "false" ? 0n : null),
  /** 0 / 0 is not a number, which PostHog's JSON shows as null. */
  hog_divide: (a: number, b: number) => (Number.isNaN(a / b) ? null : a / b),
  /** The same where null would be taken for a missing value, nor may it come of an infinite one later. */
  hog_divide_strict: (a: number, b: number) => {
    if (!Number.isFinite(a / b))
      throw missing("a division by 0 inside of an aggregate or a function for nulls");
    return a / b;
  },
  hog_int_divide: (a: number, b: number) => whole(Math.trunc(a / divisor(b))),
  hog_modulo: (a: number, b: number) => whole(a % divisor(b)),
  /** Half goes to the even neighbour. */
  hog_round: (value: number, digits: number) => {
    const scale = 10 ** digits;
    const scaled = value * scale;
    if (!Number.isFinite(scaled)) return value;
    const floor = Math.floor(scaled);
    const rest = scaled - floor;
    const isUp = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0);
    return (floor + (isUp ? 1 : 0)) / scale;
  },
  hog_like: (text: string, pattern: string) => Number(matches(likePattern(pattern), text)),
  hog_ilike: (text: string, pattern: string) => Number(matches(`(?i)${likePattern(pattern)}`, text)),
  hog_match: (text: string, pattern: string) => Number(matches(pattern, text)),
  hog_extract: (text: string, pattern: string) =>
    matches(pattern, text) ? regex.extract(`(?s)${pattern}`, text) : "",
  hog_time: (text: string) => parseTime(text),
  hog_unix_time: (seconds: number) => new Date(seconds * 1_000).toISOString(),
  hog_date: (text: string) => parseDate(text),
  hog_add: (time: string, count: number, unit: string) => addUnits(time, count, unit),
  hog_start: (time: string, unit: string) => startOf(time, unit),
  hog_start_of_week: (time: string, mode: number) =>
    startOf(time, "week", mode % 2 === 1 ? "monday" : "sunday"),
  hog_units_between: (unit: string, from: string, to: string) => whole(unitsBetween(unit, from, to)),
  hog_part: (time: string, part: string) => whole(partOf(time, part)),
  hog_format: (time: string, format: string) => formatTime(time, format),
};

/** What never gives null, though a value may be. */
const total: Record<string, { count: number; rule: Rule }> = {
  hog_json: {
    count: 3,
    rule: (json: string, path: string, as: string) => extract(json, JSON.parse(path), as),
  },
  hog_elements: { count: 2, rule: (chain: string, what: string) => elements(chain, what) },
};

/** Makes all of this known to a connection; `scanned` is called for each row that a query looks at. */
export function addFunctions(database: DatabaseSync, scanned: () => void): void {
  for (const [name, rule] of Object.entries(functions)) {
    // the arguments are what `functions.ts` says: it alone writes the SQL
    const call = (...args: Argument[]) => (args.includes(null) ? null : rule(...(args as never[])));
    define(database, name, rule.length, call);
  }
  for (const [name, { count, rule }] of Object.entries(total)) {
    define(database, name, count, (...args: Argument[]) => rule(...(args as never[])));
  }
  database.function("hog_scanned", { varargs: true }, () => {
    scanned();
    return 1n;
  });
  for (const [name, replaces] of [
    ["hog_any", () => false],
    ["hog_any_last", () => true],
  ] as const) {
    database.aggregate(name, {
      start: () => null,
      step: (kept: Argument, value: Argument) => (kept === null || replaces() ? (value ?? kept) : kept),
    });
  }
  for (const [name, sign] of [
    ["hog_arg_max", 1],
    ["hog_arg_min", -1],
  ] as const) {
    database.aggregate(name, {
      start: (): Argument[] => [],
      step: (kept: Argument[], arg: Argument, by: Argument) => {
        if (arg === null || by === null) return kept;
        const isFurther = kept.length === 0 || order(by, kept[1]) * sign > 0;
        return isFurther ? [arg, by] : kept;
      },
      result: ([arg]: Argument[]) => arg ?? null,
    } as never); // the types of node:sqlite forget that the accumulator may be any value
  }
  database.aggregate("hog_quantile", {
    start: (): { values: number[]; level: number } => ({ values: [], level: 0 }),
    step: (kept: { values: number[]; level: number }, value: Argument, level: Argument) => {
      if (value !== null) kept.values.push(Number(value));
      kept.level = Number(level);
      return kept;
    },
    result: quantile,
  } as never);
}

function define(
  database: DatabaseSync,
  name: string,
  count: number,
  call: (...args: Argument[]) => SQLInputValue,
) {
  database.function(name, { deterministic: true, varargs: true }, (...args) => {
    if (args.length !== count) throw new TypeError(`${name} takes ${count} arguments`);
    return call(...args);
  });
}

/** Between the two nearest values, as ClickHouse does up to 8,192 of them. */
function quantile({ values, level }: { values: number[]; level: number }): number | null {
  if (values.length > 8_192) throw missing("a quantile of more than 8,192 values");
  const sorted = values.toSorted((a, b) => a - b);
  const at = level * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low === undefined || high === undefined ? null : low + (high - low) * (at - Math.floor(at));
}

/** Texts by their bytes in UTF-8, as ClickHouse and SQLite order them. */
function order(a: Argument, b: Argument = null): number {
  if (typeof a === "string" && typeof b === "string") return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return Number(a) - Number(b);
}

function whole(value: number): bigint {
  if (!Number.isSafeInteger(value)) throw missing("integers of more than 53 bits");
  return BigInt(value);
}

function divisor(value: number): number {
  if (value === 0) throw clickHouseError("illegal_division", "Division by zero");
  return value;
}

/** `%` and `_`, escaped by a backslash; RE2 takes linear time. */
function likePattern(pattern: string): string {
  const source = pattern.replace(/\\[%_\\]|[\\^$.*+?()[\]{}|]|%|_/gs, (mark) => {
    if (mark === "%") return ".*";
    if (mark === "_") return ".";
    return mark === "\\%" || mark === "\\_" ? mark.slice(1) : `\\${mark.slice(-1)}`;
  });
  return `^${source}$`;
}

function matches(pattern: string, text: string): boolean {
  try {
    return regex.match(`(?s)${pattern}`, text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw clickHouseError(
      "cannot_compile_regexp",
      `OptimizedRegularExpression: cannot compile re2: ${pattern}, error: ${why}`,
    );
  }
}

/** The family of `JSONExtract…`: what is absent is empty, 0 or false. */
function extract(json: string | null, path: string[], as: string): SQLInputValue {
  let value: unknown = json === null ? undefined : parsed(json);
  for (const key of path) {
    const isHeld =
      typeof value === "object" && value !== null && !Array.isArray(value) && Object.hasOwn(value, key);
    value = isHeld ? (value as Record<string, unknown>)[key] : undefined;
  }
  if (as === "has") return value === undefined ? 0n : 1n;
  if (as === "string" && typeof value === "string") return value;
  if (as === "string") return value === undefined || value === null ? "" : JSON.stringify(value);
  if (as === "raw") return value === undefined ? "" : JSON.stringify(value);
  if (as === "bool") return value === true || (Number.isInteger(value) && value !== 0) ? 1n : 0n;
  if (typeof value === "number" && as === "float") return value;
  if (typeof value === "number" && Number.isInteger(value)) return whole(value);
  if (["string", "boolean", "number"].includes(typeof value))
    throw missing(`${JSON.stringify(value)} read as a number`);
  return as === "float" ? 0 : 0n;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined; // ClickHouse takes what is no JSON for an empty one
  }
}

const inElements: Record<string, RegExp> = {
  texts: /(?::|")text="(.*?)"/gs,
  ids: /(?::|")attr_id="(.*?)"/gs,
  elements: /(?:^|;)(a|button|form|input|select|textarea|label)(?:\.|$|:)/gs,
};

/** The columns that PostHog's events table makes from `elements_chain` (`posthog/models/event/sql.py`). */
function elements(chain: string, what: string): string {
  if (what === "href") return /(?::|")href="(.*?)"/s.exec(chain)?.[1] ?? "";
  const found = [...chain.matchAll(inElements[what] ?? /$^/g)].map(([, match = ""]) => match);
  return JSON.stringify([...new Set(found)]);
}
