import type { Bucket } from "./rate-limit.ts";

type Access = "read" | "write" | string[];

/** A path below `/api/projects/:project/`. */
export type Endpoint = {
  path: string;
  /** What its scopes begin with. */
  scope: string;
  /** Which of them a personal key needs for a method; a method that is not here is open to no key. */
  methods: Record<string, Access>;
  bucket: Bucket;
};

const read = { GET: "read" } as const;
const list = { GET: "read", POST: "write" } as const;
const item = { GET: "read", PUT: "write", PATCH: "write" } as const;
const whole = { ...item, DELETE: "write" } as const;
const post = { POST: "write" } as const;

/**
 * What PostHog has and a personal key may use (contract §1.2, §3, §6). What is here and has no route is refused as
 * not in the sandbox; what is not here is an unknown endpoint. The literal paths come before those with an id.
 */
const endpoints: Endpoint[] = [
  ...of("project", { "": whole }),
  ...of("hog_function", {
    hog_functions: list,
    "hog_functions/masked_secrets": read,
    "hog_functions/rearrange": { PATCH: "write" },
    "hog_functions/icons": {},
    "hog_functions/icon": {},
    "hog_functions/:id": item, // DELETE is in neither list of PostHog's view
    "hog_functions/:id/logs": read,
    "hog_functions/:id/metrics": read,
    "hog_functions/:id/metrics/totals": read,
    "hog_functions/:id/invocations": post,
    // it replays what the key could not read otherwise
    "hog_functions/:id/rerun": { POST: ["hog_function:write", "person:read", "group:read"] },
    "hog_functions/:id/publish": post,
    "hog_functions/:id/discard_draft": post,
    "hog_functions/:id/enable_backfills": {},
    "hog_functions/:id/revisions": read,
    "hog_functions/:id/revisions/:version": read,
    "hog_functions/:id/revisions/:version/restore": post,
    hog_function_templates: read,
    "hog_function_templates/:id": read,
  }),
  ...of("action", {
    actions: { ...list, PATCH: "write" }, // "patch" of a collection is a write action, without a route
    "actions/:id": whole,
    "actions/:id/references": read,
  }),
  ...of("event_definition", {
    event_definitions: { ...list, PATCH: "write" },
    "event_definitions/:id": whole,
  }),
  ...of("property_definition", {
    property_definitions: { ...read, PATCH: "write" },
    "property_definitions/:id": whole,
  }),
  ...of("activity_log", { activity_log: read }),
  ...of("group", { groups_types: read, "groups_types/update_metadata": { PATCH: "write" } }),
  ...of("query", { query: { POST: "read" }, "query/:id": { GET: "read", DELETE: "read" } }, "query"),
  ...of("query", { "events/values": read }, "values"),
  ...of("query", { events: read, "events/:id": read }, "clickhouse"),
];

/** What PostHog has besides in a project, and the sandbox nothing of. */
const elsewhere = new Set(
  (
    "annotations batch_exports cohorts comments dashboards data_color_themes early_access_feature environments " +
    "error_tracking experiments exports external_data_sources feature_flags groups hog_flows insights integrations " +
    "notebooks persons plugin_configs pipeline_destination_configs session_recordings sessions subscriptions surveys " +
    "warehouse_saved_queries warehouse_tables web_experiments"
  ).split(" "),
);

export function isElsewhere(resource: string | undefined): boolean {
  return resource !== undefined && elsewhere.has(resource);
}

/** What an old PostHog does not have yet; the first of them is taken for an id there. */
const recent = /\/(masked_secrets|rerun|publish|discard_draft|revisions)\b/;

const patterns = endpoints.map((endpoint) => ({ endpoint, parts: endpoint.path.split("/").filter(Boolean) }));
const oldPatterns = patterns.filter(({ endpoint }) => !recent.test(endpoint.path));

/** The endpoint at the parts of a path, such as `["hog_functions", "<uuid>"]`. */
export function findEndpoint(parts: string[], isOld: boolean): Endpoint | undefined {
  const fits = (pattern: string[]) =>
    pattern.length === parts.length &&
    pattern.every((part, index) => part.startsWith(":") || part === parts[index]);
  return (isOld ? oldPatterns : patterns).find((pattern) => fits(pattern.parts))?.endpoint;
}

/** The scopes that a key needs, all of them; undefined when no key will do (contract §6.6). */
export function scopesFor({ scope, methods }: Endpoint, method: string): string[] | undefined {
  const access = method === "OPTIONS" ? "read" : methods[method === "HEAD" ? "GET" : method];
  return typeof access === "string" ? [`${scope}:${access}`] : access;
}

function of(
  scope: string,
  paths: Record<string, Record<string, Access>>,
  bucket: Bucket = "default",
): Endpoint[] {
  return Object.entries(paths).map(([path, methods]) => ({ path, scope, methods, bucket }));
}
