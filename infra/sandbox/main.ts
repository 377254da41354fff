import { once } from "node:events";
import { personalApiKey, projectToken, type SandboxOptions, startSandbox } from "./server.ts";

/** Runs a sandbox in the foreground until SIGTERM or SIGINT. Exits with 1 and one sentence when the port is taken. */
export async function runSandbox(options: SandboxOptions): Promise<void> {
  const sandbox = await startSandbox(options).catch((error: unknown) => {
    if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
    console.error(
      `Port ${options.port} is in use by another program: give the sandbox another one with --port.`,
    );
    process.exitCode = 1;
  });
  if (!sandbox) return;
  console.log(`Sandbox PostHog on ${sandbox.url} (project 1, key ${personalApiKey}, token ${projectToken})`);
  await Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]);
  await sandbox.close();
}
