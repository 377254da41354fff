import { once } from "node:events";
import { personalApiKey, projectToken, type SandboxOptions, startSandbox } from "./server.ts";

/** Runs a sandbox in the foreground until SIGTERM or SIGINT. Exits with 1 and one sentence when the port is taken. */
export async function runSandbox(options: SandboxOptions): Promise<void> {
  const sandbox = await startSandbox(options).catch(async (error: unknown) => {
    if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
    console.error(
      `Port ${options.port} is in use by ${await occupantOf(options.port)}: give the sandbox another one with --port.`,
    );
    process.exitCode = 1;
  });
  if (!sandbox) return;
  const told = Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]); // before anybody reads that it runs
  console.log(
    `Sandbox PostHog on ${sandbox.url}, with a console for a browser (project 1, key ${personalApiKey}, token ${projectToken})`,
  );
  if (options.seed !== undefined) console.log(seedInWords(sandbox.seeded, options.seed));
  await told;
  await sandbox.close();
}

/** A sandbox says that it is one. */
async function occupantOf(port: number): Promise<string> {
  const signal = AbortSignal.timeout(2_000);
  const isSandbox = await fetch(`http://127.0.0.1:${port}/_sandbox/health`, { signal }).then(
    ({ ok }) => ok,
    () => false,
  );
  return isSandbox ? "a sandbox that runs already (npm stop ends this project's)" : "another program";
}

function seedInWords(events: number, seed: number): string {
  if (events === 0)
    return "It has events already: --seed adds none. Give --data another folder, or --memory.";
  return `Seeded with the ${events.toLocaleString("en")} events of a month of Plover, a planning app that does not exist (seed ${seed}).`;
}
