import { type Context, Hono } from "hono";
import type { Clock } from "../clock.ts";
import { ApiError, invalid, notInSandbox } from "../http/api-error.ts";
import { type EventList, isoOf, type Listing, readFilters } from "./event-list.ts";

const defaultLimit = 100;
const mostRows = 50_000;
const day = 86_400_000;

/** `events/`, which PostHog keeps for old clients (contract §6.2). */
export function eventRoutes(events: EventList, clock: Clock): Hono {
  const routes = new Hono();

  routes.get("/", (c) => {
    const listing = readListing(c, clock.now());
    const { after } = listing;
    // at first only the last day; without an `after`, all of time if that is no full page
    const recent = listing.ascending ? after : (after ?? new Date(clock.now() - day).toISOString());
    let rows = events.list({ ...listing, after: recent });
    if (rows.length < listing.limit && after === undefined) rows = events.list({ ...listing, after });
    const last = rows.length > listing.limit ? rows[listing.limit - 1] : undefined;
    return c.json({
      next: last ? nextPage(c.req.url, isoOf(last), listing.ascending) : null,
      results: rows.slice(0, listing.limit).map((row) => events.shown(row, true)),
    });
  });

  routes.get("/values", () => {
    throw notInSandbox("the values of properties");
  });

  routes.get("/:uuid", (c) => {
    const uuid = c.req.param("uuid").toLowerCase();
    if (!/^[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/.test(uuid)) {
      return c.json({ detail: "Invalid UUID", code: "invalid", type: "validation_error" }, 400);
    }
    const hex =
      uuid
        .replaceAll("-", "")
        .match(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/)
        ?.slice(1) ?? [];
    const row = events.find(hex.join("-"));
    if (!row) {
      const detail = `No events exist for event UUID ${c.req.param("uuid")}`;
      throw new ApiError(404, { type: "invalid_request", code: "not_found", detail, attr: null });
    }
    return c.json(events.shown(row, Boolean(c.req.query("include_person"))));
  });
  return routes;
}

const refused = ["select", "where", "action_id", "format"];

function readListing(c: Context, now: number): Listing {
  const given = c.req.query();
  const other = refused.find((name) => given[name] && given[name] !== "json");
  if (other) throw notInSandbox(`the parameter '${other}' of events`);
  return {
    event: given.event,
    distinctId: given.distinct_id,
    personId: given.person_id,
    filters: readFilters(given.properties),
    after: readTime("after", given.after),
    before: readTime("before", given.before) ?? new Date(now + 5_000).toISOString(),
    ascending: !isDescending(given.orderBy),
    limit: Math.min(readCount("limit", given.limit) || defaultLimit, mostRows),
    offset: readCount("offset", given.offset),
  };
}

/** JSON; anything but the one default is ascending. */
function isDescending(orderBy: string | undefined): boolean {
  if (!orderBy) return true;
  try {
    const list: unknown = JSON.parse(orderBy);
    if (Array.isArray(list)) return list.length === 1 && list[0] === "-timestamp";
  } catch {
    // said below
  }
  throw invalid("orderBy", "Expected a list of items in JSON.");
}

function readCount(name: string, text: string | undefined): number {
  if (text === undefined || /^\d{1,9}$/.test(text)) return Number(text ?? 0);
  throw invalid(name, "A valid integer is required.");
}

function readTime(name: string, text: string | undefined): string | undefined {
  if (!text) return undefined;
  const time = /^\d{4}-\d\d/.test(text) ? Date.parse(withZone(text)) : Number.NaN;
  if (Number.isNaN(time)) throw notInSandbox(`'${text.slice(0, 40)}' as '${name}' of events`);
  return new Date(time).toISOString();
}

/** A time without a zone is in UTC; a plus in a query is a space. */
function withZone(text: string): string {
  const time = text.replace(/ (\d\d:\d\d)$/, "+$1");
  return /^[^T ]*$|Z$|[+-]\d\d:?\d\d$/.test(time) ? time : `${time}Z`;
}

/** From the last row on. */
function nextPage(requestUrl: string, time: string, ascending: boolean): string {
  const url = new URL(requestUrl);
  url.searchParams.set(ascending ? "after" : "before", time);
  return url.href;
}
