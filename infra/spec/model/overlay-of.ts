import { z } from "zod";

/** What may be laid over data of a schema: every key is optional, and `null` removes it; lists are whole (design §3). */
export function overlayOf(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return overlayOf(inner(schema));
  if (schema instanceof z.ZodObject) {
    const shape: Record<string, z.ZodType> = schema.shape;
    return z.strictObject(
      Object.fromEntries(Object.entries(shape).map(([key, value]) => [key, described(value)])),
    );
  }
  if (schema instanceof z.ZodRecord) return z.record(z.string(), overlayOf(inner(schema)).nullable());
  if (schema instanceof z.ZodUnion)
    return z.union(schema.options.map((option) => overlayOf(option as z.ZodType))); // as built here
  return schema;
}

function described(value: z.ZodType): z.ZodType {
  const meta = value.meta();
  const overlay = overlayOf(value).nullable().optional();
  return meta === undefined ? overlay : overlay.meta(meta);
}

/** zod's core types, seen as the classes that they are here. */
function inner(schema: z.ZodOptional | z.ZodNullable | z.ZodRecord): z.ZodType {
  return (schema instanceof z.ZodRecord ? schema.valueType : schema.unwrap()) as z.ZodType;
}
