import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { CommandError } from "./output.ts";
import { root } from "./paths.ts";

export type PulumiRun = { exitCode: number; stdout: string; stderr: string };

/** Runs the Pulumi CLI in the project's folder. `dev` is encrypted under a passphrase that everybody may know. */
export async function pulumi(args: string[], stack: string): Promise<PulumiRun> {
  mkdirSync(join(root, ".state"), { recursive: true });
  const bin = join(root, "node_modules/.bin");
  const child = spawn(
    join(bin, "pulumi"),
    [...args, "--stack", stack, "--non-interactive", "--color", "never"],
    {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PULUMI_SKIP_UPDATE_CHECK: "true",
        ...process.env,
        // Whatever passphrase is exported is another stack's.
        ...(stack === "dev" && { PULUMI_CONFIG_PASSPHRASE: "sandbox" }),
        PATH: `${bin}${delimiter}${process.env.PATH}`,
      },
    },
  );
  const run: PulumiRun = { exitCode: 1, stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    run.stdout += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    run.stderr += chunk;
  });
  run.exitCode = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
  return run;
}

/** The same, for what is not expected to fail: its own words are the error. */
export async function pulumiOrThrow(args: string[], stack: string): Promise<PulumiRun> {
  const run = await pulumi(args, stack);
  if (run.exitCode === 0) return run;
  throw new CommandError(whyFailed(run, stack));
}

/** Pulumi's own words, and what Hogwire has to add to them. */
export function whyFailed(run: PulumiRun, stack: string): string {
  const said = summarise(run.stdout).errors.join("\n") || run.stderr.trim() || run.stdout.trim();
  const locked = (run.stderr + run.stdout).includes("currently locked");
  if (said.includes("no stack named")) return `${said}\nMake it: npx pulumi stack init ${stack}`;
  return locked
    ? `${said}\nnpx hogwire doctor -s ${stack} tells how to clear a lock that a killed run left.`
    : said;
}

/** The stack's `hogwire:` configuration; secrets only with `--show-secrets`. */
export async function configuration(
  stack: string,
  ...flags: "--show-secrets"[]
): Promise<Record<string, string | undefined>> {
  const { stdout } = await pulumiOrThrow(["config", "--json", ...flags], stack);
  const entries = Object.entries(JSON.parse(stdout) as Record<string, { value?: string }>);
  return Object.fromEntries(entries.map(([key, { value }]) => [key.replace(/^hogwire:/, ""), value]));
}

/** What a run did, from the engine's own events; the stack itself is not counted. */
export type UpSummary = { created: number; changed: number; deleted: number; errors: string[] };

/** Reads `pulumi up --json`: one engine event a line. */
export function summarise(output: string): UpSummary {
  const summary: UpSummary = { created: 0, changed: 0, deleted: 0, errors: [] };
  for (const line of output.split("\n").filter((text) => /^\{.*\}$/.test(text))) {
    const { resOutputsEvent, diagnosticEvent } = JSON.parse(line) as EngineEvent;
    if (diagnosticEvent?.severity === "error") summary.errors.push(diagnosticEvent.message.trim());
    if (!resOutputsEvent || resOutputsEvent.metadata.type === "pulumi:pulumi:Stack") continue;
    if (resOutputsEvent.metadata.op === "create") summary.created++;
    if (["update", "replace"].includes(resOutputsEvent.metadata.op)) summary.changed++;
    if (resOutputsEvent.metadata.op === "delete") summary.deleted++;
  }
  return summary;
}

type EngineEvent = {
  resOutputsEvent?: { metadata: { op: string; type: string } };
  diagnosticEvent?: { severity: string; message: string };
};
