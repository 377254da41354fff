import { execFileSync, spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";

const repository = resolve(import.meta.dirname, "../..");

export type Run = { exitCode: number; output: string };

/** A copy of this project in a folder of its own, with its own ports, state and data. */
export type Project = {
  folder: string;
  receiverUrl: string;
  /** Runs a program of the project's `node_modules/.bin` (or of PATH) in the copy. */
  run(command: string, ...args: string[]): Promise<Run>;
  /** `pulumi … --stack dev` */
  pulumi(...args: string[]): Promise<Run>;
  start(command: string, ...args: string[]): ReturnType<typeof spawn>;
  read(file: string): string;
  write(file: string, text: string): void;
  remove(): void;
};

/** `host` is the sandbox that the stack `dev` talks to. */
export async function createProject(host: string): Promise<Project> {
  const folder = mkdtempSync(join(tmpdir(), "hogwire-e2e-"));
  const files = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: repository,
    encoding: "utf8",
  });
  // git also names what was deleted and not committed yet
  for (const file of files.split("\0").filter((name) => name !== "" && existsSync(join(repository, name)))) {
    cpSync(join(repository, file), join(folder, file), { recursive: true });
  }
  symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"));
  mkdirSync(join(folder, ".state"));
  const receiverUrl = `http://127.0.0.1:${await freePort()}`;
  const stackFile = join(folder, "Pulumi.dev.yaml");
  const stack = readFileSync(stackFile, "utf8");
  writeFileSync(
    stackFile,
    stack.replaceAll("http://127.0.0.1:4100", host).replaceAll("http://127.0.0.1:4200", receiverUrl),
  );

  const bin = join(folder, "node_modules/.bin");
  const environment = {
    ...process.env,
    PATH: `${bin}${delimiter}${process.env.PATH}`,
    PULUMI_CONFIG_PASSPHRASE: "sandbox",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_OPTION_COLOR: "never",
    NO_COLOR: "1",
  };
  function start(command: string, ...args: string[]) {
    return spawn(command, args, { cwd: folder, env: environment, stdio: ["ignore", "pipe", "pipe"] });
  }
  return {
    folder,
    receiverUrl,
    start,
    run: (command, ...args) => finished(start(command, ...args)),
    pulumi: (...args) => finished(start("pulumi", ...args, "--stack", "dev")),
    read: (file) => readFileSync(join(folder, file), "utf8"),
    write(file, text) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export async function finished(child: ReturnType<typeof spawn>): Promise<Run> {
  const run: Run = { exitCode: 1, output: "" };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      run.output += chunk;
    });
  }
  run.exitCode = await new Promise((done, reject) => {
    child.once("error", reject);
    child.once("close", (code) => done(code ?? 1));
  });
  return run;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
