import { createServer } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createProject, freePort, type Project } from "./project.ts";

let project: Project;

beforeAll(async () => {
  project = await createProject(`http://127.0.0.1:${await freePort()}`);
  // As a clone has it, with the ports of this test: whatever appears from now on is a change.
  await project.run("git", "init", "--quiet");
  await project.run("git", "add", "--all");
  await project.run(
    "git",
    "-c",
    "user.name=t",
    "-c",
    "user.email=t@example.com",
    "commit",
    "--quiet",
    "-m",
    "clone",
  );
});

afterAll(async () => {
  await project.run("npm", "stop");
  project.remove();
});

test("npm start goes from a clone to two handled events, and a second one changes nothing", {
  timeout: 120_000,
}, async () => {
  expect((await project.run("npm", "stop")).output).toContain("Nothing was running.");
  const first = await project.run("npm", "start");
  expect(first.exitCode, first.output).toBe(0);
  expect(first.output).toContain("4 created");
  expect(first.output).toContain("signup-notifications → crm, notify");
  for (const event of ["user_signed_up", "subscription_started"]) {
    expect(first.output).toMatch(new RegExp(`${event} +captured → matched → sent → stored → handled`));
  }

  const inbox = await project.run("node", "infra/cli/hogwire.js", "inbox", "list", "--json");
  const deliveries: { event: string; state: string; handlers: { name: string }[] }[] = JSON.parse(
    inbox.output,
  ).data;
  expect(deliveries.map(({ event }) => event).sort()).toEqual(["subscription_started", "user_signed_up"]);
  for (const { state, handlers } of deliveries) {
    expect(state).toBe("handled");
    expect(handlers.map(({ name }) => name).sort()).toEqual(["crm", "notify"]);
  }

  // A receiver that died, as after a reboot, is started again.
  const pid = Number(project.read(".data/dev/receiver.pid"));
  process.kill(pid, "SIGKILL");
  const second = await project.run("npm", "start");
  expect(second.exitCode, second.output).toBe(0);
  expect(second.output).toContain("0 changes");
  expect(Number(project.read(".data/dev/receiver.pid"))).not.toBe(pid);
  expect((await project.run("git", "status", "--porcelain")).output).toBe("");

  const stopped = await project.run("npm", "stop");
  expect(stopped.output).toContain("Stopped the receiver and the sandbox.");
  await expect(fetch(`${project.receiverUrl}/livez`)).rejects.toThrow();
});

test("npm start says who has its port, and what to do", { timeout: 60_000 }, async () => {
  const host = /hogwire:host: (.*)/.exec(project.read("Pulumi.dev.yaml"))?.[1] ?? "";
  const stranger = createServer((_request, response) => response.end("hello"));
  await new Promise<void>((done) => stranger.listen(Number(new URL(host).port), "127.0.0.1", done));
  try {
    const { exitCode, output } = await project.run("npm", "start");
    expect(exitCode).toBe(1);
    expect(output).toContain("is taken by another program");
    expect(output).toContain("Pulumi.dev.yaml");
  } finally {
    await new Promise((done) => stranger.close(done));
  }
});
