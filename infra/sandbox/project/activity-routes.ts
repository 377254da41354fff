import { Hono } from "hono";
import type { ApiEnv } from "../http/access.ts";
import { notFound, notInSandbox } from "../http/api-error.ts";
import type { ActivityLog, ActivityQuery, Entry } from "./activity-log.ts";

const maxPageSize = 1_000;

/** `/activity_log/`, newest first; in pages by cursor, or by number where one is asked for. Needs `activity_log:read`. */
export function activityRoutes(log: ActivityLog, projectId: number): Hono<ApiEnv> {
  const routes = new Hono<ApiEnv>();
  routes.get("/", (c) => {
    const { scope, scopes, item_id, user, ordering, page } = c.req.query();
    if (user) throw notInSandbox("activity by user");
    const wanted = scope ? [scope] : scopes?.split(",");
    const query: ActivityQuery = { ...(wanted && { scopes: wanted }), ...(item_id && { itemId: item_id }) };
    const url = new URL(c.req.url);
    const size = Math.min(positive(c.req.query("page_size")) ?? 100, maxPageSize);
    const ascending = ordering === "created_at";
    const show = (entry: Entry) => shown(entry, projectId);
    if (page !== undefined) {
      const number = positive(page);
      const count = log.count(query);
      const last = Math.max(1, Math.ceil(count / size));
      if (number === undefined || number > last) throw notFound("Invalid page.");
      const results = log.list(query, { ascending, limit: size, offset: (number - 1) * size }).map(show);
      const link = (to: number) => (to >= 1 && to <= last ? withParameter(url, "page", String(to)) : null);
      return c.json({ count, next: link(number + 1), previous: link(number - 1), results });
    }
    const after = readCursor(c.req.query("cursor"));
    const found = log.list(query, { ascending, limit: size + 1, ...(after !== undefined && { after }) });
    const results = found.slice(0, size);
    const end = results.at(-1);
    const next = found.length > size && end ? withParameter(url, "cursor", cursor(end.row)) : null;
    return c.json({ next, previous: null, results: results.map(show) });
  });
  return routes;
}

function shown(entry: Entry, projectId: number) {
  const { row: _, itemId: item_id, name, type = null, changes, user, ...rest } = entry;
  return {
    ...rest,
    item_id,
    user,
    unread: false,
    is_system: user === null,
    was_impersonated: false,
    team_id: projectId,
    detail: { name, type, changes, short_id: null, trigger: null, context: null },
  };
}

function positive(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d*$/.test(text) ? Number(text) : undefined;
}

function cursor(row: number): string {
  return Buffer.from(`p=${row}`).toString("base64url");
}

function readCursor(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const row = /^p=(\d+)$/.exec(Buffer.from(text, "base64url").toString())?.[1];
  if (row === undefined) throw notFound("Invalid cursor");
  return Number(row);
}

function withParameter(url: URL, name: string, value: string): string {
  const target = new URL(url);
  target.searchParams.set(name, value);
  return target.href;
}
