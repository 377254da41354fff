import { chmodSync, copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { ToolchainError } from "./layout.js";
import { runQuietly } from "./run-program.js";

/**
 * @typedef {import("./layout.js").Layout} Layout
 * @typedef {import("./progress.js").Progress} Progress
 */

/** What the CLI's go.mod asks for. */
export const goNeeded = "1.25.11";

/** The last sdk/v3 module that holds the Node.js language host; later ones are not published as a module. */
export const languageHostVersion = "3.68.0";
/** The CLI's own go.mod has this replacement, which only a main module can make. */
const clipboard =
  "github.com/atotto/clipboard=github.com/tgummerer/clipboard@v0.0.0-20241001131231-d02d263e614e";
const versionVariable = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";

/** @param {Layout} place */
export async function hasGo(place) {
  try {
    await runQuietly("go", ["version"], { env: goEnvironment(place) });
    return true;
  } catch (error) {
    if (error instanceof ToolchainError) return false;
    throw error;
  }
}

/**
 * Builds the CLI and the Node.js language host into `staging/bin`. The modules and compiled packages are kept until it
 * succeeded, so an interrupted build goes on where it was. Nothing is written outside Pulumi's home.
 *
 * @param {string} staging
 * @param {Layout} place
 * @param {Progress} progress
 */
export async function buildFromGoModules(staging, place, progress) {
  const work = workFolder(place);
  const bin = join(staging, "bin");
  const env = goEnvironment(place);
  const cli = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
  const host = "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs";
  const { pulumi: version } = place.versions;

  // a module of its own for each: `go install package@version` refuses modules with replacements
  const cliModule = await createModule("cli");
  progress.part("downloading Go modules");
  await go(cliModule, "mod", "edit", "-replace", clipboard);
  await go(cliModule, "get", "-tool", `${cli}@v${version}`);
  await go(cliModule, "get", `github.com/pulumi/pulumi/sdk/v3@v${version}`);
  progress.part("compiling the CLI (the longest part)");
  await build(cliModule, version, "pulumi", cli, "-tags", "osusergo,grpcnotrace");
  progress.part("compiling the Node.js language host");
  const hostModule = await createModule("host");
  await go(hostModule, "get", "-tool", `${host}@v${languageHostVersion}`);
  await build(hostModule, languageHostVersion, "pulumi-language-nodejs", host);

  const starter = "pulumi-resource-pulumi-nodejs";
  copyFileSync(join(place.packages, "@pulumi/pulumi", starter), join(bin, starter));
  chmodSync(join(bin, starter), 0o755);
  rmSync(work, { recursive: true, force: true });

  /** @param {string} name */
  async function createModule(name) {
    const folder = join(work, name);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "tools.go"), "package tools\n");
    await go(folder, "mod", "init", `tools/${name}`);
    return folder;
  }

  /**
   * @param {string} cwd
   * @param {...string} args
   */
  function go(cwd, ...args) {
    return runQuietly("go", args, { cwd, env });
  }

  /**
   * @param {string} cwd
   * @param {string} release
   * @param {string} name
   * @param {string} source
   * @param {...string} flags
   */
  function build(cwd, release, name, source, ...flags) {
    const linker = `-s -w -X ${versionVariable}=v${release}`;
    return go(cwd, "build", "-trimpath", ...flags, "-ldflags", linker, "-o", join(bin, name), source);
  }
}

/**
 * Go also writes to the user's own folders (caches, telemetry), so it gets another home; what it reads there (`go env -w`,
 * a proxy's credentials) stays the user's.
 *
 * @param {Layout} place
 */
function goEnvironment(place) {
  const work = workFolder(place);
  const { XDG_CONFIG_HOME: xdg, GOENV, NETRC } = process.env;
  const configuration =
    process.platform === "darwin"
      ? join(homedir(), "Library/Application Support")
      : xdg || join(homedir(), ".config");
  return {
    ...process.env,
    HOME: join(work, "home"),
    XDG_CONFIG_HOME: join(work, "home/.config"),
    XDG_CACHE_HOME: join(work, "home/.cache"),
    GOENV: GOENV || join(configuration, "go/env"),
    NETRC: NETRC || join(homedir(), ".netrc"),
    GOPATH: join(work, "go"),
    GOMODCACHE: join(work, "go/pkg/mod"),
    GOCACHE: join(work, "cache"),
    GOBIN: "",
    GOWORK: "off",
    GOTOOLCHAIN: "local",
    GOFLAGS: "-mod=mod -modcacherw", // a module cache that can be removed
    CGO_ENABLED: "0",
  };
}

/** @param {Layout} place */
function workFolder(place) {
  return join(place.home, "hogwire-go-build");
}
