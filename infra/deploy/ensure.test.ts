import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { freePort } from "../e2e/project.ts";
import { ensureReceiver, fromVariables, type ReceiverEnvironment, stopReceiver } from "./ensure.ts";

/** A receiver without destinations, with a port and a folder of its own. */
async function environment(): Promise<ReceiverEnvironment> {
  const folder = mkdtempSync(join(tmpdir(), "hogwire-ensure-"));
  const given: ReceiverEnvironment = {
    HOGWIRE_HOST: "127.0.0.1",
    HOGWIRE_PORT: String(await freePort()),
    HOGWIRE_DATA: join(folder, "data"),
    HOGWIRE_ROUTES: "{}",
    HOGWIRE_SETTINGS: "{}",
    HOGWIRE_SIGNING_KEY: "a signing key of the tests",
    HOGWIRE_SIGNING_GENERATION: "1",
    HOGWIRE_CODE: "one",
  };
  onTestFinished(async () => {
    await stopReceiver(given);
    rmSync(folder, { recursive: true, force: true });
  });
  return given;
}

function pidOf({ HOGWIRE_DATA }: ReceiverEnvironment): number {
  return Number(readFileSync(join(HOGWIRE_DATA, "receiver.pid"), "utf8"));
}

function ready({ HOGWIRE_PORT }: ReceiverEnvironment): Promise<boolean> {
  return fetch(`http://127.0.0.1:${HOGWIRE_PORT}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("starts it once, keeps it while nothing changes, restarts it for a change, and stops it", async () => {
  const given = await environment();
  await ensureReceiver(given);
  const first = pidOf(given);
  await ensureReceiver(given);
  expect(pidOf(given)).toBe(first);

  await ensureReceiver({ ...given, HOGWIRE_CODE: "two" });
  expect(pidOf(given)).not.toBe(first);
  expect(isAlive(first)).toBe(false);

  expect(await stopReceiver(given)).toBe(true);
  expect(await ready(given)).toBe(false);
  expect(existsSync(join(given.HOGWIRE_DATA, "receiver.pid"))).toBe(false);
  expect(await stopReceiver(given)).toBe(false);
});

test("starts again what was killed", async () => {
  const given = await environment();
  await ensureReceiver(given);
  const first = pidOf(given);
  process.kill(first, "SIGKILL");
  await vi.waitFor(() => expect(isAlive(first)).toBe(false), { timeout: 10_000 });
  await ensureReceiver(given);
  expect(pidOf(given)).not.toBe(first);
  expect(await ready(given)).toBe(true);
});

test("of several starts at once all succeed, and the one receiver there is can be stopped", async () => {
  const given = await environment();
  const early = [ensureReceiver(given), ensureReceiver(given)];
  await vi.waitFor(() => expect(pidOf(given)).toBeGreaterThan(0), { timeout: 10_000, interval: 5 });
  await Promise.all([...early, ensureReceiver(given)]);
  expect(isAlive(pidOf(given))).toBe(true);
  expect(await stopReceiver(given)).toBe(true);
  expect(await ready(given)).toBe(false);
});

test("refuses a port that another receiver has, and leaves that one alone", async () => {
  const other = await environment();
  await ensureReceiver(other);
  const given = { ...(await environment()), HOGWIRE_PORT: other.HOGWIRE_PORT };
  await expect(ensureReceiver(given)).rejects.toThrow(/is taken by another receiver\. Stop that one/);
  expect(await ready(other)).toBe(true);

  // The same configuration in another checkout is another inbox.
  const twin = { ...other, HOGWIRE_DATA: given.HOGWIRE_DATA };
  await expect(ensureReceiver(twin)).rejects.toThrow(/is taken by another receiver/);
});

test("says what the receiver said when it does not start", async () => {
  const given = await environment();
  const stranger = createServer((_request, response) => response.writeHead(404).end());
  await new Promise<void>((done) => stranger.listen(Number(given.HOGWIRE_PORT), "127.0.0.1", done));
  onTestFinished(() => void stranger.close());
  await expect(ensureReceiver(given)).rejects.toThrow(/did not become ready.*\n.*is in use/);
});

test("does not hand on what is the operator's, and shows its files to nobody else", async () => {
  const given = await environment();
  vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", "the passphrase");
  vi.stubEnv("POSTHOG_API_KEY", "phx_operator");
  onTestFinished(() => void vi.unstubAllEnvs());
  await ensureReceiver(given);
  for (const file of ["", "receiver.pid", "receiver.log"]) {
    expect(statSync(join(given.HOGWIRE_DATA, file)).mode & 0o077, file).toBe(0);
  }
  const environ = `/proc/${pidOf(given)}/environ`; // Linux only
  if (existsSync(environ)) expect(readFileSync(environ, "utf8")).not.toMatch(/the passphrase|phx_operator/);
});

test("an environment that lacks a variable is refused by name", async () => {
  expect(() => fromVariables({})).toThrow("HOGWIRE_HOST is missing from the receiver's environment.");
});
