export type Json = Record<string, unknown>;

export function isMap(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function without(object: Json, keys: string[]): Json {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}

/** Equal as JSON, whatever the order of keys. */
export function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(withSortedKeys(left)) === JSON.stringify(withSortedKeys(right));
}

/** For a text of a value that does not depend on the order of its keys. */
export function withSortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSortedKeys);
  if (!isMap(value)) return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, withSortedKeys(item)]));
}

/** The path of the first thing that was sent and is not seen as it was; what is seen besides counts for nothing. */
export function firstDifference(sent: unknown, seen: unknown, path: string[] = []): string | undefined {
  if (typeof sent !== "object" || sent === null) return sent === seen ? undefined : path.join(".");
  if (typeof seen !== "object" || seen === null || Array.isArray(sent) !== Array.isArray(seen))
    return path.join(".");
  if (Array.isArray(sent) && Array.isArray(seen) && sent.length !== seen.length) return path.join(".");
  for (const [key, value] of Object.entries(sent)) {
    const difference = firstDifference(value, (seen as Json)[key], [...path, key]); // an object or a list, see above
    if (difference !== undefined) return difference;
  }
  return undefined;
}

/** PostHog trims names, descriptions and the like (contract §9.13): no reason to call them changed. */
export function untrimmed<T>(remote: T, known: unknown): T | string {
  return typeof known === "string" && known.trim() === remote ? known : remote;
}
