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
import { isSame, type Json, without } from "../wire/json.ts";
import { byHand, createEngine, type PostHogByHand } from "./testing.ts";
import { anyChange, changed, meantBy, meantByAction, saidOf } from "./testing-changes.ts";

// `npm test` tries a few, always the same; `LONG=1` many more, each time others.
const LONG = process.env.LONG === "1";
const runs = (numRuns: number) => (LONG ? { numRuns: numRuns * 40 } : { numRuns, seed: 20_261_125 });
const timeout = LONG ? 3_600_000 : 60_000;

let sandbox: Sandbox;
let posthog: PostHogByHand;
const actions: KnownAction[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({
    port: 0,
    data: ":memory:",
    groupTypes: groupNames,
    templates: [anyTemplate],
  });
  posthog = byHand(sandbox);
  for (const filter of ["paying", "trial"]) {
    const { id } = await posthog.api("POST", "actions/", { name: filter, steps: [{ event: filter }] });
    actions.push({ filter, id: String(id) });
  }
});
afterAll(() => sandbox.close());

function place(kind: string, slug: string): Json {
  const managed_by = `hogwire/dev/${slug}`;
  return { kind, slug, host: sandbox.url, project: "1", managed_by, __provider: "loader" };
}

/** `undefined` when PostHog refuses it. */
async function patched(path: string, body: Json): Promise<Json | undefined> {
  return posthog.api("PATCH", path, body).catch((error: Error) => {
    if (/^(400|501|500) /.test(error.message)) return undefined;
    throw error;
  });
}

/** One object, changed by hand and put back again and again. */
function createPatient() {
  const engine = createEngine();
  return {
    async write(inputs: Json): Promise<string> {
      await engine.up(inputs);
      return `${engine.id}`;
    },
    /** Whether anything shows; it shows as long as it is not put back, and is gone then. */
    async shows(inputs: Json): Promise<boolean> {
      const seen = await engine.refresh();
      // A count of changes with nothing to see may be a secret's (see `findings`).
      const shows = !isSame(without(seen ?? {}, ["secrets"]), inputs);
      expect(await engine.refresh()).toEqual(seen);
      expect(await engine.up(inputs)).toBe(isSame(seen, inputs) ? "same" : "update");
      expect(await engine.refresh()).toEqual(inputs);
      return shows;
    },
  };
}

test("whatever somebody changes of a destination shows, and what PostHog makes of it alone does not", {
  timeout,
}, async () => {
  const patient = createPatient();
  const tops = ["inputs", "inputs", "filters", "filters", "inputs_schema", "masking", "mappings"];
  const top = fc.constantFrom(...tops, "name", "description", "icon_url", "hog");
  await fc.assert(
    fc.asyncProperty(arbitraryDestination(actions), top, anyChange, async (lowered, part, change) => {
      const inputs = { ...place("destination", "any"), ...lowered };
      const path = `hog_functions/${await patient.write(inputs)}/`;
      const before = await posthog.api("GET", path);
      const after = await patched(path, { mappings: null, ...changed({ [part]: before[part] }, change) });
      fc.pre(after !== undefined);
      const [was, is] = [before, after].map((row) => meantBy(saidOf(row ?? {}), row?.template !== null));
      expect({ part, was, is, shows: await patient.shows(inputs) }).toMatchObject({
        shows: !isSame(was, is),
      });
    }),
    runs(100),
  );
});

test("the same of an event filter", { timeout }, async () => {
  const patient = createPatient();
  const top = fc.constantFrom("steps", "steps", "steps", "name", "description");
  await fc.assert(
    fc.asyncProperty(arbitraryEventFilter, top, anyChange, async (lowered, part, change) => {
      const inputs = { ...place("event-filter", "any-filter"), ...lowered };
      const path = `actions/${await patient.write(inputs)}/`;
      const before = await posthog.api("GET", path);
      const after = await patched(path, changed({ [part]: before[part] }, change));
      fc.pre(after !== undefined);
      const [was, is] = [before, after].map((row) => meantByAction(row ?? {}));
      expect({ part, was, is, shows: await patient.shows(inputs) }).toMatchObject({
        shows: !isSame(was, is),
      });
    }),
    runs(100),
  );
});
