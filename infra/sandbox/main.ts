import { once } from "node:events";
import { parseArgs } from "node:util";
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

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "4100" },
      data: { type: "string", default: ".data/sandbox" },
      "rate-limits": { type: "boolean", default: false },
      "back-to-back": { type: "boolean", default: false },
      "send-anywhere": { type: "boolean", default: false },
      "refuse-unknown-globals": { type: "boolean", default: false },
      "group-types": { type: "string", default: "" },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    console.error(`--port takes a number from 0 to 65535, not '${values.port}'.`);
    process.exit(2);
  }
  await runSandbox({
    port,
    data: values.data,
    rateLimits: values["rate-limits"],
    retries: values["back-to-back"] ? "back-to-back" : "spaced",
    sendsAnywhere: values["send-anywhere"],
    groupTypes: values["group-types"].split(",").filter(Boolean),
    unknownGlobals: values["refuse-unknown-globals"] ? "refuse" : "accept",
  });
}
