import { EXCEPTION_LISTS } from "../filters/property.ts";
import type { HogEvent, HogGroup, HogPerson } from "../types.ts";
import type { Condition } from "./prepare.ts";

/** Where a condition reads: `column` is one of the event's own, e.g. its name. */
export type Field = {
  space: "event" | "person" | "group" | "column" | "elements";
  path: readonly string[];
  group?: number;
  /** The texts of an exception: its value is a list. */
  isList?: boolean;
};

/** Values of fields; undefined is missing. */
export type Assignment = Map<string, { field: Field; value: unknown }>;

export type Sample = { event: HogEvent; person: HogPerson; groups: HogGroup[] };

export const NAME: Field = { space: "column", path: ["event"] };

/** Undefined for HogQL, which reads what it likes, and for what cannot be compiled. */
export function fieldOf(condition: Condition): Field | undefined {
  if ("step" in condition) {
    return condition.step.url ? { space: "event", path: ["$current_url"] } : ELEMENTS;
  }
  const { key, type = "event", group_type_index: group } = condition.property;
  switch (type) {
    case "event":
    case "error_tracking_issue":
      if (key === "$elements_chain") return ELEMENTS;
      return {
        space: "event",
        path: condition.nested ? key.split(".") : [key],
        ...(type === "event" && EXCEPTION_LISTS.test(key) && { isList: true }),
      };
    case "person":
      return { space: "person", path: [key] };
    case "group":
      return group === undefined ? undefined : { space: "group", path: [key], group };
    case "event_metadata":
      return key === "elements_chain" ? ELEMENTS : { space: "column", path: [key] };
    case "element":
      return ELEMENTS;
    default:
      return undefined;
  }
}

/** A field by what a global of a filter is called: `properties.plan`, `person.properties.email`, `group_0.properties.x`. */
export function fieldOfGlobal(name: string, path: string[]): Field | undefined {
  const [section, ...rest] = path;
  if (name === "properties" && section !== undefined) return { space: "event", path };
  if (name === "person" && section === "properties" && rest.length > 0)
    return { space: "person", path: rest };
  const group = /^group_([0-4])$/.exec(name)?.[1];
  if (group !== undefined && section === "properties" && rest.length > 0) {
    return { space: "group", path: rest, group: Number(group) };
  }
  if (name.startsWith("elements_chain")) return ELEMENTS;
  return COLUMNS.test(name) && path.length === 0 ? { space: "column", path: [name] } : undefined;
}

export function fieldId({ space, group, path }: Field): string {
  return `${space}${group ?? ""}.${path.length === 1 ? path[0] : JSON.stringify(path)}`;
}

/** The smallest event, person and groups that have these values. */
export function sampleOf(assignment: Assignment): Sample {
  const event: HogEvent = {
    uuid: "00000000-0000-4000-8000-000000000001",
    event: ANY_EVENT,
    distinct_id: "user-1",
    properties: {},
    timestamp: "2026-01-01T00:00:00.000Z",
  };
  const person: HogPerson = { id: "00000000-0000-4000-8000-000000000002", properties: {} };
  const groups = new Map<number, HogGroup>();
  const group = (index: number) => {
    const known = groups.get(index) ?? {
      type: `group_${index}`,
      index,
      id: `group-${index}`,
      properties: {},
    };
    groups.set(index, known);
    return known;
  };

  for (const { field, value } of assignment.values()) {
    if (value === undefined) continue;
    const [key = ""] = field.path;
    if (field.space === "event") put(event.properties, field.path, value);
    else if (field.space === "person") put(person.properties, field.path, value);
    else if (field.space === "group") put(group(field.group ?? 0).properties, field.path, value);
    else if (field.space === "elements") event.elements_chain = String(value);
    else if (key.startsWith("$group_")) group(Number(key.at(-1))).id = String(value);
    else if (key === "event" || key === "uuid" || key === "distinct_id" || key === "timestamp") {
      event[key] = String(value);
    }
  }
  return { event, person, groups: [...groups.values()].toSorted((a, b) => a.index - b.index) };
}

/** The name of an event where any will do. */
export const ANY_EVENT = "any_event";

const ELEMENTS: Field = { space: "elements", path: [] };
const COLUMNS = /^(event|uuid|timestamp|distinct_id|\$group_[0-4])$/;

function put(into: Record<string, unknown>, [key = "", ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    into[key] = value;
    return;
  }
  const inner = Object.hasOwn(into, key) && isObject(into[key]) ? into[key] : {};
  into[key] = inner;
  put(inner, rest, value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
