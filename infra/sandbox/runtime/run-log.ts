import { isObject, type Json, textsOf } from "../http/fields.ts";

export type LogLevel = "DEBUG" | "INFO" | "WARN" | "ERROR";
/** `timestamp` is ISO 8601. */
export type LogEntry = { timestamp: string; level: LogLevel; message: string };

const maxPrinted = 25;
export const maxLength = 10_000;
const credentialName = /authori[sz]ation|cookie|secret|token|password|passcode|credential|api[-_]?key/i;
const redacted = "***";

/** What one run says, without the values of secret inputs (contract §4.6). */
export class RunLog {
  readonly #now: () => number;
  readonly #write: (entry: LogEntry) => void;
  readonly #secrets: string[];
  #printed = 0;
  #last = 0;

  /** `secrets` are the values as the program has them: a template's escapes are gone. */
  constructor(now: () => number, secrets: unknown[], write: (entry: LogEntry) => void) {
    this.#now = now;
    this.#write = write;
    this.#secrets = textsOf(secrets)
      .filter((secret) => secret.trim() !== "")
      .flatMap((secret) => [secret, ...partsOfUrl(secret)])
      .flatMap(asQuoted)
      .sort((a, b) => b.length - a.length);
  }

  /** What the program prints between two fetches: 24 lines, then the word that there are more. */
  readonly print = (message: string): void => {
    this.#printed++;
    if (this.#printed < maxPrinted) this.write("INFO", message);
    if (this.#printed === maxPrinted)
      this.write("WARN", "The function printed too much: no more lines are kept");
  };

  /** The program goes on after a fetch. */
  startStep(): void {
    this.#printed = 0;
  }

  write(level: LogLevel, message: string): void {
    this.#last = Math.max(this.#now(), this.#last + 1); // no two lines of a run have the same time
    const timestamp = new Date(this.#last).toISOString();
    this.#write({ timestamp, level, message: cut(this.redact(message)) });
  }

  redact(message: string): string {
    return this.#secrets.reduce((text, secret) => text.replaceAll(secret, redacted), message);
  }

  /** A request or an attempt as it is kept: no secret, no credential, and a body of bounded length. */
  redacted<Kept extends { [key: string]: unknown }>(value: Kept): Kept {
    const entries = Object.entries(value).map(([key, item]) => {
      if (key === "headers" && isObject(item)) return [key, this.#headers(item)];
      if (key === "response" && isObject(item)) return [key, this.redacted(item)];
      return [key, typeof item === "string" ? this.redact(item).slice(0, maxLength) : item];
    });
    return Object.fromEntries(entries); // the same keys, each with a value of the same type
  }

  #headers(headers: Json): Json {
    const shown = ([name, value]: [string, unknown]) => [
      name,
      credentialName.test(name) ? redacted : this.redact(String(value)),
    ];
    return Object.fromEntries(Object.entries(headers).map(shown));
  }
}

/** As it stands in a body of JSON, in a log line of such a body, and in a URL. */
function asQuoted(secret: string): string[] {
  const inJson = JSON.stringify(secret).slice(1, -1);
  return [secret, inJson, JSON.stringify(inJson).slice(1, -1), encodeURIComponent(secret.toWellFormed())];
}

/** What a server may quote of a secret address that it was called by: all but what is too short to be a secret. */
function partsOfUrl(secret: string): string[] {
  const url = /^https?:/i.test(secret) ? URL.parse(secret) : null;
  if (!url) return [];
  const { username, password, pathname, search, searchParams } = url;
  const parts = [username, password, pathname + search, pathname, ...searchParams.values()];
  return parts.filter((part) => part.length >= 8);
}

function cut(message: string): string {
  return message.length > maxLength ? `${message.slice(0, maxLength)}... (truncated)` : message;
}
