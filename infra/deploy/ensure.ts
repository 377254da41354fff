import { execFileSync, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const root = resolve(import.meta.dirname, "../..");
const startDeadline = 20_000;
const stopDeadline = 30_000;

const variables = [
  "HOGWIRE_HOST",
  "HOGWIRE_PORT",
  "HOGWIRE_DATA",
  "HOGWIRE_ROUTES",
  "HOGWIRE_SETTINGS",
  "HOGWIRE_SIGNING_KEY",
  "HOGWIRE_SIGNING_GENERATION",
  "HOGWIRE_CODE",
] as const;

/** What the receiver reads (`infra/receiver/configuration.ts`), and the hash of its code. */
export type ReceiverEnvironment = Record<(typeof variables)[number], string>;

/** Throws when one is missing. */
export function fromVariables(source: Record<string, string | undefined>): ReceiverEnvironment {
  const entries = variables.map((name) => {
    const value = source[name];
    if (value === undefined) throw new Error(`${name} is missing from the receiver's environment.`);
    return [name, value];
  });
  return Object.fromEntries(entries) as ReceiverEnvironment; // each of the variables is there
}

/**
 * Starts the receiver unless one with this very environment is already answering, and waits until it can commit.
 * Safe to call at any time, any number of times: `pulumi up` and `npm start` both do.
 * Throws an `Error` whose message ends with the last lines of the receiver's log.
 */
export async function ensureReceiver(environment: ReceiverEnvironment): Promise<"started" | "running"> {
  const files = filesOf(environment);
  const version = fingerprint(environment);
  const url = `http://${environment.HOGWIRE_HOST}:${environment.HOGWIRE_PORT}`;
  const running = await readiness(url);
  if (running?.version === version) return "running";
  if (running && !isOurs(files.pid)) {
    throw new Error(
      `${url} is taken by another receiver. Stop that one, or choose another port: npx pulumi config set receiverUrl http://127.0.0.1:4201`,
    );
  }
  await stopReceiver(environment);

  mkdirSync(files.folder, { recursive: true, mode: 0o700 });
  const log = openSync(files.log, "w", 0o600);
  const child = spawn(process.execPath, [join(root, "infra/receiver/main.ts")], {
    cwd: root,
    env: { ...process.env, ...environment, HOGWIRE_VERSION: version },
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  child.unref();
  if (child.pid) writeFileSync(files.pid, `${child.pid}\n`, { mode: 0o600 });

  const deadline = Date.now() + startDeadline;
  while (child.exitCode === null && child.signalCode === null && Date.now() < deadline) {
    if ((await readiness(url))?.version === version) return "started";
    await wait(50);
  }
  await stopReceiver(environment);
  throw new Error(
    `The receiver did not become ready at ${url}. Its log (${files.log}) ends with:\n${tail(files.log)}`,
  );
}

/** Asks the receiver to drain and waits for its end; false when none runs. */
export async function stopReceiver(environment: Pick<ReceiverEnvironment, "HOGWIRE_DATA">): Promise<boolean> {
  const files = filesOf(environment);
  const pid = isOurs(files.pid);
  if (pid) {
    process.kill(pid, "SIGTERM");
    const deadline = Date.now() + stopDeadline;
    while (isOurs(files.pid) && Date.now() < deadline) await wait(50);
    if (isOurs(files.pid)) process.kill(pid, "SIGKILL");
  }
  rmSync(files.pid, { force: true });
  return pid !== undefined;
}

function filesOf(environment: Pick<ReceiverEnvironment, "HOGWIRE_DATA">): {
  folder: string;
  pid: string;
  log: string;
} {
  const folder = resolve(root, environment.HOGWIRE_DATA);
  return { folder, pid: join(folder, "receiver.pid"), log: join(folder, "receiver.log") };
}

/** The pid in the file, if a receiver still runs under it: after a reboot the number may be somebody else's. */
function isOurs(pidFile: string): number | undefined {
  const pid = Number(readText(pidFile));
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  try {
    process.kill(pid, 0);
    return commandLine(pid).includes("infra/receiver/main.ts") ? pid : undefined;
  } catch {
    return undefined;
  }
}

function commandLine(pid: number): string {
  const text = readText(`/proc/${pid}/cmdline`);
  return text === "" ? execFileSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" }) : text;
}

/** Keyed, because the environment holds secrets and the receiver tells its version to anyone who asks. */
function fingerprint(environment: ReceiverEnvironment): string {
  const settings = JSON.stringify(variables.map((name) => environment[name]));
  return createHmac("sha256", environment.HOGWIRE_SIGNING_KEY).update(settings).digest("hex").slice(0, 16);
}

async function readiness(url: string): Promise<{ version?: string } | undefined> {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) });
    return response.ok ? ((await response.json()) as { version?: string }) : undefined;
  } catch {
    return undefined;
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function tail(file: string): string {
  return readText(file).trimEnd().split("\n").slice(-8).join("\n");
}

if (import.meta.main) {
  try {
    const environment = fromVariables(process.env);
    if (process.argv[2] === "stop") await stopReceiver(environment);
    else await ensureReceiver(environment);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
