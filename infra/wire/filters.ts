import type { LoweredFilters } from "../spec/lowered.ts";
import { isSame, type Json, without } from "./json.ts";

type Property = NonNullable<LoweredFilters["properties"]>[number];

/** PostHog's own form of "every event" (contract §1.8). */
const allEvents = { id: null, name: "All events", type: "events", order: 0 };
const derived = ["bytecode", "bytecode_error", "transpiled"];

/** A destination's filters as PostHog stores them (contract §1.8), nothing left to a default. */
export function toRemoteFilters(filters: LoweredFilters): Json {
  return {
    source: "events",
    events: filters.events === "all" ? [allEvents] : filters.events.map(toRemoteEvent),
    properties: (filters.properties ?? []).map(toRemoteProperty),
    filter_test_accounts: filters.filter_test_accounts ?? false,
  };
}

/** The lowered filters that would have written these; a key that we never write stays at its own path. */
export function fromRemoteFilters(remote: Json): Json {
  const {
    source,
    events,
    properties,
    filter_test_accounts: testAccounts,
    ...rest
  } = without(remote, derived);
  const unknown = Object.entries(rest).filter(([, value]) => value !== null && !isEmptyList(value));
  return {
    ...Object.fromEntries(unknown),
    ...(source !== undefined && source !== "events" && { source }),
    events: fromRemoteEvents(events, unknown.length > 0),
    ...fromRemoteProperties(properties),
    ...(testAccounts ? { filter_test_accounts: testAccounts } : {}),
  };
}

function toRemoteEvent({ id, properties }: { id: string; properties?: Property[] }, order: number): Json {
  return {
    id,
    name: id,
    type: "events",
    order,
    ...(properties && { properties: properties.map(toRemoteProperty) }),
  };
}

function fromRemoteEvents(events: unknown, besides: boolean): unknown {
  const list = Array.isArray(events) ? events : [];
  // Without events and actions every event matches (contract §1.8).
  if (list.length === 0 && !besides) return "all";
  if (list.length === 1 && isSame(list[0], allEvents)) return "all";
  return list.map(fromRemoteEvent);
}

function fromRemoteEvent(event: Json, index: number): Json {
  const { id, name, type, order, properties, ...rest } = event;
  return {
    id,
    ...(name !== id && { name }),
    ...(type !== "events" && { type }),
    ...(order !== index && { order }),
    ...fromRemoteProperties(properties),
    ...rest,
  };
}

function toRemoteProperty(property: Property): Json {
  return { operator: "exact", type: "event", ...property };
}

function fromRemoteProperties(properties: unknown): { properties?: unknown } {
  if (properties === undefined || properties === null || isEmptyList(properties)) return {};
  return { properties: Array.isArray(properties) ? properties.map(fromRemoteProperty) : properties };
}

function fromRemoteProperty({ operator, type, ...rest }: Json): Json {
  return {
    ...rest,
    ...(operator !== undefined && operator !== "exact" && { operator }),
    ...(type !== undefined && type !== "event" && { type }),
  };
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
