import * as pulumi from "@pulumi/pulumi";
import type { PlacedDestination } from "../wire/destination.ts";
import type { EventFilterInputs } from "../wire/event-filter.ts";
import { secretInputs } from "../wire/ways.ts";
import type { ManifestInputs } from "./manifest.ts";

/**
 * Pulumi's dynamic-provider host evaluates this text; it loads today's provider, so an edit of provider code changes no
 * resource. The text, `#provider` and the type tokens are in every state: they never change.
 */
export const loaderText =
  'exports.handler=()=>process.getBuiltinModule("module").createRequire(process.cwd()+"/_")("#provider").provider';

export type DestinationArgs = PlacedDestination & {
  /** By slug: those that its filters name. Their ids go into its inputs, so it waits for them. */
  eventFilters?: Readonly<Record<string, EventFilter>>;
};

/** A PostHog destination: one hog function. Its page there is `<host>/project/<project>/functions/<id>`. */
export class Destination extends pulumi.CustomResource {
  constructor(name: string, args: DestinationArgs, options?: pulumi.CustomResourceOptions) {
    const { eventFilters = {}, ...destination } = args;
    super(
      "pulumi-nodejs:dynamic/posthog:Destination",
      name,
      {
        ...ownInputs(destination),
        filters: withIds(destination.filters, eventFilters),
        ...withSecrets(destination),
        kind: "destination",
        __provider: loaderText,
      },
      { ...options, ...optionsOf(destination) },
    );
  }
}

/** An event filter: one PostHog action, whose number is the resource's `id`. Its page: `…/data-management/actions/<id>`. */
export class EventFilter extends pulumi.CustomResource {
  constructor(name: string, filter: EventFilterInputs, options?: pulumi.CustomResourceOptions) {
    super(
      "pulumi-nodejs:dynamic/posthog:EventFilter",
      name,
      { ...ownInputs(filter), kind: "event-filter", __provider: loaderText },
      { ...options, ...optionsOf(filter) },
    );
  }
}

/** The stack's destinations, which refuses a run that stops too many of them. */
export class Manifest extends pulumi.CustomResource {
  constructor(name: string, inputs: ManifestInputs, options?: pulumi.CustomResourceOptions) {
    super(
      "pulumi-nodejs:dynamic/posthog:Manifest",
      name,
      { ...inputs, kind: "manifest", __provider: loaderText },
      options,
    );
  }
}

type Lowered = PlacedDestination | EventFilterInputs;

/** What Pulumi does by itself: keep an object under a new name, refuse to delete it, leave it where it is. */
function optionsOf({ aliases = [], lifecycle = {} }: Lowered): pulumi.CustomResourceOptions {
  return {
    // As `diff` says, which a forced replacement does not ask: create takes over what carries our marker, and must not find
    // the one that is deleted next.
    deleteBeforeReplace: true,
    ...(aliases.length > 0 && { aliases: aliases.map((name) => ({ name })) }),
    ...(lifecycle.protect && { protect: true }),
    ...(lifecycle.retain && { retainOnDelete: true }),
  };
}

/** The rest: to have an alias or protection taken out is no change of the object in PostHog. */
function ownInputs({ aliases: _aliases, lifecycle, ...inputs }: Lowered): pulumi.Inputs {
  const { protect: _protect, ...upkeep } = lifecycle ?? {};
  return { ...inputs, ...(Object.keys(upkeep).length > 0 && { lifecycle: upkeep }) };
}

function withIds(
  filters: PlacedDestination["filters"],
  eventFilters: Readonly<Record<string, EventFilter>>,
): pulumi.Inputs {
  if (!Array.isArray(filters.events)) return filters;
  const events = filters.events.map((event) => {
    if (!("filter" in event)) return event;
    const eventFilter = eventFilters[event.filter];
    if (!eventFilter) throw new Error(`there is no event filter ${JSON.stringify(event.filter)}`);
    return { ...event, id: eventFilter.id };
  });
  return { ...filters, events };
}

/** An output is secret in state when the input at the same path is (facts §E): so mark the inputs. */
function withSecrets(way: PlacedDestination): pulumi.Inputs {
  const marked = Object.fromEntries(
    Object.entries(secretInputs(way)).map(([key, value]) => [key, pulumi.secret(value)]),
  );
  if ("webhook" in way) return { webhook: { ...way.webhook, ...marked } };
  if ("template" in way)
    return { template: { ...way.template, inputs: { ...way.template.inputs, ...marked } } };
  return { hog: { ...way.hog, ...(way.hog.inputs && { inputs: { ...way.hog.inputs, ...marked } }) } };
}
