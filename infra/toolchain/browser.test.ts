import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { installBrowser } from "./browser.js";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hogwire-browser-"));
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env.PATH}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** Stands in for apt-get: keeps what it was asked, then does as the script says. */
function aptGet(script: string) {
  writeFileSync(join(folder, "apt-get"), `#!/bin/sh\necho "$@" >> "${folder}/asked"\n${script}\n`);
  chmodSync(join(folder, "apt-get"), 0o755);
}

test("installs Debian's package from fresh lists", async () => {
  aptGet("exit 0");
  const said: string[] = [];
  await installBrowser({ line: (text) => said.push(text) });
  expect(readFileSync(join(folder, "asked"), "utf8")).toMatch(
    /^update .*\ninstall .*--no-install-recommends chromium\n$/,
  );
  expect(said).toEqual([]);
});

test("says that a test will be skipped where it cannot, and ends nothing", async () => {
  aptGet("echo no network >&2; exit 100");
  const said: string[] = [];
  await installBrowser({ line: (text) => said.push(text) });
  expect(said.join()).toMatch(/console's test is skipped\..*\nno network/s);
});
