import { randomUUID } from "node:crypto";
import { parseEnv } from "node:util";
import { ensureReceiver, fromVariables, ReceiverError } from "../deploy/ensure.ts";
import { loadProject } from "../spec/load.ts";
import { follow } from "./following/follow.ts";
import { freshDistinctId, sampleEvents } from "./following/samples.ts";
import { openTarget } from "./following/target.ts";
import { inOneLine } from "./following/words.ts";
import { CommandError, cross, dim, tick } from "./output.ts";
import { root } from "./paths.ts";
import { configuration, pulumi, pulumiOrThrow, summarise, whyFailed } from "./pulumi.ts";
import { ensureSandbox } from "./sandbox.ts";

const stack = "dev";

/** What the program exports (`infra/index.ts`). */
type Outputs = {
  destinations: Record<string, { enabled: boolean; to: string[] }>;
  receiverEnvironmentFile: string;
};

try {
  await start();
} catch (error) {
  if (!(error instanceof CommandError || error instanceof ReceiverError)) throw error;
  console.error(`${cross()} ${error.message}`);
  process.exitCode = 1;
}

/** `npm start`: from nothing to delivered events. Each line says what was seen, not what was hoped. */
async function start(): Promise<void> {
  await pulumiOrThrow(["stack", "select", "--create"], stack);
  const { host, receiver } = await configuration(stack);
  if (!host || !["127.0.0.1", "localhost"].includes(URL.parse(host)?.hostname ?? "")) {
    throw new CommandError(
      `npm start is for the sandbox, but the stack '${stack}' has the host ${host ?? "https://us.posthog.com"}.\n` +
        `Apply to it with npm run up, or go back: npx pulumi config set hogwire:host http://127.0.0.1:4100 --stack ${stack}`,
    );
  }

  await step("Sandbox PostHog", async () => {
    await ensureSandbox(host);
    return host;
  });
  await step(`pulumi up (${stack})`, up);
  const outputs = JSON.parse(
    (await pulumiOrThrow(["stack", "output", "--json", "--show-secrets"], stack)).stdout,
  ) as Outputs;
  const environment = fromVariables(parseEnv(outputs.receiverEnvironmentFile));
  const routes = receiver === "none" ? [] : Object.keys(JSON.parse(environment.HOGWIRE_ROUTES) as object);
  if (routes.length > 0) {
    await step("Receiver", async () => {
      // An `up` without a change starts nothing, and the machine may have been rebooted.
      await ensureReceiver(environment);
      return `http://${environment.HOGWIRE_HOST}:${environment.HOGWIRE_PORT}`;
    });
  }
  for (const [slug, destination] of Object.entries(outputs.destinations)) {
    const target = `${slug} → ${destination.to.join(", ")}`;
    console.log(line(tick(), "Destination", destination.enabled ? target : `${target} (disabled)`));
  }

  await sendSamples(routes.filter((slug) => outputs.destinations[slug]?.enabled));
  console.log(`Console: ${host}        (events, why not, inbox; docs/console.md)`);
  console.log("Edit a file in destinations/, then:  npx hogwire check  ·  npm run up");
  console.log("Stop: npm stop        Real PostHog: docs/2-production.md");
}

/** Of the samples that must be sent, the first of each event; at most two. */
async function sendSamples(slugs: string[]): Promise<void> {
  const wanted = sampleEvents(await loadProject(root), slugs, stack).filter(({ isSent }) => isSent);
  const byEvent = Map.groupBy(wanted, ({ event }) => event.event);
  const samples = [...byEvent.values()].flatMap(([first]) => first ?? []).slice(0, 2);
  if (samples.length === 0) return;
  console.log(`Sent ${samples.length === 1 ? "a sample event" : "two sample events"}:`);
  const target = await openTarget(stack);
  const width = Math.max(...samples.map(({ event }) => event.event.length));
  for (const { slug, event } of samples) {
    const destinations = target.destinations.filter((one) => one.slug === slug);
    const outgoing = { distinct_id: freshDistinctId(), ...event, uuid: randomUUID() };
    const journey = await follow(outgoing, target, { destinations, patience: 15_000 });
    const [branch] = journey.branches;
    const stopped = journey.stopped ?? branch?.stopped;
    const end = stopped ? `${cross()} ${slug}: ${stopped.reason}` : dim(`${branch?.steps.at(-1)?.ms} ms`);
    console.log(`  ${event.event.padEnd(width)}  ${inOneLine(journey)}   ${end}`);
    if (stopped) process.exitCode = 1;
  }
}

async function up(): Promise<string> {
  const run = await pulumi(["up", "--yes", "--skip-preview", "--json"], stack);
  if (run.exitCode !== 0) throw new CommandError(`pulumi up failed.\n${whyFailed(run, stack)}`);
  const { created, changed, deleted } = summarise(run.stdout);
  const done = [
    created > 0 && `${created} created`,
    changed > 0 && `${changed} changed`,
    deleted > 0 && `${deleted} deleted`,
  ].filter((part) => part !== false);
  return done.join(", ") || "0 changes";
}

/** Shows on a terminal what is being waited for, and then what came of it. */
async function step(label: string, action: () => Promise<string>): Promise<void> {
  if (process.stdout.isTTY) process.stdout.write(dim(`… ${label}`));
  try {
    const result = await action();
    if (process.stdout.isTTY) process.stdout.write("\r\u001b[K");
    console.log(line(tick(), label, result));
  } catch (error) {
    if (process.stdout.isTTY) process.stdout.write("\r\u001b[K");
    throw error;
  }
}

function line(mark: string, label: string, result: string): string {
  return `${mark} ${label.padEnd(18)} ${result}`;
}
