import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeBack } from "./write-back.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "hogwire-write-"));
});
afterEach(() => rmSync(root, { recursive: true }));

test("refuses a file that somebody has changed in the meantime", async () => {
  writeFileSync(join(root, "a.yaml"), "theirs\n");
  await expect(writeBack(root, "a.yaml", "before\n", "after\n")).rejects.toThrow(
    "has changed in the meantime",
  );
  expect(readFileSync(join(root, "a.yaml"), "utf8")).toBe("theirs\n");
});

test("refuses a file that leads out of the project", async () => {
  const outside = mkdtempSync(join(tmpdir(), "hogwire-write-"));
  writeFileSync(join(outside, "a.yaml"), "before\n");
  symlinkSync(join(outside, "a.yaml"), join(root, "a.yaml"));
  await expect(writeBack(root, "a.yaml", "before\n", "after\n")).rejects.toThrow("leads out of the project");
  expect(readFileSync(join(outside, "a.yaml"), "utf8")).toBe("before\n");
  rmSync(outside, { recursive: true });
});

test("keeps a mark for UTF-8, and leaves no other file", async () => {
  writeFileSync(join(root, "a.yaml"), "\uFEFFbefore\n");
  await writeBack(root, "a.yaml", "before\n", "after\n");
  expect(readFileSync(join(root, "a.yaml"), "utf8")).toBe("\uFEFFafter\n");
  expect(readdirSync(root)).toEqual(["a.yaml"]);
});
