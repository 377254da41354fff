import type { HogCompiler } from "../compile.ts";
import type { HogActionStep, HogFilters, HogProperty } from "../types.ts";
import { conditionsInWords, type Surroundings } from "./conditions.ts";
import { shown } from "./shown.ts";
import { either, marked, stepsInWords } from "./steps.ts";

/** What a filter's JSON lacks: the actions that are known, by id, and the names of group types by index. */
export type FilterNames = {
  actions?: ReadonlyMap<string, { name: string; steps?: HogActionStep[] }>;
  groups?: ReadonlyMap<number, string>;
};

/** `beside` are conditions that an item has apart from its own: those of an action's only step. */
type Item = { name: string; isAny: boolean; properties: HogProperty[]; beside: HogProperty[] };

/**
 * `Fires when *user_signed_up*, or *subscription_started* with plan pro or team; not for internal test accounts.` One
 * sentence for any filter, whether PostHog would take it or not.
 */
export function filterWords(filters: HogFilters, compiler: HogCompiler, names: FilterNames = {}): string {
  const testAccounts = filters.filter_test_accounts ? ["not for internal test accounts"] : [];
  return `Fires ${[...occasion(filters, compiler, names), ...testAccounts].join("; ")}.`;
}

/** `Matches *$pageview* where the page contains acme.example/pricing.`: an action by itself. */
export function actionWords(
  steps: HogActionStep[],
  compiler: HogCompiler,
  { groups = new Map() }: Pick<FilterNames, "groups"> = {},
): string {
  return `Matches ${stepsInWords(steps, [], { compiler, groups })}.`;
}

/** When, and what must hold in each case where several are named. */
function occasion(filters: HogFilters, compiler: HogCompiler, names: FilterNames): string[] {
  const { properties = [] } = filters;
  const surroundings: Surroundings = { compiler, groups: names.groups ?? new Map() };
  const says = (what: string, own: HogProperty[], beside: HogProperty[]) => {
    const conditions = conditionsInWords(own, beside, surroundings);
    return conditions === "" ? what : `${what} ${conditions}`;
  };

  const items = itemsOf(filters, names, surroundings);
  const [only, ...others] = items;
  const isAny = items.some((item) => item.isAny && item.properties.length === 0);
  if (!only || isAny) return [says(everyEvent(filters), properties, [])];
  if (others.length === 0) {
    const what = only.isAny ? everyEvent(filters) : `when ${only.name}`;
    return [says(what, [...only.properties, ...properties], only.beside)];
  }
  const phrases = items.map((item) => says(item.name, item.properties, [...item.beside, ...properties]));
  const inEach = properties.length > 0 ? [says("in each case", properties, [])] : [];
  return [`when ${either(phrases)}`, ...inEach];
}

function itemsOf(
  { events = [], actions = [], properties: global = [] }: HogFilters,
  names: FilterNames,
  surroundings: Surroundings,
): Item[] {
  return [
    ...events.map(({ id, properties = [] }) => {
      return { name: id === null ? "any event" : marked(id), isAny: id === null, properties, beside: [] };
    }),
    ...actions.map(({ id, properties = [] }) => {
      const known = names.actions?.get(id);
      const steps = known?.steps && stepsInWords(known.steps, [...properties, ...global], surroundings);
      const name = known ? marked(known.name) : `the action ${shown(id)}`;
      const [step, ...more] = known?.steps ?? [];
      const beside = more.length === 0 ? (step?.properties ?? []) : [];
      return { name: steps === undefined ? name : `${name} (${steps})`, isAny: false, properties, beside };
    }),
  ];
}

function everyEvent({ source }: HogFilters): string {
  if (source === "person-updates") return "when a person changes";
  return source === "internal-events" ? "on every event of PostHog's own" : "on every event";
}
