import { expect } from "vitest";
import { ManualClock, receiver, sandbox, until } from "../../test-support.ts";
import { fact, untested } from "../contract.ts";

fact("4.1", "Enabled functions get an event, others none", { needs: "sandbox" }, async () => {
  const hook = await receiver();
  const { webhook, capture, settled } = await sandbox();
  await webhook(hook.url, { name: "off", enabled: false });
  const on = await webhook(hook.url, { name: "on" });
  const { destinations } = await settled(await capture("any"));
  expect(destinations.map(({ id }: { id: string }) => id)).toEqual([on.id]);
});

fact(
  "4.1",
  "The filter comes before the inputs: what it refuses is never rendered",
  { needs: "sandbox" },
  async () => {
    const { webhook, capture, settled } = await sandbox();
    const filters = { events: [{ id: "other", type: "events" }] };
    await webhook("http://127.0.0.1:1/", { filters }, { body: { value: "{nobody.at.all}" } });
    expect((await settled(await capture("any"))).destinations[0].state).toBe("filtered");
    expect((await settled(await capture("other"))).destinations[0].state).toBe("inputs_failed");
  },
);

fact(
  "4.1",
  "Inputs come before masking: what cannot be rendered counts for no mask",
  { needs: "sandbox" },
  async () => {
    const hook = await receiver();
    const { webhook, capture, settled } = await sandbox();
    const body = { value: "{event.properties.ok ? event.event : nobody.at.all}" };
    await webhook(hook.url, { masking: { ttl: 60, hash: "{event.event}" } }, { body });
    const state = async (ok: boolean) =>
      (await settled(await capture("any", { properties: { ok } }))).destinations[0].state;
    expect(await state(false)).toBe("inputs_failed");
    expect(await state(true)).toBe("succeeded");
    expect(await state(true)).toBe("masked");
  },
);

fact(
  "4.1",
  "Inputs are rendered when the event matches: a retry sends the same body after an edit",
  { needs: "sandbox" },
  async () => {
    const clock = new ManualClock();
    const hook = await receiver((response, count) => response.writeHead(count === 1 ? 503 : 200).end());
    const { webhook, api, capture, settled } = await sandbox({ clock, random: () => 0 });
    const { id } = await webhook(hook.url, {}, { body: { value: "before" } });
    const uuid = await capture("any");
    await until(() => clock.sleeping.includes(1000) || undefined);
    const inputs = { url: { value: hook.url }, body: { value: "after" } };
    await api("PATCH", `hog_functions/${id}/`, { inputs });
    clock.advance(1000);
    await settled(uuid);
    await settled(await capture("any"));
    expect(hook.received.map(({ body }) => body)).toEqual(["before", "before", "after"]);
  },
);

fact("4.1", "Secrets are merged into the inputs", { needs: "sandbox" }, async () => {
  const { api, capture, settled } = await sandbox();
  await api("POST", "hog_functions/", {
    ...{ enabled: true, hog: "print(length(inputs.key))", inputs: { key: { value: "s3cret" } } },
    inputs_schema: [{ key: "key", type: "string", secret: true }],
  });
  expect((await settled(await capture("any"))).destinations[0].logs[0].message).toBe("6");
});

fact("4.1", "A quota that is used up drops, and counts quota_limited", { needs: "sandbox" }, async () => {
  const { webhook, api, call, capture, settled } = await sandbox();
  const { id } = await webhook("http://127.0.0.1:1/");
  await call("PATCH", "/_sandbox/runtime", { quota: "used-up" });
  expect((await settled(await capture("any"))).destinations).toMatchObject([{ deliveries: [] }]);
  const { totals } = (await api("GET", `hog_functions/${id}/metrics/totals/?breakdown_by=name`)).body;
  expect(totals).toEqual({ quota_limited: 1 });
});

untested("4.1", "A rate limit of the pipeline is observed and not enforced", "it shows in no answer");
