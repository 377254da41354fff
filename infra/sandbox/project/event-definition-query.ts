import { invalid } from "../http/api-error.ts";
import { integerField } from "../http/fields.ts";
import type { EventDefinition } from "./event-definitions.ts";

const staleAfter = 30 * 86_400_000;
const types = ["event", "event_custom", "event_posthog"];
const unserved = ["all", "action_event"]; // taken, and answered as `event`

type Order = [key: "name" | "length" | "last_seen_at" | "created_at", isDay: boolean, sign: 1 | -1];

/** Those that fit, in the order asked for; by the day they were last seen, then by name, unless told (contract §6.4). */
export function listEventDefinitions(
  definitions: EventDefinition[],
  query: URLSearchParams,
  now: number,
): EventDefinition[] {
  if (query.has("limit")) integerField("limit", query.get("limit"), { min: 1 });
  if (query.has("offset")) integerField("offset", query.get("offset"), { min: 0 });
  const type = query.get("event_type") ?? "event";
  if (!types.includes(type) && !unserved.includes(type)) {
    throw invalid("event_type", `Not a valid event type. Use one of: ${types.join(", ")}.`);
  }
  const words = terms(query.get("search"));
  const names = query.getAll("names").flatMap((text) => text.split(",").filter(Boolean));
  const tags = textsIn(query.get("tags"));
  const excluded = textsIn(query.get("excluded_properties"));
  const verified = query.get("verified")?.toLowerCase();
  const isTrue = (name: string) => query.get(name)?.toLowerCase() === "true";
  const fits = (one: EventDefinition) =>
    words.every((word) => one.name.toLowerCase().includes(word)) &&
    (names.length === 0 || names.includes(one.name)) &&
    (tags.length === 0 || tags.some((tag) => one.tags.includes(tag))) &&
    !excluded.includes(one.name) &&
    (type !== "event_custom" || !one.name.startsWith("$")) &&
    (type !== "event_posthog" || one.name.startsWith("$")) &&
    // PostHog's own events count as verified; it has a list of them
    (verified === undefined || (one.verified || one.name.startsWith("$")) === (verified === "true")) &&
    !(isTrue("exclude_hidden") && one.hidden) &&
    !(
      isTrue("exclude_stale") &&
      one.last_seen_at !== null &&
      now - Date.parse(one.last_seen_at) >= staleAfter
    );
  const orders = readOrders(query.getAll("ordering"), words.length > 0);
  return definitions.filter(fits).sort((a, b) => compare(a, b, orders));
}

/** The words of a search, each of which must be in the name. */
export function terms(search: string | null): string[] {
  return (search ?? "").toLowerCase().split(" ").filter(Boolean);
}

/** A JSON list of texts; what is none narrows nothing. */
export function textsIn(text: string | null): string[] {
  try {
    const list: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(list) ? list.filter((item) => typeof item === "string") : [];
  } catch {
    return [];
  }
}

/** Unknown ones are dropped; the name breaks ties, so that pages hold. */
function readOrders(given: string[], isSearch: boolean): Order[] {
  const orders = given
    .flatMap((text) => text.split(","))
    .flatMap((text): Order[] => {
      const match = /^(-?)(name|last_seen_at|created_at)(::date)?$/.exec(text);
      if (!match) return [];
      const [, minus, key, day] = match;
      return [[key as Order[0], day !== undefined, minus ? -1 : 1]]; // one of those in the expression
    });
  if (orders.length > 0) return [...orders, ["name", false, 1]];
  const usual: Order[] = [
    ["last_seen_at", true, -1],
    ["name", false, 1],
  ];
  return isSearch ? [["length", false, 1], ...usual] : usual;
}

/** Empty times come first when ascending, last when descending. */
function compare(a: EventDefinition, b: EventDefinition, orders: Order[]): number {
  for (const [key, isDay, sign] of orders) {
    const [left, right] = [a, b].map((one) => {
      if (key === "length") return one.name.length;
      return isDay ? (one[key] ?? "").slice(0, 10) : (one[key] ?? "");
    });
    if (left !== right) return (left ?? "") < (right ?? "") ? -sign : sign;
  }
  return 0;
}
