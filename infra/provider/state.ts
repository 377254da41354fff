import { z } from "zod";
import type { Properties } from "./inputs.ts";

/** After a refresh state may hold anything that somebody did in PostHog. */
const anyText = z.string().optional().catch(undefined);
const anyMap = z.record(z.string(), z.unknown()).optional().catch({});

const yes = z.exactOptional(z.literal(true));

const common = {
  kind: z.string(),
  host: z.string(),
  project: z.string(),
  slug: z.string(),
  name: anyText,
  description: anyText,
  copies: z.array(z.string()).optional().catch(undefined),
  adopt: z.exactOptional(z.string()),
  lifecycle: z.exactOptional(z.object({ retain: yes, upgrade: yes })),
};

/** What state says of a destination. */
const destination = z.object({
  ...common,
  filters: anyMap,
  masking: anyMap,
  webhook: anyMap,
  template: anyMap,
  hog: anyMap,
  written: z.object({
    by: z.string(),
    copies: z.array(z.string()).optional(),
    template: z.string().optional(),
    code: z.string(),
    inputs_schema: z.union([z.record(z.string(), z.string()), z.string()]),
    icon_url: z.string(),
    secrets: z.record(z.string(), z.string()).optional(),
    version: z.number().nullish(),
  }),
});

/** What state says of an event filter. */
const eventFilter = z.object({
  ...common,
  steps: z.array(z.unknown()).optional().catch(undefined),
  written: z.object({ by: z.string(), copies: z.array(z.string()).optional() }),
});

export type DestinationState = z.infer<typeof destination>;
export type EventFilterState = z.infer<typeof eventFilter>;

export function parseDestinationState(outputs: Properties): DestinationState {
  return destination.parse(outputs);
}

export function parseEventFilterState(outputs: Properties): EventFilterState {
  return eventFilter.parse(outputs);
}
