import { PostHogError } from "../posthog/errors.ts";

/** PostHog's word on what it was sent may quote it: takes the secrets out of the error, wherever they stand in it (law 5). */
export async function hidingSecrets<T>(secrets: unknown, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw withoutSecrets(error, createHider(secrets));
  }
}

/** So much in a row may not be told of a secret; of a shorter one, all of it. */
const longest = 12;
/** Hiding `1` or `on` wherever it stands would leave no message: these are hidden where they are quoted. */
const shortestBare = 4;
/** A word of a secret, such as the token in `Bearer …`, is one too when it is no word of a sentence. */
const shortestWord = 8;

/**
 * Says `[secret]` for a secret that stands there as it is. A text that tells one in another form (in base64, escaped by
 * JSON, Hog or a URL), or so much of one, is not shown. A tree of secrets is as good as a list.
 */
export function createHider(secrets: unknown): (text: string) => string {
  const parts = textsIn(secrets).flatMap(partsOf);
  parts.sort((a, b) => b.length - a.length);
  const plainParts = parts.map(plain);
  const short = plainParts.filter((part) => part.length < longest);
  const pieces = new Set(plainParts.flatMap(piecesOf));

  const isTold = (text: string) =>
    short.some((part) => text.includes(part)) || piecesOf(text).some((piece) => pieces.has(piece));
  return function hide(text) {
    const shown = parts.reduce((said, part) => said.replaceAll(part, "[secret]"), text);
    const rest = plain(shown.replaceAll("[secret]", " "));
    return [rest, ...base64In(rest).map(plain)].some(isTold) ? "[quotes a secret: not shown]" : shown;
  };
}

/** `properties` stay: state needs the secrets, and keeps them encrypted. */
function withoutSecrets(error: unknown, hide: (text: string) => string): unknown {
  if (typeof error === "string") return hide(error);
  if (Array.isArray(error)) return error.map((one) => withoutSecrets(one, hide));
  if (!(error instanceof Error)) return error;
  if (error instanceof PostHogError) {
    // The rest of its message is ours: the request, and what to do.
    const said = { detail: hide(error.detail), attr: error.attr && hide(error.attr) };
    return new PostHogError({ ...error, ...said }, { cause: withoutSecrets(error.cause, hide) });
  }
  for (const key of ["message", "stack", "reasons", "cause", "errors"])
    if (Object.hasOwn(error, key)) Reflect.set(error, key, withoutSecrets(Reflect.get(error, key), hide));
  return error;
}

/** A secret input may be a whole tree: each text in it is one. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** A secret, its lines and its words. */
function partsOf(secret: string): string[] {
  const words = secret.split(/\s+/).filter((word) => word.length >= shortestWord);
  return [secret, ...secret.split(/[\r\n]+/), ...words]
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .flatMap((part) => (part.length < shortestBare ? [`"${part}"`, `'${part}'`, `\`${part}\``] : part));
}

/** Without escapes, however often escaped; backslashes, line breaks and the like are none of it. */
function plain(text: string): string {
  return text
    .replace(/%(25)+/g, "%")
    .replace(/(%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll("%", ""), "hex").toString())
    .replace(/\\+u([0-9a-f]{4})/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/\\+[bfnrt]|\\|\p{Cc}/gu, "");
}

/** What any base64 in it means, wherever that begins. */
function base64In(text: string): string[] {
  const runs = text.match(/[\w+/-]{8,}/g) ?? [];
  return runs.flatMap((run) => [0, 1, 2, 3].map((at) => Buffer.from(run.slice(at), "base64").toString()));
}

function piecesOf(text: string): string[] {
  const count = Math.max(0, text.length - longest + 1);
  return Array.from({ length: count }, (_, at) => text.slice(at, at + longest));
}
