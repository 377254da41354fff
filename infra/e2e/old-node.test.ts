import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");

/** Runs an entry as an older Node would see it: by its version, as this one can read all of it. */
function onNode20(script: string): Promise<string> {
  const pretend = 'Object.defineProperty(process.versions, "node", { value: "20.19.0" });';
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      ["-e", `${pretend} ${script}`],
      { cwd: root },
      (_error, out, err) => done(`${child.exitCode} ${out}${err}`),
    );
  });
}

test.each([
  ["the command line", 'import("./infra/cli/hogwire.js")'],
  [
    "the Pulumi program",
    'import("./infra/main.js").catch((error) => { console.error(error.message); process.exitCode = 1 })',
  ],
  [
    "the provider",
    'try { require("./infra/provider/entry.cjs") } catch (error) { console.error(error.stack); process.exitCode = 1 }',
  ],
])("%s says in one sentence that Node is too old, and what to run", async (_entry, script) => {
  const said = await onNode20(script);
  expect(said).toMatch(
    /^1 .*needs Node 24, and this is v\S+\. Run "npm run setup" once, which brings Node 24; [^\n]*\n$/,
  );
});
