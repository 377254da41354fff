import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { startSandbox } from "../../sandbox/server.ts";
import { byHand, type PostHogByHand } from "../testing.ts";
import {
  createEngineProject,
  type EngineProject,
  isAlive,
  type Process,
  withDescendants,
} from "../testing-engine.ts";
import { type Engine, survive } from "./scenario.ts";
import { createHoldingClock, type HoldingClock, heldRequest } from "./troubles.ts";

// Pulumi's own engine, killed in earnest. `CHAOS_SEED=7` runs that one alone, with the story.
const long = process.env.LONG === "1";
const only = process.env.CHAOS_SEED;
const seeds = only ? [Number(only)] : Array.from({ length: long ? 25 : 3 }, (_, seed) => seed + 1);
const minutes = 60_000;
const size = long
  ? { destinations: 16, eventFilters: 3, rounds: 4, slowestMs: 300 }
  : { destinations: 10, eventFilters: 2, rounds: 2, slowestMs: 300 };

afterEach(() => {
  vi.unstubAllEnvs();
});

test.each(seeds)("the engine survives the troubles of seed %i", { timeout: 10 * minutes }, async (seed) => {
  vi.stubEnv("POSTHOG_API_KEY", "phx_sandbox");
  const clock = createHoldingClock();
  const sandbox = await startSandbox({ port: 0, data: ":memory:", clock });
  const project = await createEngineProject();
  const posthog = byHand(sandbox);
  const happened: string[] = [];
  const log = (what: string) => happened.push(what);
  try {
    await survive(seed, {
      engine: realEngine({ project, host: sandbox.url, clock, posthog, log }),
      posthog,
      size,
      log,
    });
  } catch (error) {
    log(error instanceof Error ? String(error.stack) : String(error));
    expect.fail(
      `CHAOS_SEED=${seed} npx vitest run infra/provider/chaos/engine-chaos.test.ts\n${happened.join("\n")}`,
    );
  } finally {
    if (only) console.log(happened.join("\n"));
    project.remove();
    await sandbox.close();
  }
});

type Setting = {
  project: EngineProject;
  host: string;
  clock: HoldingClock;
  posthog: PostHogByHand;
  log: (what: string) => void;
};

function realEngine({ project, host, clock, posthog, log }: Setting): Engine {
  let isConfirmed = false;

  function declare({ destinations, eventFilters }: Parameters<Engine["up"]>[0]): void {
    const placed = <T extends { slug: string }>(file: T) => ({
      ...file,
      host,
      project: "1",
      managed_by: `hogwire/dev/${file.slug}`,
    });
    project.declare([...destinations.values()].map(placed), [...eventFilters.values()].map(placed));
  }

  return {
    async up(files, chance, kill) {
      declare(files);
      const skips = chance.is(0.5);
      const victim = chance.of(victims);
      vi.stubEnv("PULUMI_SKIP_CHECKPOINTS", skips ? "true" : undefined);
      vi.stubEnv("PULUMI_EXPERIMENTAL", skips ? "true" : undefined);
      const held = clock.held();
      if (kill) await posthog.faults(heldRequest(kill.after, kill.isCarriedOut));
      const pulumi = project.spawnPulumi("up", "--yes", "--skip-preview", "--stack", "dev");
      const output: Buffer[] = [];
      for (const stream of [pulumi.stdout, pulumi.stderr]) stream?.on("data", (part) => output.push(part));
      const exited = once(pulumi, "exit");
      let isKilled = false;
      const killed = held.then(async () => {
        isKilled = true;
        const running = withDescendants(pulumi.pid ?? 0);
        log(`${skips ? "without checkpoints, " : ""}kill ${victim.name}`);
        victim.kill(running);
        clock.letGo();
        await ended(providersOf(running));
      });
      const [code] = await exited;
      if (isKilled) await killed;
      const how = isKilled ? "killed" : code === 0 ? "done" : "failed";
      if (isKilled) await project.pulumi("cancel", "--yes");
      if (isConfirmed) await project.pulumi("config", "rm", "confirmRemoval");
      isConfirmed = false;
      return { ended: how, output: Buffer.concat(output).toString() };
    },

    async preview(files) {
      declare(files);
      const { exitCode, output } = await project.pulumi("preview", "--diff", "--expect-no-changes");
      return { ended: exitCode === 0 ? "done" : "failed", output };
    },

    async ids() {
      const file = join(project.folder, "exported.json");
      const { exitCode, output } = await project.pulumi("stack", "export", "--file", file);
      if (exitCode !== 0) throw new Error(output);
      const { deployment } = JSON.parse(readFileSync(file, "utf8"));
      const resources: { urn: string; id?: string; inputs?: { kind?: string } }[] =
        deployment.resources ?? [];
      return new Map(
        resources.flatMap(({ urn, id, inputs }) =>
          id && inputs?.kind ? [[`${inputs.kind} ${urn.split("::").at(-1)}`, id]] : [],
        ),
      );
    },

    async confirm(stopped) {
      await project.pulumi("config", "set", "confirmRemoval", stopped);
      isConfirmed = true;
    },
  };
}

/** The npm package `pulumi` wraps the engine proper, which is its child. */
const enginesOf = ([wrapper, ...started]: Process[]) =>
  started.filter(({ parent }) => parent === wrapper?.pid);
const providersOf = (running: Process[]) =>
  running.filter(({ command }) => /node .*cmd\/dynamic-provider/.test(command));
const kill = (processes: Process[], signal: NodeJS.Signals) => {
  for (const { pid } of processes) process.kill(pid, signal);
};
/**
 * A provider sees that its engine is gone. One that was not asked anything yet has not loaded our code: it can do nothing,
 * and would stay for ever.
 */
async function ended(providers: Process[]): Promise<void> {
  const left = () => providers.filter(({ pid }) => isAlive(pid));
  await vi.waitUntil(() => left().length === 0, { timeout: 15_000 }).catch(() => kill(left(), "SIGKILL"));
}

const victims = [
  { name: "the engine", kill: (running: Process[]) => kill(enginesOf(running), "SIGKILL") },
  { name: "the engine, gently", kill: (running: Process[]) => kill(enginesOf(running), "SIGTERM") },
  { name: "the provider", kill: (running: Process[]) => kill(providersOf(running), "SIGKILL") },
];
