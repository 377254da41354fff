import { once } from "node:events";
import { afterEach, expect, test, vi } from "vitest";
import { createEngineProject } from "./engine-project.ts";
import { readStackLocks } from "./stack-lock.js";

vi.setConfig({ testTimeout: 90_000 }); // several engine runs
let project: ReturnType<typeof createEngineProject> | undefined;
afterEach(() => project?.remove());

test("the lock of a killed engine is found dead, and `pulumi cancel` clears it without the passphrase", async () => {
  // ends by itself once its engine is gone
  project = createEngineProject(`
    import { connect } from "node:net";
    const port = process.argv[process.argv.indexOf("--engine") + 1].split(":")[1];
    if (process.env.WAIT) setInterval(() => connect(port).on("error", () => process.exit()).on("connect", (s) => s?.end()), 100);
    if (process.env.WAIT) await new Promise(() => {});
  `);
  const where = { state: project.place.state, project: "engine", stack: "dev" };
  expect(readStackLocks(where)).toEqual([]);

  const engine = project.start(["up", "--yes", "--skip-preview"], { WAIT: "1" });
  await vi.waitUntil(() => readStackLocks(where).length > 0, { timeout: 15_000 });
  expect(readStackLocks(where)).toMatchObject([{ pid: engine.pid, state: "running" }]);
  engine.kill("SIGKILL");
  await once(engine, "exit");
  expect(readStackLocks(where)).toMatchObject([{ pid: engine.pid, state: "dead" }]);

  expect((await project.run(["up", "--yes", "--skip-preview"])).output).toContain("currently locked");
  expect((await project.run(["cancel", "--yes"], { PULUMI_CONFIG_PASSPHRASE: "" })).code).toBe(0);
  expect(readStackLocks(where)).toEqual([]);
  expect((await project.run(["up", "--yes", "--skip-preview"])).code).toBe(0);
});
