import { z } from "zod";
import { PostHogError } from "./errors.ts";
import { inputSchemaItem, parse } from "./hog-functions.ts";
import type { PostHogClient } from "./http.ts";

/** What a function made from the template is made of (contract §2.1). */
const template = z.object({
  id: z.string(),
  code: z.string(),
  inputs_schema: z.array(inputSchemaItem),
  icon_url: z
    .string()
    .nullish()
    .transform((url) => url ?? null),
});
export type Template = z.infer<typeof template>;

/** The template as PostHog serves it today: existing functions keep their copy of an older one (contract §1.12). */
export async function getTemplate(client: PostHogClient, id: string): Promise<Template> {
  const path = `hog_function_templates/${id}/`;
  try {
    return parse(template, await client.get(path), path);
  } catch (error) {
    if (!(error instanceof PostHogError && error.gone)) throw error;
    throw new Error(
      `This PostHog has no template \`${id}\`. A self-hosted one gets its templates by \`python manage.py sync_hog_function_templates\`.`,
      { cause: error },
    );
  }
}
