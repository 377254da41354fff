import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { layout, machinePath, ToolchainError } from "./layout.js";
import { hasTestPackages, installPackages, packagesAreMissing } from "./packages.js";

vi.setConfig({ testTimeout: 90_000 }); // several npm runs each
let root: string;
let place: ReturnType<typeof layout>;

/** A project with one package and one test-only package, both local, so that npm needs no network. */
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "hogwire-packages-"));
  for (const name of ["used", "tested"]) {
    mkdirSync(join(root, name, "package"), { recursive: true });
    const scripts = { preinstall: "touch scripts-ran" };
    writeFileSync(
      join(root, name, "package/package.json"),
      JSON.stringify({ name, version: "1.0.0", scripts }),
    );
    execFileSync("tar", ["-czf", `${name}.tgz`, "-C", name, "package"], { cwd: root });
  }
  mkdirSync(join(root, "infra/cli"), { recursive: true });
  writeFileSync(join(root, "infra/cli/hogwire.js"), "");
  writeManifest({ used: "file:used.tgz", node: "24", pulumi: "3", "@pulumi/command": "1" });
  place = layout(root);
  writeManifest({ used: "file:used.tgz" });
  npm("install", "--package-lock-only", "--ignore-scripts");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function writeManifest(dependencies: Record<string, string>) {
  const devDependencies = { tested: "file:tested.tgz" };
  writeFileSync(
    join(root, "package.json"),
    JSON.stringify({ name: "one", version: "1.0.0", dependencies, devDependencies }),
  );
}

function npm(...args: string[]) {
  execFileSync("npm", [...args, "--offline"], {
    cwd: root,
    stdio: "pipe",
    env: { ...process.env, PATH: machinePath() },
  });
}

const has = (name: string) => existsSync(join(root, "node_modules", name));

test("installs without the test-only packages, then adds them to the same tree; lock file and scripts stay untouched", async () => {
  const lock = readFileSync(join(root, "package-lock.json"), "utf8");
  expect(packagesAreMissing(place, false)).toBe(true);
  await installPackages(place, false);
  expect([
    has("used"),
    has("tested"),
    packagesAreMissing(place, false),
    packagesAreMissing(place, true),
  ]).toEqual([true, false, false, true]);
  expect(statSync(join(root, "node_modules/.bin/hogwire")).mode & 0o111).not.toBe(0);

  writeFileSync(join(root, "node_modules/used/in-use"), "");
  await installPackages(place, true);
  expect([has("used"), has("tested"), has("used/in-use")]).toEqual([true, true, true]);
  expect([packagesAreMissing(place, false), packagesAreMissing(place, true)]).toEqual([false, false]);
  expect(readFileSync(join(root, "package-lock.json"), "utf8")).toBe(lock);
  expect([has("used/package.json"), has("used/scripts-ran")]).toEqual([true, false]);
});

test("notices a changed lock file, and npm run by hand; what was there for tests stays", async () => {
  await installPackages(place, true);
  const lock = readFileSync(join(root, "package-lock.json"), "utf8");
  writeFileSync(join(root, "package-lock.json"), `${lock}\n`);
  expect(packagesAreMissing(place, false)).toBe(true);
  await installPackages(place, false);
  expect([packagesAreMissing(place, false), hasTestPackages(place)]).toEqual([false, true]);
  npm("prune", "--omit=dev");
  expect(packagesAreMissing(place, true)).toBe(true);
});

test("a failure shows npm's own words; the tree it may have left half is replaced the next time", async () => {
  await installPackages(place, false);
  writeFileSync(join(root, "node_modules/used/half"), "");
  writeManifest({ used: "file:used.tgz", absent: "file:absent.tgz" });
  const error = await installPackages(place, false).catch((reason) => reason);
  expect(error).toBeInstanceOf(ToolchainError);
  expect(error.message).toContain("npm error");
  expect(packagesAreMissing(place, false)).toBe(true);

  writeManifest({ used: "file:used.tgz" });
  await installPackages(place, false);
  expect([has("used"), has("used/half"), packagesAreMissing(place, false)]).toEqual([true, false, false]);
});
