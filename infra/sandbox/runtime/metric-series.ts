import type { Metrics, MetricsQuery } from "./metrics.ts";

export type Interval = "hour" | "day" | "week";
type SeriesQuery = MetricsQuery & { after: number; before: number; interval: Interval };

const hourMs = 3_600_000;
const steps = { hour: hourMs, day: 24 * hourMs, week: 7 * 24 * hourMs };

/** One value for each interval from `after` to `before`, 0 where nothing was counted (`posthog/api/app_metrics2.py`). */
export function metricSeries(metrics: Metrics, query: SeriesQuery) {
  const { after, before, interval } = query;
  const labels: string[] = [];
  for (let at = startOf(interval, after); at <= before; at += steps[interval])
    labels.push(label(interval, at));
  const values = new Map<string, number[]>();
  for (const { at, breakdown, count } of metrics.read(query)) {
    const series = values.get(breakdown) ?? labels.map(() => 0);
    values.set(breakdown, series);
    const index = labels.indexOf(label(interval, startOf(interval, at)));
    if (index >= 0) series[index] = (series[index] ?? 0) + count;
  }
  return { labels, series: [...values].sort().map(([name, values]) => ({ name, values })) };
}

export function metricTotals(metrics: Metrics, query: MetricsQuery) {
  const totals: Record<string, number> = {};
  for (const { breakdown, count } of metrics.read(query))
    totals[breakdown] = (totals[breakdown] ?? 0) + count;
  return { totals };
}

/** A week begins on Monday. */
function startOf(interval: Interval, at: number): number {
  const date = new Date(at);
  if (interval === "hour") return date.setUTCMinutes(0, 0, 0);
  const midnight = date.setUTCHours(0, 0, 0, 0);
  return interval === "day" ? midnight : midnight - ((date.getUTCDay() + 6) % 7) * steps.day;
}

function label(interval: Interval, at: number): string {
  return new Date(at).toISOString().slice(0, interval === "hour" ? 16 : 10);
}
