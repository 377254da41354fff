import fc from "fast-check";
import { isMap, isSame, type Json, without } from "../wire/json.ts";

// For tests: what somebody may do to an object in PostHog, and what of it counts. Shares nothing with `fromRemote`.

/** One change somewhere in a JSON value, chosen by numbers so that it fits any. */
export type Change = {
  at: number;
  how: "replace" | "remove" | "add" | "reverse";
  key: string;
  value: unknown;
};

const texts = [
  ...["x", "", " padded ", "https://evil.example", "{event.event}", "events", "actions", "person", "group"],
  ...["is_not", "exact", "hog", "liquid", "contains", "regex", "string", "json", "person-updates", "POST"],
];
const keys = [
  ...["name", "order", "type", "properties", "operator", "templating", "value", "key", "label"],
  ...["default", "required", "secret", "hidden", "description", "actions", "data_warehouse", "threshold"],
  ...["filter_test_accounts", "group_type", "group_type_index", "url_matching", "selector"],
];

export const anyChange: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(),
  how: fc.constantFrom("replace", "replace", "remove", "add", "add", "reverse"),
  key: fc.oneof(fc.constant("by_hand"), fc.constantFrom(...keys)),
  value: fc.oneof(
    fc.constantFrom<unknown>(...texts),
    fc.constantFrom<unknown>(0, 1, 7, 61, true, false, null, [], {}),
    fc.constantFrom<unknown>(
      { value: "x" },
      { value: "x", templating: "liquid" },
      { key: "by_hand", value: "x" },
      { key: "by_hand", type: "string" },
      { id: "by_hand", type: "events" },
      { id: "99", name: "Action 99", type: "actions" },
      { event: "by_hand" },
      { ttl: 60, hash: "x" },
      [{ key: "by_hand", value: "x" }],
      [{ name: "by hand", filters: {} }],
    ),
  ),
});

type Place = { parent: Json; key: string };

/** A copy with the change made; what PostHog derives is no place for one. */
export function changed(whole: Json, { at, how, key, value }: Change): Json {
  const copy: Json = structuredClone(whole);
  const fitting = placesIn(copy).filter(({ parent, key: last }) => {
    if (how === "reverse") return Array.isArray(parent[last]);
    return how !== "add" || (typeof parent[last] === "object" && parent[last] !== null);
  });
  const place = fitting[at % fitting.length];
  if (place === undefined) return copy;
  const { parent, key: last } = place;
  const target = parent[last];
  if (how === "replace") parent[last] = value;
  else if (how === "remove" && Array.isArray(parent)) parent.splice(Number(last), 1);
  else if (how === "remove") delete parent[last];
  else if (how === "reverse" && Array.isArray(target)) target.reverse();
  else if (Array.isArray(target)) target.splice(at % (target.length + 1), 0, value);
  else if (isMap(target)) target[key] = value;
  return copy;
}

/** A list's places are its indexes. */
function placesIn(parent: Json): Place[] {
  return Object.entries(parent).flatMap(([key, inside]) => {
    if (derived.includes(key)) return [];
    const isParent = typeof inside === "object" && inside !== null;
    return [{ parent, key }, ...(isParent ? placesIn(inside as Json) : [])]; // or a list, see above
  });
}

const derived = ["bytecode", "bytecode_error", "transpiled", "bytecode_contract"];

/** A hog function without what contract §1.14 lists: what is left was said by somebody. */
export function saidOf({ type, name, description, enabled, hog, icon_url, ...row }: Json): Json {
  return { type, name, description, enabled, hog, icon_url, ...configurationOf(row) };
}

function configurationOf({ inputs_schema, inputs, filters, masking, mappings }: Json): Json {
  const schema = mapsIn(inputs_schema).map((item) => {
    const flags = ["required", "secret", "hidden"];
    return without(
      item,
      flags.filter((flag) => item[flag] === false),
    );
  });
  const templated = schema.filter((item) => item.templating !== undefined).map(({ key }) => key);
  const given = Object.entries(isMap(inputs) ? inputs : {}).flatMap(([key, input]) => {
    const server = [...derived, "order", ...(templated.includes(key) ? ["templating"] : [])];
    return isMap(input) ? [[key, without(input, server)]] : [];
  });
  return {
    inputs_schema: schema,
    inputs: Object.fromEntries(given),
    ...(isMap(filters) && {
      filters: without(filters, [...derived, ...(filters.source === "events" ? ["source"] : [])]),
    }),
    masking: isMap(masking) ? without(masking, derived) : null,
    mappings: Array.isArray(mappings)
      ? mapsIn(mappings).map((one) => ({ name: one.name, ...configurationOf(one) }))
      : null,
  };
}

/** The same with one word for all that says the same: no drift, each for its reason. */
export function meantBy({ filters, masking, inputs_schema, ...said }: Json, isCopy: boolean): Json {
  return {
    ...said,
    filters: isMap(filters) ? meantByFilters(filters) : {},
    // No threshold, or null: each time after the first is held back.
    masking: isMap(masking) && masking.threshold === null ? without(masking, ["threshold"]) : masking,
    // Of a template's copy the order of the items is that of PostHog's form. Own code has them in its file.
    inputs_schema: isCopy
      ? mapsIn(inputs_schema).sort((left, right) => (String(left.key) < String(right.key) ? -1 : 1))
      : inputs_schema,
  };
}

function meantByFilters({ events, actions, data_warehouse, filter_test_accounts, ...rest }: Json): Json {
  const items = [...mapsIn(events), ...mapsIn(actions)];
  const isAll = isSame(items, [{ id: null, name: "All events", type: "events", order: 0 }]);
  return {
    ...meantByConditions(rest),
    // PostHog has two forms of every event: no item, and the one that its page calls "All events".
    events: isAll ? [] : meantByItems(events),
    actions: meantByItems(actions),
    // An empty list of tables is none.
    ...(mapsIn(data_warehouse).length > 0 && { data_warehouse }),
    // False is what PostHog takes for a word that is not said.
    ...(filter_test_accounts === true && { filter_test_accounts }),
  };
}

/** Items that say their `order` have it wherever they stand. */
function meantByItems(items: unknown): Json[] {
  const all = mapsIn(items).map(meantByConditions);
  const places = all.map(({ order }) => order);
  return places.every((order) => typeof order === "number")
    ? all.sort((left, right) => Number(left.order) - Number(right.order))
    : all;
}

/** An empty list of conditions is none; `exact` and `event` are what PostHog takes for words that are not said. */
function meantByConditions({ properties, ...item }: Json): Json {
  if (properties === undefined || properties === null) return item;
  if (!Array.isArray(properties)) return { ...item, properties };
  const conditions = properties.map((one) =>
    isMap(one) ? { operator: "exact", type: "event", ...one } : one,
  );
  return { ...item, ...(conditions.length > 0 && { properties: conditions }) };
}

/** An action; tags, a pin and the message to Slack are for people. */
export function meantByAction({ name, description, steps }: Json): Json {
  const usual: Json = { text_matching: "exact", href_matching: "exact", url_matching: "contains" };
  return {
    name,
    description,
    steps: mapsIn(steps).map((step) => {
      // A null asks for nothing, and one as the way to match is PostHog's usual one.
      const said = Object.entries(without(step, ["selector_regex"])).filter(
        ([key, value]) => value !== null && value !== usual[key],
      );
      return meantByConditions(Object.fromEntries(said));
    }),
  };
}

function mapsIn(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isMap) : [];
}
