import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { HogCompiler } from "../../hog/compile.ts";
import { HogRuntimeError, render } from "../../hog/evaluate.ts";
import { HogError } from "../../hog/hog-error.ts";
import type { Bytecode } from "../../hog/types.ts";
import type { Clock } from "../clock.ts";
import { preparer } from "../database.ts";
import { notInSandbox, serverError } from "../http/api-error.ts";
import { integerField, objectField, required, textField } from "../http/fields.ts";
import type { RuntimeSettings } from "../runtime/settings.ts";

/** Throttling, whatever PostHog's help text says (contract §1.9). */
export type Masking = { ttl: number; threshold?: number | null; hash: string; bytecode: Bytecode };

export function readMasking(attr: string, value: unknown, compiler: HogCompiler): Masking {
  const raw = objectField(attr, value);
  if (raw.ttl === undefined) throw required(`${attr}__ttl`);
  const ttl = integerField(`${attr}__ttl`, raw.ttl, { min: 60, max: 86_400 });
  const threshold =
    raw.threshold === undefined || raw.threshold === null
      ? raw.threshold
      : integerField(`${attr}__threshold`, raw.threshold);
  if (raw.hash === undefined) throw required(`${attr}__hash`);
  const hash = textField(`${attr}__hash`, raw.hash);
  return { ttl, ...(threshold !== undefined && { threshold }), hash, bytecode: compile(hash, compiler) };
}

/** PostHog looks at no error here: its answer to a hash that is no template is a 500. */
function compile(hash: string, compiler: HogCompiler): Bytecode {
  try {
    return compiler.template(hash);
  } catch (error) {
    if (!(error instanceof HogError)) throw error;
    throw error.kind === "unsupported"
      ? notInSandbox(`the Hog of this hash: ${error.message}`)
      : serverError();
  }
}

/**
 * Holds runs back: one counter a function and hash, gone `ttl` seconds after its first use; the 1st run passes, with
 * threshold t also the (t+1)th, (2t+1)th … (contract §4.7, §11.2). In PostHog the counters are Redis's, and without it
 * nothing passes.
 */
export class Masks {
  readonly #sql: ReturnType<typeof preparer>;
  readonly #clock: Clock;
  readonly #settings: Pick<RuntimeSettings, "redis">;

  constructor(database: DatabaseSync, clock: Clock, settings: Pick<RuntimeSettings, "redis">) {
    this.#sql = preparer(database);
    this.#clock = clock;
    this.#settings = settings;
  }

  /** `globals` with the inputs. */
  holdBack(functionId: string, masking: Masking, globals: Record<string, unknown>): boolean {
    const text = hashed(masking, globals);
    if (text === undefined) return false;
    if (this.#settings.redis === "down") return true;
    const hash = createHash("md5").update(text).digest("hex");
    const now = this.#clock.now();
    this.#sql("DELETE FROM masks WHERE expires_at <= ?").run(now);
    const row = this.#sql(
      `INSERT INTO masks (function_id, hash, count, expires_at) VALUES (?, ?, 1, ?)
       ON CONFLICT (function_id, hash) DO UPDATE SET count = count + 1 RETURNING count`,
    ).get(functionId, hash, now + masking.ttl * 1000);
    const before = Number(row?.count) - 1;
    return masking.threshold ? before % masking.threshold !== 0 : before > 0;
  }
}

/**
 * Nothing where nothing is masked: the hash is empty, or it could not be made. The text is JavaScript's own, so that a hash
 * of a whole object, as in `{person}`, is the same one for everybody.
 */
function hashed(masking: Masking, globals: Record<string, unknown>): string | undefined {
  try {
    const result = render(masking.bytecode, globals);
    return result ? String(result) : undefined;
  } catch (error) {
    // an object with a `toString` of its own has no text
    if (error instanceof HogRuntimeError || error instanceof TypeError) return undefined;
    throw error;
  }
}
