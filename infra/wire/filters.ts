import type { LoweredFilters, LoweredProperty } from "../spec/lowered.ts";
import { isMap, isSame, type Json, without } from "./json.ts";
import { fromRemoteProperties, type GroupReader, type GroupTypes, toRemoteProperties } from "./properties.ts";

/** An item of `filters.events` in a resource's inputs, where an event filter's action is known by its id. */
export type EventReference = ({ id: string } | { filter: string; id: string } | { action: number }) & {
  properties?: LoweredProperty[];
};

export type Filters = Omit<LoweredFilters, "events"> & { events?: "all" | EventReference[] };

/** PostHog's own form of "every event" (contract §1.8). */
const allEvents = { id: null, name: "All events", type: "events", order: 0 };
const derived = ["bytecode", "bytecode_error", "transpiled"];

/**
 * A destination's filters as PostHog stores them (contract §1.8), nothing left to a default. PostHog has two lists, of
 * events and of actions; `order` counts through both. It says `internal-events` itself, and older ones refuse the word.
 */
export function toRemoteFilters(filters: Filters, groups: GroupTypes): Json {
  const { source = "events", events = [], properties = [], filter_test_accounts = false } = filters;
  const items =
    events === "all" ? [allEvents] : events.map((event, order) => toRemoteItem(event, order, groups));
  const actions = items.filter(({ type }) => type === "actions");
  return {
    ...(source !== "internal-events" && { source }),
    ...(source !== "person-updates" && { events: items.filter(({ type }) => type === "events") }),
    ...(actions.length > 0 && { actions }),
    properties: toRemoteProperties(properties, groups),
    filter_test_accounts,
  };
}

/** The filters that would have written these; a key that we never write stays at its own path. */
export function fromRemoteFilters(remote: Json, type: string, known: unknown, readGroup: GroupReader): Json {
  const { source, events, actions, properties, filter_test_accounts, ...rest } = without(remote, derived);
  const unknown = Object.entries(rest).filter(([, value]) => value !== null && !isEmptyList(value));
  const isUsual = source === undefined || source === "events";
  const seenSource = isUsual && type === "internal_destination" ? "internal-events" : source;
  const items = inOrder(events, actions).map((item, index) => fromRemoteItem(item, index, known, readGroup));
  // Without events and actions every event matches (contract §1.8).
  const matchesAll = items.length === 0 && unknown.length === 0;
  const isAll = matchesAll || (items.length === 1 && isSame(asList(events), [allEvents]));
  return {
    ...Object.fromEntries(unknown),
    ...(seenSource !== undefined && seenSource !== "events" && { source: seenSource }),
    ...(!(source === "person-updates" && items.length === 0) && { events: isAll ? "all" : items }),
    ...fromRemoteProperties(properties, readGroup),
    ...(filter_test_accounts ? { filter_test_accounts } : {}),
  };
}

function toRemoteItem(event: EventReference, order: number, groups: GroupTypes): Json {
  const { properties } = event;
  return {
    ...identity(event),
    order,
    ...(properties && { properties: toRemoteProperties(properties, groups) }),
  };
}

/** The name is only a label; on the way back it tells a filter of ours from the same action by its number. */
function identity(event: EventReference): Json {
  if ("filter" in event) return { id: event.id, name: event.filter, type: "actions" };
  if ("action" in event) return { id: `${event.action}`, name: actionName(event.action), type: "actions" };
  return { id: event.id, name: event.id, type: "events" };
}

function fromRemoteItem({ item, list }: Listed, index: number, known: unknown, readGroup: GroupReader): Json {
  const { id, name, type, order, properties, ...rest } = item;
  const [reference, label] = list === "actions" ? fromRemoteAction(id, name, known) : [{ id }, id];
  // We write both; in what somebody else wrote they may be missing.
  const { name: seenName, order: seenOrder } =
    known === undefined
      ? { name: name ?? label, order: order ?? index }
      : { name: name ?? null, order: order ?? null };
  return {
    ...reference,
    ...(seenName !== label && { name: seenName }),
    // Without its type an item holds for every event.
    ...(type !== list && { type: type ?? null }),
    ...(seenOrder !== index && { order: seenOrder }),
    ...fromRemoteProperties(properties, readGroup),
    ...rest,
  };
}

function fromRemoteAction(id: unknown, name: unknown, known: unknown): [reference: Json, label: string] {
  const action = String(id);
  const slug = slugOf(action, known);
  if (slug !== undefined && name !== actionName(action)) return [{ filter: slug, id }, slug];
  // An id that is a number PostHog finds too, but not the function again when the action changes: that one shows as a text.
  const isUsual = typeof id === "string" && String(Number(id)) === id;
  return [{ action: isUsual ? Number(id) : action }, actionName(action)];
}

/** PostHog does not know our slugs: an action is an event filter of ours where it was written as one. */
function slugOf(action: string, known: unknown): string | undefined {
  const events = isMap(known) ? asList(known.events) : [];
  const slug = events.find((event) => event.filter !== undefined && String(event.id) === action)?.filter;
  return typeof slug === "string" ? slug : undefined;
}

function actionName(action: number | string): string {
  return `Action ${action}`;
}

type Listed = { item: Json; list: "events" | "actions" };

/** Both lists as one, by `order`; what has none stays where it is. */
function inOrder(events: unknown, actions: unknown): Listed[] {
  const listed: Listed[] = [
    ...asList(events).map((item) => ({ item, list: "events" as const })),
    ...asList(actions).map((item) => ({ item, list: "actions" as const })),
  ];
  const place = ({ item }: Listed, index: number) => (typeof item.order === "number" ? item.order : index);
  return listed
    .map((one, index) => ({ one, place: place(one, index) }))
    .sort((left, right) => left.place - right.place)
    .map(({ one }) => one);
}

function asList(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isMap) : [];
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
