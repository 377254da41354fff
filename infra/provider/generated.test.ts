import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import {
  anyTemplate,
  arbitraryDestination,
  arbitraryEventFilter,
  groupNames,
  type KnownAction,
} from "../wire/accepted-inputs.ts";
import { byHand, createEngine } from "./testing.ts";

// `npm test` tries a few, always the same; `LONG=1` many more, each time others.
const LONG = process.env.LONG === "1";
const runs = (numRuns: number) => (LONG ? { numRuns: numRuns * 40 } : { numRuns, seed: 20_261_125 });
const timeout = LONG ? 3_600_000 : 60_000;

let sandbox: Sandbox;
const actions: KnownAction[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({
    port: 0,
    data: ":memory:",
    groupTypes: groupNames,
    templates: [anyTemplate],
  });
  for (const filter of ["paying", "trial"]) {
    const steps = [{ event: filter }];
    const { id } = await byHand(sandbox).api("POST", "actions/", { name: filter, steps });
    actions.push({ filter, id: String(id) });
  }
});
afterAll(() => sandbox.close());

function place(kind: string, slug: string) {
  const managed_by = `hogwire/dev/${slug}`;
  return { kind, slug, host: sandbox.url, project: "1", managed_by, __provider: "loader" };
}

test("what PostHog has of any destination is what was written, and the next run has nothing to do", {
  timeout,
}, async () => {
  const engine = createEngine();
  await fc.assert(
    fc.asyncProperty(arbitraryDestination(actions), async (lowered) => {
      const inputs = { ...place("destination", "any"), ...lowered };
      await engine.up(inputs);
      expect(await engine.refresh()).toEqual(inputs);
      expect(await engine.up(inputs)).toBe("same");
    }),
    runs(100),
  );
});

test("the same for any event filter", { timeout }, async () => {
  const engine = createEngine();
  await fc.assert(
    fc.asyncProperty(arbitraryEventFilter, async (lowered) => {
      const inputs = { ...place("event-filter", "any-filter"), ...lowered };
      await engine.up(inputs);
      expect(await engine.refresh()).toEqual(inputs);
      expect(await engine.up(inputs)).toBe("same");
    }),
    runs(50),
  );
});
