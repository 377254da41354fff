import { z } from "zod";
import type { DestinationInputs } from "../wire/destination.ts";
import { RefusedError } from "./errors.ts";

/** Inputs and outputs as the engine hands them over. */
export type Properties = Record<string, unknown>;

const property = z.object({
  key: z.string(),
  value: z.exactOptional(z.unknown()),
  operator: z.exactOptional(z.string()),
  type: z.exactOptional(z.string()),
  group_type_index: z.exactOptional(z.number()),
});
const properties = z.exactOptional(z.array(property).min(1));

/** Strict: what is not known here would be dropped on its way, and less filter means more events (law 1). */
const destination = z.strictObject({
  host: z.url({ protocol: /^https?$/ }),
  project: z.string().min(1),
  managed_by: z.string().regex(/^[^/\s\]]+\/[^/\s\]]+\/[^/\s\]]+$/, "must be <project>/<stack>/<slug>"),
  slug: z.string().min(1),
  name: z.string().max(400).regex(/\S/, "must not be empty"),
  description: z.exactOptional(z.string()),
  enabled: z.boolean(),
  filters: z.strictObject({
    events: z.union([
      z.literal("all"),
      z
        .array(z.strictObject({ id: z.string().min(1), properties }))
        .min(1, "must not be empty: PostHog would send every event; say `all` if that is meant"),
    ]),
    properties,
    filter_test_accounts: z.exactOptional(z.literal(true)),
  }),
  webhook: z.strictObject({
    url: z.string().min(1),
    method: z.exactOptional(z.enum(["PUT", "PATCH", "GET", "DELETE"])),
    headers: z.exactOptional(z.record(z.string(), z.string())),
    body: z.unknown(),
    signing_secret: z.exactOptional(z.string().min(1)),
    secret_inputs: z.exactOptional(z.array(z.enum(["url", "headers"]))),
    debug: z.exactOptional(z.literal(true)),
  }),
});

/** What state says of a destination; after a refresh it may hold anything that somebody did in PostHog. */
const state = z.object({
  kind: z.string(),
  host: z.string(),
  project: z.string(),
  slug: z.string(),
  name: z.string().optional().catch(undefined),
  description: z.string().optional().catch(undefined),
  webhook: z.record(z.string(), z.unknown()).catch({}),
  written: z.object({
    by: z.string(),
    code: z.string(),
    inputs_schema: z.string(),
    icon_url: z.string(),
    version: z.number().nullish(),
  }),
});

/** What is wrong with a destination's inputs, each with its path and never with the value, which may be a secret. */
export function destinationProblems(inputs: Properties): string[] {
  const result = destination.safeParse(ownInputs(inputs));
  return (result.error?.issues ?? []).map((issue) => `${issue.path.join(".")}: ${issue.message}`);
}

export function parseDestination(inputs: Properties): DestinationInputs {
  const problems = destinationProblems(inputs);
  if (problems.length > 0)
    throw new RefusedError(`These inputs are not a destination: ${problems.join("; ")}`);
  return destination.parse(ownInputs(inputs));
}

export function parseState(outputs: Properties) {
  return state.parse(outputs);
}

/** Without what the resource class adds for the loader. */
function ownInputs({ kind: _kind, __provider: _loader, ...inputs }: Properties): Properties {
  return inputs;
}
