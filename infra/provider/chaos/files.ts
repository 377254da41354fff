import type { Chance } from "../../sandbox/seed/chance.ts";
import type {
  LoweredDestination,
  LoweredEvent,
  LoweredEventFilter,
  LoweredFilters,
  LoweredProperty,
  LoweredWay,
} from "../../spec/lowered.ts";

/** What a project's files say, by slug. */
export type Files = {
  destinations: Map<string, LoweredDestination>;
  eventFilters: Map<string, LoweredEventFilter>;
};

export function newFiles(chance: Chance, destinations: number, eventFilters: number): Files {
  const files: Files = { destinations: new Map(), eventFilters: new Map() };
  for (let n = 0; n < eventFilters; n++) addEventFilter(files, chance);
  for (let n = 0; n < destinations; n++) addDestination(files, chance);
  return files;
}

/** As somebody edits between two runs; says what was done. */
export function edit(files: Files, chance: Chance): string {
  const [what, change] = chance.of(edits);
  return `${what} ${change(files, chance)}`;
}

type Edit = (files: Files, chance: Chance) => string;

const edits: [what: string, edit: Edit][] = [
  ["add", addDestination],
  ["remove", removeDestination],
  ["rename", changed((chance) => ({ name: `Name ${chance.between(1, 999)}` }))],
  ["describe", changed((chance) => ({ description: `Text ${chance.between(1, 999)}` }))],
  ["turn on or off", changed((_chance, { enabled }) => ({ enabled: !enabled }))],
  ["filter", changed((chance, _destination, files) => ({ filters: newFilters(files, chance) }))],
  ["mask", changed((chance) => ({ masking: { ttl: chance.between(60, 999), hash: "{person.id}" } }))],
  ["send elsewhere", sendElsewhere],
  ["rename the filter", changedFilter((chance) => ({ name: `Filter ${chance.uuid()}` }))],
  ["step", changedFilter((chance) => ({ steps: newSteps(chance) }))],
  ["move", moveDestination],
  ["move the filter", moveEventFilter],
  ["add the filter", addEventFilter],
  ["remove the filter", removeEventFilter],
];

function addDestination(files: Files, chance: Chance): string {
  const slug = freeSlug(files.destinations, "d", 30, chance);
  files.destinations.set(slug, {
    slug,
    name: `Destination ${slug}`,
    enabled: chance.is(0.8),
    filters: newFilters(files, chance),
    ...newWay(chance),
  });
  return slug;
}

/** Perhaps one that was there before; not one that another file had. */
function freeSlug(
  files: Map<string, { slug: string; aliases?: string[] }>,
  letter: string,
  count: number,
  chance: Chance,
): string {
  const taken = [...files.values()].flatMap(({ slug, aliases = [] }) => [slug, ...aliases]);
  const all = Array.from({ length: count }, (_, n) => `${letter}${n}`);
  return chance.of(all.filter((slug) => !taken.includes(slug)));
}

/** Its file gets another name: a new one, or what a killed run left of that name would stay as a copy until somebody deletes it. */
function moveDestination(files: Files, chance: Chance): string {
  const before = chance.of([...files.destinations.values()]);
  if (!before) return "nothing";
  const slug = freeSlug(files.destinations, "moved", 9_999, chance);
  files.destinations.delete(before.slug);
  files.destinations.set(slug, { ...before, slug, aliases: [...(before.aliases ?? []), before.slug] });
  return `${before.slug} to ${slug}`;
}

/** And the destinations that name it say the new name. */
function moveEventFilter(files: Files, chance: Chance): string {
  const { destinations, eventFilters } = files;
  const before = chance.of([...eventFilters.values()]);
  if (!before) return "nothing";
  const slug = freeSlug(eventFilters, "moved", 9_999, chance);
  eventFilters.delete(before.slug);
  eventFilters.set(slug, { ...before, slug, aliases: [...(before.aliases ?? []), before.slug] });
  for (const destination of destinations.values()) {
    const { filters } = destination;
    if (!Array.isArray(filters.events)) continue;
    const events = filters.events.map((event) =>
      "filter" in event && event.filter === before.slug ? { ...event, filter: slug } : event,
    );
    destinations.set(destination.slug, { ...destination, filters: { ...filters, events } });
  }
  return `${before.slug} to ${slug}`;
}

function removeDestination({ destinations }: Files, chance: Chance): string {
  const slug = chance.of([...destinations.keys(), "nothing"]);
  destinations.delete(slug);
  return slug;
}

function changed(change: (chance: Chance, destination: LoweredDestination, files: Files) => object): Edit {
  return (files, chance) => {
    const destination = chance.of([...files.destinations.values()]);
    if (!destination) return "nothing";
    files.destinations.set(destination.slug, { ...destination, ...change(chance, destination, files) });
    return destination.slug;
  };
}

/** Another way to send, or the same with other values; another template is another object in PostHog. */
function sendElsewhere({ destinations }: Files, chance: Chance): string {
  const before = chance.of([...destinations.values()]);
  if (!before) return "nothing";
  const { slug, aliases, name, enabled, filters } = before;
  destinations.set(slug, { slug, ...(aliases && { aliases }), name, enabled, filters, ...newWay(chance) });
  return slug;
}

function addEventFilter({ eventFilters }: Files, chance: Chance): string {
  const slug = freeSlug(eventFilters, "f", 12, chance);
  eventFilters.set(slug, { slug, name: `Filter ${slug}`, steps: newSteps(chance) });
  return slug;
}

/** And out of the destinations that name it, or the project would not load. */
function removeEventFilter({ destinations, eventFilters }: Files, chance: Chance): string {
  const slug = chance.of([...eventFilters.keys(), "nothing"]);
  eventFilters.delete(slug);
  for (const destination of destinations.values()) {
    const { filters } = destination;
    if (!Array.isArray(filters.events)) continue;
    const left = filters.events.filter((event) => !("filter" in event && event.filter === slug));
    const events = left.length > 0 ? left : [{ id: "user_signed_up" }];
    destinations.set(destination.slug, { ...destination, filters: { ...filters, events } });
  }
  return slug;
}

function changedFilter(change: (chance: Chance) => object): Edit {
  return ({ eventFilters }, chance) => {
    const filter = chance.of([...eventFilters.values()]);
    if (!filter) return "nothing";
    eventFilters.set(filter.slug, { ...filter, ...change(chance) });
    return filter.slug;
  };
}

function newFilters({ eventFilters }: Files, chance: Chance): LoweredFilters {
  if (chance.is(0.05)) return { events: "all", properties: [newProperty(chance)] };
  const events: LoweredEvent[] = names
    .filter(() => chance.is(0.4))
    .map((id) => withCondition({ id }, chance));
  const slug = chance.of([...eventFilters.keys()]);
  if (slug !== undefined && chance.is(0.5)) events.push(withCondition({ filter: slug }, chance));
  return {
    events: events.length > 0 ? events : [{ id: "user_signed_up" }],
    ...(chance.is(0.2) && { properties: [newProperty(chance)] }),
    ...(chance.is(0.2) && { filter_test_accounts: true as const }),
  };
}

const names = ["user_signed_up", "subscription_started", "$pageview"];

function withCondition<Event extends LoweredEvent>(event: Event, chance: Chance): Event {
  return chance.is(0.4) ? { ...event, properties: [newProperty(chance)] } : event;
}

function newProperty(chance: Chance): LoweredProperty {
  return chance.of<LoweredProperty>([
    { key: "plan", value: ["pro", "team"] },
    { key: "seats", value: chance.between(1, 50), operator: "gt" },
    { key: "email", value: "@acme.example", operator: "not_icontains", type: "person" },
  ]);
}

function newSteps(chance: Chance): LoweredEventFilter["steps"] {
  return [{ event: chance.of(names), properties: [newProperty(chance)] }];
}

function newWay(chance: Chance): LoweredWay {
  const url = `https://acme.example/${chance.between(1, 999)}`;
  const token = `t0psecret-${chance.between(1, 999)}`;
  return chance.of<LoweredWay>([
    { webhook: { url, body: { event: "{event}" } } },
    {
      webhook: {
        url,
        body: { person: "{person}" },
        headers: { Authorization: token },
        secret_inputs: ["headers"],
      },
    },
    {
      template: {
        id: "template-zendesk",
        inputs: { subdomain: `acme-${url.length}`, admin_email: "a@acme.example", token },
        secret_inputs: ["admin_email", "token"],
      },
    },
    {
      hog: {
        code: "fetch(inputs.url, {'headers': {'Authorization': inputs.token}})",
        inputs_schema: [
          { key: "url", type: "string", required: true },
          { key: "token", type: "string", secret: true },
        ],
        inputs: { url, token },
      },
    },
  ]);
}
