import { type Context, Hono } from "hono";
import { invalid, notFound } from "../http/api-error.ts";
import { isObject } from "../http/fields.ts";
import { paginate } from "../http/pagination.ts";
import { readJson } from "../http/read-json.ts";
import { type HogFunction, representation, summary } from "./hog-function.ts";
import { readHogFunction, type SerializerContext } from "./hog-function-serializer.ts";
import type { HogFunctionQuery, HogFunctions } from "./hog-functions.ts";

/** `/hog_functions/` (contract §1). */
export function hogFunctionRoutes(functions: HogFunctions, context: SerializerContext): Hono {
  const routes = new Hono();
  const templateOf = (fn: HogFunction) => context.templates.get(fn.template_id ?? "");
  const full = (fn: HogFunction) => representation(fn, templateOf(fn));

  routes.get("/", (c) => {
    const query = readQuery(c);
    const isFull = c.req.query("full") === "true";
    const page = paginate(c.req.url, functions.count(query), (limit, offset) => {
      const found = query.search === undefined ? {} : { search_match_type: "exact" };
      return functions
        .list(query, limit, offset)
        .map((fn) => ({ ...(isFull ? full(fn) : summary(fn, templateOf(fn))), ...found }));
    });
    return c.json(page);
  });

  routes.post("/", async (c) => {
    const body = await readJson(c.req.raw);
    return c.json(full(functions.create(readHogFunction(body, undefined, context))), 201);
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
    return c.json(full(functions.update(stored, readHogFunction(body, stored, context))));
  });

  return routes;
}

function readQuery(c: Context): HogFunctionQuery {
  const { type, enabled, id, search } = c.req.query();
  if (search !== undefined && search.length > 200) {
    throw invalid("search", "Ensure this value has at most 200 characters.", "max_length");
  }
  return {
    ...(type && { types: type.split(",") }),
    ...((enabled === "true" || enabled === "false") && { enabled: enabled === "true" }),
    ...(id && { id }),
    ...(search && { search }),
  };
}
