import { Hono } from "hono";
import type { Clock } from "../clock.ts";
import type { Events } from "../events/events.ts";
import { readInternalEvent } from "../events/internal-events.ts";
import type { Invocations } from "../runtime/invocations.ts";
import type { RequestLog } from "./request-log.ts";

/** `/_sandbox/`: what PostHog does not have. Faults are mounted beside it. */
export function controlRoutes(options: {
  /** The absolute folder, so that a starter knows whose sandbox this is. */
  data: string;
  projectId: number;
  clock: Clock;
  events: Events;
  invocations: Invocations;
  requests: RequestLog;
  /** Called when an event was added. */
  wake: () => void;
}): Hono {
  const { data, projectId, clock, events, invocations, requests, wake } = options;
  const routes = new Hono();
  routes.get("/health", (c) => c.json({ ok: true, project: projectId, data, pid: process.pid }));

  // One event's way; `settled` when nothing more will happen to it
  routes.get("/events/:uuid", (c) => {
    const uuid = c.req.param("uuid").toLowerCase();
    const event = events.find(uuid);
    if (!event) return c.json({ captured: false }, 404);
    const met = invocations.ofEvent(uuid);
    return c.json({
      captured: true,
      at: event.capturedAt,
      event: event.event,
      settled: event.isMatched && met.every(({ state }) => state !== "queued"),
      destinations: met.map(({ functionId, name, state, reason, deliveries, logs }) => ({
        id: functionId,
        name,
        matched: !["filtered", "filtering_failed"].includes(state),
        state,
        ...(reason !== undefined && { reason }),
        deliveries,
        logs,
      })),
    });
  });

  // As if PostHog itself had noticed something: an alert, an issue of error tracking
  routes.post("/internal-events", async (c) => {
    const read = readInternalEvent(await c.req.json(), clock.now());
    if ("error" in read) return c.json(read, 400);
    events.add([read.event], read.internal);
    wake();
    return c.json({ uuid: read.event.uuid });
  });

  routes.get("/requests", (c) => c.json({ requests: requests.list() }));
  routes.delete("/requests", (c) => {
    requests.clear();
    return c.body(null, 204);
  });
  return routes;
}
