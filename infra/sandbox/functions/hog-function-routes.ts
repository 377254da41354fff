import { Hono } from "hono";
import type { ApiEnv } from "../http/access.ts";
import { notFound } from "../http/api-error.ts";
import { isObject } from "../http/fields.ts";
import { paginate } from "../http/pagination.ts";
import { readJson } from "../http/read-json.ts";
import type { User } from "../project/users.ts";
import type { Watcher } from "../runtime/watcher.ts";
import { type HogFunction, representation, summary } from "./hog-function.ts";
import { readHogFunction, type SerializerContext } from "./hog-function-serializer.ts";
import type { HogFunctions } from "./hog-functions.ts";
import { readListQuery } from "./list-query.ts";
import { search } from "./search.ts";

/** `/hog_functions/` (contract §1). */
export function hogFunctionRoutes(options: {
  functions: HogFunctions;
  context: SerializerContext;
  /** Those whose functions can be asked for. */
  users: User[];
  /** What it knows of their health (contract §1.11). */
  watcher: Pick<Watcher, "status" | "saved">;
}): Hono<ApiEnv> {
  const { functions, context, users, watcher } = options;
  const routes = new Hono<ApiEnv>();
  const templateOf = (fn: HogFunction) => context.templates.get(fn.template_id ?? "");
  const full = (fn: HogFunction) => ({ ...representation(fn, templateOf(fn)), status: watcher.status(fn) });
  const short = (fn: HogFunction) => ({ ...summary(fn, templateOf(fn)), status: watcher.status(fn) });

  routes.get("/", (c) => {
    const { query, term } = readListQuery(c.req.query(), users);
    const isFull = c.req.query("full") === "true"; // exactly so
    const show = (fn: HogFunction) => (isFull ? full(fn) : short(fn));
    if (term === undefined) {
      const page = (limit: number, offset: number) => functions.list(query, limit, offset).map(show);
      return c.json(paginate(c.req.url, functions.count(query), page));
    }
    const found = search(functions.list(query, -1, 0), term);
    const page = (limit: number, offset: number) =>
      found
        .slice(offset, offset + limit)
        .map(({ row, matchType }) => ({ ...show(row), search_match_type: matchType }));
    return c.json(paginate(c.req.url, found.length, page));
  });

  routes.post("/", async (c) => {
    const body = await readJson(c.req.raw);
    return c.json(full(functions.create(readHogFunction(body, undefined, context), c.get("user"))), 201);
  });

  routes.get("/:id", (c) => {
    const fn = functions.get(c.req.param("id"));
    if (!fn || fn.deleted) throw notFound("Not found.");
    return c.json(full(fn));
  });

  routes.on(["PATCH", "PUT"], "/:id", async (c) => {
    const body = await readJson(c.req.raw);
    const stored = functions.get(c.req.param("id"));
    // only JSON's own false brings a deleted function back, and only by PATCH (contract §1.2)
    const isUndelete = c.req.method === "PATCH" && isObject(body) && body.deleted === false;
    if (!stored || (stored.deleted && !isUndelete)) throw notFound("Not found.");
    const updated = functions.update(stored, readHogFunction(body, stored, context));
    watcher.saved(updated);
    return c.json(full(updated));
  });

  return routes;
}
