import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { checkProject } from "../spec/check.ts";

const root = resolve(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");

test("the README shows the example as it is", () => {
  expect(read("README.md")).toContain(read("destinations/signup-notifications.yaml"));
});

test("the page on the language shows a destination and samples that pass", async () => {
  const folder = mkdtempSync(join(tmpdir(), "hogwire-docs-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const name of ["handlers", "filters"])
    mkdirSync(join(folder, "destinations", name), { recursive: true });
  for (const name of ["crm", "notify"]) writeFileSync(join(folder, `destinations/handlers/${name}.ts`), "");
  const blocks = read("docs/1-destinations.md").matchAll(
    /```yaml\n# ((?:destinations\/|policy)\S+)\n(.*?)```/gs,
  );
  for (const [, file = "", yaml = ""] of blocks) writeFileSync(join(folder, file), yaml);
  const { diagnostics, samples } = await checkProject(folder, undefined, { without: ["HW063"] }); // not each has samples
  expect(diagnostics).toEqual([]);
  expect(samples).toEqual({ passed: 2, failed: 0 });
});
