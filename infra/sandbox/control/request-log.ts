import type { MiddlewareHandler } from "hono";

type LoggedRequest = { at: string; method: string; path: string; status: number };

const kept = 10_000;

/** The last requests, for tests to count; no query (a key can stand there) and no bodies. */
export class RequestLog {
  #requests: LoggedRequest[] = [];

  list(): LoggedRequest[] {
    return this.#requests;
  }

  clear(): void {
    this.#requests = [];
  }

  middleware(now: () => number): MiddlewareHandler {
    return async (c, next) => {
      const request = {
        at: new Date(now()).toISOString(),
        method: c.req.method,
        path: new URL(c.req.url).pathname,
      };
      await next();
      this.#requests.push({ ...request, status: c.res.status });
      if (this.#requests.length > kept) this.#requests.shift();
    };
  }
}
