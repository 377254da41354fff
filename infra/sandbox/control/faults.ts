import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { Hono, type MiddlewareHandler } from "hono";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import { serverError, throttled } from "../http/api-error.ts";
import { isObject } from "../http/fields.ts";
import { readUntypedJson } from "../http/read-json.ts";
import type { IncomingResponse, OutgoingRequest, Sends } from "../sending/send.ts";
import { FaultRules, type Rule, rulesModel } from "./fault-rules.ts";

/**
 * The troubles that the sandbox gives on demand. `POST /_sandbox/faults` adds rules (`fault-rules.ts`), `GET` lists those
 * that may still apply, `DELETE` ends them all.
 */
export class Faults {
  readonly #clock: Clock;
  readonly #closing: AbortSignal;
  readonly #rules = new FaultRules();

  constructor(clock: Clock, closing: AbortSignal) {
    this.#clock = clock;
    this.#closing = closing;
  }

  routes(): Hono {
    const routes = new Hono();
    routes.post("/", async (c) => {
      const rules = rulesModel.safeParse(await readUntypedJson(c.req.raw));
      if (!rules.success) return c.json({ error: z.prettifyError(rules.error) }, 400);
      this.#rules.add(rules.data);
      return c.json({ rules: this.#rules.list() });
    });
    routes.get("/", (c) => c.json({ rules: this.#rules.list() }));
    routes.delete("/", (c) => {
      this.#rules.clear();
      return c.body(null, 204);
    });
    return routes;
  }

  /** For what comes in. */
  middleware(): MiddlewareHandler<{ Bindings: HttpBindings }> {
    return async (c, next) => {
      const { pathname, search } = new URL(c.req.url);
      const rule = this.#rules.take("requests", c.req.method, pathname + search);
      if (!rule) return next();
      if (rule.delayMs > 0) await this.#clock.sleep(rule.delayMs, this.#closing);
      if (isCarriedOut(rule)) await next();
      if (rule.cut) {
        c.env.incoming.socket.destroy();
        c.res = RESPONSE_ALREADY_SENT;
      } else if (rule.status !== undefined) {
        c.res = answer(rule.status, rule.retryAfter);
      } else if (rule.rows) {
        c.res = await withOtherRows(c.res, rule.rows);
      }
    };
  }

  /** For what functions send. */
  around(sender: Sends): Sends {
    return {
      send: async (request, signal) => {
        const rule = this.#rules.take("deliveries", request.method, request.url);
        return rule ? this.#sendBadly(rule, sender, request, signal) : sender.send(request, signal);
      },
    };
  }

  /** Whether a run that made this request runs once more. */
  isRedelivered({ method, url }: Pick<OutgoingRequest, "method" | "url">): boolean {
    return this.#rules.take("deliveries", method, url, true) !== undefined;
  }

  async #sendBadly(
    rule: Rule,
    sender: Sends,
    request: OutgoingRequest,
    signal: AbortSignal,
  ): Promise<IncomingResponse> {
    if (rule.delayMs > 0) await this.#clock.sleep(rule.delayMs, signal);
    const response = isCarriedOut(rule) ? await sender.send(request, signal) : undefined;
    if (rule.cut) throw new CutError();
    if (rule.status === undefined && response) return response;
    const headers: Record<string, string> =
      rule.status === 429 ? { "retry-after": String(rule.retryAfter) } : {};
    return { status: rule.status ?? 500, headers, text: "" };
  }
}

/** As a connection that the other side has reset. */
class CutError extends Error {
  override name = "Error";
  readonly code = "ECONNRESET";

  constructor() {
    super("socket hang up");
  }
}

function isCarriedOut({ commit, cut, status }: Rule): boolean {
  return commit || cut === "after" || (status === undefined && !cut);
}

/** A gateway answers HTML, PostHog itself its error object. */
function answer(status: number, retryAfter: number): Response {
  if (status >= 502 && status <= 504) {
    const headers = { "content-type": "text/html" };
    return new Response(`<html><body><h1>${status}</h1></body></html>`, { status, headers });
  }
  const { body, headers } = status === 429 ? throttled(retryAfter) : serverError(status);
  return Response.json(body, { status, headers });
}

/** What is no list stays as it is. */
async function withOtherRows(response: Response, how: "drop" | "repeat"): Promise<Response> {
  const isJson = response.headers.get("content-type")?.startsWith("application/json");
  const body: unknown = isJson ? await response.clone().json() : undefined;
  if (!isObject(body) || !Array.isArray(body.results)) return response;
  const rows = body.results;
  const results = how === "drop" ? rows.slice(0, -1) : [...rows.slice(0, 1), ...rows];
  return Response.json({ ...body, results }, { status: response.status });
}
