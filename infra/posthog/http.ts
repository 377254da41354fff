import { z } from "zod";
import { PostHogError } from "./errors.ts";
import { type Clock, type Limiter, systemClock } from "./limiter.ts";

/** One project of one PostHog. Paths are relative to `/api/projects/<project>/` and end in a slash (contract §1.1). */
export type PostHogClient = {
  host: string;
  project: string;
  /** It was found to have projects only as `environments`, as older ones do. */
  isOlder(): boolean;
  get(path: string, query?: Record<string, string>): Promise<unknown>;
  /** Sent once: after an unclear answer only the caller can know if it happened. */
  post(path: string, body: unknown): Promise<unknown>;
  /** Sent once as well: it may be carried out twice, and what came in between is lost. */
  patch(path: string, body: unknown): Promise<unknown>;
};

export type ClientOptions = {
  /** `https://us.posthog.com` */
  host: string;
  project: string;
  apiKey: string;
  limiter: Limiter;
  clock?: Clock;
  timeoutMs?: number;
};

type Method = "GET" | "POST" | "PATCH";

const attempts = 4;
const firstBackoffMs = 500;

const errorBody = z.object({
  type: z.string().optional(),
  code: z.string().optional(),
  detail: z.string(),
  attr: z.string().nullish(),
});

/** Errors: `PostHogError` for whatever is not a 2xx with JSON. */
export function createClient(options: ClientOptions): PostHogClient {
  const { project, apiKey, limiter, clock = systemClock, timeoutMs = 30_000 } = options;
  const host = options.host.replace(/\/+$/, "");
  let family = "projects";

  async function once(method: Method, url: URL, body: unknown): Promise<unknown> {
    // Without the query: a message must not grow with it.
    const request = `${method} ${url.origin}${url.pathname}`;
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, {
        method,
        headers: { Authorization: `Bearer ${apiKey}`, "Content-Type": "application/json" },
        body: body === undefined ? null : JSON.stringify(body),
        // Following one would repeat a POST as a GET, and could take the key elsewhere.
        redirect: "manual",
        signal: AbortSignal.timeout(timeoutMs),
      });
      text = await response.text();
    } catch (cause) {
      throw new PostHogError({ status: 0, detail: reason(cause, timeoutMs), request }, { cause });
    }
    if (response.ok) {
      const parsed = parseJson(text);
      if (parsed !== undefined) return parsed;
      throw new PostHogError({
        status: response.status,
        code: "unexpected_answer",
        detail: "the answer is not JSON",
        request,
      });
    }
    const known = errorBody.safeParse(parseJson(text));
    throw new PostHogError({
      ...(known.success ? known.data : { detail: response.statusText || "no further word" }),
      status: response.status,
      retryAfter: response.headers.get("Retry-After"),
      request,
    });
  }

  async function request(method: Method, path: string, query: Record<string, string>, body?: unknown) {
    const tried = family;
    try {
      return await ask(tried, method, path, query, body);
    } catch (error) {
      // A PostHog that does not know the path has done nothing.
      if (tried !== "projects" || !isUnknownEndpoint(error)) throw error;
      const answer = await ask("environments", method, path, query, body).catch((failure: unknown) => {
        throw isUnknownEndpoint(failure) ? error : failure;
      });
      family = "environments";
      return answer;
    }
  }

  async function ask(
    among: string,
    method: Method,
    path: string,
    query: Record<string, string>,
    body: unknown,
  ): Promise<unknown> {
    const url = new URL(`${host}/api/${among}/${encodeURIComponent(project)}/${path}`);
    // `fetch` would refuse it too, and quote it; blanks at the end it takes off.
    if (!/^[\x21-\x7e]+[ \t\r\n]*$/.test(apiKey))
      throw new PostHogError({
        status: 0,
        code: "unusable_key",
        detail: "the API key holds what no key does, such as a blank or a line break. Nothing was sent.",
        request: `${method} ${url.origin}${url.pathname}`,
      });
    for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
    for (let attempt = 1; ; attempt++) {
      try {
        return await limiter.run(() => once(method, url, body));
      } catch (error) {
        if (!(error instanceof PostHogError) || !mayRepeat(method, error) || attempt === attempts)
          throw error;
        await clock.sleep(firstBackoffMs * 2 ** (attempt - 1));
      }
    }
  }

  return {
    host,
    project,
    isOlder: () => family !== "projects",
    get: (path, query = {}) => request("GET", path, query),
    post: (path, body) => request("POST", path, {}, body),
    patch: (path, body) => request("PATCH", path, {}, body),
  };
}

/** After an unclear answer only what changes nothing; a 429, which did nothing, the limiter repeats. */
function mayRepeat(method: Method, error: PostHogError): boolean {
  return error.unclear && method === "GET";
}

function isUnknownEndpoint(error: unknown): boolean {
  return error instanceof PostHogError && error.status === 404 && error.detail === "Endpoint not found.";
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `fetch failed` says nothing; its cause does. */
function reason(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `timed out after ${timeoutMs / 1000} s`;
  const { cause } = error;
  if (cause instanceof Error) return "code" in cause ? String(cause.code) : cause.message;
  return error.message;
}
