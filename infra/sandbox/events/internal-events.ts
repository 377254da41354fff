import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { HogEvent } from "../../hog/types.ts";

/** What PostHog itself raises may name a person, or a member of the organisation, and bring URLs along. */
export type Internal = {
  url: string;
  person: { id: string; properties: Record<string, unknown>; url: string } | null;
};

const eventModel = z.strictObject({
  event: z.string().min(1),
  uuid: z.uuid().optional(),
  distinct_id: z.string().default("sandbox"),
  properties: z.record(z.string(), z.unknown()).default({}),
  timestamp: z.iso.datetime({ offset: true }).optional(),
  url: z.string().default(""),
  person: z
    .strictObject({
      id: z.string(),
      properties: z.record(z.string(), z.unknown()).default({}),
      url: z.string().default(""),
    })
    .nullable()
    .default(null),
});

const issueEvents = ["created", "reopened", "spiking"].map((word) => `$error_tracking_issue_${word}`);
const alertEvent = /^\$[a-z0-9_]+_alert_(firing|resolved|errored|auto_disabled)$/;

/** The body of `POST /_sandbox/internal-events`, in the shape of PostHog's own queue (`CdpInternalEventSchema`). */
export function readInternalEvent(
  body: unknown,
  now: number,
): { event: HogEvent; internal: Internal } | { error: string } {
  const read = eventModel.safeParse(body);
  if (!read.success) return { error: z.prettifyError(read.error) };
  const { event, uuid = randomUUID(), distinct_id, properties, timestamp, url, person } = read.data;
  return {
    event: {
      uuid: uuid.toLowerCase(),
      event,
      distinct_id,
      properties: issueEvents.includes(event) ? withExceptionProperties(properties) : properties,
      timestamp: new Date(timestamp ?? now).toISOString(),
    },
    internal: { url, person },
  };
}

/** An alert that has a screen of its own in PostHog, and its own API: not to be made as a hog function (contract §1.6). */
export function isManagedAlert(event: string | null): boolean {
  // insight alerts are older than that API
  return event !== null && event !== "$insight_alert_firing" && alertEvent.test(event);
}

/** True for an alert's event, which only reaches functions that name it and its `alert_id`, exactly. */
export function isAlert(event: string): boolean {
  return alertEvent.test(event);
}

/** An issue's event carries those of the exception; its own win. */
function withExceptionProperties(properties: Record<string, unknown>): Record<string, unknown> {
  const { exception_props: exception, ...own } = properties;
  return typeof exception === "object" ? { ...exception, ...own } : properties;
}
