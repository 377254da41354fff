import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { manifestInputs } from "../../manifest-inputs.ts";
import { type Chance, createChance } from "../../sandbox/seed/chance.ts";
import { startSandbox } from "../../sandbox/server.ts";
import type { LoweredFilters } from "../../spec/lowered.ts";
import { byHand } from "../testing.ts";
import type { Files } from "./files.ts";
import { fetchOfProcess, startProcess } from "./process.ts";
import { type Engine, type Kill, type Outcome, survive } from "./scenario.ts";
import { type Registration, runEngine, type State } from "./small-engine.ts";
import { createHoldingClock, heldRequest } from "./troubles.ts";

// Without Pulumi's engine: what it does is little, and a run takes milliseconds. `CHAOS_SEED=7` runs that one alone.
const long = process.env.LONG === "1";
const only = process.env.CHAOS_SEED;
const seeds = only ? [Number(only)] : Array.from({ length: long ? 3_000 : 60 }, (_, seed) => seed + 1);

beforeAll(() => {
  vi.stubGlobal("fetch", fetchOfProcess);
});
afterAll(() => {
  vi.unstubAllGlobals();
});

test.each(seeds)("survives the troubles of seed %i", { timeout: 60_000 }, async (seed) => {
  const clock = createHoldingClock();
  const sandbox = await startSandbox({ port: 0, data: ":memory:", clock });
  const posthog = byHand(sandbox);
  const happened: string[] = [];
  const log = (what: string) => happened.push(what);
  try {
    const engine = smallEngine(sandbox.url, clock, (rule) => posthog.faults(rule));
    const size = { destinations: 8, eventFilters: 2, rounds: 4, slowestMs: 3 };
    await survive(seed, { engine, posthog, size, log });
  } catch (error) {
    log(error instanceof Error ? String(error.stack) : String(error));
    expect.fail(
      `CHAOS_SEED=${seed} npx vitest run infra/provider/chaos/provider-chaos.test.ts\n${happened.join("\n")}`,
    );
  } finally {
    if (only) console.log(happened.join("\n"));
    await sandbox.close();
  }
});

function smallEngine(
  host: string,
  clock: ReturnType<typeof createHoldingClock>,
  hold: (rule: object) => Promise<void>,
): Engine {
  let state: State = new Map();
  let confirmation: string | undefined;

  async function run(
    files: Files,
    options: { chance: Chance; saves: boolean; kill?: Kill | undefined; onlyPreview?: boolean },
  ) {
    const said: string[] = [];
    const { chance, saves, kill, onlyPreview = false } = options;
    const provider = startProcess((text) => said.push(text), createChance(chance.between(1, 1e9)));
    const width = chance.between(1, 8);
    const held = clock.held();
    if (kill) await hold(heldRequest(kill.after, kill.isCarriedOut));
    let last = state;
    const running = provider
      .run(async (one) => {
        await one.configure({ config: { get: () => confirmation, require: () => "" } });
        const save = (now: State) => {
          last = new Map(now);
          if (saves) state = last;
        };
        return runEngine(state, program(host, files), { provider: one, width, save, onlyPreview });
      })
      .then(
        (steps): Outcome => ({ ended: "done", output: [...said, ...steps].join("\n") }),
        (error: Error): Outcome => ({ ended: "failed", output: [...said, error.message].join("\n") }),
      );
    const killed = held.then(async (): Promise<Outcome> => {
      const cut = provider.kill();
      clock.letGo();
      await cut;
      return { ended: "killed", output: said.join("\n") };
    });
    const outcome = await Promise.race([running, killed]);
    if (outcome.ended !== "killed" && !onlyPreview) state = last;
    return outcome;
  }

  return {
    async up(files: Files, chance: Chance, kill?: Kill) {
      const outcome = await run(files, { chance, saves: chance.is(0.5), kill });
      confirmation = undefined;
      return outcome;
    },
    async preview(files, chance) {
      const outcome = await run(files, { chance, saves: false, onlyPreview: true });
      if (outcome.ended === "done" && /^(create|update|delete) /m.test(outcome.output))
        return { ...outcome, ended: "failed" };
      return outcome;
    },
    async ids() {
      return new Map([...state].map(([name, { id }]) => [name, id]));
    },
    async confirm(stopped) {
      confirmation = stopped;
    },
  };
}

/** As infra/index.ts registers them. */
function program(host: string, { destinations, eventFilters }: Files): Registration[][] {
  const lowered = {
    destinations: [...destinations.values()].map((one) => ({ lowered: one, file: one.slug, handlers: [] })),
    eventFilters: [...eventFilters.values()],
    diagnostics: [],
  };
  const place = { host, project: "1" };
  const manifest = manifestInputs(lowered, { ...place, stack: "dev", owner: "hogwire/dev" });
  const placed = (slug: string) => ({ ...place, managed_by: `hogwire/dev/${slug}` });
  return [
    [{ name: "manifest", inputs: () => ({ kind: "manifest", ...manifest }) }],
    lowered.eventFilters.map(({ aliases = [], ...filter }) => ({
      name: `event-filter ${filter.slug}`,
      aliases: aliases.map((alias) => `event-filter ${alias}`),
      inputs: () => ({ kind: "event-filter", ...filter, ...placed(filter.slug) }),
    })),
    lowered.destinations.map(({ lowered: { aliases = [], ...destination } }) => ({
      name: `destination ${destination.slug}`,
      aliases: aliases.map((alias) => `destination ${alias}`),
      inputs: (idOf) => ({
        kind: "destination",
        ...destination,
        ...placed(destination.slug),
        filters: withIds(destination.filters, idOf),
      }),
    })),
  ];
}

function withIds(filters: LoweredFilters, idOf: (name: string) => string): object {
  if (!Array.isArray(filters.events)) return filters;
  const events = filters.events.map((event) =>
    "filter" in event ? { ...event, id: idOf(`event-filter ${event.filter}`) } : event,
  );
  return { ...filters, events };
}
