import { afterAll, beforeAll, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import { changeByHand, destinationsIn } from "./posthog.ts";
import { createProject, type Project } from "./project.ts";

const yaml = "destinations/signup-notifications.yaml";
let sandbox: Sandbox;
let project: Project;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, data: ":memory:" });
  project = await createProject(sandbox.url);
  expect((await project.pulumi("stack", "select", "--create")).exitCode).toBe(0);
});

afterAll(async () => {
  await project.pulumi("destroy", "--yes");
  project.remove();
  await sandbox.close();
});

test("a destination's whole life: created, edited, changed by hand, put back, destroyed", {
  timeout: 180_000,
}, async () => {
  const up = () => project.pulumi("up", "--yes", "--skip-preview");
  const noDrift = () => project.pulumi("refresh", "--preview-only", "--expect-no-changes", "--diff");

  const created = await up();
  expect(created.output).toContain("5 created");
  const [destination] = await destinationsIn(sandbox.url);
  expect(destination).toMatchObject({ name: "Signup Notifications", enabled: true });
  expect((await fetch(`${project.receiverUrl}/readyz`)).status).toBe(200);

  // An edit: the preview names the changed property, and no other
  project.write(yaml, project.read(yaml).replace("plan: [pro, team]", "plan: [pro, enterprise]"));
  const preview = await project.pulumi("preview", "--json");
  const { steps } = JSON.parse(preview.output.slice(preview.output.indexOf("{")));
  const planned = steps.filter(({ op }: { op: string }) => !["refresh", "same"].includes(op));
  expect(planned).toMatchObject([{ op: "update", urn: expect.stringMatching(/::signup-notifications$/) }]);
  expect(Object.keys(planned[0].detailedDiff)).toEqual(["filters.events[1].properties[0].value[1]"]);
  expect((await up()).output).toContain("1 updated");
  expect((await up()).output).toContain("5 unchanged");
  expect((await noDrift()).exitCode).toBe(0);

  // A change by hand: seen, and put back
  const id = String(destination?.id);
  await changeByHand(sandbox.url, id, { name: "Changed in PostHog" });
  const drift = await noDrift();
  expect(drift.exitCode).toBe(7);
  expect(drift.output).toContain('"Signup Notifications" => "Changed in PostHog"');
  expect((await up()).exitCode).toBe(0);
  expect(await destinationsIn(sandbox.url)).toMatchObject([{ id, name: "Signup Notifications" }]);
  expect((await noDrift()).exitCode).toBe(0);

  // A project that is not there: replacing deletes first, so this must be found out before
  await project.pulumi("config", "set", "hogwire:projectId", "77");
  const moved = await up();
  expect(moved.exitCode).not.toBe(0);
  expect(moved.output).toContain("Project not found");
  expect(await destinationsIn(sandbox.url)).toMatchObject([{ id }]);
  await project.pulumi("config", "set", "hogwire:projectId", "1");
  expect((await up()).output).toContain("5 unchanged");

  expect((await project.pulumi("destroy", "--yes")).exitCode).toBe(0);
  expect(await destinationsIn(sandbox.url)).toEqual([]);
  await expect(fetch(`${project.receiverUrl}/livez`)).rejects.toThrow();
});
