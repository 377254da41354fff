import type { HogFilters, HogProperty } from "../types.ts";
import { conditionsInWords, type GroupNames } from "./conditions.ts";
import { oneLine, shown } from "./shown.ts";

/** What a filter's JSON lacks: the names of actions by id and of group types by index. */
export type FilterNames = {
  actions?: ReadonlyMap<string, string>;
  groups?: GroupNames;
  /** Stands around the name of an event or an action. Default: `*`. */
  mark?: string;
};

type Item = { name: string; isAny: boolean; properties: HogProperty[] };

/**
 * `Fires when *user_signed_up*, or *subscription_started* with plan pro or team; not for internal test accounts.` One
 * sentence for any filter, whether PostHog would take it or not.
 */
export function filterWords(filters: HogFilters, names: FilterNames = {}): string {
  const testAccounts = filters.filter_test_accounts ? ["not for internal test accounts"] : [];
  return `Fires ${[...occasion(filters, names), ...testAccounts].join("; ")}.`;
}

/** When, and what must hold in each case where several are named. */
function occasion(filters: HogFilters, names: FilterNames): string[] {
  const { properties = [] } = filters;
  const { groups = new Map<number, string>() } = names;
  const says = (what: string, own: HogProperty[], beside: HogProperty[] = []) => {
    const conditions = conditionsInWords(own, beside, groups);
    return conditions === "" ? what : `${what} ${conditions}`;
  };

  const items = itemsOf(filters, names);
  const [only, ...others] = items;
  const isAny = items.some((item) => item.isAny && item.properties.length === 0);
  if (!only || isAny) return [says(everyEvent(filters), properties)];
  if (others.length === 0) {
    const what = only.isAny ? everyEvent(filters) : `when ${only.name}`;
    return [says(what, [...only.properties, ...properties])];
  }
  const phrases = items.map((item) => says(item.name, item.properties, properties));
  const separator = phrases.some((phrase) => phrase.includes(",")) ? "; or " : ", or ";
  const inEach = properties.length > 0 ? [says("in each case", properties)] : [];
  return [`when ${phrases.join(separator)}`, ...inEach];
}

function itemsOf({ events = [], actions = [] }: HogFilters, names: FilterNames): Item[] {
  const { mark = "*" } = names;
  const marked = (name: string) => `${mark}${mark === "" ? shown(name) : oneLine(name)}${mark}`;
  return [
    ...events.map(({ id, properties = [] }) => {
      return { name: id === null ? "any event" : marked(id), isAny: id === null, properties };
    }),
    ...actions.map(({ id, properties = [] }) => {
      const name = names.actions?.get(id);
      return {
        name: `the action ${name === undefined ? shown(id) : marked(name)}`,
        isAny: false,
        properties,
      };
    }),
  ];
}

function everyEvent({ source }: HogFilters): string {
  if (source === "person-updates") return "when a person changes";
  return source === "internal-events" ? "on every event of PostHog's own" : "on every event";
}
