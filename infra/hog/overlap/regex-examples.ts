const LONGEST_PATTERN = 200;
const MOST_EXAMPLES = 6;

/**
 * A few texts that a simple regular expression may match: literals, classes, groups, alternatives, quantifiers. What it
 * does not understand it takes for literal, so each text is to be tried.
 */
export function regexExamples(pattern: string): string[] {
  if (pattern.length > LONGEST_PATTERN) return [];
  const reader: Reader = { text: pattern.replace(/^\(\?[a-zA-Z]+\)/, ""), at: 0 };
  return alternatives(reader).slice(0, MOST_EXAMPLES);
}

type Reader = { text: string; at: number };

function alternatives(reader: Reader): string[] {
  const found = [...sequence(reader)];
  while (reader.text[reader.at] === "|") {
    reader.at++;
    found.push(...sequence(reader));
  }
  return found.slice(0, MOST_EXAMPLES);
}

function sequence(reader: Reader): string[] {
  let texts = [""];
  while (reader.at < reader.text.length && !"|)".includes(reader.text[reader.at] ?? "")) {
    const piece = atom(reader);
    const [least, most] = quantifier(reader);
    const count = Math.min(Math.max(least, Math.min(1, most)), 20);
    const tails = piece.map((text) => text.repeat(count));
    const optional = least === 0 && count > 0 ? ["", ...tails] : tails;
    texts = texts.flatMap((text) => optional.map((tail) => text + tail)).slice(0, MOST_EXAMPLES);
  }
  return texts;
}

function atom(reader: Reader): string[] {
  const char = reader.text[reader.at++] ?? "";
  if (char === "^" || char === "$") return [""];
  if (char === ".") return ["x"];
  if (char === "\\") return [escaped(reader)];
  if (char === "[") return [oneOf(reader)];
  if (char !== "(") return [char];
  reader.at += /^\?(:|P?<\w+>|[a-zA-Z]+:)/.exec(reader.text.slice(reader.at))?.[0].length ?? 0;
  const inner = alternatives(reader);
  if (reader.text[reader.at] === ")") reader.at++;
  return inner;
}

const CLASSES: Record<string, string> = { d: "1", w: "a", s: " ", D: "a", W: "-", S: "a", b: "", B: "" };

function escaped(reader: Reader): string {
  const char = reader.text[reader.at++] ?? "";
  return CLASSES[char] ?? { n: "\n", t: "\t", r: "\r", A: "", z: "" }[char] ?? char;
}

function oneOf(reader: Reader): string {
  const negated = reader.text[reader.at] === "^";
  if (negated) reader.at++;
  const end = reader.text.indexOf("]", reader.at + 1);
  const inside = reader.text.slice(reader.at, end === -1 ? undefined : end);
  reader.at = end === -1 ? reader.text.length : end + 1;
  if (negated) return ["x", "1", " ", "-"].find((char) => !inside.includes(char)) ?? "y";
  return inside.startsWith("\\") ? (CLASSES[inside[1] ?? ""] ?? inside[1] ?? "") : (inside[0] ?? "");
}

function quantifier(reader: Reader): [least: number, most: number] {
  const [all = "", sign, low, comma, high] =
    /^(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/.exec(reader.text.slice(reader.at, reader.at + 20)) ?? [];
  reader.at += all.length;
  if (sign === "*") return [0, Number.POSITIVE_INFINITY];
  if (sign === "+") return [1, Number.POSITIVE_INFINITY];
  if (sign === "?") return [0, 1];
  if (low === undefined) return [1, 1];
  return [Number(low), comma ? Number(high || Number.POSITIVE_INFINITY) : Number(low)];
}
