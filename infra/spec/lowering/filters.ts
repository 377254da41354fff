import type { HogActionFilter, HogActionStep, HogEventFilter, HogFilters } from "../../hog/types.ts";
import type { LoweredEvent, LoweredEventFilter, LoweredFilters, LoweredProperty } from "../lowered.ts";
import type { Incomplete } from "../model/destination.ts";
import type { EventItem, FiltersFile } from "../model/filters.ts";
import { dotted, isMap, type Path } from "../path.ts";
import type { Tools } from "../report.ts";
import { matchesEverything } from "../shape.ts";
import { isSlip, nearest } from "../suggest.ts";
import { toHogProperty } from "./check-property.ts";
import { lowerConditions } from "./conditions.ts";

/** The slugs that `filter:` may name, with those that are absent from this stack. */
export type KnownFilters = ReadonlyMap<string, "there" | "absent">;

/** Short forms expanded to PostHog's own JSON; whatever would make the filter match more than it says is reported. */
export function lowerFilters(
  filters: Incomplete<FiltersFile>,
  known: KnownFilters,
  tools: Tools,
): LoweredFilters {
  const { source = "events", events: written, actions = [], filter_test_accounts } = filters;
  const properties = lowerConditions(filters, ["filters"], tools);
  const common = {
    ...(source === "events" ? {} : { source }),
    ...(properties.length > 0 ? { properties } : {}),
    ...(filter_test_accounts ? { filter_test_accounts: true as const } : {}),
  };
  if (source === "person-updates") {
    refuseEvents(filters, tools);
    if (properties.length === 0) {
      const message = "the filter holds for every change of every person";
      const hint = 'Add a condition under `person:`. If every change is meant, write `hogql: "true"`.';
      tools.report({ code: "HW030", path: ["filters", "source"], message, hint });
    }
    return common;
  }
  if (written === "all") return { ...common, events: "all" };
  const events = [
    ...(written ?? []).map((item, index) => lowerEvent(item, ["filters", "events", index], known, tools)),
    ...actions.map(({ id, properties }, index) =>
      lowerEvent({ action: Number(id), properties }, ["filters", "actions", index], known, tools),
    ),
  ];
  // None are known here where the list comes from the stack's configuration; an empty one is an error.
  return events.length === 0 ? common : { ...common, events };
}

/** Law 1: a filter that names no event is every event to PostHog. A misspelt key is reported as such. */
export function checkThatEventsAreNamed(filters: unknown, { report }: Tools): void {
  if (!isMap(filters) || filters.source === "person-updates") return;
  const lists = ["events", "actions"];
  if (Object.keys(filters).some((key) => !lists.includes(key) && isSlip(key, nearest(key, lists) ?? "")))
    return;
  const isNamed = (list: unknown) =>
    list !== undefined && list !== null && !(Array.isArray(list) && list.length === 0);
  if (!lists.some((key) => isNamed(filters[key]))) report(matchesEverything(["filters", "events"]));
}

function refuseEvents(filters: Incomplete<FiltersFile>, { report }: Tools): void {
  const conditions = ["properties", "group", "element"] as const;
  for (const key of ["events", "actions", ...conditions] as const) {
    if (filters[key] === undefined) continue;
    const message = `\`person-updates\` are no events, so there is no \`${key}\``;
    const hint = "Write conditions under `person:`, or leave `source` out.";
    report({ code: "HW034", path: ["filters", key], part: "key", message, hint });
  }
}

function lowerEvent(item: string | EventItem, path: Path, known: KnownFilters, tools: Tools): LoweredEvent {
  const written = typeof item === "string" ? { id: item } : item;
  const properties = lowerConditions(written, path, tools);
  const event = {
    ...identityOf(written, path, known, tools),
    ...(properties.length > 0 ? { properties } : {}),
  };
  tools.origins.set(event, path);
  return event;
}

function identityOf(
  { id, filter, action }: EventItem,
  path: Path,
  known: KnownFilters,
  { report }: Tools,
): { id: string } | { filter: string } | { action: number } {
  const given = Object.entries({ id, filter, action }).filter(([, value]) => value !== undefined);
  if (given.length !== 1) {
    const hint =
      "Write `id` for an event's name, `filter` for an event filter, `action` for an action in PostHog.";
    const message =
      given.length === 0
        ? `\`${dotted(path)}\` names no event`
        : `\`${dotted(path)}\` has \`${given.map(([key]) => key).join("` and `")}\`, which are different events`;
    report({ code: given.length === 0 ? "HW012" : "HW015", path, message, hint });
  }
  if (action !== undefined) return { action };
  if (filter !== undefined) {
    checkReference(filter, [...path, "filter"], known, report);
    return { filter };
  }
  if (id === null) report(matchesEverything([...path, "id"]));
  return { id: id ?? "" };
}

function checkReference(filter: string, path: Path, known: KnownFilters, report: Tools["report"]): void {
  if (known.get(filter) === "there") return;
  const near = nearest(filter, known.keys());
  const hint =
    near === undefined ? `Write that file, or name another event filter.` : `Did you mean \`${near}\`?`;
  if (known.get(filter) === "absent") {
    const message = `the event filter \`${filter}\` is absent from this stack`;
    report({ code: "HW038", path, message, hint: "Make the destination absent as well, or the filter not." });
  } else {
    const message = `there is no destinations/filters/${filter}.yaml`;
    report({ code: "HW038", path, message, hint });
  }
}

/** What stands for the numbers that only a project knows: a group's by its name. */
export function groupNumbers(properties: LoweredProperty[]): Map<string, number> {
  const taken = new Set(properties.map(({ group_type_index }) => group_type_index));
  const free = [0, 1, 2, 3, 4].filter((index) => !taken.has(index));
  const names = new Set(properties.flatMap(({ group_type }) => group_type ?? []));
  return new Map([...names].map((name, at) => [name, free[at] ?? 4]));
}

/** Every condition of a filter, those of its events included. */
export function conditionsOf({ events = [], properties = [] }: LoweredFilters): LoweredProperty[] {
  return [...(events === "all" ? [] : events.flatMap((event) => event.properties ?? [])), ...properties];
}

/** A lowered filter as the compiler, and PostHog, want it; an event filter has its slug as the action's id. */
export function toHogFilters(
  { source, events = [], properties, filter_test_accounts }: LoweredFilters,
  groups: ReadonlyMap<string, number>,
): HogFilters {
  const of = ({ properties }: LoweredEvent) =>
    properties ? { properties: properties.map((property) => toHogProperty(property, groups)) } : {};
  const items = events === "all" ? [] : events;
  const named = items.flatMap((event): HogEventFilter[] =>
    "id" in event ? [{ id: event.id, type: "events", ...of(event) }] : [],
  );
  const actions = items.flatMap((event): HogActionFilter[] =>
    "id" in event
      ? []
      : [{ id: "filter" in event ? event.filter : String(event.action), type: "actions", ...of(event) }],
  );
  return {
    source: source ?? "events",
    events: events === "all" ? [{ id: null, type: "events" }] : named,
    ...(actions.length > 0 ? { actions } : {}),
    ...(properties ? { properties: properties.map((property) => toHogProperty(property, groups)) } : {}),
    ...(filter_test_accounts ? { filter_test_accounts } : {}),
  };
}

/** An event filter as the steps of an action. */
export function toHogSteps(
  { steps }: LoweredEventFilter,
  groups: ReadonlyMap<string, number>,
): HogActionStep[] {
  return steps.map(({ properties, ...step }) => ({
    ...step,
    ...(properties ? { properties: properties.map((property) => toHogProperty(property, groups)) } : {}),
  }));
}
