import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { Hono, type MiddlewareHandler } from "hono";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import { serverError, throttled } from "../http/api-error.ts";

const ruleModel = z.strictObject({
  match: z.strictObject({ method: z.string().optional(), path: z.string().optional() }).default({}),
  /** Answered instead; with `commit`, only after the request was carried out. */
  status: z.int().min(400).max(599).optional(),
  commit: z.boolean().default(false),
  delayMs: z.number().min(0).default(0),
  /** The connection is cut before the request is carried out, or after it, without an answer. */
  cut: z.enum(["before", "after"]).optional(),
  /** Seconds, for a 429. */
  retryAfter: z.int().min(0).default(1),
  /** How often the rule holds; left out: until it is deleted. */
  times: z.int().min(1).optional(),
});

type Rule = z.output<typeof ruleModel>;

/** The troubles that the sandbox gives on demand; the first rule that fits a request applies. */
export class Faults {
  readonly #clock: Clock;
  readonly #closing: AbortSignal;
  #rules: Rule[] = [];

  constructor(clock: Clock, closing: AbortSignal) {
    this.#clock = clock;
    this.#closing = closing;
  }

  /** `POST` adds rules (`match.path` is a regular expression over path and query), `DELETE` ends them all. */
  routes(): Hono {
    const routes = new Hono();
    routes.post("/", async (c) => {
      const rules = z.array(ruleModel).safeParse(await c.req.json());
      if (!rules.success) return c.json({ error: z.prettifyError(rules.error) }, 400);
      this.#rules.push(...rules.data);
      return c.json({ rules: this.#rules });
    });
    routes.get("/", (c) => c.json({ rules: this.#rules }));
    routes.delete("/", (c) => {
      this.#rules = [];
      return c.body(null, 204);
    });
    return routes;
  }

  middleware(): MiddlewareHandler<{ Bindings: HttpBindings }> {
    return async (c, next) => {
      if (this.#rules.length === 0) return next();
      const { pathname, search } = new URL(c.req.url);
      const rule = this.#take(c.req.method, pathname + search);
      if (!rule) return next();
      if (rule.delayMs > 0) await this.#clock.sleep(rule.delayMs, this.#closing);
      const isCarriedOut = rule.commit || rule.cut === "after" || (rule.status === undefined && !rule.cut);
      if (isCarriedOut) await next();
      if (rule.cut) {
        c.env.incoming.socket.destroy();
        c.res = RESPONSE_ALREADY_SENT;
      } else if (rule.status !== undefined) {
        c.res = answer(rule.status, rule.retryAfter);
      }
    };
  }

  #take(method: string, path: string): Rule | undefined {
    const rule = this.#rules.find(
      ({ match }) =>
        (match.method ?? method).toUpperCase() === method && new RegExp(match.path ?? "").test(path),
    );
    if (rule?.times !== undefined && --rule.times === 0)
      this.#rules = this.#rules.filter((one) => one !== rule);
    return rule;
  }
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
