import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { buildFromGoModules, goNeeded, hasGo } from "./go-build.js";
import { ToolchainError } from "./layout.js";
import { lockOf, placeFolder } from "./place-folder.js";
import { downloadHost, whyUnreachable } from "./reachable.js";

/**
 * @typedef {import("./layout.js").Layout} Layout
 * @typedef {import("./progress.js").Progress} Progress
 * @typedef {{ installCLI(version: string, root: string, how: { execScript(file: string, args: string[]): void }): Promise<void> }} Installer
 */

/** The CLI, and beside it what starts programs and dynamic providers. */
const binaries = ["pulumi", "pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"];

/** @param {Layout} place */
export function cliIsMissing(place) {
  return binaries.some((name) => !isExecutable(join(place.cli, "bin", name)));
}

/**
 * Pulumi's own distribution has every language's host; the one built here only that of Node.js.
 *
 * @param {Layout} place
 */
export function cliIsOfficial(place) {
  return existsSync(join(place.cli, "bin/pulumi-language-python"));
}

/**
 * Pulumi's own installer, or where its server is out of reach, a build from Go modules.
 *
 * @param {Layout} place
 * @param {Progress} progress
 * @param {{ download: typeof download, build: typeof build }} ways
 */
export async function installCli(place, progress, ways = { download, build }) {
  await placeFolder(place.cli, {
    isComplete: () => !cliIsMissing(place),
    waiting: (owner) =>
      progress.begin(
        `Waiting for process ${owner}, which is installing the Pulumi CLI (if it is not, remove ${lockOf(place.cli)})`,
      ),
    async fill(staging) {
      const failed = await ways.download(staging, place, progress);
      if (failed !== undefined) await ways.build(staging, place, progress, failed);
    },
  });
}

/**
 * What the npm package `pulumi` does when it is first run. Resolves with what went wrong, if something did.
 *
 * @param {string} staging
 * @param {Layout} place
 * @param {Progress} progress
 */
async function download(staging, place, progress) {
  progress.begin(`Downloading the Pulumi CLI ${place.versions.pulumi}`, "about a minute");
  const unreachable = await whyUnreachable(`${downloadHost}/install.sh`);
  if (unreachable) return `${downloadHost} cannot be reached (${unreachable})`;
  const require = createRequire(join(place.root, "package.json"));
  const { installCLI } = /** @type {Installer} */ (require("pulumi/lib/download"));
  try {
    await installCLI(place.versions.pulumi, staging, {
      execScript: (file, args) => void execFileSync("/bin/sh", [file, ...args], { stdio: "pipe" }),
    });
    return undefined;
  } catch (error) {
    return `Pulumi's installer failed (${error instanceof Error ? error.message.trim() : error})`;
  }
}

/**
 * @param {string} staging
 * @param {Layout} place
 * @param {Progress} progress
 * @param {string} reason why it is not downloaded
 */
export async function build(staging, place, progress, reason) {
  const version = place.versions.pulumi;
  if (!(await hasGo(place))) {
    throw new ToolchainError(
      [
        `The Pulumi CLI ${version} is missing: ${reason}, and Go is not installed. Three ways out:`,
        `  - with access to ${downloadHost}, run this again`,
        `  - install Go ${goNeeded} or newer (https://go.dev/dl) and run this again: the CLI is then built, in 6 to 15 minutes`,
        `  - unpack Pulumi's release v${version} by hand, so that ${place.pulumi} and its neighbours exist`,
      ].join("\n"),
    );
  }
  progress.line(`  ${reason}`);
  progress.begin(`Building the Pulumi CLI ${version} from Go modules`, "6 to 15 minutes");
  await buildFromGoModules(staging, place, progress);
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).size > 0;
  } catch {
    return false;
  }
}
