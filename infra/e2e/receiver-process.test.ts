import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import { destinationsIn } from "./posthog.ts";
import { createProject, type Project } from "./project.ts";

const handler = "destinations/handlers/notify.ts";
let sandbox: Sandbox;
let project: Project;

beforeEach(async () => {
  sandbox = await startSandbox({ port: 0, data: ":memory:" });
  project = await createProject(sandbox.url);
  await project.pulumi("stack", "select", "--create");
});

afterEach(async () => {
  await project.pulumi("destroy", "--yes");
  project.remove();
  await sandbox.close();
});

const up = () => project.pulumi("up", "--yes", "--skip-preview");
const receiverPid = () => Number(project.read(".data/dev/receiver.pid"));

test("the receiver is restarted when a handler or a secret changes, and only then", {
  timeout: 120_000,
}, async () => {
  expect((await up()).exitCode).toBe(0);
  const first = receiverPid();

  expect((await up()).output).toContain("5 unchanged");
  expect(receiverPid()).toBe(first);

  project.write(handler, project.read(handler).replace("signed up", "just signed up"));
  expect((await up()).output).toContain("1 updated");
  const second = receiverPid();
  expect(second).not.toBe(first);

  await project.pulumi("config", "set", "--secret", "hogwire:hubspotToken", "a-token-nobody-may-read");
  expect((await up()).output).toContain("1 updated");
  expect(receiverPid()).not.toBe(second);
  expect((await fetch(`${project.receiverUrl}/readyz`)).status).toBe(200);

  // Nothing of it in clear: neither in state and its history, nor on a command line, nor in the log
  const { output: signingKey } = await project.pulumi("config", "get", "hogwire:signingKey");
  for (const secret of ["a-token-nobody-may-read", signingKey.trim(), "phx_sandbox", "whsec_"]) {
    const found = await project.run("grep", "-rlF", "--", secret, ".state", ".data");
    expect(found, `${secret.slice(0, 6)}… was found`).toEqual({ exitCode: 1, output: "" });
  }
  const commandLine = execFileSync("ps", ["-o", "args=", "-p", String(receiverPid())], { encoding: "utf8" });
  expect(commandLine.trim().split(" ").slice(1)).toEqual([join(project.folder, "infra/receiver/main.ts")]);
});

test("a receiver that does not become ready fails the run before any destination is touched", {
  timeout: 60_000,
}, async () => {
  const stranger = createServer((_request, response) => response.writeHead(404).end());
  await new Promise<void>((done) =>
    stranger.listen(Number(new URL(project.receiverUrl).port), "127.0.0.1", done),
  );
  try {
    const { exitCode, output } = await up();
    expect(exitCode).not.toBe(0);
    expect(output).toContain("is in use");
    expect(await destinationsIn(sandbox.url)).toEqual([]);
  } finally {
    await new Promise((done) => stranger.close(done));
  }
});
