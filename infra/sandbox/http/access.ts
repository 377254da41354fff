import type { MiddlewareHandler } from "hono";
import { forbidden, notFound, unauthorized } from "./api-error.ts";
import type { RateLimiter } from "./rate-limit.ts";

export type ApiKey = {
  /** Such as `hog_function:read`; `*` is all, and write includes read (contract §1.2). */
  scopes: string[];
  /** Projects it may reach; left out: all. */
  projects?: number[];
};

const scopes = new Map([
  ["", "project"],
  ["hog_functions", "hog_function"],
  ["hog_function_templates", "hog_function"],
  ["actions", "action"],
  ["groups_types", "group"],
]);

/**
 * Who asks, for which project, with which scope (contract §6.6): 401, 404 for the project, 403, then 429.
 * Mounted where the path is `/api/(projects|environments)/:project/:resource/…`.
 */
export function requireAccess(
  keys: Map<string, ApiKey>,
  projectId: number,
  limiter: RateLimiter | undefined,
): MiddlewareHandler {
  return async function access(c, next) {
    const [, , , project = "", resource = ""] = c.req.path.split("/");
    const scope = scopes.get(resource);
    if (!scope) throw notFound("Endpoint not found.");
    const token = /^Bearer\s+(\S+)$/.exec(c.req.header("authorization") ?? "")?.[1];
    if (!token) throw unauthorized("not_authenticated", "Authentication credentials were not provided.");
    const key = keys.get(token);
    if (!key) {
      const detail = "Personal API key found in request Authorization header is invalid.";
      throw unauthorized("authentication_failed", detail);
    }
    if (project !== "@current" && project !== String(projectId)) throw notFound("Project not found.");
    if (key.projects && !key.projects.includes(projectId)) {
      throw forbidden(`API key does not have access to the requested project: ID ${projectId}.`);
    }
    const needed = ["GET", "HEAD", "OPTIONS"].includes(c.req.method) ? "read" : "write";
    const isAllowed = ["*", `${scope}:write`, `${scope}:${needed}`].some((one) => key.scopes.includes(one));
    if (!isAllowed) throw forbidden(`API key missing required scope '${scope}:${needed}'`);
    limiter?.take(token);
    await next();
  };
}
