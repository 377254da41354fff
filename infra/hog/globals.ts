import type { HogEvent, HogGroup, HogPerson } from "./types.ts";

type EventContext = { event: HogEvent; person: HogPerson | null; groups?: HogGroup[] };
type SourceContext = {
  project: { id: number; name: string; url: string };
  source: { name: string; url: string };
};

const GROUPS = [0, 1, 2, 3, 4];
const DISPLAY_PROPERTIES = ["email", "name", "username"];

/** What a filter sees of an event (contract §4.3): all names exist, whatever the event carries. */
export function filterGlobals({ event, person, groups = [] }: EventContext): Record<string, unknown> {
  const chain = event.elements_chain ?? event.properties.$elements_chain ?? null;
  const text = typeof chain === "string" ? chain : "";
  const seen = person && { id: person.id, properties: person.properties };
  return {
    event: event.event,
    uuid: event.uuid,
    timestamp: event.timestamp,
    distinct_id: event.distinct_id,
    properties: event.properties,
    elements_chain: chain,
    elements_chain_href: /(?::|")href="(.*?)"/.exec(text)?.[1] ?? "",
    elements_chain_texts: distinct(text, /(?::|")text="(.*?)"/g),
    elements_chain_ids: distinct(text, /(?::|")attr_id="(.*?)"/g),
    elements_chain_elements: distinct(text, /(?:^|;)(a|button|form|input|select|textarea|label)(?:\.|$|:)/g),
    person: seen,
    pdi: seen && { distinct_id: event.distinct_id, person_id: seen.id, person: seen },
    ...(groups.length === 0 ? NO_GROUPS : groupGlobals(groups)),
    variables: {},
  };
}

function groupGlobals(groups: HogGroup[]): Record<string, unknown> {
  const globals: Record<string, unknown> = {};
  for (const index of GROUPS) {
    const group = groups.find((candidate) => candidate.index === index);
    globals[`$group_${index}`] = group?.id ?? null;
    globals[`group_${index}`] = { properties: group?.properties ?? {} };
  }
  return globals;
}

const NO_GROUPS = groupGlobals([]);

/** What a template or a program sees (contract §4.4); `inputs` come on top. A personless event has a person (§11.3). */
export function inputGlobals({
  event,
  person,
  groups = [],
  project,
  source,
}: EventContext & SourceContext): Record<string, unknown> {
  const { uuid, distinct_id, properties, timestamp, elements_chain = "" } = event;
  return {
    project,
    source,
    event: {
      uuid,
      event: event.event,
      elements_chain,
      distinct_id,
      properties,
      timestamp,
      url: `${project.url}/events/${inUrl(uuid)}/${inUrl(timestamp)}`,
    },
    // The name must exist, or `{person}` would be an unknown global (contract §4.5).
    person: person && {
      id: person.id,
      properties: person.properties,
      name: displayName(person, distinct_id),
      url: `${project.url}/person/${inUrl(distinct_id)}`,
    },
    groups: Object.fromEntries(
      groups.map(({ type, index, id, properties }) => {
        const url = `${project.url}/groups/${index}/${inUrl(id)}`;
        return [type, { id, type, index, url, properties }];
      }),
    ),
  };
}

/** Half of a surrogate pair, which no URL can hold, becomes U+FFFD. */
function inUrl(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function distinct(text: string, pattern: RegExp): string[] {
  if (text === "") return [];
  return [...new Set(Array.from(text.matchAll(pattern), (match) => match[1] ?? ""))];
}

function displayName({ properties }: HogPerson, distinctId: string): string {
  const value = DISPLAY_PROPERTIES.map((key) => properties[key]).find(Boolean);
  if (value === undefined) return distinctId.trim();
  return (typeof value === "string" ? value : JSON.stringify(value)).trim();
}
