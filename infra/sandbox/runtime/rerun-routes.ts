import { Hono } from "hono";
import { invalid, notFound } from "../http/api-error.ts";
import {
  choiceField,
  dateTimeField,
  integerField,
  type Json,
  listField,
  objectField,
  required,
  textField,
} from "../http/fields.ts";
import { readJson } from "../http/read-json.ts";
import type { Cdp } from "./cdp.ts";
import type { PastQuery } from "./invocations.ts";
import { rerun } from "./rerun.ts";

const statuses = ["running", "succeeded", "failed"] as const;
const maxCount = 10_000;
const maxWindowMs = 30 * 24 * 3_600_000;

/** `POST /hog_functions/<id>/rerun/` (contract §11.5; the body is that of `posthog/api/hog_invocation_rerun.py`). */
export function rerunRoutes(cdp: Cdp): Hono {
  const routes = new Hono();
  routes.post("/:id/rerun", async (c) => {
    const fn = cdp.functions.get(c.req.param("id"));
    if (!fn || fn.deleted) throw notFound("Not found.");
    if (!fn.enabled) throw invalid(null, "This function is disabled. Enable it to re-run invocations.");
    const body = objectField(null, await readJson(c.req.raw));
    if (body.filter === undefined) throw required("filter");
    const query = readFilter(objectField("filter", body.filter), fn.id, cdp.clock.now());
    const rerun_job_id = rerun(fn, query, cdp);
    cdp.runtime.wake();
    // PostHog looks for them later, so that it knows no numbers yet
    return c.json({ rerun_job_id, queued_count: 0, skipped_count: 0 });
  });
  return routes;
}

function readFilter(filter: Json, functionId: string, now: number): PastQuery {
  const at = (key: string) => `filter__${key}`;
  const date = (key: string) => {
    if (filter[key] === undefined) throw required(at(key));
    return dateTimeField(at(key), filter[key]);
  };
  const optional = <T>(key: string, read: (attr: string, value: unknown) => T): T | undefined =>
    filter[key] === undefined ? undefined : read(at(key), filter[key]);
  const texts = (attr: string, value: unknown) =>
    listField(attr, value).map((item, index) => textField(`${attr}__${index}`, item));
  const [from, to] = [date("window_start"), date("window_end")];
  const query: PastQuery = {
    functionId,
    from,
    to,
    // Rows are kept for as long as a window may be wide
    notBefore: new Date(now - maxWindowMs).toISOString(),
    statuses: optional("status", (attr, value) =>
      listField(attr, value).map((item, index) => choiceField(`${attr}__${index}`, item, statuses)),
    ) ?? ["failed"],
    errorKinds: optional("error_kind", texts),
    errorContains: optional("error_message_contains", (attr, value) => textField(attr, value, { max: 200 })),
    runsBelow: optional("max_attempts", (attr, value) => integerField(attr, value, { min: 1, max: 255 })),
    limit:
      optional("max_count", (attr, value) => integerField(attr, value, { min: 1, max: maxCount })) ??
      maxCount,
    ids: optional("invocation_ids", texts),
  };
  if ((query.ids?.length ?? 0) > maxCount) {
    throw invalid(
      at("invocation_ids"),
      `Ensure this field has no more than ${maxCount} elements.`,
      "max_length",
    );
  }
  if (to <= from) throw invalid(at("non_field_errors"), "'window_end' must be after 'window_start'.");
  if (Date.parse(to) - Date.parse(from) > maxWindowMs) {
    throw invalid(at("non_field_errors"), "Rerun window cannot exceed 30 days.");
  }
  return query;
}
