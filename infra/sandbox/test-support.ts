import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { onTestFinished } from "vitest";
import type { Clock } from "./clock.ts";
import { personalApiKey, projectToken, type SandboxOptions, startSandbox } from "./server.ts";

export type Json = Record<string, unknown>;
// biome-ignore lint/suspicious/noExplicitAny: a test reads answers of every shape
export type Answer = { status: number; headers: Headers; text: string; body: any };

/** A sandbox for one test, in memory unless told, with its time under control if `clock` says so. */
export async function sandbox(options: Partial<SandboxOptions> = {}) {
  const started = await startSandbox({ port: 0, data: ":memory:", ...options });
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= started.close();
    return closed;
  };
  onTestFinished(close);

  async function call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(started.url + path, {
      method,
      headers: {
        authorization: `Bearer ${personalApiKey}`,
        "content-type": "application/json",
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json");
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson && text !== "" ? JSON.parse(text) : undefined,
    };
  }

  return {
    ...started,
    close,
    call,
    /** `api("POST", "hog_functions/", …)` of project 1. */
    api: (method: string, path: string, body?: unknown) => call(method, `/api/projects/1/${path}`, body),
    async webhook(url: string, rest: Json = {}, inputs: Json = {}): Promise<Json & { id: string }> {
      const answer = await call("POST", "/api/projects/1/hog_functions/", {
        template_id: "template-webhook",
        enabled: true,
        inputs: { url: { value: url }, body: { value: { event: "{event}", person: "{person}" } }, ...inputs },
        ...rest,
      });
      if (answer.status !== 201) throw new Error(answer.text);
      return answer.body;
    },
    /** Captures one event and returns its uuid. */
    async capture(event: string, rest: Json = {}): Promise<string> {
      const uuid = randomUUID();
      const body = { api_key: projectToken, event, distinct_id: "user-1", uuid, ...rest };
      const answer = await call("POST", "/i/v0/e/", body);
      if (answer.status !== 200) throw new Error(answer.text);
      return uuid;
    },
    trace: async (uuid: string) => (await call("GET", `/_sandbox/events/${uuid}`)).body,
    settled: (uuid: string) =>
      until(async () => {
        const { body } = await call("GET", `/_sandbox/events/${uuid}`);
        return body.settled ? body : undefined;
      }),
  };
}

export type Received = {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  rawHeaders: string[];
  body: string;
};

/** A server that keeps what arrives; `answer` decides each response, by its number from 1. */
export async function receiver(
  answer: (response: ServerResponse, count: number) => void = (r) => r.end("ok"),
) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      const { method = "", url = "", headers, rawHeaders } = request;
      received.push({ method, url, headers, rawHeaders, body });
      answer(response, received.length);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { url: `http://127.0.0.1:${address.port}/hook`, received };
}

/** Waits until `read` gives something. */
export async function until<T>(read: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const value = await read();
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error("It did not happen within 15 s");
    await new Promise((resume) => setTimeout(resume, 5));
  }
}

/** A clock that stands still until a test moves it; `sleeping` is how long the sleepers still want. */
export class ManualClock implements Clock {
  #now = Date.parse("2026-01-01T00:00:00Z");
  readonly #sleepers = new Set<{ at: number; wake: () => void }>();

  readonly now = () => this.#now;

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const sleeper = { at: this.#now + milliseconds, wake: resolve };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", () => {
        this.#sleepers.delete(sleeper);
        reject(signal.reason);
      });
    });
  }

  get sleeping(): number[] {
    return [...this.#sleepers].map(({ at }) => at - this.#now);
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
    for (const sleeper of this.#sleepers) {
      if (sleeper.at > this.#now) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
  }
}
