import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { layout, ToolchainError } from "./layout.js";
import { createProgress } from "./progress.js";
import { build, cliIsMissing, cliIsOfficial, installCli } from "./pulumi-cli.js";

const quiet = createProgress({ write: () => true });
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "hogwire-cli-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});
const place = () => layout(undefined, { PULUMI_HOME: home });

async function fakeBinaries(staging: string, ...more: string[]): Promise<undefined> {
  mkdirSync(join(staging, "bin"));
  for (const name of ["pulumi", "pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs", ...more]) {
    writeFileSync(join(staging, "bin", name), "#!/bin/sh\n");
    chmodSync(join(staging, "bin", name), 0o755);
  }
}

test("the download wins; nothing is built", async () => {
  const ways = {
    download: (staging: string) => fakeBinaries(staging, "pulumi-language-python"),
    build: vi.fn(),
  };
  await installCli(place(), quiet, ways);
  expect(cliIsMissing(place())).toBe(false);
  expect(cliIsOfficial(place())).toBe(true);
  expect(ways.build).not.toHaveBeenCalled();
});

test("without the download it is built, once for two set-ups, and the next does nothing", async () => {
  const ways = {
    download: async () => "no network",
    build: vi.fn((staging: string) => fakeBinaries(staging)),
  };
  await Promise.all([installCli(place(), quiet, ways), installCli(place(), quiet, ways)]);
  await installCli(place(), quiet, ways);
  expect(ways.build).toHaveBeenCalledTimes(1);
  expect(cliIsMissing(place())).toBe(false);
  expect(cliIsOfficial(place())).toBe(false);
});

test("without the download and Go it says the ways out, and leaves nothing", async () => {
  vi.stubEnv("PATH", home);
  const error = await installCli(place(), quiet, { download: async () => "no network", build }).catch(
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(ToolchainError);
  expect(error.message).toMatch(/^The Pulumi CLI [\d.]+ is missing: no network, and Go is not installed/);
  expect(error.message).toContain("https://go.dev/dl");
  expect(error.message).toContain(place().pulumi);
  expect(readdirSync(join(home, "versions"))).toEqual([]);
});

test("a binary that may not be executed counts as missing", async () => {
  await installCli(place(), quiet, { download: (staging) => fakeBinaries(staging), build: vi.fn() });
  chmodSync(place().pulumi, 0o644);
  writeFileSync(join(place().cli, "bin/pulumi-language-nodejs"), "");
  expect(cliIsMissing(place())).toBe(true);
});
