import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setInterval } from "node:timers/promises";
import { createProject, finished } from "../infra/e2e/project.ts";
import { writeDestinations } from "./destinations.ts";

/** One run of the CLI: `peakMb` of its provider process, 0 where there is no `/proc`. */
export type Timed = { seconds: number; peakMb: number; output: string };

/**
 * A copy of this project with many destinations, whose stack `dev` is on the PostHog at `host`: those that send to handlers,
 * to Slack and by a template in equal parts, and besides a third of webhooks with two secrets that are absent from `dev`.
 */
export type BenchStack = {
  /** Throws what the CLI wrote unless it ended well. */
  pulumi(args: string[], env?: Record<string, string>): Promise<Timed>;
  /** Forgets all that was applied. */
  empty(): Promise<void>;
  /** The backend's file as it is (compact JSON), in bytes for each destination: manifest, outputs and all. */
  stateBytes(): number;
  remove(): void;
};

/** The engine writes its state once, at the end: Hogwire's creates are safe to repeat. */
const withoutCheckpoints = { PULUMI_SKIP_CHECKPOINTS: "true", PULUMI_EXPERIMENTAL: "true" };
/** As the engine does unless told: after each step. */
export const everyCheckpoint = {};

export type StackOptions = { host: string; count: number; isFloor?: boolean };

/** `isFloor`: with resources that do nothing in the place of ours. */
export async function createStack({ host, count, isFloor = false }: StackOptions): Promise<BenchStack> {
  const project = await createProject(host);
  const { folder } = project;
  for (const file of readdirSync(join(folder, "destinations")).filter((name) => name.endsWith(".yaml")))
    rmSync(join(folder, "destinations", file));
  writeDestinations(folder, Math.ceil((count * 4) / 3)); // one in four is absent
  if (isFloor) project.write(resources, doingNothing(project.read(resources)));

  async function pulumi(args: string[], env: Record<string, string> = withoutCheckpoints): Promise<Timed> {
    const settings = Object.entries(env).map(([key, value]) => `${key}=${value}`);
    const started = performance.now();
    const child = project.start("env", ...settings, "pulumi", ...args, "--stack", "dev", "--non-interactive");
    const ended = new AbortController();
    const peak = peakOfProvider(join(folder, "infra"), ended.signal);
    const { exitCode, output } = await finished(child);
    const seconds = (performance.now() - started) / 1000;
    ended.abort();
    if (exitCode !== 0) throw new Error(`pulumi ${args.join(" ")}:\n${output.slice(-4000)}`);
    return { seconds, output, peakMb: await peak };
  }

  async function empty(): Promise<void> {
    rmSync(join(folder, ".state"), { recursive: true, force: true });
    mkdirSync(join(folder, ".state"));
    await pulumi(["stack", "select", "--create"]);
    await pulumi(["config", "set", "hogwire:receiver", "none"]);
    await pulumi(["config", "set", "--secret", "hogwire:webhookSecret", "a-secret"]);
    await pulumi(["config", "set", "--secret", "hogwire:signing", signingSecret]);
  }

  await empty();
  return {
    pulumi,
    empty,
    stateBytes: () => readFileSync(join(folder, ".state/.pulumi/stacks/hogwire/dev.json")).byteLength / count,
    remove: project.remove,
  };
}

const signingSecret = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
const resources = "infra/provider/resources.ts";

/** The same resources with the same inputs, whose provider is Pulumi's own way with nothing to do. */
function doingNothing(source: string): string {
  const floor = source
    .replaceAll("extends pulumi.CustomResource", "extends pulumi.dynamic.Resource")
    .replaceAll(/"pulumi-nodejs:dynamic\/posthog:\w+"/g, "nothing")
    .replaceAll(/__provider: loaderText,?/g, "");
  return `${floor}
const nothing = { async create(inputs) { return { id: "nothing", outs: inputs }; } };`;
}

/** The most memory that Pulumi's host of dynamic providers had, of the run whose program is in `folder`. */
async function peakOfProvider(folder: string, signal: AbortSignal): Promise<number> {
  let peak = 0;
  try {
    for await (const _ of setInterval(100, undefined, { signal })) peak = Math.max(peak, peakNow(folder));
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return peak;
}

function peakNow(folder: string): number {
  if (!existsSync("/proc/self/status")) return 0;
  const sizes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        const isProvider =
          readlinkSync(`/proc/${pid}/cwd`) === folder &&
          readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith("node\0") &&
          readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("cmd/dynamic-provider");
        const [, kilobytes] =
          /^VmHWM:\s+(\d+)/m.exec(isProvider ? readFileSync(`/proc/${pid}/status`, "utf8") : "") ?? [];
        return Number(kilobytes ?? 0) / 1024;
      } catch {
        return 0; // it ended just now, or is not ours to see
      }
    });
  return Math.max(0, ...sizes);
}
