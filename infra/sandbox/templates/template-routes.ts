import { Hono } from "hono";
import type { HogFilters } from "../../hog/types.ts";
import type { InputSchema } from "../functions/inputs-schema.ts";
import { notFound } from "../http/api-error.ts";
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

/** `/hog_function_templates/`, read only; needs `hog_function:read` (contract §2.1). */
export function templateRoutes(templates: Templates): Hono {
  const routes = new Hono();
  routes.get("/", (c) => {
    const { template_id: id, type = "destination", types = type } = c.req.query();
    const rows = [...templates.values()].filter(
      (template) =>
        template.status !== "deprecated" &&
        types.split(",").includes(template.type) &&
        (id === undefined || template.id === id),
    );
    return c.json(paginate(c.req.url, rows.length, (limit, offset) => rows.slice(offset, offset + limit)));
  });
  routes.get("/:id", (c) => {
    const template = templates.get(c.req.param("id"));
    if (!template) throw notFound("Not found.");
    return c.json(template);
  });
  return routes;
}
