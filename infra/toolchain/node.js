import { spawnSync } from "node:child_process";
import { existsSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { machinePath, ToolchainError } from "./layout.js";
import { runQuietly } from "./run-program.js";

/** @typedef {import("./layout.js").Layout} Layout */

/**
 * The version of the project's own Node, if it runs on this machine (a checkout may have come from another).
 *
 * @param {Layout} place
 */
export function nodeVersion(place) {
  if (!existsSync(place.node)) return undefined;
  return spawnSync(place.node, ["--version"], { encoding: "utf8" }).stdout?.trim() || undefined;
}

/** @param {Layout} place */
export function nodeIsMissing(place) {
  const found = nodeVersion(place)?.replace(/^v/, "") ?? "0";
  return Number.parseInt(found, 10) < Number.parseInt(place.versions.node, 10);
}

/**
 * Does what the npm package `node` does in its install script, which did not run.
 *
 * @param {Layout} place
 */
export async function installNode(place) {
  let reason = "the npm package brings none for this system";
  try {
    await runQuietly("node", ["installArchSpecificPackage"], {
      cwd: join(place.packages, "node"),
      env: {
        ...process.env,
        PATH: machinePath(),
        npm_config_loglevel: "error",
        npm_config_update_notifier: "false",
      },
    });
    rmSync(place.node, { force: true });
    symlinkSync("../node/bin/node", place.node);
  } catch (error) {
    if (!(error instanceof ToolchainError)) throw error;
    reason = error.message;
  }
  if (!nodeIsMissing(place)) return;
  const major = Number.parseInt(place.versions.node, 10);
  throw new ToolchainError(
    `Node ${major} could not be set up for ${process.platform} ${process.arch}: install Node ${major} yourself (https://nodejs.org), run ` +
      `ln -sf "$(command -v node)" node_modules/.bin/node with it, and try again. The reason: ${reason}`,
  );
}
