import { chmodSync, copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { projectEnvironment, ToolchainError } from "./layout.js";
import { placeFolder } from "./place-folder.js";
import { downloadHost, whyUnreachable } from "./reachable.js";
import { runQuietly } from "./run-program.js";

/**
 * @typedef {import("./layout.js").Layout} Layout
 * @typedef {import("./progress.js").Progress} Progress
 */

const executable = "pulumi-resource-command";
const standIn = "command-stand-in.mjs";
const source = fileURLToPath(new URL(standIn, import.meta.url));
const launcher = `#!/bin/sh
# Not Pulumi's command plugin, but Hogwire's stand-in for its local.Command: see ${standIn}.
exec node "$(dirname "$0")/${standIn}" "$@"
`;

/**
 * @param {Layout} place
 * @returns {"official" | "stand-in" | undefined}
 */
export function commandPluginKind({ commandPlugin }) {
  if (existsSync(join(commandPlugin, standIn))) return "stand-in";
  return existsSync(join(commandPlugin, executable)) ? "official" : undefined;
}

/**
 * A stand-in with another text than this checkout's counts as missing, so that it is renewed.
 *
 * @param {Layout} place
 */
export function commandPluginIsMissing(place) {
  const kind = commandPluginKind(place);
  return kind === undefined || (kind === "stand-in" && !isCurrent(place));
}

/**
 * Pulumi's own plugin, or where its server is out of reach, the stand-in.
 *
 * @param {Layout} place
 * @param {Progress} progress
 */
export async function installCommandPlugin(place, progress) {
  progress.begin("Installing Pulumi's command plugin");
  if (await installOfficial(place)) return;
  await placeFolder(place.commandPlugin, {
    isComplete: () => !commandPluginIsMissing(place),
    async fill(staging) {
      copyFileSync(source, join(staging, standIn));
      writeFileSync(join(staging, executable), launcher);
      chmodSync(join(staging, executable), 0o755);
    },
  });
}

/** @param {Layout} place */
async function installOfficial(place) {
  if (await whyUnreachable(downloadHost)) return false;
  try {
    await runQuietly(
      place.pulumi,
      ["plugin", "install", "resource", "command", place.versions.command, "--reinstall"],
      {
        env: { ...projectEnvironment(place), PULUMI_SKIP_UPDATE_CHECK: "true" },
        timeout: 120_000,
      },
    );
    return commandPluginKind(place) === "official";
  } catch (error) {
    if (!(error instanceof ToolchainError)) throw error;
    return false;
  }
}

/** @param {Layout} place */
function isCurrent({ commandPlugin }) {
  return readFileSync(join(commandPlugin, standIn), "utf8") === readFileSync(source, "utf8");
}
