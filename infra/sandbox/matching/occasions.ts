import { randomUUID } from "node:crypto";
import { filterGlobals, inputGlobals } from "../../hog/globals.ts";
import type { HogEvent, HogFilters, HogGroup, HogPerson } from "../../hog/types.ts";
import type { EventContext, StoredEvent } from "../events/events.ts";
import { type Internal, isAlert } from "../events/internal-events.ts";

type Globals = Record<string, unknown>;
/** A function, or one of its mappings, whose filters have no source of their own. */
type Concerned = { type: string; filters: HogFilters };
type Source = { name: string; url: string };
export type Project = { id: number; name: string; url: string };

/** What functions are held against: who is concerned, and what their filters and inputs see (contract §4.3, §4.4). */
export type Occasion = {
  /** As the filters have it. */
  event: string;
  concerns: (fn: Concerned) => boolean;
  forFilters: Globals;
  forInputs: (source: Source) => Globals;
};

const noSource: Source = { name: "", url: "" };

/** An event of an application may be one of its person too; what came of both is told under the event's uuid. */
export function occasionsOf(
  project: Project,
  { row: _, internal, ...event }: StoredEvent,
  { person, groups, isNews }: EventContext,
): Occasion[] {
  if (internal) return [internalOccasion(project, event, internal)];
  return [
    capturedOccasion(project, { event, person, groups }),
    ...(isNews ? [personUpdateOccasion(project, person)] : []),
  ];
}

/** An event that an application sent. */
function capturedOccasion(
  project: Project,
  context: { event: HogEvent; person: HogPerson; groups: HogGroup[] },
): Occasion {
  return {
    event: context.event.event,
    concerns: (fn) => fn.type === "destination" && fn.filters.source === "events",
    forFilters: filterGlobals(context),
    forInputs: onDemand(() => inputGlobals({ ...context, project, source: noSource })),
  };
}

/**
 * A person that is new or has other properties: an event of its own, without properties and, as PostHog's queue has
 * none, without a timestamp (`cdp-person-updates-consumer.ts`). Its distinct id is the person's id.
 */
function personUpdateOccasion(project: Project, person: HogPerson): Occasion {
  const shown = { uuid: randomUUID(), event: "$person_updated", distinct_id: person.id, properties: {} };
  const event = { ...shown, timestamp: "", elements_chain: "" };
  const url = `${project.url}/person/${person.id}`;
  return {
    event: event.event,
    concerns: (fn) => fn.type === "destination" && fn.filters.source === "person-updates",
    forFilters: { ...filterGlobals({ event, person }), timestamp: null },
    forInputs: onDemand(() => ({
      ...inputGlobals({ event, person, project, source: noSource }),
      event: { ...shown, elements_chain: "", url },
    })),
  };
}

/** Something that PostHog itself raised; only internal destinations hear of it (contract §11.7). */
function internalOccasion(project: Project, event: HogEvent, internal: Internal): Occasion {
  const { person, url } = internal;
  return {
    event: event.event,
    concerns: (fn) => fn.type === "internal_destination" && (!isAlert(event.event) || namesAlert(fn, event)),
    forFilters: filterGlobals({ event, person }),
    forInputs: onDemand(() => {
      const globals = inputGlobals({ event, person, project, source: noSource });
      return {
        ...globals,
        event: { ...asGlobals(globals.event), url },
        person: person && { ...asGlobals(globals.person), url: person.url },
      };
    }),
  };
}

/** Made once for all functions, and only when one of them passes the event. */
function onDemand(make: () => Globals): Occasion["forInputs"] {
  let made: Globals | undefined;
  return (source) => {
    made ??= make();
    return { ...made, source };
  };
}

/** PostHog asks for both before it looks at the filter (`cdp-internal-event.consumer.ts`). */
function namesAlert({ filters }: Concerned, event: HogEvent): boolean {
  const { alert_id: id } = event.properties;
  if (typeof id !== "string") return false;
  const isNamed = filters.events?.some((one) => one.id === event.event);
  const isExact = filters.properties?.some(
    ({ type, key, operator, value }) =>
      type === "event" && key === "alert_id" && operator === "exact" && value === id,
  );
  return Boolean(isNamed && isExact);
}

function asGlobals(value: unknown): Globals {
  return value as Globals; // `inputGlobals` builds an object under each of these names
}
