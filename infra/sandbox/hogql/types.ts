import { clickHouseError } from "./errors.ts";

/** A type of ClickHouse; `name` is without `Nullable(…)`. Only an array has an `item`. */
export type Type = { name: string; nullable: boolean; item?: Type };

export type Kind = "number" | "bool" | "text" | "date" | "datetime" | "uuid" | "array" | "interval" | "null";

export const DATE_TIME = "DateTime('UTC')";
export const DATE_TIME_64 = "DateTime64(6, 'UTC')";

export function type(name: string, nullable = false): Type {
  return { name, nullable };
}

export function arrayOf(item: Type): Type {
  return { name: `Array(${shown(item)})`, nullable: false, item };
}

/** As ClickHouse writes it. */
export function shown({ name, nullable }: Type): string {
  return nullable ? `Nullable(${name})` : name;
}

export function kindOf({ name, item }: Type): Kind {
  if (item) return "array";
  if (/^U?Int\d+$/.test(name) || name === "Float64") return "number";
  if (name.startsWith("DateTime")) return "datetime";
  if (name.startsWith("Interval")) return "interval";
  const kinds: Record<string, Kind> = { String: "text", Bool: "bool", Date: "date", UUID: "uuid" };
  return kinds[name] ?? "null";
}

/** What may be counted with: numbers, and Bool, which is one. */
export function isNumeric(one: Type): boolean {
  return ["number", "bool", "null"].includes(kindOf(one));
}

/** What a comparison gives, and Bool: no other number is a condition. */
export function isCondition(one: Type): boolean {
  return ["UInt8", "Bool", "Nothing"].includes(one.name);
}

export function isInteger(one: Type): boolean {
  return integer(one.name) !== undefined;
}

export function isTime(one: Type): boolean {
  return ["date", "datetime"].includes(kindOf(one));
}

/** A literal takes the smallest type that holds it. */
export function integerLiteral(value: number): Type {
  const bits = [8, 16, 32].find((size) => (value < 0 ? value >= -(2 ** (size - 1)) : value < 2 ** size));
  return type(`${value < 0 ? "" : "U"}Int${bits ?? 64}`);
}

/** `+`, `-` and `*` of integers have twice the bits; of anything else they are floats. */
export function sumType(left: Type, right: Type, minus: boolean): string {
  const [a, b] = [integer(left.name), integer(right.name)];
  if (!a || !b) return "Float64";
  const bits = Math.min(64, Math.max(a.bits, b.bits) * 2);
  return `${minus || a.signed || b.signed ? "" : "U"}Int${bits}`;
}

/** The sign of the left side, the size of the right one. */
export function moduloType(left: Type, right: Type): string {
  const [a, b] = [integer(left.name), integer(right.name)];
  const bits = Math.min(64, (b?.bits ?? 64) * (a?.signed && !b?.signed ? 2 : 1));
  return `${a?.signed ? "" : "U"}Int${bits}`;
}

/** The size of the left side. */
export function quotientType(left: Type, right: Type): string {
  const [a, b] = [integer(left.name), integer(right.name)];
  return `${a?.signed || b?.signed ? "" : "U"}Int${a?.bits ?? 64}`;
}

/** The one type of all branches of an `if`, as `getLeastSupertype` finds it. */
export function commonType(types: Type[]): Type {
  const nullable = types.some((one) => one.nullable);
  const known = types.filter((one) => kindOf(one) !== "null");
  const [first] = known;
  if (!first) return type("Nothing", true);
  const names = new Set(known.map(({ name }) => name));
  if (names.size === 1) return { ...first, nullable };
  if (known.every(isTime)) {
    return type(names.has(DATE_TIME_64) ? DATE_TIME_64 : DATE_TIME, nullable);
  }
  if (known.every((one) => kindOf(one) === "number")) {
    const name = commonNumber(known.map((one) => integer(one.name)));
    if (name) return type(name, nullable);
  }
  throw noCommonType(known);
}

/** ClickHouse knows no float for all integers of 64 bits, and no signed integer for the unsigned ones. */
function commonNumber(integers: (Integer | undefined)[]): string | undefined {
  const known = integers.filter((one) => one !== undefined);
  const bits = Math.max(...known.map((one) => one.bits));
  if (known.length < integers.length) return bits < 64 ? "Float64" : undefined;
  const signed = known.some((one) => one.signed);
  const unsigned = Math.max(0, ...known.filter((one) => !one.signed).map((one) => one.bits));
  if (!signed) return `UInt${bits}`;
  const needed = Math.max(bits, unsigned * 2);
  return needed <= 64 ? `Int${needed}` : undefined;
}

function noCommonType(types: Type[]): Error {
  const names = types.map(shown).join(", ");
  return clickHouseError("no_common_type", `There is no supertype for types ${names}`);
}

type Integer = { signed: boolean; bits: number };

function integer(name: string): Integer | undefined {
  const [, unsigned, bits] = /^(U)?Int(\d+)$/.exec(name === "Bool" ? "UInt8" : name) ?? [];
  return bits === undefined ? undefined : { signed: unsigned === undefined, bits: Number(bits) };
}
