import { z } from "zod";
import { described } from "./described.ts";
import { destinationKeys } from "./destination.ts";
import { eventFilterKeys } from "./event-filter.ts";

// Only an editor needs to know what an environment may hold: a check merges each into its file first.

/** `destinations/<slug>.yaml`, whole. */
export const destinationModel = withEnvironments(destinationKeys, {
  dev: "absent",
  prod: { enabled: false },
});

/** `destinations/filters/<slug>.yaml`, whole. */
export const eventFilterModel = withEnvironments(eventFilterKeys, { dev: "absent" });

function withEnvironments<Shape extends z.ZodRawShape>(keys: z.ZodObject<Shape>, example: unknown) {
  return keys.extend({
    environments: described(
      z.record(z.string().min(1), z.union([z.literal("absent"), overlayOf(keys)])).optional(),
      "what differs in a stack: maps merge, lists replace, null removes; `absent` for not at all",
      example,
    ),
  });
}

/** What may be laid over data of a schema: every key is optional, and `null` removes it; lists are whole (design §3). */
function overlayOf(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return overlayOf(inner(schema));
  if (schema instanceof z.ZodObject) {
    const shape: Record<string, z.ZodType> = schema.shape;
    return z.strictObject(
      Object.fromEntries(Object.entries(shape).map(([key, value]) => [key, optional(value)])),
    );
  }
  if (schema instanceof z.ZodRecord) return z.record(z.string(), overlayOf(inner(schema)).nullable());
  if (schema instanceof z.ZodUnion)
    return z.union(schema.options.map((option) => overlayOf(option as z.ZodType))); // as built here
  return schema;
}

function optional(value: z.ZodType): z.ZodType {
  const meta = value.meta();
  const overlay = overlayOf(value).nullable().optional();
  return meta === undefined ? overlay : overlay.meta(meta);
}

/** zod's core types, seen as the classes that they are here. */
function inner(schema: z.ZodOptional | z.ZodNullable | z.ZodRecord): z.ZodType {
  return (schema instanceof z.ZodRecord ? schema.valueType : schema.unwrap()) as z.ZodType;
}
