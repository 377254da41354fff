import { Hono } from "hono";
import type { ApiEnv } from "../http/access.ts";
import { invalid, notFound, notInSandbox, refuseMethod } from "../http/api-error.ts";
import { booleanField, choiceField, integerField } from "../http/fields.ts";
import { paginate } from "../http/pagination.ts";
import { terms, textsIn } from "./event-definition-query.ts";
import type { PropertyDefinition, PropertyDefinitions, PropertyOwner } from "./property-definitions.ts";

/** Never shown as properties of events. */
const alwaysExcluded = [
  "distinct_id",
  "$set",
  "$set_once",
  "$initial_referrer",
  "$initial_referring_domain",
  "$groups",
  "$group_type",
  "$group_key",
  "$group_set",
];

/** `/property_definitions/`, read only (contract §6.4); PostHog's virtual properties of persons and groups are not among them. */
export function propertyDefinitionRoutes(definitions: PropertyDefinitions): Hono<ApiEnv> {
  const routes = new Hono<ApiEnv>();

  routes.get("/", (c) => {
    const query = c.req.query();
    const owner = readOwner(query);
    const events = textsIn(query.event_names ?? null);
    if (owner.type !== "event" && query.event_names) {
      throw invalid(null, "`event_names` can only be set for `event` type");
    }
    const seen = events.length > 0 ? definitions.seenOn(events) : undefined;
    const onlySeen = flag(query, "filter_by_event_names") === true && owner.type === "event";
    const isSeen = ({ name }: PropertyDefinition) => seen?.has(name) ?? null;
    const found = definitions
      .of(owner)
      .filter(filterOf(query, owner))
      .filter((one) => !onlySeen || isSeen(one) !== false)
      .sort((a, b) => Number(isSeen(b)) - Number(isSeen(a)));
    return c.json(
      paginate(c.req.url, found.length, (limit, offset) =>
        found
          .slice(offset, offset + limit)
          .map((one) => ({ ...shown(one), is_seen_on_filtered_events: isSeen(one) })),
      ),
    );
  });

  routes.get("/:id", (c) => {
    const owners: PropertyOwner[] = [
      { type: "event" },
      { type: "person" },
      ...[0, 1, 2, 3, 4].map((index) => ({ type: "group" as const, index })),
    ];
    const id = c.req.param("id").toLowerCase();
    const found = owners.flatMap((owner) => definitions.of(owner)).find((one) => one.id === id);
    if (!found) throw notFound("Not found.");
    return c.json({ ...shown(found), is_seen_on_filtered_events: null });
  });

  routes.patch("/", refuseMethod); // open to a key, but without a route
  return routes;
}

function readOwner(query: Record<string, string>): PropertyOwner {
  const type = choiceField("type", query.type ?? "event", ["event", "person", "group", "session"]);
  const index = query.group_type_index;
  if (type === "group") {
    if (index === undefined) throw invalid(null, "`group_type_index` must be set for `group` type");
    const number = integerField("group_type_index", index);
    if (number < 0 || number > 4) throw invalid(null, "Invalid value for `group_type_index`");
    return { type, index: number };
  }
  if (index !== undefined) throw invalid(null, "`group_type_index` can only set for `group` type");
  if (type === "session") throw notInSandbox("the properties of sessions");
  return { type };
}

function filterOf(
  query: Record<string, string>,
  { type }: PropertyOwner,
): (one: PropertyDefinition) => boolean {
  const words = terms(query.search ?? null);
  const names = query.properties ? query.properties.split(",") : undefined;
  const isNumerical = flag(query, "is_numerical") === true;
  const isFeatureFlag = flag(query, "is_feature_flag");
  if (flag(query, "exclude_core_properties") && type === "event") {
    throw notInSandbox("PostHog's list of its own properties (exclude_core_properties)");
  }
  const excluded = [
    ...textsIn(query.excluded_properties ?? null),
    ...(type === "event" ? alwaysExcluded : []),
    ...(isNumerical ? ["distinct_id", "timestamp"] : []),
  ];
  return ({ name, is_numerical }) =>
    words.every((word) => name.toLowerCase().includes(word)) &&
    (!names || names.includes(name)) &&
    (!isNumerical || is_numerical) &&
    (isFeatureFlag === undefined || name.startsWith("$feature/") === isFeatureFlag) &&
    !excluded.includes(name);
}

function flag(query: Record<string, string>, name: string): boolean | undefined {
  const given = query[name];
  return given === undefined || given === "" || given === "null" ? undefined : booleanField(name, given);
}

function shown({ id, name, is_numerical, property_type }: PropertyDefinition) {
  return { id, name, is_numerical, property_type, tags: [] };
}
