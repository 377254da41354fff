import type { LoweredDestination, LoweredFilters, LoweredProperty, LoweredStep } from "../../spec/lowered.ts";
import { isMap, type Json, without, withSortedKeys } from "../../wire/json.ts";
import type { PostHogByHand } from "../testing.ts";

export type Collection = "hog_functions" | "actions";
export type Row = Json & { id: string | number };

/** Everything alive in PostHog, as somebody with curl sees it; in an order that a seed's next run has too. */
export async function rowsIn(posthog: PostHogByHand, collection: Collection): Promise<Row[]> {
  const query = collection === "actions" ? "" : "?full=true&limit=500";
  const { results } = await posthog.api("GET", `${collection}/${query}`);
  if (!Array.isArray(results)) throw new Error(`no list of ${collection}`);
  return results.toSorted((left: Row, right: Row) => (sortKey(left) < sortKey(right) ? -1 : 1));
}

function sortKey({ name, description }: Row): string {
  return `${description} ${name}`;
}

/** The last marker in its description, whole: `<project>/<stack>/<slug>`. */
export function markerOf({ description }: Row): string | undefined {
  return String(description).match(/.*\[hogwire:([^\]]+)\]/s)?.[1];
}

/** Of the template that the file asks for: of another, it will be replaced. */
export function isMadeFor({ template }: Row, file: LoweredDestination): boolean {
  const asked = "webhook" in file ? "template-webhook" : "template" in file ? file.template.id : undefined;
  return (isMap(template) ? template.id : undefined) === asked;
}

/** Without what moves by itself (contract §1.14): saving an action compiles the functions that name it once more. */
export function lasting(row: Row): string {
  const own = without(row, [
    "status",
    "template",
    "updated_at",
    "bytecode",
    "is_calculating",
    "last_calculated_at",
  ]);
  const filters = isMap(row.filters) ? without(row.filters, ["bytecode", "bytecode_error"]) : undefined;
  return JSON.stringify(withSortedKeys({ ...own, filters }));
}

// What is taken, put the same way from a file and from PostHog's JSON; by no code of the provider's.

export function declaredMatch(
  { events, properties = [], filter_test_accounts }: LoweredFilters,
  nameOf: (slug: string) => string,
): string {
  const items =
    events === "all"
      ? [item("every event", [])]
      : (events ?? []).map((event) =>
          item(
            "filter" in event
              ? `filter ${nameOf(event.filter)}`
              : "id" in event
                ? event.id
                : `action ${event.action}`,
            event.properties ?? [],
          ),
        );
  return match(items, properties, filter_test_accounts === true);
}

export function storedMatch(filters: unknown, nameOf: (action: string) => string | undefined): string {
  const { events, actions, properties, filter_test_accounts } = isMap(filters) ? filters : {};
  const items = [
    ...list(events).map((event) => item(String(event.id ?? "every event"), list(event.properties))),
    ...list(actions).map(({ id, properties: own }) => {
      const name = nameOf(String(id));
      return item(name === undefined ? `action ${id}` : `filter ${name}`, list(own));
    }),
  ];
  return match(
    items.length > 0 ? items : [item("every event", [])],
    list(properties),
    filter_test_accounts === true,
  );
}

export function declaredSteps(steps: LoweredStep[]): string {
  return steps.map(({ event, properties = [] }) => item(event ?? "any", properties)).join(" or ");
}

export function storedSteps(steps: unknown): string {
  return list(steps)
    .map(({ event, url, selector, text, href, properties }) => {
      const more = [url, selector, text, href].filter((part) => part !== null);
      return [item(String(event ?? "any"), list(properties)), ...more].join(" ");
    })
    .join(" or ");
}

function match(
  items: string[],
  properties: (LoweredProperty | Json)[],
  withoutTestAccounts: boolean,
): string {
  const all = item("of these", properties) + (withoutTestAccounts ? " without test accounts" : "");
  return [...items.toSorted(), all].join(" | ");
}

function item(what: string, properties: (LoweredProperty | Json)[]): string {
  const conditions = properties.map(
    ({ key, value, operator, type }) =>
      `${type ?? "event"}.${key} ${operator ?? "exact"} ${JSON.stringify(value)}`,
  );
  return `${what}(${conditions.toSorted().join(", ")})`;
}

function list(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isMap) : [];
}
