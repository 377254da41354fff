import { z } from "zod";

/**
 * The body preset `event` (contract §4.5). Strict only where the receiver depends on it: a 400 loses the event for
 * good, as PostHog does not retry it (contract §4.6).
 */
const bodySchema = z.object({
  event: z.object({
    uuid: z.string().min(1),
    event: z.string().min(1),
    distinct_id: z.string().default(""),
    properties: z.record(z.string(), z.unknown()).default({}),
    timestamp: z.string().default(""),
  }),
  person: z
    .object({
      id: z.string().default(""),
      properties: z.record(z.string(), z.unknown()).default({}),
      name: z.string().default(""),
    })
    .nullish()
    .transform((person) => person ?? null),
});

/** What PostHog said happened, and to whom: `person` is null where PostHog sent none. */
export type Body = z.output<typeof bodySchema>;

/** The parsed body, or undefined when it is not the JSON of the preset `event`. */
export function parseBody(body: Uint8Array | string): Body | undefined {
  try {
    const text = typeof body === "string" ? body : new TextDecoder("utf-8", { fatal: true }).decode(body);
    return bodySchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // not UTF-8, or not JSON: the caller's answer is the same
  }
}
