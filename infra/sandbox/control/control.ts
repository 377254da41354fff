import { Hono } from "hono";
import type { Clock } from "../clock.ts";
import type { Events } from "../events/events.ts";
import { readInternalEvent } from "../events/internal-events.ts";
import { readUntypedJson } from "../http/read-json.ts";
import type { traceOf } from "../runtime/trace.ts";
import type { RequestLog } from "./request-log.ts";

/** `/_sandbox/`: what PostHog does not have. Faults are mounted beside it. */
export function controlRoutes(options: {
  /** The absolute folder, so that a starter knows whose sandbox this is. */
  data: string;
  projectId: number;
  clock: Clock;
  events: Events;
  trace: (uuid: string) => ReturnType<typeof traceOf>;
  requests: RequestLog;
  /** Called when an event was added. */
  wake: () => void;
}): Hono {
  const { data, projectId, clock, events, trace, requests, wake } = options;
  const routes = new Hono();
  routes.get("/health", (c) => c.json({ ok: true, project: projectId, data, pid: process.pid }));

  routes.get("/events/:uuid", (c) => {
    const found = trace(c.req.param("uuid").toLowerCase());
    return found ? c.json(found) : c.json({ captured: false }, 404);
  });

  // As if PostHog itself had noticed something: an alert, an issue of error tracking
  routes.post("/internal-events", async (c) => {
    const read = readInternalEvent(await readUntypedJson(c.req.raw), clock.now());
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
