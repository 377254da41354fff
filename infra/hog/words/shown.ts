const LONGEST = 80;
const MOST = 5;

/** A key or a value as it stands in a sentence: quoted unless it is one plain word, on one line, not too long. */
export function shown(value: unknown): string {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string") return code(value);
  return /^[^\s"'`,;()]+$/.test(value) && value.length <= LONGEST ? value : `"${oneLine(value)}"`;
}

/** Source text or a pattern. */
export function code(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "nothing");
  return `\`${oneLine(text)}\``;
}

/** `a, b or c`; of a long list its beginning, of an empty one "nothing". */
export function choice(items: string[], joiner = "or"): string {
  const [first = "nothing", ...rest] = items;
  if (items.length > MOST)
    return `${items.slice(0, MOST - 1).join(", ")} ${joiner} ${items.length - MOST + 1} more`;
  const last = rest.pop();
  return last === undefined ? first : `${[first, ...rest].join(", ")} ${joiner} ${last}`;
}

export function both(items: string[]): string {
  return choice(items, "and");
}

/** Cut where it is too long. */
export function oneLine(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  const characters = Array.from(line.slice(0, 2 * LONGEST + 2));
  if (characters.length <= LONGEST) return line;
  return `${characters
    .slice(0, LONGEST - 1)
    .join("")
    .trimEnd()}…`;
}
