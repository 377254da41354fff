import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { withLock } from "./lock.js";

/**
 * Puts a folder into its place whole or not at all: `fill` writes to a staging folder beside it, which is then renamed.
 * What killed runs left is removed; of two runs at once the second waits and finds the folder complete.
 *
 * @param {string} target
 * @param {{ isComplete: () => boolean, fill: (staging: string) => Promise<void>, waiting?: (owner: number) => void }} how
 */
export async function placeFolder(target, { isComplete, fill, waiting }) {
  const parent = dirname(target);
  const prefix = `.${basename(target)}-`;
  mkdirSync(parent, { recursive: true });
  await withLock(
    lockOf(target),
    async () => {
      if (isComplete()) return;
      for (const left of readdirSync(parent).filter((name) => name.startsWith(prefix))) {
        rmSync(join(parent, left), { recursive: true, force: true });
      }
      const work = mkdtempSync(join(parent, prefix));
      const staging = join(work, "new");
      mkdirSync(staging);
      try {
        await fill(staging);
        if (existsSync(target)) renameSync(target, join(work, "old"));
        renameSync(staging, target);
      } finally {
        rmSync(work, { recursive: true, force: true });
      }
    },
    waiting,
  );
}

/** @param {string} target */
export function lockOf(target) {
  return join(dirname(target), `.${basename(target)}.lock`);
}
