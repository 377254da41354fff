import { invalid } from "../http/api-error.ts";
import { isEmpty } from "../http/fields.ts";
import type { User } from "../project/users.ts";
import type { HogFunctionQuery } from "./hog-functions.ts";
import { maxSearchLength } from "./search.ts";

const uuidPattern = /^[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/i;

/** The query of the list; what is empty narrows nothing (contract §1.3). Throws `ApiError` for the first complaint. */
export function readListQuery(
  given: Record<string, string>,
  users: User[],
): { query: HogFunctionQuery; term?: string } {
  const { type, id, created_by, created_at, updated_at, filters, filter_groups } = given;
  const term = given.search;
  if (term && term.length > maxSearchLength) {
    throw invalid("search", `Search query must be ${maxSearchLength} characters or fewer.`);
  }
  const groups = [
    ...(filter_groups ? readGroups(filter_groups) : []),
    ...(filters ? [readFilters(filters)] : []),
  ].filter((group) => !isEmpty(group));
  const enabled = given.enabled?.toLowerCase();
  return {
    query: {
      ...(type && { types: type.split(",") }),
      ...((enabled === "true" || enabled === "false") && { enabled: enabled === "true" }),
      ...(id && { id: readId(id) }),
      ...(created_by && { createdBy: readUser(created_by, users) }),
      ...(created_at && { createdAt: readTime("created_at", created_at) }),
      ...(updated_at && { updatedAt: readTime("updated_at", updated_at) }),
      filters: groups,
    },
    ...(term?.trim() && { term }),
  };
}

function readGroups(text: string): unknown[] {
  const groups = readJsonText(text);
  if (Array.isArray(groups)) return groups;
  throw invalid("filter_groups", "Invalid filter_groups");
}

function readFilters(text: string): unknown {
  const filters = readJsonText(text);
  if (filters === undefined) throw invalid("filters", "Invalid filters");
  return filters;
}

function readJsonText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readId(text: string): string {
  if (uuidPattern.test(text)) return text.toLowerCase();
  throw invalid("id", "Enter a valid UUID.");
}

function readUser(text: string, users: User[]): number {
  const user = users.find(({ id }) => String(id) === text);
  if (user) return user.id;
  const detail = "Select a valid choice. That choice is not one of the available choices.";
  throw invalid("created_by", detail, "invalid_choice");
}

function readTime(attr: string, text: string): string {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw invalid(attr, "Enter a valid date/time.");
  return new Date(time).toISOString();
}
