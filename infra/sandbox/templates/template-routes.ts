import { Hono } from "hono";
import type { HogFilters } from "../../hog/types.ts";
import type { InputSchema } from "../functions/inputs-schema.ts";
import { notFound, refuseMethod } from "../http/api-error.ts";
import { paginate } from "../http/pagination.ts";

/** A row of PostHog's template table as the API shows it (contract §2.1). */
export type HogTemplate = {
  id: string;
  name: string;
  description: string;
  type: string;
  status: "alpha" | "beta" | "stable" | "deprecated" | "hidden" | "coming_soon";
  free: boolean;
  category: string[];
  icon_url: string;
  code_language: "hog";
  code: string;
  inputs_schema: InputSchema[];
  /** What the UI proposes. */
  filters: HogFilters | null;
  masking: null;
  mapping_templates: null;
};

export type Templates = Map<string, HogTemplate>;

/** `/hog_function_templates/`, read only; needs `hog_function:read`, or nobody at all where it is public (contract §2.1). */
export function templateRoutes(options: {
  templates: Templates;
  /** How many enabled functions were made from each. */
  usage: () => Map<string, number>;
  /** The list for everybody leaves the hidden ones out. */
  isPublic: boolean;
}): Hono {
  const { templates, usage, isPublic } = options;
  const routes = new Hono();
  routes.get("/", (c) => {
    const { template_id: id, type, types } = c.req.query();
    const wanted = type ? [type] : (types || "destination").split(",");
    const unlisted = isPublic ? ["deprecated", "hidden"] : ["deprecated"];
    const rows = [...templates.values()].filter(
      (template) =>
        !unlisted.includes(template.status) && wanted.includes(template.type) && (!id || template.id === id),
    );
    const used = usage();
    const popularity = (template: HogTemplate) => used.get(template.id) ?? 0;
    rows.sort((a, b) => popularity(b) - popularity(a) || compare(a.name.toLowerCase(), b.name.toLowerCase()));
    return c.json(paginate(c.req.url, rows.length, (limit, offset) => rows.slice(offset, offset + limit)));
  });
  // whatever its status
  routes.get("/:id", (c) => {
    const template = templates.get(c.req.param("id"));
    if (!template) throw notFound("Not found.");
    return c.json(template);
  });
  if (isPublic) routes.all("/*", refuseMethod);
  return routes;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
