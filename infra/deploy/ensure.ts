import { execFileSync, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import { pidFile } from "../receiver/pid-file.ts";

const root = resolve(import.meta.dirname, "../..");
const main = "infra/receiver/main.ts";
const startDeadline = 20_000;
/** Longer than the receiver drains. */
const stopDeadline = 30_000;
const sqliteBusy = 5; // https://sqlite.org/rescode.html

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

/** The receiver cannot be started; the message says why and what to do. */
export class ReceiverError extends Error {
  override readonly name = "ReceiverError";
}

/** Throws a ReceiverError when one is missing. */
export function fromVariables(source: Record<string, string | undefined>): ReceiverEnvironment {
  return Object.fromEntries(variables.map((name) => [name, required(source, name)])) as ReceiverEnvironment; // each is there
}

/**
 * Starts the receiver unless one with this very environment is already answering, and waits until it can commit.
 * Safe to call at any time, any number of times, also at once: `pulumi up` and `npm start` both do.
 * Throws a ReceiverError, which ends with the last lines of the receiver's log.
 */
export async function ensureReceiver(environment: ReceiverEnvironment): Promise<void> {
  const folder = folderOf(environment);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  await alone(folder, async () => {
    const version = fingerprint(environment);
    const url = `http://${environment.HOGWIRE_HOST}:${environment.HOGWIRE_PORT}`;
    const running = await readiness(url);
    if (running?.version === version) return;
    const owner = runningPid(folder);
    if (owner) await end(owner);
    else if (running) {
      throw new ReceiverError(
        `${url} is taken by another receiver. Stop that one. ${otherPort(environment)}`,
      );
    }
    await start(environment, version, url);
  });
}

async function start(environment: ReceiverEnvironment, version: string, url: string): Promise<void> {
  const folder = folderOf(environment);
  const logFile = join(folder, "receiver.log");
  const log = openSync(logFile, "a", 0o600);
  const logged = fstatSync(log).size;
  const child = spawn(process.execPath, [join(root, main)], {
    cwd: root,
    env: { ...inherited(), ...environment, HOGWIRE_VERSION: version },
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  child.unref();

  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const deadline = Date.now() + startDeadline;
  let ready = false;
  while (!ready && Date.now() < deadline) {
    await wait(50);
    ready = (await readiness(url))?.version === version;
    // A start that was killed may have left one that gets the inbox first.
    if (!ready && hasEnded() && !runningPid(folder)) break;
  }
  if (child.pid && !(ready && runningPid(folder) === child.pid)) await end(child.pid);
  if (ready) return;
  const said = readFileSync(logFile).subarray(logged).toString().trimEnd();
  const lastLines = said.split("\n").slice(-8).join("\n");
  const hint = said.includes("is in use:") ? `\n${otherPort(environment)}` : "";
  throw new ReceiverError(
    `The receiver did not become ready at ${url}. Its log (${logFile}) ends with:\n${lastLines}${hint}`,
  );
}

/** Asks the receiver to drain and waits for its end; false when none runs. */
export async function stopReceiver(environment: Pick<ReceiverEnvironment, "HOGWIRE_DATA">): Promise<boolean> {
  const folder = folderOf(environment);
  if (!existsSync(folder)) return false;
  return alone(folder, async () => {
    const owner = runningPid(folder);
    if (owner) await end(owner);
    return owner !== undefined;
  });
}

/** Whether a receiver owns the inbox in the folder. */
export function receiverRuns(folder: string): boolean {
  return runningPid(folder) !== undefined;
}

/** One start or stop at a time; the operating system lets go of the lock when its process dies, however it dies. */
async function alone<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const lock = new DatabaseSync(join(folder, "deploy.lock"));
  try {
    while (!isOurs(lock)) await wait(50);
    return await work();
  } finally {
    lock.close();
  }
}

/** False while another has it: no start or stop takes longer than its deadlines. */
function isOurs(lock: DatabaseSync): boolean {
  try {
    lock.exec("BEGIN EXCLUSIVE");
    return true;
  } catch (error) {
    if (error instanceof Error && "errcode" in error && error.errcode === sqliteBusy) return false;
    throw error;
  }
}

function otherPort({ HOGWIRE_DATA: data }: ReceiverEnvironment): string {
  const command = `npx pulumi config set --stack ${basename(data)} hogwire:`;
  return (
    `Or choose another port: ${command}receiverUrl http://127.0.0.1:4201 if that is an address of this machine, ` +
    `else ${command}receiverPort 4201, and let your proxy lead there.`
  );
}

function folderOf(environment: Pick<ReceiverEnvironment, "HOGWIRE_DATA">): string {
  return resolve(root, environment.HOGWIRE_DATA);
}

async function end(pid: number): Promise<void> {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    const deadline = Date.now() + stopDeadline;
    if (isReceiver(pid)) process.kill(pid, signal);
    while (isReceiver(pid) && Date.now() < deadline) await wait(50);
  }
}

/** Who owns the folder's inbox, if it still runs. */
function runningPid(folder: string): number | undefined {
  const pid = Number(readText(pidFile(folder)));
  return Number.isInteger(pid) && pid > 0 && isReceiver(pid) ? pid : undefined;
}

/** Whether a receiver of this project runs under it: after a reboot the number may be somebody else's. */
function isReceiver(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const words = commandLine(pid);
    return words.includes(join(root, main)) || words.includes(` ${main}`); // as we start it, and as a person does
  } catch {
    return false;
  }
}

function commandLine(pid: number): string {
  const text = readText(`/proc/${pid}/cmdline`).replaceAll("\0", " ");
  return text === "" ? execFileSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" }) : text;
}

/** Without what is the operator's alone: the receiver lives long, and runs the handlers' code. */
function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PULUMI|POSTHOG)_/.test(name)));
}

/** Keyed, because the environment holds secrets and the receiver tells its version to anyone who asks. */
function fingerprint(environment: ReceiverEnvironment): string {
  // The folder as a whole path: another checkout with the same configuration has an inbox of its own.
  const settings = JSON.stringify([folderOf(environment), ...variables.map((name) => environment[name])]);
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

function required(source: Record<string, string | undefined>, name: (typeof variables)[number]): string {
  const value = source[name];
  if (value === undefined) throw new ReceiverError(`${name} is missing from the receiver's environment.`);
  return value;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

if (import.meta.main) {
  try {
    // To stop, the state of an older version must do: only the folder is asked for.
    if (process.argv[2] === "stop")
      await stopReceiver({ HOGWIRE_DATA: required(process.env, "HOGWIRE_DATA") });
    else await ensureReceiver(fromVariables(process.env));
  } catch (error) {
    if (!(error instanceof ReceiverError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
