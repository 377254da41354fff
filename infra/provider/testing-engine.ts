import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import type { PlacedDestination } from "../wire/destination.ts";
import type { EventFilterInputs } from "../wire/event-filter.ts";

const repository = resolve(import.meta.dirname, "../..");

/** For tests: the real engine on a folder that holds this room's code and a program of a few lines. */
export type EngineProject = {
  folder: string;
  /** What the program registers: the manifest, and these, which depend on it. */
  declare(destinations: PlacedDestination[], eventFilters?: EventFilterInputs[]): void;
  pulumi(...args: string[]): Promise<{ exitCode: number; output: string }>;
  spawnPulumi(...args: string[]): ReturnType<typeof spawn>;
  /** The resource's state, with secrets as the state holds them. */
  state(
    name: string,
  ): Promise<{ id: string; inputs: Record<string, unknown>; outputs: Record<string, unknown> }>;
  remove(): void;
};

const program = `
import { readFileSync } from "node:fs";
import { manifestInputs } from "./manifest-inputs.ts";
import { Destination, EventFilter, Manifest } from "./provider/resources.ts";
const { destinations, filters } = JSON.parse(readFileSync("declared.json", "utf8"));
const { host, project } = destinations[0] ?? { host: "http://127.0.0.1:1", project: "1" };
const lowered = { destinations: destinations.map((lowered) => ({ lowered })), eventFilters: filters };
const place = { host, project, stack: "dev", owner: "hogwire/dev" };
const dependsOn = new Manifest("manifest", manifestInputs(lowered, place));
const eventFilters = Object.fromEntries(
  filters.map((inputs) => [inputs.slug, new EventFilter(inputs.slug, inputs, { dependsOn })]),
);
for (const inputs of destinations) new Destination(inputs.slug, { ...inputs, eventFilters }, { dependsOn });
`;

export async function createEngineProject(): Promise<EngineProject> {
  const folder = mkdtempSync(join(tmpdir(), "hogwire-engine-"));
  for (const part of [
    "posthog",
    "wire",
    "provider",
    "manifest-inputs.ts",
    "spec/lowered.ts",
    "hog/types.ts",
  ]) {
    cpSync(join(repository, "infra", part), join(folder, "infra", part), { recursive: true });
  }
  symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"));
  mkdirSync(join(folder, ".state"));
  const write = (file: string, content: string) => writeFileSync(join(folder, file), content);
  write(
    "package.json",
    JSON.stringify({ type: "module", imports: { "#provider": "./infra/provider/entry.cjs" } }),
  );
  write("infra/main.js", program);
  write(
    "Pulumi.yaml",
    `name: hogwire
main: infra/main.js
runtime: { name: nodejs, options: { typescript: false } }
backend: { url: "file://./.state?metadata=skip" }
options: { refresh: always }
`,
  );

  function spawnPulumi(...args: string[]) {
    const bin = join(folder, "node_modules/.bin");
    return spawn("pulumi", [...args, "--non-interactive"], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        PATH: `${bin}${delimiter}${process.env.PATH}`,
        PULUMI_CONFIG_PASSPHRASE: "test",
        PULUMI_SKIP_UPDATE_CHECK: "true",
        NO_COLOR: "1",
      },
    });
  }

  async function pulumi(...args: string[]) {
    const child = spawnPulumi(...args, "--stack", "dev");
    const exited = new Promise<number>((done) => child.once("close", (code) => done(code ?? 1)));
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { exitCode: await exited, output: out + err };
  }

  const project: EngineProject = {
    folder,
    pulumi,
    spawnPulumi,
    declare: (destinations, filters = []) =>
      write("infra/declared.json", JSON.stringify({ destinations, filters })),
    async state(name) {
      await pulumi("stack", "export", "--file", join(folder, "state.json"));
      const { deployment } = JSON.parse(readFileSync(join(folder, "state.json"), "utf8"));
      return deployment.resources.find(({ urn }: { urn: string }) => urn.endsWith(`::${name}`));
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
  const { exitCode, output } = await pulumi("stack", "init");
  if (exitCode !== 0) throw new Error(output);
  await pulumi("config", "set", "--secret", "apiKey", "phx_test");
  return project;
}

/** Some of what `pulumi` starts, for tests that end it. */
export type Process = { pid: number; parent: number; command: string };

/** With all that they started in turn, itself first. */
export function withDescendants(pid: number): Process[] {
  const all: Process[] = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((line) => {
      const [own = "", parent = "", ...command] = line.trim().split(/\s+/);
      return { pid: Number(own), parent: Number(parent), command: command.join(" ") };
    });
  const found = all.filter((one) => one.pid === pid);
  for (const { pid: parent } of found) found.push(...all.filter((one) => one.parent === parent));
  return found;
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
