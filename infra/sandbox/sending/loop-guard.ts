import { isObject, type Json } from "../http/fields.ts";
import type { FetchCall } from "./fetch-call.ts";
import { UnsafeRequestError } from "./unsafe-request-error.ts";

/** Where the project's own events are captured: what PostHog knows as posthog.com. */
export type OwnCapture = { origin: string; token: string };

const paths = new Set(["/capture", "/batch", "/e", "/track", "/i/v0/e"]);
/** How often each function has sent on what it sent itself; PostHog keeps the count in the event. */
const depthProperty = "$hog_function_self_loop_depth";
const maxDepth = 10;

/**
 * A function that captures into its own project meets its own events again. Each of them says how often that has happened,
 * and the eleventh is not sent (contract §4.6; `self-loop-guard.ts`). Throws `UnsafeRequestError`.
 */
export function guardAgainstLoop(
  call: FetchCall,
  functionId: string,
  eventProperties: unknown,
  own: OwnCapture,
): FetchCall {
  const body = isOwnCapture(call, own) ? parsed(call.body) : undefined;
  if (!body) return call;
  const depth = depthsIn(eventProperties)[functionId];
  const before = typeof depth === "number" && depth > 0 ? Math.floor(depth) : 0;
  if (before >= maxDepth) {
    throw new UnsafeRequestError(`The function sent on its own events ${maxDepth} times; nothing was sent.`);
  }
  const events = Array.isArray(body.batch) ? body.batch.filter(isObject) : [body];
  for (const event of events) {
    const properties = isObject(event.properties) ? event.properties : {};
    const depths = { ...depthsIn(properties), [functionId]: before + 1 };
    event.properties = { ...properties, [depthProperty]: depths };
  }
  return { ...call, body: JSON.stringify(body) };
}

function isOwnCapture({ url, body }: FetchCall, { origin, token }: OwnCapture): boolean {
  const target = URL.parse(url);
  if (target?.origin !== origin || !paths.has(target.pathname.replace(/\/+$/, ""))) return false;
  const { api_key, token: given, api_token } = parsed(body) ?? {};
  return (api_key ?? given ?? api_token) === token;
}

function depthsIn(properties: unknown): Json {
  const depths = isObject(properties) ? properties[depthProperty] : undefined;
  return isObject(depths) ? depths : {};
}

function parsed(body: string | undefined): Json | undefined {
  try {
    const value: unknown = JSON.parse(body ?? "");
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
