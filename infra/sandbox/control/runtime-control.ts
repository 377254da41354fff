import { Hono } from "hono";
import { z } from "zod";
import type { HogProperty } from "../../hog/types.ts";
import { recompileForTestAccounts } from "../functions/recompile.ts";
import { readUntypedJson } from "../http/read-json.ts";
import type { TestAccountFilters } from "../project/test-account-filters.ts";
import type { Cdp } from "../runtime/cdp.ts";
import { settingsModel } from "../runtime/settings.ts";
import { watcherStates } from "../runtime/watcher.ts";

const statusModel = z.strictObject({ state: z.literal(Object.values(watcherStates)) });
const testAccountsModel = z.array(z.looseObject({ key: z.string().min(1) }));

/**
 * What decides how events become deliveries, and that no API key of PostHog reaches:
 * - `GET`, `PATCH /runtime`: the settings of `settings.ts`;
 * - `PUT /hog_functions/<id>/status` `{ state }`: the watcher's, as PostHog's staff can (contract §1.11);
 * - `GET`, `PUT /test-account-filters`: the project's own (contract §4.2), as a list of conditions.
 */
export function runtimeControl(cdp: Cdp, testAccounts: TestAccountFilters): Hono {
  const routes = new Hono();

  routes.get("/runtime", (c) => c.json(cdp.settings));
  routes.patch("/runtime", async (c) => {
    const read = settingsModel.partial().safeParse(await readUntypedJson(c.req.raw));
    if (!read.success) return c.json({ error: z.prettifyError(read.error) }, 400);
    return c.json(Object.assign(cdp.settings, read.data));
  });

  routes.put("/hog_functions/:id/status", async (c) => {
    const read = statusModel.safeParse(await readUntypedJson(c.req.raw));
    if (!read.success) return c.json({ error: z.prettifyError(read.error) }, 400);
    const fn = cdp.functions.get(c.req.param("id"));
    if (!fn) return c.json({ error: "There is no such function." }, 404);
    cdp.watcher.force(fn.id, read.data.state);
    return c.json(cdp.watcher.status(fn));
  });

  routes.get("/test-account-filters", (c) => c.json(testAccounts.get()));
  routes.put("/test-account-filters", async (c) => {
    const read = testAccountsModel.safeParse(await readUntypedJson(c.req.raw));
    if (!read.success) return c.json({ error: z.prettifyError(read.error) }, 400);
    testAccounts.set(read.data as HogProperty[]); // the compiler refuses what is none
    recompileForTestAccounts(cdp.functions, cdp.context);
    return c.json(testAccounts.get());
  });
  return routes;
}
