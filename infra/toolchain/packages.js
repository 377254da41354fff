import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { machinePath } from "./layout.js";
import { runQuietly } from "./run-program.js";

/** @typedef {import("./layout.js").Layout} Layout */

/**
 * `stamp` is ours and says for which lock file the packages were installed; `tree` is npm's own record of what is there,
 * rewritten by every npm command that changes it.
 *
 * @param {Layout} place
 */
function files({ root, packages }) {
  return {
    lock: join(root, "package-lock.json"),
    tree: join(packages, ".package-lock.json"),
    stamp: join(packages, ".hogwire-setup"),
    hogwire: join(packages, ".bin/hogwire"),
  };
}

const installing = "installing";

/**
 * @param {Layout} place
 * @param {boolean} tests with the test-only packages
 */
export function packagesAreMissing(place, tests) {
  const { stamp, hogwire } = files(place);
  return read(stamp) !== fingerprint(place) || (tests && !hasTestPackages(place)) || !existsSync(hogwire);
}

/**
 * By a plain `npm ci`, say: the set-up has no word of it, and takes it over when it runs.
 *
 * @param {Layout} place
 */
export function wereInstalledByNpm(place) {
  const { tree, stamp } = files(place);
  return existsSync(tree) && !existsSync(stamp);
}

/** @param {Layout} place */
export function hasTestPackages(place) {
  /** @type {{ packages: Record<string, { dev?: boolean }> }} */
  const { packages } = JSON.parse(read(files(place).tree) || '{ "packages": {} }');
  return Object.entries(packages).some(([path, { dev }]) => dev === true && path.startsWith("node_modules/"));
}

/**
 * Installs from the lock file, without install scripts, so that no setting of npm's makes a difference. A tree that is
 * there is added to, not replaced: a receiver may be running from it. One that an interrupted run left is replaced.
 *
 * @param {Layout} place
 * @param {boolean} tests
 */
export async function installPackages(place, tests) {
  const { tree, stamp, hogwire } = files(place);
  const fresh = !existsSync(tree) || read(stamp) === installing;
  if (!fresh) writeFileSync(stamp, installing);
  await npm(place, [
    ...(fresh ? ["ci"] : ["install", "--no-save"]),
    tests || hasTestPackages(place) ? "--include=dev" : "--omit=dev",
    "--ignore-scripts",
    "--engine-strict=false", // npm runs on the machine's Node, the packages run on ours
    "--prefer-offline",
  ]);
  // npm links no `bin` of the project itself; npx would install the project into its own cache instead
  mkdirSync(dirname(hogwire), { recursive: true });
  rmSync(hogwire, { force: true });
  symlinkSync("../../infra/cli/hogwire.js", hogwire);
  chmodSync(join(place.root, "infra/cli/hogwire.js"), 0o755);
  writeFileSync(stamp, fingerprint(place));
}

/**
 * npm without what it says beside errors.
 *
 * @param {Layout} place
 * @param {string[]} args
 */
function npm(place, args) {
  return runQuietly(
    "npm",
    [...args, "--loglevel=error", "--no-audit", "--no-fund", "--no-progress", "--no-update-notifier"],
    {
      cwd: place.root,
      env: { ...process.env, PATH: machinePath() },
    },
  );
}

/** @param {Layout} place */
function fingerprint(place) {
  const { lock, tree } = files(place);
  return createHash("sha256").update(read(lock)).update("\0").update(read(tree)).digest("hex");
}

/** @param {string} file */
function read(file) {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
