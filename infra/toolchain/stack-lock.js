import { existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { isRunning } from "./lock.js";

/**
 * @typedef {{ pid: number, hostname: string, username: string, timestamp: string }} Owner as the engine writes it
 * @typedef {Owner & { state: "running" | "dead" | "elsewhere" }} StackLock
 */

/**
 * The locks on a stack of the file backend. A killed engine leaves its lock, and every later command refuses to run; of
 * a process on another machine nothing can be said.
 *
 * @param {{ state: string, project: string, stack: string }} where `state` is the backend's folder
 * @returns {StackLock[]}
 */
export function readStackLocks({ state, project, stack }) {
  const folder = join(state, ".pulumi/locks/organization", project, stack);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => {
      /** @type {Owner} */
      const owner = JSON.parse(readFileSync(join(folder, name), "utf8"));
      const here = owner.hostname === hostname();
      return { ...owner, state: here ? (isRunning(owner.pid) ? "running" : "dead") : "elsewhere" };
    });
}
