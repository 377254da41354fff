import { type Json, sandbox } from "../test-support.ts";

/** Whether an event with these properties meets a filter of one condition, on `x` unless it says otherwise. */
export async function holds(condition: Json, properties: Json): Promise<boolean> {
  const { webhook, capture, settled } = await sandbox({ retries: "back-to-back" });
  const property = { key: "x", type: "event", ...condition };
  await webhook("http://127.0.0.1:1/", { filters: { properties: [property] } });
  const { destinations } = await settled(await capture("any", { properties }));
  return destinations[0].matched;
}
