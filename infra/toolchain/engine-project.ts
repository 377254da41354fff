import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { layout, projectEnvironment } from "./layout.js";

const real = layout();

/** For tests: a small Pulumi program in a temp folder, with Pulumi's home and backend of its own, on the real engine. */
export function createEngineProject(program: string) {
  const root = mkdtempSync(join(tmpdir(), "hogwire-engine-"));
  const home = join(root, "home");
  for (const folder of ["infra", ".state", "home/versions"])
    mkdirSync(join(root, folder), { recursive: true });
  symlinkSync(real.packages, join(root, "node_modules"));
  symlinkSync(real.cli, join(home, "versions", real.versions.pulumi));
  const { node, pulumi, command } = real.versions;
  const dependencies = { node, pulumi, "@pulumi/command": command };
  writeFileSync(join(root, "package.json"), JSON.stringify({ type: "module", dependencies }));
  writeFileSync(
    join(root, "Pulumi.yaml"),
    `name: engine\nruntime: { name: nodejs, options: { typescript: false } }\nmain: infra/main.js
backend: { url: "file://./.state?metadata=skip" }\n`,
  );
  writeFileSync(join(root, "infra/main.js"), program);
  const place = layout(root, { PULUMI_HOME: home });

  function start(args: string[], env: Record<string, string> = {}) {
    return spawn(place.pulumi, [...args, "--stack", "dev", "--non-interactive", "--color", "never"], {
      cwd: root,
      env: {
        ...projectEnvironment(place),
        PULUMI_HOME: home,
        PULUMI_CONFIG_PASSPHRASE: "sandbox",
        PULUMI_SKIP_UPDATE_CHECK: "true",
        ...env,
      },
    });
  }

  async function run(args: string[], env?: Record<string, string>) {
    const child = start(args, env);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    }
    const code = await new Promise<number | null>((done) => child.once("close", done));
    return { code, output };
  }

  execFileSync(place.pulumi, ["stack", "init", "dev"], {
    cwd: root,
    stdio: "pipe",
    env: { ...projectEnvironment(place), PULUMI_HOME: home, PULUMI_CONFIG_PASSPHRASE: "sandbox" },
  });
  return { root, place, start, run, remove };

  function remove() {
    // a killed engine leaves its language host, which runs from our own folder
    const processes = execFileSync("ps", ["-eo", "pid=,args="], { encoding: "utf8" }).split("\n");
    for (const line of processes.filter((text) => text.includes(`${home}/versions`)))
      process.kill(Number.parseInt(line, 10));
    rmSync(root, { recursive: true, force: true });
  }
}
