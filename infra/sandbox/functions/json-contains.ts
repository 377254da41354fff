import { isObject } from "../http/fields.ts";

/** PostgreSQL's `@>` for JSON: every key and every item of `wanted` is somewhere in `stored`, at the same depth. */
export function jsonContains(stored: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(stored) &&
      wanted.every((item) => stored.some((candidate) => jsonContains(candidate, item)))
    );
  }
  if (isObject(wanted)) {
    return (
      isObject(stored) &&
      Object.entries(wanted).every(([key, value]) => key in stored && jsonContains(stored[key], value))
    );
  }
  return stored === wanted;
}
