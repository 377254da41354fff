import type { Log } from "./log.ts";

type Setting = string | number | boolean;
type Plain<Value> = Value extends string ? string : Value extends number ? number : boolean;

/** What a handler gets with each delivery. */
export type HandlerContext<
  Secret extends string = string,
  Config extends Record<string, Setting> = Record<string, Setting>,
> = {
  event: {
    uuid: string;
    event: string;
    distinct_id: string;
    properties: Record<string, unknown>;
    timestamp: string;
  };
  /** Null where PostHog sent no person; an anonymous one has no properties (contract §11.3). */
  person: { id: string; properties: Record<string, unknown>; name: string } | null;
  /** The same for every attempt and every redelivery of this event to this handler. */
  idempotencyKey: string;
  /** Aborted when the handler's time is up, or the receiver stops. */
  signal: AbortSignal;
  secrets: Record<Secret, string>;
  config: { [Key in keyof Config]: Plain<Config[Key]> };
  /** Redacts e-mail addresses, the handler's secrets and the distinct_id. */
  log: Pick<Log, "info" | "warn" | "error">;
};

type HandlerFunction<Context> = (context: Context) => Promise<void> | void;

export type HandlerDefinition<Secret extends string, Config extends Record<string, Setting>> = {
  /** Secrets of the stack's configuration; without one of them the receiver does not start. */
  secrets?: readonly Secret[];
  /** Plain settings of the stack's configuration, with their defaults. */
  config?: Config;
  /** How many deliveries it handles at the same time; default 5. */
  concurrency?: number;
  /** How long one delivery may take, in milliseconds; default 30,000. */
  timeout?: number;
  /** By event name; `"*"` takes the events that have no entry. An event without any counts as handled. */
  on: Record<string, HandlerFunction<HandlerContext<Secret, Config>>>;
};

/** A definition checked and with its defaults; made by `defineHandler` only. */
export type Handler = {
  secrets: readonly string[];
  config: Record<string, Setting>;
  concurrency: number;
  timeout: number;
  on: Record<string, HandlerFunction<HandlerContext>>;
};

const handlers = new WeakSet<object>();

/**
 * Declares a handler: the default export of `destinations/handlers/<name>.ts`. Returning ends the delivery for this
 * handler; any throw is tried again, later and later; `GiveUp` and `RetryAfter` say otherwise.
 */
export function defineHandler<
  const Secret extends string = never,
  Config extends Record<string, Setting> = Record<never, never>,
>(definition: HandlerDefinition<Secret, Config>): Handler {
  const { secrets = [], config = {}, concurrency = 5, timeout = 30_000, on } = definition;
  if (!Number.isInteger(concurrency) || concurrency < 1)
    throw new TypeError("`concurrency` must be 1 or more");
  if (!Number.isInteger(timeout) || timeout < 1)
    throw new TypeError("`timeout` must be milliseconds, 1 or more");
  if (Object.keys(on).length === 0) throw new TypeError("`on` must name at least one event");
  // `resolveSettings` gives each function exactly the secrets and settings that its own definition names.
  const handler: Handler = { secrets, config, concurrency, timeout, on: on as Handler["on"] };
  handlers.add(handler);
  return handler;
}

export function isHandler(value: unknown): value is Handler {
  return typeof value === "object" && value !== null && handlers.has(value);
}

/** Throw it to make a dead letter of the delivery at once: no further attempt would succeed. */
export class GiveUp extends Error {
  override name = "GiveUp";
}

/** Throw it to be tried again after so many milliseconds, as when a `Retry-After` says so. Counts as an attempt. */
export class RetryAfter extends Error {
  override name = "RetryAfter";
  readonly milliseconds: number;

  constructor(milliseconds: number, message = `asked to wait ${milliseconds} ms`, options?: ErrorOptions) {
    super(message, options);
    if (!Number.isFinite(milliseconds) || milliseconds < 0) {
      throw new TypeError("`milliseconds` of RetryAfter must be a number, 0 or more");
    }
    this.milliseconds = Math.ceil(milliseconds);
  }
}

/** A handler's part of the stack's settings; what is missing or of the wrong type is said in `problems`. */
export function resolveSettings(
  name: string,
  handler: Handler,
  settings: Record<string, unknown>,
): { secrets: Record<string, string>; config: Record<string, Setting>; problems: string[] } {
  const problems: string[] = [];
  const secrets: Record<string, string> = {};
  for (const key of handler.secrets) {
    const value = settings[key];
    if (typeof value === "string" && value !== "") secrets[key] = value;
    else
      problems.push(`Handler ${name} needs the secret ${key}: npx pulumi config set --secret hogwire:${key}`);
  }
  const config: Record<string, Setting> = {};
  for (const [key, fallback] of Object.entries(handler.config)) {
    const value = settings[key] === undefined ? fallback : sameType(settings[key], fallback);
    if (value !== undefined) config[key] = value;
    else
      problems.push(
        `Handler ${name} needs a ${typeof fallback} as ${key}: npx pulumi config set hogwire:${key} ${fallback}`,
      );
  }
  return { secrets, config, problems };
}

/** Pulumi's configuration holds text, so "5" and "true" are taken where a number or boolean is meant. */
function sameType(value: unknown, fallback: Setting): Setting | undefined {
  if (typeof fallback === "number") {
    const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    return typeof number === "number" && Number.isFinite(number) ? number : undefined;
  }
  if (typeof fallback === "boolean") {
    const known: unknown = value === "true" ? true : value === "false" ? false : value;
    return typeof known === "boolean" ? known : undefined;
  }
  return typeof value === "string" ? value : undefined;
}
