import { randomUUID } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { type Context, Hono } from "hono";
import type { HogEvent } from "../../hog/types.ts";
import type { Clock } from "../clock.ts";
import { isObject, type Json } from "../http/fields.ts";
import { takeElementsChain } from "./elements-chain.ts";

/** Capture answers errors in plain text (contract §7). */
class CaptureError extends Error {
  readonly status: 400 | 401;

  constructor(status: 400 | 401, message: string) {
    super(message);
    this.status = status;
  }
}

const paths = ["/i/v0/e", "/e", "/capture", "/track", "/engage", "/batch"];
const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Takes events, single, in a list or in a batch. A token of no project is accepted and goes nowhere (contract §7). */
export function captureRoutes(options: {
  token: string;
  clock: Clock;
  store: (events: HogEvent[]) => void;
}): Hono {
  const routes = new Hono();
  routes.on("POST", paths, take);

  async function take(c: Context): Promise<Response> {
    try {
      const { items, token } = readRequest(decoded(Buffer.from(await c.req.arrayBuffer())));
      const events = items.map((item) => readEvent(item, options.clock.now()));
      if (token === options.token) options.store(events);
    } catch (error) {
      if (error instanceof CaptureError) return c.text(error.message, error.status);
      throw error;
    }
    return c.req.query("beacon") === "1" ? c.body(null, 204) : c.json({ status: "Ok" });
  }

  // What a client asks for besides: the sandbox has no feature flags
  routes.on("POST", ["/flags", "/decide"], noFlags);
  routes.get("/array/:token/config", (c) =>
    c.json({ supportedCompression: ["gzip"], hasFeatureFlags: false }),
  );
  return routes;
}

function noFlags(c: Context): Response {
  return c.json({ flags: {}, featureFlags: {}, featureFlagPayloads: {}, errorsWhileComputingFlags: false });
}

/** Gzip is known by its first bytes, whatever the headers say. */
function decoded(body: Buffer): unknown {
  try {
    const isGzip = body[0] === 0x1f && body[1] === 0x8b;
    return JSON.parse((isGzip ? gunzipSync(body) : body).toString("utf8"));
  } catch {
    throw new CaptureError(400, "failed to parse request: it is neither JSON nor gzipped JSON");
  }
}

function readRequest(body: unknown): { items: Json[]; token: string } {
  const list = isObject(body) && Array.isArray(body.batch) ? body.batch : Array.isArray(body) ? body : [body];
  if (list.length === 0) throw new CaptureError(400, "the request holds no event");
  const items = list.map((item) => {
    if (isObject(item)) return item;
    throw new CaptureError(400, "failed to parse request: an event is not an object");
  });
  const tokens = new Set((isObject(body) ? [body] : items).map(tokenOf));
  const [token = ""] = tokens;
  if (token === "") throw new CaptureError(401, "the event has no api_key");
  if (tokens.size > 1) throw new CaptureError(401, "the events have different api_keys");
  if (token.startsWith("phx_"))
    throw new CaptureError(401, "the api_key is a personal API key; use the project's");
  return { items, token };
}

function tokenOf(body: Json): string {
  const properties = isObject(body.properties) ? body.properties : {};
  return String(body.api_key ?? body.token ?? properties.token ?? "");
}

function readEvent(item: Json, now: number): HogEvent {
  const { $set, $set_once } = item;
  const given = isObject(item.properties) ? item.properties : {};
  const properties: Json = { ...($set !== undefined && { $set }), ...given };
  if ($set_once !== undefined) properties.$set_once ??= $set_once;
  const distinctId = item.distinct_id ?? item.$distinct_id ?? properties.distinct_id;
  if (typeof item.event !== "string" || item.event === "")
    throw new CaptureError(400, "the event has no name");
  if (distinctId === undefined || distinctId === null || distinctId === "") {
    throw new CaptureError(400, "the event has no distinct_id");
  }
  return {
    uuid: readUuid(item.uuid),
    event: item.event,
    distinct_id: String(distinctId),
    ...takeElementsChain(properties),
    timestamp: new Date(readTime(item.timestamp) ?? now).toISOString(),
  };
}

function readUuid(value: unknown): string {
  if (value === undefined || value === null) return randomUUID();
  if (typeof value === "string" && uuidPattern.test(value)) return value.toLowerCase();
  throw new CaptureError(400, "the event's uuid is not a UUID");
}

function readTime(value: unknown): number | undefined {
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
