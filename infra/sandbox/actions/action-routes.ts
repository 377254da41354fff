import { type Context, Hono } from "hono";
import type { HogCompiler } from "../../hog/compile.ts";
import { HogError } from "../../hog/hog-error.ts";
import type { Clock } from "../clock.ts";
import type { ApiEnv } from "../http/access.ts";
import { notFound, refuseMethod } from "../http/api-error.ts";
import type { Json } from "../http/fields.ts";
import { readJson } from "../http/read-json.ts";
import type { ActivityLog } from "../project/activity-log.ts";
import type { User } from "../project/users.ts";
import { actionRepresentation, readAction } from "./action-serializer.ts";
import type { Action, Actions } from "./actions.ts";

type ActionRouteOptions = {
  actions: Actions;
  compiler: HogCompiler;
  clock: Clock;
  activity: ActivityLog;
  /** Each save, deletions and pins included, as PostHog's signal has it (contract §1.8). */
  onSave: (action: Action) => void;
};

/** `/actions/` (contract §6.1). */
export function actionRoutes({
  actions,
  compiler,
  clock,
  activity,
  onSave,
}: ActionRouteOptions): Hono<ApiEnv> {
  const routes = new Hono<ApiEnv>();
  const full = (action: Action) => actionRepresentation(action, bytecodeError(action, compiler));
  const read = (body: unknown, stored?: Action) =>
    readAction(body, stored, actions, new Date(clock.now()).toISOString());
  const find = (c: Context) => {
    const action = actions.get(Number(c.req.param("id")));
    if (!action) throw notFound("Not found.");
    return action;
  };

  routes.get("/", (c) => c.json({ results: actions.list().map(full) }));

  routes.post("/", async (c) => {
    const action = actions.create(read(await readJson(c.req.raw)), c.get("user"));
    activity.created(happening(action, c.get("user")));
    onSave(action);
    return c.json(full(action), 201);
  });

  routes.get("/:id", (c) => c.json(full(find(c))));

  // deleted ones too, to undelete as well as for any other change
  routes.on(["PATCH", "PUT"], "/:id", async (c) => {
    const body = await readJson(c.req.raw);
    const stored = find(c);
    const action = actions.update(stored, read(body, stored));
    activity.updated(happening(action, c.get("user")), tracked(stored), tracked(action));
    onSave(action);
    return c.json(full(action));
  });

  // unlike a hog function's: the key may, and the view answers without a body (`ForbidDestroyModel`)
  routes.delete("/:id", (c) => c.body(null, 405));
  routes.patch("/", refuseMethod); // open to a key, but without a route
  return routes;
}

function happening({ id, name }: Action, user: User | null) {
  return { scope: "Action" as const, itemId: String(id), name, user };
}

/** What the activity log tells apart; tags have a log of their own. */
function tracked({ steps, tags: _, id: __, created_at: ___, created_by: ____, ...rest }: Action): Json {
  return { ...rest, steps_json: steps };
}

/** What keeps the action from being compiled; it is saved all the same. */
function bytecodeError(action: Action, compiler: HogCompiler): string | null {
  const id = String(action.id);
  try {
    compiler.filters({ actions: [{ id, type: "actions" }] }, { actions: new Map([[id, action.steps]]) });
    return null;
  } catch (error) {
    if (error instanceof HogError) return error.message;
    throw error;
  }
}
