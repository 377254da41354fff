import type { MiddlewareHandler } from "hono";

type LoggedRequest = { at: string; method: string; path: string; status: number };

const kept = 10_000;

/** The last requests, for tests to count; no query (a key can stand there) and no bodies. */
export class RequestLog {
  // As cheap as can be for each request: most are never read.
  #requests: { at: number; method: string; url: string; status: number }[] = [];

  list(): LoggedRequest[] {
    return this.#requests.slice(-kept).map(({ at, method, url, status }) => ({
      at: new Date(at).toISOString(),
      method,
      path: new URL(url).pathname,
      status,
    }));
  }

  clear(): void {
    this.#requests = [];
  }

  middleware(now: () => number): MiddlewareHandler {
    return async (c, next) => {
      const { method, url } = c.req;
      const at = now();
      await next();
      this.#requests.push({ at, method, url, status: c.res.status });
      if (this.#requests.length > 2 * kept) this.#requests = this.#requests.slice(-kept); // seldom, as it copies
    };
  }
}
