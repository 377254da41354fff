import type { Action, ActionBody } from "../posthog/actions.ts";
import type { LoweredEventFilter, LoweredStep } from "../spec/lowered.ts";
import { firstDifference, isMap, type Json, untrimmed } from "./json.ts";
import { type Owner, readMarker, withMarker } from "./marker.ts";
import {
  fromRemoteProperties,
  type GroupReader,
  type GroupTypes,
  groupReader,
  toRemoteProperties,
} from "./properties.ts";
import { type Upkeep, upkeepOf } from "./upkeep.ts";

/** The inputs of an `EventFilter` resource. */
export type EventFilterInputs = LoweredEventFilter & { host: string; project: string; managed_by: Owner };

/** The same shape as PostHog has it; see `SeenDestination`. */
export type SeenEventFilter = { host: string; project: string; managed_by: Owner | null } & Json;

export type KnownEventFilter = Upkeep & {
  host: string;
  project: string;
  slug?: string | undefined;
  name?: string | undefined;
  description?: string | undefined;
  steps?: unknown;
};

const folder = "destinations/filters";

/** What PostHog takes for a matching that is not said (contract §6.1). */
const matchings = { text_matching: "exact", href_matching: "exact", url_matching: "contains" };
const fields = ["event", "selector", "tag_name", "text", "href", "url"] as const;

/** The whole action, for a create and for every update: the steps are replaced whole (contract §6.1). */
export function toRemoteAction(inputs: EventFilterInputs, groups: GroupTypes): ActionBody {
  return {
    name: inputs.name,
    description: withMarker(inputs.description ?? "", inputs.managed_by, folder),
    steps: inputs.steps.map((step) => toRemoteStep(step, groups)),
  };
}

/** The inputs that would have written what PostHog has; tags and the like are for people and no part of it. */
export function fromRemoteAction(
  remote: Action,
  known: KnownEventFilter,
  groups: GroupTypes,
): SeenEventFilter {
  const marked = readMarker(remote.description, folder);
  const description = untrimmed(marked.description, known.description);
  const readGroup = groupReader(known.steps, groups);
  const knownSteps: unknown[] = Array.isArray(known.steps) ? known.steps : [];
  return {
    ...upkeepOf(known),
    ...(known.slug !== undefined && { slug: known.slug }),
    host: known.host,
    project: known.project,
    managed_by: marked.owner,
    name: untrimmed(remote.name, known.name),
    ...(description !== "" && { description }),
    steps: remote.steps.map((step, index) => fromRemoteStep(step, knownSteps[index], readGroup)),
  };
}

/** The path of the first thing that was sent and did not come back. */
export function lostInAction(
  inputs: EventFilterInputs,
  remote: Action,
  groups: GroupTypes,
): string | undefined {
  return firstDifference(inputs, fromRemoteAction(remote, inputs, groups));
}

/** Every key, so that none keeps what an older step had. */
function toRemoteStep({ properties = [], ...step }: LoweredStep, groups: GroupTypes): Json {
  const unsaid = Object.fromEntries(fields.map((field) => [field, null]));
  return { ...unsaid, ...matchings, ...step, properties: toRemoteProperties(properties, groups) };
}

function fromRemoteStep(step: Json, known: unknown, readGroup: GroupReader): Json {
  const { properties, selector_regex: _derived, ...rest } = step;
  const last = isMap(known) ? known : {};
  const said = Object.entries(rest).filter(
    ([key, value]) => value !== null && value !== matchings[key as keyof typeof matchings], // any other key gives undefined
  );
  return {
    ...Object.fromEntries(said.map(([key, value]) => [key, untrimmed(value, last[key])])),
    ...fromRemoteProperties(properties, readGroup),
  };
}
