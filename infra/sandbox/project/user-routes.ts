import { Hono } from "hono";
import type { ApiEnv } from "../http/access.ts";
import { notInSandbox } from "../http/api-error.ts";

const organizationId = "00000000-0000-4000-8000-0000000000a1";

/** `/api/users/@me/`, which needs `user:read` (contract §6.5). */
export function userRoutes(projectId: number, projectToken: string): Hono<ApiEnv> {
  const organization = {
    id: organizationId,
    name: "Sandbox",
    slug: "sandbox",
    logo_media_id: null,
    membership_level: 8,
  };
  const team = {
    id: projectId,
    uuid: "00000000-0000-4000-8000-0000000000b1",
    organization: organizationId,
    project_id: projectId,
    api_token: projectToken,
    name: "Sandbox",
    ingested_event: true,
    is_demo: false,
    timezone: "UTC",
  };
  const routes = new Hono<ApiEnv>();
  routes.get("/@me", (c) => {
    const user = c.get("user");
    if (!user) throw notInSandbox("a user of this key");
    return c.json({ ...user, team, organization, organizations: [organization] });
  });
  routes.all("/*", () => {
    throw notInSandbox("users besides GET @me");
  });
  return routes;
}
