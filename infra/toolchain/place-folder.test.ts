import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { withLock } from "./lock.js";
import { placeFolder } from "./place-folder.js";

let parent: string;
let target: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "hogwire-place-"));
  target = join(parent, "1.0.0");
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const isComplete = () => existsSync(join(target, "whole"));

/** Writes its files with a pause between them, as a build does. */
async function fill(staging: string) {
  writeFileSync(join(staging, "half"), "");
  await new Promise(setImmediate);
  writeFileSync(join(staging, "whole"), "built");
}

test("the folder appears whole and nothing is left beside it; a second time nothing is done", async () => {
  const build = vi.fn(fill);
  await placeFolder(target, { isComplete, fill: build });
  await placeFolder(target, { isComplete, fill: build });
  expect(build).toHaveBeenCalledTimes(1);
  expect(readdirSync(target)).toEqual(["half", "whole"]);
  expect(readdirSync(parent)).toEqual(["1.0.0"]);
});

test("a build that fails leaves nothing", async () => {
  const failing = async (staging: string) => {
    writeFileSync(join(staging, "half"), "");
    throw new Error("no disk");
  };
  await expect(placeFolder(target, { isComplete, fill: failing })).rejects.toThrow("no disk");
  expect(readdirSync(parent)).toEqual([]);
});

test("a build that is killed leaves no folder in place; the next run clears up and completes", async () => {
  const script = `
    import { writeFileSync } from "node:fs";
    import { placeFolder } from ${JSON.stringify(join(import.meta.dirname, "place-folder.js"))};
    await placeFolder(${JSON.stringify(target)}, { isComplete: () => false, async fill(staging) {
      writeFileSync(staging + "/half", "");
      console.log("building");
      await new Promise((done) => setTimeout(done, 60_000));
    } });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(existsSync(target)).toBe(false);
  expect(readdirSync(parent)).toHaveLength(2); // its lock and its staging folder

  await placeFolder(target, { isComplete, fill });
  expect(readdirSync(parent)).toEqual(["1.0.0"]);
});

test("of two at once one builds, the other waits and is told by whom", async () => {
  const build = vi.fn(fill);
  const waiting = vi.fn();
  await Promise.all([1, 2, 3].map(() => placeFolder(target, { isComplete, fill: build, waiting })));
  expect(build).toHaveBeenCalledTimes(1);
  expect(waiting).toHaveBeenCalledTimes(2);
  expect(waiting).toHaveBeenCalledWith(process.pid);
});

test("an incomplete folder in the place is replaced", async () => {
  mkdirSync(target);
  writeFileSync(join(target, "stale"), "");
  await placeFolder(target, { isComplete, fill });
  expect(readdirSync(target)).toEqual(["half", "whole"]);
});

test("a dead process's lock is taken over by one at a time", async () => {
  const file = join(parent, "lock");
  const gone = spawn(process.execPath, ["-e", ""]);
  await once(gone, "exit");
  writeFileSync(file, String(gone.pid));
  let inside = 0;
  let most = 0;
  const action = async () => {
    most = Math.max(most, ++inside);
    await new Promise(setImmediate);
    expect(readFileSync(file, "utf8")).toBe(String(process.pid));
    inside--;
  };
  await Promise.all([1, 2, 3, 4].map(() => withLock(file, action)));
  expect(most).toBe(1);
  expect(readdirSync(parent)).toEqual([]);
});

test.each(["", "0", "abc"])("a lock that holds %j, as after a power cut, is nobody's", async (content) => {
  const lock = join(parent, "lock");
  writeFileSync(lock, content);
  expect(await withLock(lock, async () => "ran")).toBe("ran");
  expect(existsSync(lock)).toBe(false);
});
