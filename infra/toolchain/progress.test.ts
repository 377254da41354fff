import { expect, test } from "vitest";
import { createProgress } from "./progress.js";

function record(isTTY: boolean) {
  let written = "";
  const out = { isTTY, write: (text: string) => (written += text) };
  return { progress: createProgress(out), written: () => written };
}

test("elsewhere than on a terminal, every beginning and part is a plain line", () => {
  const { progress, written } = record(false);
  progress.begin("Building", "about a minute");
  progress.part("compiling");
  progress.stop();
  progress.line("  ✔ built");
  expect(written()).toBe("  Building, about a minute …\n    0:00  compiling\n  ✔ built\n");
});

test("on a terminal the spinner's line is gone when the next one is written", () => {
  const { progress, written } = record(true);
  progress.begin("Building", "about a minute");
  progress.line("  ✔ built");
  const [spinner = "", rest] = written().split("\r\x1b[2K").slice(1);
  expect(spinner).toContain("Building, about a minute · 0:00");
  expect(spinner).not.toContain("\n");
  expect(rest).toBe("  ✔ built\n");
});
