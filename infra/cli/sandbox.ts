import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { WebhookVariant } from "../sandbox/templates/webhook.ts";
import { CommandError } from "./output.ts";
import { root, sandboxData } from "./paths.ts";

const hogwire = join(import.meta.dirname, "hogwire.js");

type Health = { data: string; pid: number };

/** What `hogwire sandbox` understands, as commander names it. */
export type SandboxFlags = {
  port: number;
  data: string;
  memory?: true;
  seed?: true | number;
  sendAnywhere?: true;
  rateLimits?: true;
  backToBack?: true;
  old?: true;
  webhook?: WebhookVariant;
  refuseUnknownGlobals?: true;
  groupTypes?: string[];
};

/** `hogwire sandbox`: in the foreground until it is told to end. */
export async function foreground(flags: SandboxFlags): Promise<void> {
  const [{ runSandbox }, { consoleSources }] = await Promise.all([
    import("../sandbox/main.ts"),
    import("./console-sources.ts"),
  ]);
  await runSandbox({
    port: flags.port,
    data: flags.memory ? ":memory:" : resolve(root, flags.data),
    ...(flags.seed === undefined ? {} : { seed: Number(flags.seed) }), // alone it is 1
    sendsAnywhere: flags.sendAnywhere === true,
    rateLimits: flags.rateLimits === true,
    retries: flags.backToBack ? "back-to-back" : "spaced",
    old: flags.old === true,
    ...(flags.webhook && { webhookVariant: flags.webhook }),
    unknownGlobals: flags.refuseUnknownGlobals ? "refuse" : "accept",
    groupTypes: flags.groupTypes ?? [],
    ...consoleSources("dev"),
  });
}

/** Starts this project's sandbox in the background unless it answers already. Throws `CommandError` when the port is taken. */
export async function ensureSandbox(url: string): Promise<void> {
  const running = await health(url);
  if (running?.data === sandboxData) return;
  if (running) throw portTaken(url, `the sandbox of another project (${running.data})`);

  mkdirSync(sandboxData, { recursive: true });
  const logFile = join(sandboxData, "sandbox.log");
  const log = openSync(logFile, "w", 0o600);
  const args = [hogwire, "sandbox", "--port", new URL(url).port, "--data", sandboxData];
  const child = spawn(process.execPath, args, { cwd: root, detached: true, stdio: ["ignore", log, log] });
  closeSync(log);
  child.unref();
  const deadline = Date.now() + 15_000;
  while (child.exitCode === null && Date.now() < deadline) {
    // Another start at the same moment may have won.
    if ((await health(url))?.data === sandboxData) return;
    await wait(50);
  }
  if ((await health(url))?.data === sandboxData) return;
  const said = readFileSync(logFile, "utf8").trimEnd();
  if (/EADDRINUSE|in use/.test(said)) throw portTaken(url, "another program");
  throw new CommandError(`The sandbox did not start. It said:\n${said}`);
}

/** Ends this project's sandbox; false when it was not running. */
export async function stopSandbox(url: string): Promise<boolean> {
  const running = await health(url);
  if (running?.data !== sandboxData) return false;
  process.kill(running.pid, "SIGTERM");
  const deadline = Date.now() + 15_000;
  while (await health(url)) {
    if (Date.now() > deadline)
      throw new CommandError(`The sandbox does not end. End it yourself: kill -9 ${running.pid}`);
    await wait(50);
  }
  return true;
}

async function health(url: string): Promise<Health | undefined> {
  try {
    const response = await fetch(`${url}/_sandbox/health`, { signal: AbortSignal.timeout(2_000) });
    const answer = response.ok ? ((await response.json()) as Partial<Health> | null) : null;
    return answer?.data && answer.pid ? { data: answer.data, pid: answer.pid } : undefined; // else it is no sandbox
  } catch {
    return undefined;
  }
}

function portTaken(url: string, by: string): CommandError {
  const port = Number(new URL(url).port);
  return new CommandError(
    `Port ${port} is taken by ${by}. Stop it, or give this project another port: ` +
      `replace :${port} by :${port + 1} wherever Pulumi.dev.yaml has it, then npm start again.`,
  );
}
