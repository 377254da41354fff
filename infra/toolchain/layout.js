import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** An expected failure: the message says what is wrong and what to do. */
export class ToolchainError extends Error {
  /** @override */
  name = "ToolchainError";
}

/**
 * Where everything that the set-up installs has its place, and which versions; package.json is their one source.
 *
 * @typedef {ReturnType<typeof layout>} Layout
 */

/** The layout of the project in `root`; `env` decides where Pulumi's home is. */
export function layout(
  root = resolve(dirname(fileURLToPath(import.meta.url)), "../.."),
  env = /** @type {Record<string, string | undefined>} */ (process.env),
) {
  const { dependencies } =
    /** @type {{ dependencies: Record<"node" | "pulumi" | "@pulumi/command", string> }} */ (
      JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
    );
  const versions = {
    node: dependencies.node,
    pulumi: dependencies.pulumi,
    command: dependencies["@pulumi/command"],
  };
  const home = env.PULUMI_HOME || join(homedir(), ".pulumi");
  const packages = join(root, "node_modules");
  // where the npm package `pulumi` looks (its lib/cache.js)
  const cli = join(home, "versions", versions.pulumi);
  return {
    root,
    versions,
    packages,
    node: join(packages, ".bin/node"),
    state: join(root, ".state"),
    home,
    cli,
    pulumi: join(cli, "bin/pulumi"),
    commandPlugin: join(home, "plugins", `resource-command-v${versions.command}`),
  };
}

/**
 * The environment for the project's own programs: Node 24 and the CLI's companions come first on PATH.
 *
 * @param {Layout} place
 */
export function projectEnvironment(place) {
  const path = [join(place.packages, ".bin"), join(place.cli, "bin"), process.env.PATH].join(delimiter);
  return { ...process.env, PATH: path };
}

/** The machine's own PATH, without what npm and npx put in front: the set-up replaces the Node found there. */
export function machinePath() {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => !/[\\/]node_modules[\\/]\.bin[\\/]?$/.test(folder))
    .join(delimiter);
}
