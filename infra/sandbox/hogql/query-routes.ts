import { createHash, randomUUID } from "node:crypto";
import { Hono } from "hono";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import { ApiError, notFound, notInSandbox, unreadable } from "../http/api-error.ts";
import { readJson } from "../http/read-json.ts";
import { missing } from "./errors.ts";
import type { HogQL } from "./hogql.ts";
import { personsOnEventsModes } from "./tables.ts";

const nothing = z.union([z.null(), z.strictObject({})]);

/** What PostHog's `HogQLQuery` has and the sandbox does not must be empty. */
const query = z.object({
  kind: z.string(),
  query: z.string().optional(),
  values: z.record(z.string(), z.unknown()).nullish(),
  modifiers: z.record(z.string(), z.unknown()).nullish(),
  variables: z.unknown().optional(),
  filters: z.unknown().optional(),
  connectionId: z.unknown().optional(),
  explain: z.unknown().optional(),
});
const asyncModes = ["async", "force_async", "lazy_async"];
const blockingModes = ["blocking", "force_blocking", "force_cache", "async_except_on_cache_miss"];
const body = z.object({
  query,
  refresh: z.union([z.boolean(), z.enum([...asyncModes, ...blockingModes])]).nullish(),
  async: z.boolean().nullish(),
  client_query_id: z.string().nullish(),
  filters_override: z.unknown().optional(),
  variables_override: z.unknown().optional(),
});
type Query = z.infer<typeof query>;

/** PostHog's query status, which an asynchronous query is asked for (contract §6.3). */
type Status = {
  id: string;
  query_async: true;
  team_id: number;
  complete: boolean;
  error: boolean;
  error_message: string | null;
  results: unknown;
  start_time: string;
  end_time: string | null;
};

const mostStatuses = 50;

/** `query/`: HogQL, at once or asynchronously (contract §6.3). Nothing is cached: each answer is of now. */
export function queryRoutes(hogql: HogQL, clock: Clock, projectId: number): Hono {
  const routes = new Hono();
  const statuses = new Map<string, Status>();
  const iso = () => new Date(clock.now()).toISOString();

  routes.post("/", async (c) => {
    const parsed = body.safeParse(await readJson(c.req.raw));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw unreadable(`JSON parse error - ${issue?.path.join(".")}: ${issue?.message}`);
    }
    const { data } = parsed;
    refuseOverrides(data, ["filters_override", "variables_override"]);
    const id = data.client_query_id ?? randomUUID().replaceAll("-", "");
    if (!data.async && !asyncModes.includes(String(data.refresh))) return c.json(await answer(data.query));
    checkKind(data.query);
    const status: Status = {
      id,
      query_async: true,
      team_id: projectId,
      complete: false,
      error: false,
      error_message: null,
      results: null,
      start_time: iso(),
      end_time: null,
    };
    const [oldest] = statuses.keys();
    if (statuses.size >= mostStatuses && oldest !== undefined) statuses.delete(oldest);
    statuses.set(id, status);
    setImmediate(() => void finish(status, data.query));
    return c.json({ query_status: { ...status } }, 202);
  });

  routes.get("/:id", (c) => {
    const status = statuses.get(c.req.param("id"));
    if (!status) throw notFound("Not found.");
    const failed = status.error_message === null ? 500 : 400;
    return c.json({ query_status: status }, status.error ? failed : status.complete ? 200 : 202);
  });

  routes.delete("/:id", (c) => {
    statuses.delete(c.req.param("id"));
    return c.json({ message: "Query task revoked" });
  });

  async function finish(status: Status, asked: Query): Promise<void> {
    try {
      status.results = await answer(asked);
    } catch (error) {
      status.error = true;
      if (error instanceof ApiError) status.error_message = error.body.detail;
      else console.error(error);
    }
    status.complete = true;
    status.end_time = iso();
  }

  async function answer(asked: Query) {
    checkKind(asked);
    refuseOverrides(asked, ["variables", "filters", "connectionId", "explain"]);
    const started = performance.now();
    const { query: text = "", values, modifiers } = asked;
    const {
      columns,
      types,
      results,
      hogql: printed,
      hasMore,
      limit,
    } = await hogql.run(text, {
      ...(values && { values }),
      personsOnEvents: personsMode(modifiers ?? {}),
    });
    const hash = createHash("md5")
      .update(JSON.stringify([text, values, modifiers]))
      .digest("hex");
    return {
      cache_key: `cache_${projectId}_${hash}`,
      cache_target_age: null,
      calculation_trigger: null,
      clickhouse: null,
      columns,
      error: null,
      explain: null,
      hasMore,
      hogql: printed,
      is_cached: false,
      last_refresh: iso(),
      limit,
      metadata: null,
      modifiers: modifiers ?? null,
      next_allowed_client_refresh: iso(),
      offset: limit === null ? null : 0,
      query: text,
      query_status: null,
      results,
      timezone: "UTC",
      timings: [{ k: ".", t: (performance.now() - started) / 1_000 }],
      types,
    };
  }

  return routes;
}

function checkKind({ kind, query: text }: Query): void {
  if (kind !== "HogQLQuery") throw notInSandbox(`queries of the kind '${kind.slice(0, 60)}'`);
  if (text === undefined) throw unreadable("JSON parse error - query.query: Field required");
}

function refuseOverrides(given: Record<string, unknown>, names: string[]): void {
  for (const name of names) {
    if (given[name] !== undefined && !nothing.safeParse(given[name]).success)
      throw notInSandbox(`a query's '${name}'`);
  }
}

function personsMode({ personsOnEventsMode: mode, ...others }: Record<string, unknown>) {
  const [other] = Object.entries(others).find(([, value]) => value !== null) ?? [];
  if (other !== undefined) throw missing(`the modifier '${other}'`);
  if (mode === undefined || mode === null)
    return personsOnEventsModes.person_id_override_properties_on_events;
  const known = Object.entries(personsOnEventsModes).find(([name]) => name === mode);
  if (!known) throw unreadable("JSON parse error - query.modifiers.personsOnEventsMode: Invalid enum value");
  return known[1];
}
