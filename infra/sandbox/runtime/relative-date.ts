const units: Record<string, (date: Date, count: number) => void> = {
  h: (date, count) => date.setUTCHours(date.getUTCHours() - count),
  d: (date, count) => date.setUTCDate(date.getUTCDate() - count),
  w: (date, count) => date.setUTCDate(date.getUTCDate() - 7 * count),
  m: (date, count) => date.setUTCMonth(date.getUTCMonth() - count),
  q: (date, count) => date.setUTCMonth(date.getUTCMonth() - 3 * count),
  y: (date, count) => date.setUTCFullYear(date.getUTCFullYear() - count),
};

/** Milliseconds of `-7d`, `-24h` or an ISO 8601 date, in UTC; what is neither is now, as PostHog has it. */
export function readRelativeDate(text: string, now: number): number {
  const time = Date.parse(/^\d{4}-\d\d-\d\dT[\d:.]+$/.test(text) ? `${text}Z` : text);
  if (/^\d{4}-/.test(text) && !Number.isNaN(time)) return time;
  const [, count = "1", unit = ""] = /^-?(\d+)?([a-z])$/.exec(text) ?? [];
  const date = new Date(now);
  units[unit]?.(date, Number(count));
  return date.getTime();
}
