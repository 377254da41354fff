import { isObject, type Json, textsOf } from "../http/fields.ts";
import type { Invocations, Job } from "./invocations.ts";

const maxLines = 25;
const maxLength = 10_000;
const credentialName = /authori[sz]ation|cookie|secret|token|password|credential|api[-_]?key/i;

type Keepable = { [key: string]: unknown };

/** What one run says: 25 lines at most, without the values of secret inputs (contract §4.6). */
export class JobLog {
  readonly #invocations: Invocations;
  readonly #job: Job;
  readonly #secrets: string[];
  #lines = 0;

  /** `secrets` are the values as the program has them: a template's escapes are gone. */
  constructor(invocations: Invocations, job: Job, secrets: unknown[]) {
    this.#invocations = invocations;
    this.#job = job;
    this.#secrets = textsOf(secrets)
      .filter(Boolean)
      // as they stand in a body of JSON and in a URL too
      .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
      .sort((a, b) => b.length - a.length);
  }

  readonly info = (message: string) => this.#write("INFO", message);
  warn(message: string): void {
    this.#write("WARN", message);
  }
  error(message: string): void {
    this.#write("ERROR", message);
  }

  redact(message: string): string {
    return this.#secrets.reduce((text, secret) => text.replaceAll(secret, "***"), message);
  }

  /** A request or an attempt as it is kept: no secret, no credential, and a body of bounded length. */
  redacted<Kept extends Keepable>(value: Kept): Kept {
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
      credentialName.test(name) ? "***" : this.redact(String(value)),
    ];
    return Object.fromEntries(Object.entries(headers).map(shown));
  }

  #write(level: "INFO" | "WARN" | "ERROR", message: string): void {
    this.#lines++;
    if (this.#lines > maxLines) return;
    this.#invocations.log(
      this.#job.id,
      this.#job.functionId,
      level,
      this.redact(message).slice(0, maxLength),
    );
  }
}
