import { kindOf, type Type } from "./types.ts";

/** A piece of SQL and what is known of it. It holds generated names and `?1`, never a user's text. */
export type Value = {
  sql: string;
  type: Type;
  /** Of a literal. */
  constant?: unknown;
  /** A column that stands outside of every aggregate. */
  bare?: string;
  hasAggregate?: boolean;
};

/** Binds a value once and gives its name in the SQL. */
export class Parameters {
  readonly values: (string | number | bigint)[] = [];
  readonly #names = new Map<unknown, string>();

  add(value: string | number | bigint): string {
    const known = this.#names.get(value);
    if (known) return known;
    const name = `?${this.values.push(value)}`;
    this.#names.set(value, name);
    return name;
  }
}

/** What a value inherits from those it is made of. */
export function madeOf(parts: Value[]): Pick<Value, "bare" | "hasAggregate"> {
  const bare = parts.find((part) => part.bare !== undefined)?.bare;
  return {
    ...(bare !== undefined && { bare }),
    ...(parts.some((part) => part.hasAggregate) && { hasAggregate: true }),
  };
}

/** As `toString` gives it. */
export function asText({ sql, type }: Value): string {
  const kind = kindOf(type);
  if (kind === "number") return `hog_string(${sql})`;
  if (kind === "bool") return `CASE ${sql} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END`;
  if (kind !== "datetime") return sql;
  const end = type.name.startsWith("DateTime64")
    ? `substr(${sql}, 12, 12) || '000'`
    : `substr(${sql}, 12, 8)`;
  return `(substr(${sql}, 1, 10) || ' ' || ${end})`;
}

/** What is compared instead: ClickHouse orders UUIDs by their second half first. */
export function asOrdered({ sql, type }: Value): string {
  return kindOf(type) === "uuid" ? `(substr(${sql}, 20) || substr(${sql}, 1, 18))` : sql;
}

/** A date as the start of its day. */
export function asTime({ sql, type }: Value): string {
  return kindOf(type) === "date" ? `(${sql} || 'T00:00:00.000Z')` : sql;
}

/** Where null means missing, 0 / 0 must not pass for it. The SQL holds no text in which the name could stand. */
export function strict(sql: string): string {
  return sql.replaceAll("hog_divide(", "hog_divide_strict(");
}
