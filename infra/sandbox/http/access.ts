import type { Context, MiddlewareHandler } from "hono";
import { type Owner, sandboxUser, type User, userFrom } from "../project/users.ts";
import { forbidden, notFound, notInSandbox, unauthorized } from "./api-error.ts";
import { findEndpoint, isElsewhere, scopesFor } from "./endpoints.ts";
import { isObject, type Json, textOf } from "./fields.ts";
import type { RateLimiter } from "./rate-limit.ts";

export type ApiKey = {
  /** Such as `hog_function:read`; `*` is all, and write includes read (contract §1.2). */
  scopes: string[];
  /** Projects it may reach; left out: all. */
  projects?: number[];
  /** Whose it is; null writes as nobody, as PostHog's own clean-ups do (contract §11.11). */
  user?: Owner | null;
  /** False: its owner is no member of the project (any more). */
  isMember?: boolean;
};

export type ApiKeys = Map<string, ApiKey>;

/** What a route finds in its context: who asks, and for which endpoint. */
export type ApiEnv = { Variables: { user: User | null; endpoint: string } };

type AccessOptions = {
  keys: ApiKeys;
  projectId: number;
  projectToken: string;
  limiter: RateLimiter | undefined;
  /** A PostHog that has only the environments path, and asks for the slash at its end (contract §1.1). */
  isOld: boolean;
};

const noKeyAccess = "This action does not support personal API key access";

/**
 * Who asks, for what, in which project, with which scope: 404 for the endpoint, 401, 403 where no key will do, 404 for
 * the project, 403, then 429 (contract §1.2, §6.6). Mounted at `/api/(projects|environments)/:project/…`.
 */
export function requireAccess(options: AccessOptions): MiddlewareHandler<ApiEnv> {
  const { keys, projectId, limiter, isOld } = options;
  return async function access(c, next) {
    const [, , family, project, ...parts] = c.req.path.split("/"); // Hono takes the last slash away
    const endpoint = findEndpoint(parts, isOld);
    const isReached = !isOld || (family === "environments" && new URL(c.req.url).pathname.endsWith("/"));
    if (isReached && isElsewhere(parts[0])) throw notInSandbox(`${parts[0]}, which PostHog has`);
    if (!endpoint || !isReached) throw notFound("Endpoint not found.");
    const body = await readBody(c);
    const { token, key } = authenticate(c, body, keys);
    const scopes = scopesFor(endpoint, c.req.method);
    if (!scopes) throw forbidden(noKeyAccess);
    checkProjectToken(c, body, options.projectToken);
    if (project !== "@current" && project !== String(projectId)) throw notFound("Project not found.");
    if (key.projects && !key.projects.includes(projectId)) {
      throw forbidden(`API key does not have access to the requested project: ID ${projectId}.`);
    }
    checkScopes(key, scopes);
    if (key.isMember === false) throw forbidden("You don't have access to the project.");
    limiter?.take(token, endpoint.bucket);
    c.set("user", ownerOf(key));
    c.set("endpoint", endpoint.path || "project");
    await next();
  };
}

/** For what belongs to no project: a key's own restriction to some of them does not hold (contract §6.5). */
export function requireScope(
  scope: string,
  keys: ApiKeys,
  limiter: RateLimiter | undefined,
): MiddlewareHandler<ApiEnv> {
  return async function access(c, next) {
    const { token, key } = authenticate(c, await readBody(c), keys);
    checkScopes(key, [scope]);
    limiter?.take(token);
    c.set("user", ownerOf(key));
    await next();
  };
}

/** The key of the header, else of the body, else of the query; only the first one found counts (contract §6.6). */
function authenticate(c: Context, body: Json, keys: ApiKeys): { token: string; key: ApiKey } {
  const header = /^Bearer\s+(\S.+)$/.exec(c.req.header("authorization") ?? "")?.[1]?.trim();
  const candidates = [
    ["Authorization header", header],
    ["body", body.personal_api_key],
    ["query string", c.req.query("personal_api_key")],
  ] as const;
  const found = candidates.find(([, token]) => token !== undefined);
  if (!found) throw unauthorized("not_authenticated", "Authentication credentials were not provided.");
  const [source, token] = found;
  const key = keys.get(textOf(token));
  if (key) return { token: textOf(token), key };
  throw unauthorized("authentication_failed", `Personal API key found in request ${source} is invalid.`);
}

/** The trap of §6.6: what a body, or the query of a GET, calls `token` or `api_key` is taken for the project's. */
function checkProjectToken(c: Context, body: Json, projectToken: string): void {
  const { token, api_key } = c.req.method === "GET" ? c.req.query() : body;
  const given = token || api_key;
  if (!given || given === projectToken) return;
  throw unauthorized("authentication_failed", "Incorrect authentication credentials.");
}

function checkScopes(key: ApiKey, needed: string[]): void {
  if (key.scopes.includes("*")) return;
  const missing = needed.find(
    (scope) => !key.scopes.includes(scope) && !key.scopes.includes(scope.replace(/:read$/, ":write")),
  );
  if (missing) throw forbidden(`API key missing required scope '${missing}'`);
}

/** A copy, as the route reads the body itself and complains of what is no JSON. */
async function readBody(c: Context): Promise<Json> {
  if (["GET", "HEAD", "OPTIONS"].includes(c.req.method)) return {};
  const body: unknown = await c.req.raw
    .clone()
    .json()
    .catch(() => undefined);
  return isObject(body) ? body : {};
}

/** Whose a key is: the sandbox's own user unless it says another. */
export function ownerOf({ user }: ApiKey): User | null {
  return user === undefined ? sandboxUser : user && userFrom(user);
}
