import { Hono } from "hono";
import type { TestAccountFilters } from "./test-account-filters.ts";

/**
 * `GET /api/projects/<id>/`: what a client needs to know of its project. PostHog's has many settings more; those which the
 * sandbox has not are left out rather than made up. Needs `project:read` (contract §6.6).
 */
export function projectRoutes(details: {
  id: number;
  name: string;
  token: string;
  testAccounts: TestAccountFilters;
}): Hono {
  const routes = new Hono();
  routes.get("/", (c) =>
    c.json({
      id: details.id,
      name: details.name,
      api_token: details.token,
      test_account_filters: details.testAccounts.get(),
      timezone: "UTC",
    }),
  );
  return routes;
}
