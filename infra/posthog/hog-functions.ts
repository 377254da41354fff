import { z } from "zod";
import { nullIfGone, parse, text } from "./answers.ts";
import type { PostHogClient } from "./http.ts";

/** An item of `inputs_schema` (contract §1.5); keys we do not know are kept. */
export const inputSchemaItem = z.looseObject({ key: z.string(), secret: z.boolean().nullish() });
export type InputSchemaItem = z.infer<typeof inputSchemaItem>;

/** An input as PostHog reads it back: `value` and derived keys, or `{ secret: true }` (contract §1.5, §1.7). */
export type RemoteInput = Record<string, unknown>;

const object = z.record(z.string(), z.unknown());

/** What we read of a hog function (contract §1.4). Versions differ: unknown keys are dropped, missing ones have a value. */
export const hogFunction = z.object({
  id: z.string(),
  type: z.string(),
  name: text,
  description: text,
  enabled: z.boolean(),
  hog: text,
  inputs_schema: z
    .array(inputSchemaItem)
    .nullish()
    .transform((items) => items ?? []),
  inputs: z.record(z.string(), object.nullable()).nullish().transform(withoutNulls),
  filters: object.nullish().transform((filters) => filters ?? {}),
  masking: object.nullish().transform((masking) => masking ?? null),
  mappings: z
    .array(z.unknown())
    .nullish()
    .transform((mappings) => mappings ?? null),
  icon_url: z
    .string()
    .nullish()
    .transform((url) => url ?? null),
  /** What it was made from; `null` when it was written by hand. */
  template: z.object({ id: z.string() }).nullish(),
  version: z.number().nullish(),
  updated_at: z.string().nullish(),
});
export type HogFunction = z.infer<typeof hogFunction>;

/** What is set for ever when a function is made (contract §1.4). */
export type HogFunctionOrigin = {
  type: "destination" | "internal_destination";
  template_id?: string | undefined;
};

/** A whole hog function as it is written: PATCH replaces what it names and nulls what it forgets (contract §1.6). */
export type HogFunctionBody = {
  name: string;
  description: string;
  enabled: boolean;
  filters: Record<string, unknown>;
  hog: string;
  inputs_schema: InputSchemaItem[];
  inputs: Record<string, RemoteInput>;
  icon_url: string | null;
  masking: { ttl: number; hash: string; threshold: number | null } | null;
  mappings: null;
};

const path = "hog_functions/";

/** `null` when it is gone, which is what PostHog says of a deleted one too (contract §1.2). */
export async function getHogFunction(client: PostHogClient, id: string): Promise<HogFunction | null> {
  return nullIfGone(client.get(`${path}${id}/`).then((answer) => parse(hogFunction, answer, path)));
}

/** An error that is `unclear` may have created it. */
export async function createHogFunction(
  client: PostHogClient,
  origin: HogFunctionOrigin,
  body: HogFunctionBody,
): Promise<HogFunction> {
  return parse(hogFunction, await client.post(path, { ...origin, ...body }), path);
}

/** A row as it was read, and what PostHog tells by that it is the same still. */
type Seen = Pick<HogFunction, "id" | "version" | "updated_at">;

/** Refused with a 409 when it was changed since it was read so; an older PostHog knows no such lock (contract §1.4). */
export async function patchHogFunction(
  client: PostHogClient,
  seen: Seen,
  body: HogFunctionBody,
): Promise<HogFunction> {
  return parse(hogFunction, await client.patch(`${path}${seen.id}/`, { ...body, ...lockOf(seen) }), path);
}

/** Enables or disables and nothing else; `mappings` because a PATCH without them may null them (contract §1.6). */
export async function disableHogFunction(client: PostHogClient, id: string): Promise<void> {
  parse(disabled, await client.patch(`${path}${id}/`, { enabled: false, mappings: null }), path);
}

/** DELETE is refused; a deleted function keeps `enabled` and would be live if undeleted (contract §1.2). Locked as a change is. */
export async function deleteHogFunction(client: PostHogClient, seen: Seen): Promise<void> {
  const body = { deleted: true, enabled: false, mappings: null, ...lockOf(seen) };
  const answer = await nullIfGone(client.patch(`${path}${seen.id}/`, body));
  if (answer !== null) parse(disabled, answer, path);
}

/** Whatever else is answered, it may still send. */
const disabled = z.object({ enabled: z.literal(false) });

function lockOf({ version, updated_at }: Seen) {
  return version != null && updated_at != null && { base_updated_at: updated_at };
}

/** PostHog stores `null` for an input that is in the schema and was never given. */
function withoutNulls(
  inputs: Record<string, RemoteInput | null> | null | undefined,
): Record<string, RemoteInput> {
  const given: Record<string, RemoteInput> = {};
  for (const [key, input] of Object.entries(inputs ?? {})) if (input !== null) given[key] = input;
  return given;
}
