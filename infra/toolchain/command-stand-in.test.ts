import { existsSync, mkdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { commandPluginIsMissing, commandPluginKind, installCommandPlugin } from "./command-plugin.js";
import { createEngineProject } from "./engine-project.ts";
import { isRunning } from "./lock.js";
import { createProgress } from "./progress.js";

/** The program takes the arguments of its one Command from the environment; `$secret` marks a value. */
const program = `
import { local, remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
const args = JSON.parse(process.env.ARGS, (_, value) => (value?.$secret === undefined ? value : pulumi.secret(value.$secret)));
if (process.env.REMOTE) new remote.Command("it", { connection: { host: "127.0.0.1" }, create: "true" });
else new local.Command("it", args);
`;

vi.setConfig({ testTimeout: 90_000 }); // several engine runs each
const secret = "correct-horse-battery";
let project: ReturnType<typeof createEngineProject>;

beforeAll(async () => {
  project = createEngineProject(program);
  await installCommandPlugin(project.place, createProgress({ write: () => true }));
});
afterAll(() => project.remove());

function up(args: object, env: Record<string, string> = {}) {
  return project.run(["up", "--yes", "--skip-preview"], { ARGS: JSON.stringify(args), ...env });
}

async function resource(
  ...options: string[]
): Promise<{ id: string; outputs: Record<string, unknown> } | undefined> {
  const { output } = await project.run(["stack", "export", ...options]);
  const { deployment } = JSON.parse(output);
  return deployment.resources?.find((one: { type: string }) => one.type === "command:local:Command");
}

function lines(file: string): string[] {
  return readFileSync(join(project.root, file), "utf8").trimEnd().split("\n");
}

describe("the stand-in, under the real engine", () => {
  test("is what the set-up puts there when Pulumi's own is out of reach, once", () => {
    expect(commandPluginKind(project.place)).toBe("stand-in");
    expect(commandPluginIsMissing(project.place)).toBe(false);
  });

  test("create gets stdin, environment, dir and interpreter; one trailing newline is cut; it names itself once", async () => {
    mkdirSync(join(project.root, "elsewhere"));
    const { code, output } = await up({
      create:
        "process.stdin.pipe(process.stdout); console.log(process.env.GREETING, process.cwd()); console.error('hm\\n')",
      interpreter: ["node", "-e"],
      dir: "../elsewhere",
      stdin: "from stdin",
      environment: { GREETING: "hello" },
    });
    expect(output.match(/stand-in for Pulumi's command plugin/g)).toHaveLength(2); // while it runs, and in the summary
    expect(code).toBe(0);
    const { outputs } = (await resource()) ?? {};
    expect(outputs?.stdout).toBe(`hello ${realpathSync(join(project.root, "elsewhere"))}\nfrom stdin`);
    expect(outputs?.stderr).toBe("hm\n");
    await project.run(["destroy", "--yes", "--skip-preview"]);
  });

  test("a changed environment updates in place, with the previous output at hand", async () => {
    const command = { create: "echo created", update: "echo updated after $PULUMI_COMMAND_STDOUT" };
    await up({ ...command, environment: { A: "1" } });
    const before = await resource();
    const { output } = await up({ ...command, environment: { A: "2" } });
    expect(output).toContain("1 updated");
    const after = await resource();
    expect(after?.id).toBe(before?.id);
    expect(after?.outputs.stdout).toBe("updated after created");
    const again = await up({ ...command, environment: { A: "2" } });
    expect(again.output).toContain("2 unchanged");
  });

  test("a changed trigger replaces, and delete runs with the old environment", async () => {
    const command = {
      create: "echo new >> ../log",
      delete: "echo gone $NAME $PULUMI_COMMAND_STDOUT. >> ../log",
    };
    const options = { addPreviousOutputInEnv: false };
    await up({ ...command, ...options, environment: { NAME: "first" }, triggers: [{ a: 1 }] });
    const before = await resource();
    const { output } = await up({
      ...command,
      ...options,
      environment: { NAME: "second" },
      triggers: [{ a: 2 }],
    });
    expect(output).toContain("1 replaced");
    expect((await resource())?.id).not.toBe(before?.id);
    expect(lines("log").slice(-2)).toEqual(["new", "gone first ."]);
    const destroyed = await project.run(["destroy", "--yes", "--skip-preview"]);
    expect(destroyed.code).toBe(0);
    expect(lines("log").at(-1)).toBe("gone second .");
  });

  test("no secret is written in clear; the outputs are secret then, other inputs are not", async () => {
    const { code, output } = await up({
      create: "echo $KEY; cat >&2",
      stdin: { $secret: `${secret}-in` },
      environment: { KEY: { $secret: secret }, PLAIN: "plain" },
    });
    expect(code).toBe(0);
    expect(output).toContain("[secret]");
    const state = await project.run(["stack", "export"]);
    expect(output + state.output).not.toContain(secret);
    const shown = await resource("--show-secrets");
    const marked = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
    expect(shown?.outputs).toMatchObject({
      stdout: { ...marked, plaintext: JSON.stringify(secret) },
      stderr: { ...marked, plaintext: JSON.stringify(`${secret}-in`) },
      environment: { KEY: marked, PLAIN: "plain" },
    });
  });

  test("an error has the exit code and stderr, but neither environment nor stdin; the old state stays", async () => {
    const before = await resource("--show-secrets");
    const { code, output } = await up({
      create: "echo why with $KEY >&2; exit 7",
      stdin: "not-for-the-log",
      environment: { KEY: { $secret: secret }, PLAIN: "not-for-the-log" },
    });
    expect(code).not.toBe(0);
    expect(output).toContain("create failed with exit code 7:\n    why with [secret]");
    expect(output).not.toMatch(/not-for-the-log|correct-horse/);
    expect(output).not.toMatch(/\n\s+at .*\.m?js:/);
    expect(await resource("--show-secrets")).toEqual(before);
    await project.run(["destroy", "--yes", "--skip-preview"]);
  });

  test.for([
    { logging: "none", shown: [], hidden: ["to-out", "to-err"] },
    { logging: "stdout", shown: ["to-out"], hidden: ["to-err"] },
    { logging: "stderr", shown: ["to-err"], hidden: ["to-out"] },
  ])("logging $logging", async ({ logging, shown, hidden }) => {
    const { output } = await up({
      create: "echo to-$OUT; echo to-$ERR >&2",
      logging,
      environment: { OUT: "out", ERR: "err" },
    });
    for (const text of shown) expect(output).toContain(text);
    for (const text of hidden) expect(output).not.toContain(text);
  });

  test.for([
    { what: "assets", args: { create: "true", assetPaths: ["*"] }, env: {}, name: "assetPaths" },
    { what: "archives", args: { create: "true", archivePaths: ["*"] }, env: {}, name: "archivePaths" },
    { what: "remote commands", args: {}, env: { REMOTE: "1" }, name: "command:remote:Command" },
  ])("refuses $what by name", async ({ args, env, name }) => {
    const { code, output } = await up(args, env);
    expect(code).not.toBe(0);
    expect(output).toContain(name);
    expect(output).toContain("pulumi plugin install resource command 1.2.1");
  });

  test("ends when its engine was killed", async () => {
    const args = { create: "echo $PPID > ../plugin; sleep 3" };
    const engine = project.start(["up", "--yes", "--skip-preview"], { ARGS: JSON.stringify(args) });
    const file = join(project.root, "plugin");
    await vi.waitUntil(() => existsSync(file) && readFileSync(file, "utf8").endsWith("\n"), {
      timeout: 15_000,
    });
    engine.kill("SIGKILL");
    await vi.waitUntil(() => !isRunning(Number(readFileSync(file, "utf8"))), { timeout: 10_000 });
  });
});
