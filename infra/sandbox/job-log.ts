import type { Input } from "./inputs.ts";
import type { Invocations, Job } from "./invocations.ts";

const maxLines = 25;
const maxLength = 10_000;

/** What one run says: 25 lines at most, without the values of secret inputs (contract §4.6). */
export class JobLog {
  readonly #invocations: Invocations;
  readonly #job: Job;
  readonly #secrets: string[];
  #lines = 0;

  constructor(invocations: Invocations, job: Job, secretInputs: Input[]) {
    this.#invocations = invocations;
    this.#job = job;
    const values = secretInputs.flatMap((input) => textsOf(input.value));
    this.#secrets = values.filter((text) => text !== "").sort((a, b) => b.length - a.length);
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

function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsOf) : [];
}
