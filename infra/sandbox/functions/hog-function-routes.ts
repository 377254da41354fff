import { Hono } from "hono";
import type { ApiEnv } from "../http/access.ts";
import { invalid, notFound } from "../http/api-error.ts";
import { isObject } from "../http/fields.ts";
import { paginate } from "../http/pagination.ts";
import { readJson } from "../http/read-json.ts";
import type { ActivityLog } from "../project/activity-log.ts";
import type { User } from "../project/users.ts";
import type { Watcher } from "../runtime/watcher.ts";
import { type HogFunction, representation, summary, tracked } from "./hog-function.ts";
import { readHogFunction, type SerializerContext } from "./hog-function-serializer.ts";
import type { HogFunctions } from "./hog-functions.ts";
import { damagedSecret } from "./inputs.ts";
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
  activity: ActivityLog;
}): Hono<ApiEnv> {
  const { functions, context, users, watcher, activity } = options;
  const routes = new Hono<ApiEnv>();
  const { isOld, templates } = context;
  const shown = (fn: HogFunction) => ({
    template: templates.get(fn.template_id ?? ""),
    status: watcher.status(fn),
    isOld,
  });
  const full = (fn: HogFunction) => representation(fn, shown(fn));
  const find = (id: string) => {
    const fn = functions.get(id);
    if (!fn || fn.deleted) throw notFound("Not found.");
    return fn;
  };

  routes.get("/", (c) => {
    const { query, term } = readListQuery(c.req.query(), users);
    const isFull = c.req.query("full") === "true"; // exactly so
    const show = (fn: HogFunction) => (isFull ? full(fn) : summary(fn, shown(fn)));
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
    const fn = functions.create(readHogFunction(body, undefined, context), c.get("user"));
    activity.created(happening(fn, c.get("user")));
    return c.json(full(fn), 201);
  });

  // secrets that an older PostHog overwrote with their own mask
  if (!isOld) routes.get("/masked_secrets", (c) => c.json(functions.list({}, -1, 0).flatMap(maskedSecrets)));

  routes.patch("/rearrange", async (c) => {
    const body = await readJson(c.req.raw);
    const [first] = Object.keys(isObject(body) && isObject(body.orders) ? body.orders : {});
    if (first === undefined) throw invalid(null, "No orders provided");
    throw invalid(null, `HogFunction with id ${first} does not exist`); // none that has an order: transformations
  });

  routes.get("/:id", (c) => c.json(full(find(c.req.param("id")))));

  // Drafts are made by agents only, which the sandbox takes nobody for (contract §1.6)
  routes.post("/:id/publish", (c) => {
    find(c.req.param("id"));
    throw invalid(null, "This function has no staged draft to publish.");
  });
  routes.post("/:id/discard_draft", (c) => c.json(full(find(c.req.param("id")))));

  routes.on(["PATCH", "PUT"], "/:id", async (c) => {
    const body = await readJson(c.req.raw);
    const stored = functions.get(c.req.param("id"));
    // only JSON's own false brings a deleted function back, and only by PATCH (contract §1.2)
    const isUndelete = c.req.method === "PATCH" && isObject(body) && body.deleted === false;
    if (!stored || (stored.deleted && !isUndelete)) throw notFound("Not found.");
    const updated = functions.update(stored, readHogFunction(body, stored, context));
    watcher.saved(updated);
    activity.updated(happening(updated, c.get("user")), tracked(stored), tracked(updated));
    return c.json(full(updated));
  });

  return routes;
}

function happening({ id, name, type }: HogFunction, user: User | null) {
  return { scope: "HogFunction" as const, itemId: id, name, type: type.replaceAll("_", " "), user };
}

/** A row of `masked_secrets/` (contract §1.7), for a function whose secret is the mask itself. */
function maskedSecrets({ id, name, type, enabled, secret_inputs }: HogFunction) {
  const keys = Object.keys(secret_inputs).filter((key) => secret_inputs[key]?.value === damagedSecret);
  const row = { id, name: name ?? "", type, enabled, input_keys: keys.sort(), draft_input_keys: [] };
  return keys.length > 0 ? [row] : [];
}
