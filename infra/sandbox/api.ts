import { Hono } from "hono";
import { actionRoutes } from "./actions/action-routes.ts";
import type { Action } from "./actions/actions.ts";
import { hogFunctionRoutes } from "./functions/hog-function-routes.ts";
import { recompileForAction } from "./functions/recompile.ts";
import { EventList } from "./hogql/event-list.ts";
import { eventRoutes } from "./hogql/event-routes.ts";
import { HogQL } from "./hogql/hogql.ts";
import { queryRoutes } from "./hogql/query-routes.ts";
import { type ApiEnv, type ApiKeys, ownerOf, requireAccess, requireScope } from "./http/access.ts";
import { notInSandbox } from "./http/api-error.ts";
import { refuseForeignOrigin } from "./http/guard.ts";
import { RateLimiter } from "./http/rate-limit.ts";
import { ActivityLog } from "./project/activity-log.ts";
import { activityRoutes } from "./project/activity-routes.ts";
import { eventDefinitionRoutes } from "./project/event-definition-routes.ts";
import { EventDefinitions } from "./project/event-definitions.ts";
import { groupTypeRoutes } from "./project/group-type-routes.ts";
import { projectRoutes } from "./project/project-routes.ts";
import { propertyDefinitionRoutes } from "./project/property-definition-routes.ts";
import { PropertyDefinitions } from "./project/property-definitions.ts";
import type { TestAccountFilters } from "./project/test-account-filters.ts";
import { userRoutes } from "./project/user-routes.ts";
import type { Cdp } from "./runtime/cdp.ts";
import { invocationRoutes } from "./runtime/invocation-routes.ts";
import { observationRoutes } from "./runtime/observation-routes.ts";
import { rerunRoutes } from "./runtime/rerun-routes.ts";
import { templateRoutes } from "./templates/template-routes.ts";

type ApiOptions = {
  keys: ApiKeys;
  /** PostHog's limits for each key (contract §6.7). */
  hasLimits: boolean;
  projectToken: string;
  testAccounts: TestAccountFilters;
  /** Ends what is under way. */
  closing: AbortSignal;
};

/** PostHog's API, below `/api/`: both path families, users and the public templates (contract §1.1). */
export function apiRoutes(cdp: Cdp, options: ApiOptions): Hono<ApiEnv> {
  const { keys, projectToken } = options;
  const { functions, context, clock } = cdp;
  const { templates, isOld } = context;
  const projectId = cdp.project.id;
  const limiter = options.hasLimits ? new RateLimiter(clock) : undefined;
  const usage = () => functions.templateUsage();
  const project = ofProject(cdp, options);
  const routes = new Hono<ApiEnv>();

  routes.use(refuseForeignOrigin);
  const access = requireAccess({ keys, projectId, projectToken, limiter, isOld });
  routes.use("/:family{projects|environments}/:project/*", access);
  // The old family is a rewrite of the new one that says so (contract §1.1)
  routes.use("/environments/:project/*", async (c, next) => {
    await next();
    if (isOld) return;
    const { pathname } = new URL(c.req.url); // unlike Hono's path still encoded, as a header has to be
    const successor = pathname.replace("/api/environments/", "/api/projects/");
    c.res.headers.set("Deprecation", "true");
    c.res.headers.set("Sunset", "Thu, 31 Dec 2026 00:00:00 GMT");
    c.res.headers.set("Link", `<${successor}>; rel="successor-version"`);
  });
  routes.route("/projects/:project", project).route("/environments/:project", project);
  routes.all("/:list{projects|environments|organizations}", (c) => {
    throw notInSandbox(`the list of ${c.req.param("list")}`);
  });
  routes.use("/users/*", requireScope("user:read", keys, limiter));
  routes.route("/users", userRoutes(projectId, projectToken));
  routes.route("/public_hog_function_templates", templateRoutes({ templates, usage, isPublic: true }));
  return routes;
}

function ofProject(cdp: Cdp, { keys, projectToken, testAccounts, closing }: ApiOptions): Hono<ApiEnv> {
  const { database, clock, functions, context, actions, persons, project, watcher } = cdp;
  const { templates, compiler } = context;
  const activity = new ActivityLog(database, clock);
  const definitions = new EventDefinitions(database, clock);
  const users = [...keys.values()].flatMap((key) => ownerOf(key) ?? []);
  const onSave = ({ id }: Action) => recompileForAction(id, functions, context);
  const usage = () => functions.templateUsage();
  const routes = new Hono<ApiEnv>();

  routes.route("/", projectRoutes({ ...project, token: projectToken, testAccounts }));
  routes.route("/hog_functions", hogFunctionRoutes({ functions, context, users, watcher, activity }));
  routes.route("/hog_functions", observationRoutes(cdp));
  routes.route("/hog_functions", invocationRoutes(cdp, closing));
  routes.route("/hog_functions", rerunRoutes(cdp));
  routes.route("/hog_function_templates", templateRoutes({ templates, usage, isPublic: false }));
  routes.route("/actions", actionRoutes({ actions, compiler, clock, activity, onSave }));
  routes.route("/activity_log", activityRoutes(activity, project.id));
  routes.route("/event_definitions", eventDefinitionRoutes({ definitions, clock, activity }));
  routes.route("/property_definitions", propertyDefinitionRoutes(new PropertyDefinitions(database, clock)));
  routes.route("/groups_types", groupTypeRoutes(persons));
  routes.route("/query", queryRoutes(new HogQL(database, clock), clock, project.id));
  routes.route("/events", eventRoutes(new EventList(database), clock));
  routes.all("/*", (c) => {
    throw notInSandbox(`${c.req.method} ${c.get("endpoint")}`);
  });
  return routes;
}
