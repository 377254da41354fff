import { textsOf } from "../http/fields.ts";
import type { Invocations, Job } from "./invocations.ts";

const maxLines = 25;
const maxLength = 10_000;

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
