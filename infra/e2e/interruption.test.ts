import { afterAll, beforeAll, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import { layout } from "../toolchain/layout.js";
import { destinationsIn } from "./posthog.ts";
import { createProject, finished, type Project } from "./project.ts";

const count = 50;
let sandbox: Sandbox;
let project: Project;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, data: ":memory:" });
  project = await createProject(sandbox.url);
  await project.pulumi("stack", "select", "--create");
  await project.run(
    "rm",
    "destinations/signup-notifications.yaml",
    "destinations/signup-notifications.test.yaml",
  );
  for (let n = 1; n <= count; n++) {
    project.write(
      `destinations/number-${n}.yaml`,
      `name: Number ${n}\nfilters: { events: [event_${n}] }\nwebhook: { url: "https://your-app.example/${n}" }\n`,
    );
  }
});

afterAll(async () => {
  project.remove();
  await sandbox.close();
});

test(`kill -9 of the engine in the middle of ${count} creates: the next up has them all, none twice`, {
  timeout: 180_000,
}, async () => {
  // The binary itself: npx would only be its parent.
  const engine = project.start(layout().pulumi, "up", "--yes", "--skip-preview", "--stack", "dev");
  const ended = finished(engine);
  await expect
    .poll(async () => (await destinationsIn(sandbox.url)).length, { timeout: 60_000, interval: 20 })
    .toBeGreaterThan(10);
  engine.kill("SIGKILL");
  await ended;
  expect((await destinationsIn(sandbox.url)).length).toBeLessThan(count);

  const refused = await project.pulumi("up", "--yes", "--skip-preview");
  expect(refused.exitCode).not.toBe(0);
  const doctor = await project.run("node", "infra/cli/hogwire.js", "doctor", "--json");
  const { data } = JSON.parse(doctor.output);
  const lock = data.find(({ name }: { name: string }) => name === "Stack lock");
  expect(lock).toMatchObject({ ok: false });
  const command = /npx (pulumi cancel .*)$/m.exec(lock.hint)?.[1] ?? "";
  expect((await project.run("sh", "-c", command)).output).toContain("has been canceled");

  const { exitCode, output } = await project.pulumi("up", "--yes", "--skip-preview");
  expect(exitCode, output).toBe(0);
  const names = (await destinationsIn(sandbox.url)).map(({ name }) => name);
  expect(names.length).toBe(count);
  expect(new Set(names).size).toBe(count);
  expect((await project.pulumi("preview", "--expect-no-changes")).exitCode).toBe(0);
});
