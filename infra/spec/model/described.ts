import type { z } from "zod";

/** A key of the language: what an editor shows when it is hovered, and one value as an example. */
export function described<Schema extends z.ZodType>(
  schema: Schema,
  description: string,
  example: unknown,
): Schema {
  return schema.meta({ description, examples: [example] });
}
