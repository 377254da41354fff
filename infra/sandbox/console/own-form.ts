import { timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { oldPage } from "./layout.ts";

/**
 * Refuses what was not posted by a form of the console. A browser says where a request comes from (`Sec-Fetch-Site`, and
 * `Origin`, which http/guard.ts looks at); what says nothing must show the token, which only a reader of a page has.
 */
export function ownForm(token: string): MiddlewareHandler {
  const expected = Buffer.from(token);
  return async function ownForm(c, next) {
    const site = c.req.header("sec-fetch-site");
    if (site !== undefined && site !== "same-origin")
      return c.text("The console takes only its own forms.", 403);
    const { token: shown } = await c.req.parseBody();
    const given = Buffer.from(typeof shown === "string" ? shown : "");
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      return c.html(oldPage()(0), 403);
    }
    return next();
  };
}
