import { z } from "zod";
import { nullIfGone, parse } from "./answers.ts";
import { PostHogError } from "./errors.ts";
import { inputSchemaItem } from "./hog-functions.ts";
import type { PostHogClient } from "./http.ts";

/** What a function made from the template is made of (contract §2.1). */
const template = z.object({
  id: z.string(),
  type: z.string().nullish(),
  code: z.string(),
  inputs_schema: z.array(inputSchemaItem),
  icon_url: z
    .string()
    .nullish()
    .transform((url) => url ?? null),
  mapping_templates: z.array(z.unknown()).nullish(),
});
export type Template = z.infer<typeof template>;

/** The template as PostHog serves it today: existing functions keep their copy of an older one (contract §1.12). */
export async function getTemplate(client: PostHogClient, id: string): Promise<Template> {
  const path = `hog_function_templates/${encodeURIComponent(id)}/`;
  const served = await nullIfGone(client.get(path).then((answer) => parse(template, answer, path)));
  if (served !== null) return served;
  throw new PostHogError({
    status: 404,
    code: "no_template",
    detail: noTemplate([id], client.host),
    request: `GET ${path}`,
  });
}

export function noTemplate(ids: string[], host: string): string {
  return (
    `it has no template ${ids.map((id) => `\`${id}\``).join(", ")}. Is the id right? ` +
    `${host}/api/public_hog_function_templates/ lists those there are; ` +
    "a self-hosted PostHog gets its templates by `python manage.py sync_hog_function_templates`."
  );
}
