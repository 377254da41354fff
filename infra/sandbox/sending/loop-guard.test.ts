import { describe, expect, test } from "vitest";
import { type Json, receiver, sandbox, until } from "../test-support.ts";

/** Captures an event like the one it met, into the project or, with another token, into nobody's. */
const forward = (url: string, path: string, body: string) => `fetch(f'${url}${path}', {'body': ${body}})`;
const single = (token: string) =>
  `{'api_key': '${token}', 'event': event.event, 'distinct_id': 'user-1', 'properties': event.properties}`;

describe("a function that captures into its own project (§4.6)", () => {
  test.each<[string, string, string]>([
    ["a single event", "/i/v0/e/", single("phc_sandbox")],
    ["a batch", "/batch", `{'api_key': 'phc_sandbox', 'batch': [${single("phc_sandbox")}]}`],
  ])("stops after ten times: %s", async (_, path, body) => {
    const { api, capture, url, trace } = await sandbox();
    const filters = { events: [{ id: "loop", type: "events" }] };
    const hog = forward(url, path, body);
    const { body: fn } = await api("POST", "hog_functions/", { hog, enabled: true, filters });
    await capture("loop", { properties: { $hog_function_self_loop_depth: { other: 3 } } });
    const failed = await until(async () => {
      const { results } = (await api("GET", `hog_functions/${fn.id}/logs/?level=ERROR`)).body;
      return results[0];
    });
    expect(failed.message).toContain("10 times");
    const { totals } = (await api("GET", `hog_functions/${fn.id}/metrics/totals/?breakdown_by=name`)).body;
    expect(totals).toMatchObject({ triggered: 11, succeeded: 10, failed: 1 });
    const uuid = /on event (\S+):/.exec(failed.message)?.[1] ?? "";
    expect((await trace(uuid)).destinations).toMatchObject([{ state: "failed", deliveries: [] }]);
  });

  test.each([
    ["another project's token", (url: string) => forward(url, "/i/v0/e/", single("phc_other"))],
    ["an address that captures nothing", (url: string) => forward(url, "/flags", single("phc_sandbox"))],
  ])("is left alone with %s", async (_, hogFor) => {
    const { api, capture, settled, url } = await sandbox();
    await api("POST", "hog_functions/", { hog: hogFor(url), enabled: true });
    const [{ state, deliveries }] = (await settled(await capture("any"))).destinations;
    expect(state).toBe("succeeded");
    expect(deliveries[0].request.body).not.toContain("self_loop_depth");
  });

  test("a count of somebody's own making neither delays nor speeds it up for others", async () => {
    const hook = await receiver();
    const { webhook, capture, settled } = await sandbox();
    const fn = await webhook(hook.url);
    const properties: Json = { $hog_function_self_loop_depth: { [fn.id]: 99 } };
    expect((await settled(await capture("any", { properties }))).destinations[0].state).toBe("succeeded");
  });
});
