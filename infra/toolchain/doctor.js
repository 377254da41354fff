import { readFileSync } from "node:fs";
import { join } from "node:path";
import { commandPluginKind } from "./command-plugin.js";
import { languageHostVersion } from "./go-build.js";
import { layout, machinePath, ToolchainError } from "./layout.js";
import { nodeIsMissing, nodeVersion } from "./node.js";
import { hasTestPackages, packagesAreMissing, wereInstalledByNpm } from "./packages.js";
import { cliIsMissing, cliIsOfficial } from "./pulumi-cli.js";
import { downloadHost, whyUnreachable } from "./reachable.js";
import { runQuietly } from "./run-program.js";
import { readStackLocks } from "./stack-lock.js";

/**
 * @typedef {import("./layout.js").Layout} Layout
 * @typedef {{ name: string, ok: boolean, found: string, hint?: string }} Finding
 */

const setUp = "npm start installs what is missing";

/**
 * What is installed, from where, and whether a lock blocks the stack. Reads only; one look at Pulumi's download server.
 *
 * @param {string} stack
 * @returns {Promise<Finding[]>}
 */
export async function inspectToolchain(stack, place = layout()) {
  return [
    node(place),
    await npm(),
    packages(place),
    ...pulumi(place),
    commandPlugin(place),
    await downloads(),
    ...locks(place, stack),
  ];
}

/**
 * @param {Layout} place
 * @returns {Finding}
 */
function node(place) {
  const version = nodeVersion(place);
  if (!version) return { name: "Node", ok: false, found: "missing in node_modules", hint: setUp };
  const found = `${version} in node_modules; this runs on ${process.version}`;
  return nodeIsMissing(place)
    ? { name: "Node", ok: false, found, hint: setUp }
    : { name: "Node", ok: true, found };
}

/** @returns {Promise<Finding>} */
async function npm() {
  try {
    const version = await runQuietly("npm", ["--version"], { env: { ...process.env, PATH: machinePath() } });
    return { name: "npm", ok: true, found: version.trim().split("\n").at(-1) ?? "" };
  } catch (error) {
    if (!(error instanceof ToolchainError)) throw error;
    return {
      name: "npm",
      ok: false,
      found: "missing",
      hint: "Install Node with npm from https://nodejs.org",
    };
  }
}

/**
 * @param {Layout} place
 * @returns {Finding}
 */
function packages(place) {
  if (wereInstalledByNpm(place)) return { name: "Packages", ok: true, found: "installed by npm itself" };
  if (packagesAreMissing(place, false)) {
    return { name: "Packages", ok: false, found: "not as package-lock.json says", hint: setUp };
  }
  const tests = hasTestPackages(place) ? "with" : "without";
  return { name: "Packages", ok: true, found: `as package-lock.json says, ${tests} the test-only ones` };
}

/**
 * @param {Layout} place
 * @returns {Finding[]}
 */
function pulumi(place) {
  if (cliIsMissing(place)) {
    return [{ name: "Pulumi CLI", ok: false, found: `missing in ${place.cli}`, hint: setUp }];
  }
  const official = cliIsOfficial(place);
  return [
    {
      name: "Pulumi CLI",
      ok: true,
      found: `${place.versions.pulumi}, ${official ? "Pulumi's own" : "built here from Go modules"}`,
    },
    {
      name: "Language host",
      ok: true,
      found: official
        ? "Pulumi's own"
        : `${languageHostVersion} (the last published as a Go module), built here`,
    },
  ];
}

/**
 * @param {Layout} place
 * @returns {Finding}
 */
function commandPlugin(place) {
  const name = "Command plugin";
  const { command } = place.versions;
  const kind = commandPluginKind(place);
  if (kind === "official") return { name, ok: true, found: `${command}, Pulumi's own` };
  if (kind === undefined) return { name, ok: false, found: "missing", hint: setUp };
  return {
    name,
    ok: true,
    found: "Hogwire's stand-in: local.Command only, without assets and archives",
    hint: `With access to ${downloadHost}: npx pulumi plugin rm resource command ${command} --yes && npm start`,
  };
}

/** @returns {Promise<Finding>} */
async function downloads() {
  const why = await whyUnreachable(downloadHost);
  const found = why ? `out of reach (${why}); needed only to install` : "answers";
  return { name: "Pulumi downloads", ok: true, found };
}

/**
 * @param {Layout} place
 * @param {string} stack
 * @returns {Finding[]}
 */
function locks({ root, state }, stack) {
  const project =
    /^name:\s*["']?([^"'\s]+)/m.exec(readFileSync(join(root, "Pulumi.yaml"), "utf8"))?.[1] ?? "";
  const name = "Stack lock";
  const found = readStackLocks({ state, project, stack });
  if (found.length === 0) return [{ name, ok: true, found: "none" }];
  return found.map((lock) => {
    const who = `process ${lock.pid} of ${lock.username}@${lock.hostname}, since ${lock.timestamp}`;
    if (lock.state === "running") return { name, ok: true, found: `held by ${who}, which is running` };
    return {
      name,
      ok: false,
      found: lock.state === "dead" ? `left by ${who}, which is gone` : `held by ${who}`,
      hint: `${lock.state === "dead" ? "" : "If that one is gone: "}npx pulumi cancel --yes --stack ${stack}`,
    };
  });
}
