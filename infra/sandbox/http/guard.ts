import type { MiddlewareHandler } from "hono";

const loopback = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i;

/** A page whose name was pointed at this machine (DNS rebinding) is known by its Host header. */
export const refuseForeignHost: MiddlewareHandler = async (c, next) => {
  if (!loopback.test(c.req.header("host") ?? "")) {
    return c.text("The sandbox answers only to 127.0.0.1 and localhost.", 403);
  }
  return next();
};

/** Browsers say where a request comes from: only the sandbox's own pages may use its API. */
export const refuseForeignOrigin: MiddlewareHandler = async (c, next) => {
  const origin = c.req.header("origin");
  if (origin !== undefined && origin !== `http://${c.req.header("host")}`) {
    return c.text("The sandbox takes no requests from other origins.", 403);
  }
  return next();
};
