import { Hono } from "hono";
import type { Persons } from "../events/persons.ts";

/** `/groups_types/`: a plain list, in the order of the index; needs `group:read`. */
export function groupTypeRoutes(persons: Persons): Hono {
  const routes = new Hono();
  routes.get("/", (c) =>
    c.json(
      persons.groupTypes().map((type, index) => ({
        group_type: type,
        group_type_index: index,
        name_singular: null,
        name_plural: null,
        detail_dashboard: null,
        default_columns: null,
        created_at: null,
      })),
    ),
  );
  return routes;
}
