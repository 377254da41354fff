import { type Context, Hono } from "hono";
import type { Clock } from "../clock.ts";
import type { HogFunctions } from "../functions/hog-functions.ts";
import { notFound } from "../http/api-error.ts";
import { choiceField, dateTimeField, integerField, textField } from "../http/fields.ts";
import { paginate } from "../http/pagination.ts";
import type { Logs } from "./logs.ts";
import { metricSeries, metricTotals } from "./metric-series.ts";
import type { Metrics } from "./metrics.ts";
import { readRelativeDate } from "./relative-date.ts";

type Parts = { clock: Clock; functions: HogFunctions; logs: Logs; metrics: Metrics };

/** `/hog_functions/<id>/logs/`, `metrics/` and `metrics/totals/` (contract §3). */
export function observationRoutes({ clock, functions, logs, metrics }: Parts): Hono {
  const routes = new Hono();

  const found = (c: Context) => {
    const fn = functions.get(c.req.param("id") ?? "");
    if (!fn || fn.deleted) throw notFound("Not found.");
    return fn.id;
  };
  const text = (c: Context, name: string) => {
    const value = c.req.query(name);
    return value === undefined ? undefined : textField(name, value);
  };
  const list = (c: Context, name: string) => text(c, name)?.split(",");
  const time = (c: Context, name: string) => {
    const value = text(c, name);
    return value === undefined ? undefined : readRelativeDate(value, clock.now());
  };
  const date = (c: Context, name: string) => {
    const value = c.req.query(name);
    return value === undefined ? undefined : dateTimeField(name, value);
  };

  routes.get("/:id/logs", (c) => {
    const functionId = found(c);
    const given = c.req.query("limit");
    const limit = given === undefined ? 50 : integerField("limit", given, { min: 1, max: 500 });
    const levels = c.req.queries("level")?.flatMap((value) => value.split(","));
    const rows = logs.read({
      functionId,
      limit,
      after: date(c, "after"),
      before: date(c, "before"),
      levels: levels?.map((level) => level.toUpperCase()),
      search: text(c, "search"),
      instanceId: text(c, "instance_id"),
    });
    // The page is cut out of these rows once more, with the same limit
    return c.json(paginate(c.req.url, rows.length, (size, offset) => rows.slice(offset, offset + size)));
  });

  const query = (c: Context) => ({
    functionId: found(c),
    by: choiceField("breakdown_by", c.req.query("breakdown_by") ?? "kind", ["name", "kind"]),
    names: list(c, "name"),
    kinds: list(c, "kind"),
  });
  const interval = (c: Context) =>
    choiceField("interval", c.req.query("interval") ?? "day", ["hour", "day", "week"]);

  routes.get("/:id/metrics", (c) => {
    const bounds = {
      after: time(c, "after") ?? readRelativeDate("-7d", clock.now()),
      before: time(c, "before") ?? clock.now(),
    };
    // A function's counts belong to no instance (`hog-function-monitoring.service.ts`)
    const isOfInstance = text(c, "instance_id") !== undefined;
    const series = metricSeries(metrics, { ...query(c), ...bounds, interval: interval(c) });
    return c.json(isOfInstance ? { ...series, series: [] } : series);
  });

  routes.get("/:id/metrics/totals", (c) => {
    interval(c);
    return c.json(metricTotals(metrics, { ...query(c), after: time(c, "after"), before: time(c, "before") }));
  });
  return routes;
}
