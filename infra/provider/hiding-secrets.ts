/** PostHog's word on what it was sent may quote it: takes the secrets out of the error, wherever they stand in it (law 5). */
export async function hidingSecrets<T>(secrets: unknown, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    hideIn(error, createHider(secrets));
    throw error;
  }
}

/** So much in a row may not be said of a secret; shorter ones count whole. */
const longestPart = 12;
/** Hiding `1` or `on` wherever it stands would leave no message: these are hidden where they are quoted. */
const shortestBare = 4;
/** A word of a secret, such as the token in `Bearer …`, is one too when it is no word of a sentence. */
const shortestWord = 8;

/**
 * Says `[secret]` for each secret, and for each part of one, in whatever form it is quoted: as it is, in base64, and
 * escaped by JSON, Hog or a URL any number of times. A tree of secrets is as good as a list.
 */
export function createHider(secrets: unknown): (text: string) => string {
  const parts = new Map<number, Set<string>>();
  for (const form of textsIn(secrets).flatMap(formsOf)) {
    const length = Math.min(form.length, longestPart);
    const known = parts.get(length) ?? new Set();
    for (let start = 0; start + length <= form.length; start++) known.add(form.slice(start, start + length));
    if (length > 0) parts.set(length, known);
  }

  return function hide(text) {
    const characters = unescaped(text);
    const plain = plainOf(characters);
    const isHidden = new Set<number>();
    for (const [length, known] of parts)
      for (let start = 0; start + length <= plain.length; start++)
        if (known.has(plain.slice(start, start + length)) && isTold(plain, start, length))
          for (let at = start; at < start + length; at++) isHidden.add(at);
    let shown = "";
    let done = 0;
    for (const [at, { start, end }] of characters.entries()) {
      if (!isHidden.has(at)) continue;
      if (!isHidden.has(at - 1)) shown += `${text.slice(done, start)}[secret]`;
      done = end;
    }
    return shown + text.slice(done);
  };
}

function isTold(plain: string, start: number, length: number): boolean {
  const quotes = /["'`]/;
  return (
    length >= shortestBare ||
    (quotes.test(plain[start - 1] ?? "") && quotes.test(plain[start + length] ?? ""))
  );
}

/** A secret, its lines and its words, as `unescaped` leaves them. */
function formsOf(secret: string): string[] {
  const words = secret.split(/\s+/).filter((word) => word.length >= shortestWord);
  const texts = [secret, ...secret.split(/[\r\n]+/), ...words].map((text) => text.trim());
  return [...texts, ...texts.flatMap(base64Of)].flatMap((text) => [
    plainOf(unescaped(text)),
    bare(text), // a `%41` of its own, which a URL escapes
  ]);
}

/** What is sure to stand in the base64 of a longer text, wherever in it the secret begins. */
function base64Of(secret: string): string[] {
  if (secret.length < shortestWord) return [];
  return [0, 1, 2].flatMap((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)]);
    const sure = bytes
      .toString("base64")
      .slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6));
    return [sure, sure.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

/** One that is left of an escape, and where that stands in the text. */
type Character = { character: string; start: number; end: number };

/** Each character with its escapes taken off, backslashes gone; a line break is the letter of its escape. */
function unescaped(text: string): Character[] {
  return [
    ...text.matchAll(/\\*(?:u([0-9a-f]{4})|((?:%[89a-f][0-9a-f])+|%[0-7][0-9a-f])|([^\\]))|\\+$/gi),
  ].flatMap((match) => {
    const [all, code, percent, one = ""] = match;
    const isEscaped = code !== undefined && all.startsWith("\\");
    const meant = isEscaped ? String.fromCharCode(Number.parseInt(code, 16)) : ((code && all) ?? one);
    const characters = percent === undefined ? meant : decoded(percent);
    const place = { start: match.index, end: match.index + all.length };
    return bare(characters)
      .split("")
      .map((character) => ({ character, ...place }));
  });
}

function plainOf(characters: Character[]): string {
  return characters.map(({ character }) => character).join("");
}

function bare(text: string): string {
  return text.replaceAll("\\", "").replaceAll("\n", "n").replaceAll("\r", "r").replaceAll("\t", "t");
}

function decoded(percent: string): string {
  try {
    return decodeURIComponent(percent);
  } catch {
    return percent;
  }
}

/** `properties` stay: state needs the secrets, and keeps them encrypted. */
function hideIn(error: unknown, hide: (text: string) => string): unknown {
  if (typeof error === "string") return hide(error);
  if (Array.isArray(error)) return error.map((one) => hideIn(one, hide));
  if (!(error instanceof Error)) return error;
  for (const key of ["message", "stack", "detail", "reasons", "cause", "errors"])
    if (Object.hasOwn(error, key)) Reflect.set(error, key, hideIn(Reflect.get(error, key), hide));
  return error;
}

/** A secret input may be a whole tree: each text in it is one. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return value === "" ? [] : [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
