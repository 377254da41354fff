import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

/**
 * Runs `action` while no other process on this machine does so under the same `file`. The lock of a process that died
 * is taken over.
 *
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} action
 * @param {(owner: number) => void} [waiting] told once when somebody else holds it
 * @returns {Promise<T>}
 */
export async function withLock(file, action, waiting = () => {}) {
  await acquire(file, waiting);
  try {
    return await action();
  } finally {
    rmSync(file, { force: true });
  }
}

let attempts = 0;

/**
 * @param {string} file
 * @param {(owner: number) => void} waiting
 */
async function acquire(file, waiting) {
  mkdirSync(dirname(file), { recursive: true });
  const own = `${file}.${process.pid}-${++attempts}`;
  let told = false;
  while (true) {
    writeFileSync(own, String(process.pid));
    try {
      // a link appears whole or not at all; creating the file itself would show it empty for a moment
      linkSync(own, file);
      return;
    } catch (error) {
      if (!isCode(error, "EEXIST")) throw error;
    } finally {
      rmSync(own, { force: true });
    }
    const owner = readOwner(file);
    if (owner !== undefined && owner > 0 && isRunning(owner)) {
      if (!told) waiting(owner);
      told = true;
      await wait(200);
    } else if (owner !== undefined) {
      takeAway(file, owner, own);
    }
  }
}

/**
 * Only the dead owner's lock may go. Another waiter may have replaced it since it was read: then it is put back.
 *
 * @param {string} file
 * @param {number} owner
 * @param {string} aside
 */
function takeAway(file, owner, aside) {
  try {
    renameSync(file, aside);
    if (readOwner(aside) !== owner) linkSync(aside, file);
  } catch (error) {
    if (!isCode(error, "ENOENT", "EEXIST")) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** @param {string} file */
function readOwner(file) {
  try {
    // what a power cut leaves may hold anything: then nobody owns it
    return Math.max(0, Number.parseInt(readFileSync(file, "utf8"), 10) || 0);
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** @param {number} pid */
export function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, "EPERM");
  }
}

/**
 * @param {unknown} error
 * @param {...string} codes
 */
function isCode(error, ...codes) {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}
