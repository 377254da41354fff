import type { Json } from "../http/fields.ts";

const mostAhead = 23 * 3_600_000;

/**
 * When an event happened, in milliseconds, as PostHog's ingestion has it: by the client's clock, put right by how far
 * the client's `sent_at` is from our own now; or so many milliseconds ago (`offset`). What is no time, or lies before
 * our era or almost a day ahead, is now.
 */
export function eventTime(item: Json, properties: Json, sentAt: number | undefined, now: number): number {
  const given = readTime(item.timestamp);
  const sent = properties.$ignore_sent_at ? undefined : sentAt;
  let time = given ?? now;
  if (given === undefined || sent !== undefined) {
    if (given !== undefined && sent !== undefined) time = now + given - sent;
    if (typeof item.offset === "number" && item.offset !== 0) time = now - item.offset;
  }
  const isKnown = time >= Date.parse("0000-01-01") && time - now <= mostAhead;
  return isKnown ? time : now;
}

/** Of a batch in its body, else of posthog-js in the query: `_`, in milliseconds (seconds are not looked at). */
export function readSentAt(body: unknown, query: string | undefined): number | undefined {
  const given = typeof body === "string" ? readTime(body) : undefined;
  const milliseconds = Number(query);
  return given ?? (milliseconds > Date.parse("2021-01-01") ? milliseconds : undefined);
}

function readTime(value: unknown): number | undefined {
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
