import { Document, stringify } from "yaml";

/** How a text stood in the file before: what replaces it is written in the same way. */
export type Quotes = "single" | "double" | "none";

// `compat` quotes what only YAML 1.1 takes for a boolean or a number: `yes`, `0o7`.
const OPTIONS = { compat: "yaml-1.1", aliasDuplicateObjects: false } as const;
const LAYOUT = { lineWidth: 0, blockQuote: "literal", doubleQuotedMinMultiLineLength: 1e9 } as const;

/** A value on one line, good in every place where a value or a key can stand. */
export function inlineText(value: unknown, quotes: Quotes = "none"): string {
  if (typeof value === "string") return textScalar(value, quotes);
  if (Array.isArray(value)) return `[${value.map((item) => inlineText(item)).join(", ")}]`;
  if (typeof value !== "object" || value === null) return stringify(value, { ...OPTIONS, ...LAYOUT }).trim();
  const pairs = Object.entries(value).map(([key, item]) => `${inlineText(key)}: ${inlineText(item)}`);
  return pairs.length === 0 ? "{}" : `{ ${pairs.join(", ")} }`;
}

/** `{ key: value }` or `[value]` as lines of block style, without indentation and the last line's end. */
export function blockLines(tree: unknown): string[] {
  return stringify(tree, { ...OPTIONS, ...LAYOUT })
    .replace(/\n$/, "")
    .split("\n");
}

/** Whether the text, written without quotes wherever it may be, is read as this very text. */
export function isPlain(text: string): boolean {
  if (UNPRINTABLE.test(text) || /^(?:---|\.\.\.)/.test(text)) return false;
  const document = new Document([text], { ...OPTIONS });
  const list = document.createNode([text], { flow: true });
  document.contents = list;
  return document.toString({ ...LAYOUT, flowCollectionPadding: false }) === `[${text}]\n`;
}

const UNPRINTABLE = /[\p{Cc}\u2028\u2029\uFEFF]/u;

function textScalar(text: string, quotes: Quotes): string {
  if (quotes === "single" && !UNPRINTABLE.test(text)) return `'${text.replaceAll("'", "''")}'`;
  // JSON's escapes are YAML's; what JSON leaves as it is would break the line here, or is not allowed in YAML.
  if (quotes === "double" || !isPlain(text))
    return JSON.stringify(text).replace(/[\x7F-\x9F\u2028\u2029\uFEFF]/g, unicodeEscape);
  return text;
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
