import { PostHogError } from "../posthog/errors.ts";

/** Hogwire will not do it; the message says why and what to do. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
}

/**
 * The object exists but is not what was asked for: the engine keeps `id` and `properties` in its state, shows `reasons`
 * and updates at the next run. `properties` must hold `__provider`: the host does not add it here.
 */
export class InitializationError extends Error {
  override readonly name = "InitializationError";
  readonly id: string;
  readonly properties: Record<string, unknown>;
  readonly reasons: string[];

  constructor(id: string, properties: Record<string, unknown>, reasons: string[]) {
    super(reasons.join(" "));
    this.id = id;
    this.properties = properties;
    this.reasons = reasons;
  }
}

/** Pulumi's host prints an error's stack beside its message: where the message says what to do, it only hides it. */
export async function withoutStack<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PostHogError || error instanceof RefusedError) error.stack = "";
    throw error;
  }
}
