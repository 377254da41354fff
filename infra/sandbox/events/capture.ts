import { randomUUID } from "node:crypto";
import { type Context, Hono } from "hono";
import type { HogEvent } from "../../hog/types.ts";
import type { Clock } from "../clock.ts";
import { isObject, type Json, textOf } from "../http/fields.ts";
import { takeElementsChain } from "./elements-chain.ts";
import { eventTime, readSentAt } from "./event-time.ts";
import { CaptureError, readPayload } from "./payload.ts";

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
  routes.on("GET", paths, (c) => c.text("the sandbox does not have capture by GET; use POST", 501));

  async function take(c: Context): Promise<Response> {
    try {
      const payload = readPayload(Buffer.from(await c.req.arrayBuffer()), {
        contentType: c.req.header("content-type") ?? "",
        contentEncoding: c.req.header("content-encoding") ?? "",
        compression: c.req.query("compression"),
      });
      const { items, token, sentAt } = readRequest(payload, c.req.query("_"));
      const events = items.map((item) => readEvent(item, sentAt, options.clock.now()));
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

type CaptureRequest = { items: Json[]; token: string; sentAt: number | undefined };

function readRequest(body: unknown, sentAt: string | undefined): CaptureRequest {
  const batch = isObject(body) && Array.isArray(body.batch) ? body : undefined;
  const list = batch?.batch ?? (Array.isArray(body) ? body : [body]);
  if (!Array.isArray(list) || list.length === 0) throw new CaptureError(400, "the request holds no event");
  const items = list.map((item) => {
    if (isObject(item)) return item;
    throw new CaptureError(400, "failed to parse request: an event is not an object");
  });
  return { items, token: readToken(batch ? [batch] : items), sentAt: readSentAt(batch?.sent_at, sentAt) };
}

/** A batch's own, or that of its events; those without are taken for the others'. */
function readToken(holders: Json[]): string {
  const tokens = new Set(holders.map(tokenOf).filter((token) => token !== ""));
  const [token] = tokens;
  if (token === undefined) throw new CaptureError(401, "the event has no api_key");
  if (tokens.size > 1) throw new CaptureError(401, "the events have different api_keys");
  const wrong = wrongToken(token);
  if (wrong) throw new CaptureError(401, `the api_key is wrong: ${wrong}`);
  return token;
}

function wrongToken(token: string): string | undefined {
  if (token.startsWith("phx_")) return "it is a personal API key; use the project's";
  if (token.length > 64) return "it is too long";
  return /^[\x20-\x7e]*$/.test(token) ? undefined : "it is not plain ASCII";
}

function tokenOf(body: Json): string {
  const properties = isObject(body.properties) ? body.properties : {};
  return textOf(body.api_key ?? body.token ?? body.$token ?? properties.token ?? "");
}

function readEvent(item: Json, sentAt: number | undefined, now: number): HogEvent {
  const { $set, $set_once } = item;
  const given = isObject(item.properties) ? item.properties : {};
  const properties: Json = { ...($set !== undefined && { $set }), ...given };
  if ($set_once !== undefined) properties.$set_once ??= $set_once;
  if (item.event === undefined || item.event === "") {
    throw new CaptureError(400, "the event has no name");
  }
  if (typeof item.event !== "string")
    throw new CaptureError(400, "failed to parse request: an event's name is no text");
  return {
    uuid: readUuid(item.uuid),
    event: item.event,
    distinct_id: readDistinctId(item.distinct_id ?? item.$distinct_id ?? properties.distinct_id),
    ...takeElementsChain(properties),
    timestamp: new Date(eventTime(item, properties, sentAt, now)).toISOString(),
  };
}

/** As a text, whatever it is, and of at most 200 letters. */
function readDistinctId(value: unknown): string {
  if (value === undefined || value === null) throw new CaptureError(400, "the event has no distinct_id");
  if (value === "") throw new CaptureError(400, "the event's distinct_id is empty");
  return firstLetters(textOf(value), 200);
}

/** Never half of a surrogate pair. */
function firstLetters(text: string, count: number): string {
  return text.length > count ? [...text].slice(0, count).join("") : text;
}

function readUuid(value: unknown): string {
  if (value === undefined || value === null || value === "") return randomUUID();
  if (typeof value === "string" && uuidPattern.test(value)) return value.toLowerCase();
  throw new CaptureError(400, "the event's uuid is not a UUID");
}
