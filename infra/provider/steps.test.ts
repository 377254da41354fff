import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import type { Properties } from "./inputs.ts";
import { eventFilters, filters } from "./steps-of-filters.ts";
import { ways } from "./steps-of-ways.ts";
import { byHand, createEngine, type Operation, type PostHogByHand } from "./testing.ts";

let sandbox: Sandbox;
let posthog: PostHogByHand;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, data: ":memory:", groupTypes: ["company", "team"] });
  posthog = byHand(sandbox);
});
afterAll(() => sandbox.close());
beforeEach(() => posthog.reset());

describe("create, each step twice, delete", () => {
  test.each([...ways, ...filters, ...eventFilters])("%s", async (name, kind, first, steps) => {
    const slug = name.replaceAll(" ", "-");
    const collection = kind === "destination" ? "hog_functions" : "actions";
    const engine = createEngine();
    let inputs: Properties = {
      kind,
      slug,
      host: sandbox.url,
      project: "1",
      managed_by: `hogwire/dev/${slug}`,
      ...(kind === "destination" && { name, enabled: true }),
      ...first,
      __provider: "loader",
    };
    const row = async (): Promise<Properties> => {
      const rows = await posthog.marked(collection, slug);
      expect(rows).toHaveLength(1);
      return rows[0] ?? {};
    };
    const twice = async (step: string, does: Operation) => {
      expect([step, await engine.up(inputs)]).toEqual([step, does]);
      expect([step, await engine.up(inputs)]).toEqual([step, "same"]);
      expect(JSON.stringify(await row()), step).not.toMatch(/t\dpsecret/);
    };

    await twice("create", "create");
    for (const step of steps) {
      if ("byHand" in step) {
        const before = await row();
        const change = { mappings: null, ...step.byHand(before) };
        const after = await posthog.api("PATCH", `${collection}/${engine.id}/`, change);
        const shows = { ...perhapsOtherSecrets(before, after), ...step.shows };
        expect([step.step, await engine.refresh()]).toEqual([step.step, merged(inputs, shows)]);
        await twice(step.step, "update");
      } else {
        inputs = merged(inputs, step.change);
        await twice(step.step, step.does ?? "update");
        expect(await row(), step.step).toMatchObject(step.has ?? {});
        if (step.lacks) {
          expect(await row(), step.step).not.toMatchObject({ inputs: { [step.lacks]: expect.anything() } });
        }
      }
    }
    expect(await engine.up(undefined)).toBe("delete");
    expect(await posthog.marked(collection, slug)).toEqual([]);
    expect(await engine.refresh()).toBeUndefined();
  });
});

/** Whatever else somebody wrote, PostHog does not show whether a secret was among it. */
function perhapsOtherSecrets(before: Properties, after: Properties): Properties {
  const schema = (after.inputs_schema ?? []) as { secret: boolean }[]; // as PostHog answers; an action has none
  if (before.version === after.version || !schema.some(({ secret }) => secret)) return {};
  return { secrets: "perhaps changed outside Hogwire" };
}

function merged(inputs: Properties, change: Properties): Properties {
  const entries = Object.entries({ ...inputs, ...change });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
