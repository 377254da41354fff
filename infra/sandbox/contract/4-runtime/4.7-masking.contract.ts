import { expect } from "vitest";
import { type Json, ManualClock, sandbox } from "../../test-support.ts";
import { fact } from "../contract.ts";

/** Events by name, and pauses in seconds: how each event fared. */
async function run(masking: Json, steps: (string | number)[], functions = 1): Promise<string[]> {
  const clock = new ManualClock();
  const { api, capture, settled } = await sandbox({ clock });
  for (let count = 0; count < functions; count++) {
    await api("POST", "hog_functions/", { hog: "return 1", enabled: true, masking });
  }
  const states: string[] = [];
  for (const step of steps) {
    if (typeof step === "number") clock.advance(step * 1000);
    else states.push(...(await settled(await capture(step))).destinations.map(({ state }: Json) => state));
  }
  return states;
}

const sent = "succeeded";
const perPerson = { ttl: 60, hash: "{person.id}" };

fact("4.7", "Without a threshold only the first in each window is sent", { needs: "sandbox" }, async () => {
  expect(await run(perPerson, ["a", "a", "a"])).toEqual([sent, "masked", "masked"]);
});

fact("4.7", "The window begins with its first event and is not prolonged", { needs: "sandbox" }, async () => {
  expect(await run(perPerson, ["a", 30, "a", 29, "a", 1, "a"])).toEqual([sent, "masked", "masked", sent]);
});

fact("4.7", "With a threshold t the 1st, (t+1)th, (2t+1)th are sent", { needs: "sandbox" }, async () => {
  const events = ["a", "a", "a", "a", "a", "a", "a"];
  const states = await run({ ...perPerson, threshold: 3 }, events);
  expect(states.map((state) => state === sent)).toEqual([true, false, false, true, false, false, true]);
});

fact("4.7", "The count is for each function on its own", { needs: "sandbox" }, async () => {
  expect(await run(perPerson, ["a", "a"], 2)).toEqual([sent, sent, "masked", "masked"]);
});

fact("4.7", "The key is the text of the hash: other persons, other keys", { needs: "sandbox" }, async () => {
  const { api, capture, settled } = await sandbox();
  await api("POST", "hog_functions/", { hog: "return 1", enabled: true, masking: perPerson });
  const state = async (distinct_id: string) =>
    (await settled(await capture("a", { distinct_id }))).destinations[0].state;
  expect([await state("ada"), await state("bob"), await state("ada")]).toEqual([sent, sent, "masked"]);
});

fact("4.7", "A falsy hash masks nothing", { needs: "sandbox" }, async () => {
  expect(await run({ ttl: 60, hash: "{event.properties.none}" }, ["a", "a"])).toEqual([sent, sent]);
});

fact("4.7", "When Redis fails nothing is sent that is masked", { needs: "sandbox" }, async () => {
  const { api, call, capture, settled } = await sandbox();
  await api("POST", "hog_functions/", { hog: "return 1", enabled: true, masking: perPerson });
  await call("PATCH", "/_sandbox/runtime", { redis: "down" });
  expect((await settled(await capture("a"))).destinations[0].state).toBe("masked");
});

fact("4.7", "What was held back counts as `masked`", { needs: "sandbox" }, async () => {
  const { api, capture, settled } = await sandbox();
  const { body: fn } = await api("POST", "hog_functions/", {
    hog: "return 1",
    enabled: true,
    masking: perPerson,
  });
  for (const event of ["a", "a", "a"]) await settled(await capture(event));
  expect(
    (await api("GET", `hog_functions/${fn.id}/metrics/totals/?breakdown_by=name`)).body.totals,
  ).toMatchObject({
    masked: 2,
  });
});
