import { readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { checkProject } from "../infra/spec/check.ts";
import { writeProject } from "./destinations.ts";
import { inProcess, isChild, median, report } from "./measure.ts";

const ROUNDS = 5;

/** 1,000 files through all of `hogwire check`, against `yaml` alone on the same files; each in a process of its own. */
export async function check(): Promise<void> {
  const { root, files, remove } = writeProject(500);
  try {
    const rounds = [];
    for (let round = 0; round < ROUNDS; round++) {
      const floor = await inProcess(import.meta.filename, ["parse", ...[root]], files);
      const whole = await inProcess(import.meta.filename, ["check", root], files);
      rounds.push({ floor, whole, ratio: whole.milliseconds / floor.milliseconds });
    }
    const typical = median(rounds, ({ ratio }) => ratio);
    report("check", {
      files: files.length,
      yaml_ms: typical.floor.milliseconds,
      check_ms: typical.whole.milliseconds,
      yaml_mb: typical.floor.peakMb,
      ratio: typical.ratio,
      peak_mb: typical.whole.peakMb,
    });
  } finally {
    remove();
  }
}

if (isChild(import.meta)) {
  const [what = "", root = ""] = process.argv.slice(2);
  const files: string[] = JSON.parse(readFileSync(0, "utf8"));
  const started = performance.now();
  if (what === "parse") for (const file of files) parseDocument(readFileSync(file, "utf8")).toJS();
  else {
    const { diagnostics, samples } = await checkProject(root);
    const wrong = diagnostics[0];
    if (wrong) throw new Error(JSON.stringify(wrong));
    if (samples.passed !== (files.length / 2) * 5) throw new Error(JSON.stringify(samples));
  }
  const milliseconds = performance.now() - started;
  console.log(JSON.stringify({ milliseconds, peakMb: process.resourceUsage().maxRSS / 1024 }));
}
