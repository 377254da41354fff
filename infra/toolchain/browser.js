import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { ToolchainError } from "./layout.js";
import { runQuietly } from "./run-program.js";

const places = [
  "/usr/bin/chromium",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** The browser of the console's test; nothing where none is installed. */
export function browserPath() {
  return places.find((path) => existsSync(path));
}

/** And can be installed: by root, on Debian, whose `chromium` is the program itself (Ubuntu's is a snap). */
export function browserIsMissing() {
  return browserPath() === undefined && process.getuid?.() === 0 && isDebian() && hasProgram("apt-get");
}

/**
 * Installs Debian's Chromium. Without it one test is skipped and says so, so a failure ends nothing: it is told.
 *
 * @param {{ line(text: string): void }} progress
 */
export async function installBrowser(progress) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const options = { env, timeout: 300_000 };
  try {
    await runQuietly("apt-get", ["update", "-qq"], options);
    await runQuietly("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium"], options);
  } catch (error) {
    if (!(error instanceof ToolchainError)) throw error;
    progress.line(`  Chromium could not be installed, so the console's test is skipped. ${error.message}`);
  }
}

function isDebian() {
  const file = "/etc/os-release";
  return existsSync(file) && /^ID=debian$/m.test(readFileSync(file, "utf8"));
}

/** @param {string} name */
function hasProgram(name) {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
