import { type GroupTypes, groupTypesIn } from "../wire/properties.ts";
import type { Connection } from "./connection.ts";
import { RefusedError } from "./errors.ts";

/** The numbers of the project's group types; PostHog is asked only when `conditions` name one. */
export async function groupTypesFor(conditions: unknown, connection: Connection): Promise<GroupTypes> {
  return groupTypesIn(conditions).length > 0 ? connection.groupTypes() : new Map();
}

/** The same, and throws unless each that is named has a number. */
export async function requireGroupTypes(conditions: unknown, connection: Connection): Promise<GroupTypes> {
  const groups = await groupTypesFor(conditions, connection);
  const lack = missingGroupTypes(groupTypesIn(conditions), groups);
  if (lack === undefined) return groups;
  const { host, project } = connection.client;
  throw new RefusedError(`The project ${project} of ${host} ${lack}`);
}

/** What is to be said of a project that lacks some of them. */
export function missingGroupTypes(names: string[], groups: GroupTypes): string | undefined {
  const missing = names.filter((name) => !groups.has(name));
  if (missing.length === 0) return undefined;
  const known = groups.size > 0 ? `it has ${quoted([...groups.keys()])}` : "it has none";
  return `has no group type ${quoted(missing)}; ${known}. PostHog makes a group type when an event with a group of it arrives.`;
}

function quoted(names: string[]): string {
  return names.map((name) => `\`${name}\``).join(", ");
}
