import type { LoweredProperty } from "../spec/lowered.ts";
import { isMap, isSame, type Json } from "./json.ts";

/** The number that a project gives each of its group types, by name. */
export type GroupTypes = ReadonlyMap<string, number>;

/** Says a condition on a group as the files say it: by name where they do, else by number. */
export type GroupReader = (condition: Json) => Json;

/** The group types that are named anywhere in filters or steps; only for these must PostHog be asked. */
export function groupTypesIn(value: unknown): string[] {
  const names = groupConditions(value).map(({ group_type }) => group_type);
  return [...new Set(names.filter((name) => typeof name === "string"))];
}

/** `known`: the filters or steps that were last written. */
export function groupReader(known: unknown, groups: GroupTypes): GroupReader {
  const named = groupTypesIn(known);
  const names = new Map<unknown, string>();
  for (const [name, index] of groups) if (named.includes(name)) names.set(index, name);
  const numbered = groupConditions(known).filter(({ group_type }) => group_type === undefined);
  return function readGroup(condition) {
    const { group_type_index: index, ...rest } = condition;
    const name = condition.type === "group" ? names.get(index) : undefined;
    const saysNumber =
      name === undefined ||
      condition.group_type !== undefined ||
      numbered.some((other) => isSame(other, condition));
    return saysNumber ? condition : { ...rest, group_type: name };
  };
}

/** Conditions as PostHog stores them (contract §1.8), nothing left to a default. */
export function toRemoteProperties(properties: LoweredProperty[], groups: GroupTypes): Json[] {
  return properties.map(({ group_type, ...property }) => ({
    operator: "exact",
    type: "event",
    ...property,
    ...(group_type !== undefined && { group_type_index: indexOf(group_type, groups) }),
  }));
}

/** Without its key when there are none; what nobody knows stays as it is. */
export function fromRemoteProperties(properties: unknown, readGroup: GroupReader): { properties?: unknown } {
  if (properties === undefined || properties === null) return {};
  if (!Array.isArray(properties)) return { properties };
  if (properties.length === 0) return {};
  return { properties: properties.map((one) => (isMap(one) ? fromRemoteProperty(one, readGroup) : one)) };
}

function fromRemoteProperty({ operator, type, ...rest }: Json, readGroup: GroupReader): Json {
  return readGroup({
    ...rest,
    ...(operator !== undefined && operator !== "exact" && { operator }),
    ...(type !== undefined && type !== "event" && { type }),
  });
}

/** A condition without its group would hold for every event (contract §9.9), so this is never left out. */
function indexOf(name: string, groups: GroupTypes): number {
  const index = groups.get(name);
  if (index === undefined) throw new Error(`no number for the group type ${JSON.stringify(name)}`);
  return index;
}

function groupConditions(value: unknown): Json[] {
  if (Array.isArray(value)) return value.flatMap(groupConditions);
  if (!isMap(value)) return [];
  return value.type === "group" ? [value] : Object.values(value).flatMap(groupConditions);
}
