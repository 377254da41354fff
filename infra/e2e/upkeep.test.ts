import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import { createByHand, destinationsIn, type Row } from "./posthog.ts";
import { createProject, type Project } from "./project.ts";

let sandbox: Sandbox;
let project: Project;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, data: ":memory:" });
  project = await createProject(sandbox.url);
  await project.pulumi("stack", "select", "--create");
  await project.pulumi("config", "set", "hogwire:receiver", "none"); // its routes are an output
});

afterAll(async () => {
  project.remove();
  await sandbox.close();
});

const file = (slug: string) => `destinations/${slug}.yaml`;
const remove = (slug: string) => rmSync(join(project.folder, file(slug)));
const up = async () => {
  const { exitCode, output } = await project.pulumi("up", "--yes", "--skip-preview");
  expect(exitCode, output).toBe(0);
  return output;
};

/** By the slug in the marker. */
async function inPostHog(): Promise<Record<string, Row>> {
  const rows = await destinationsIn(sandbox.url);
  return Object.fromEntries(
    rows.map((row) => [/\[hogwire:hogwire\/dev\/(.*)\]$/.exec(row.description)?.[1] ?? row.name, row]),
  );
}

test("an object is adopted, renamed, protected, retained and found again, and is the same one all along", {
  timeout: 240_000,
}, async () => {
  const byHand = await createByHand(sandbox.url, {
    name: "Made by hand",
    enabled: false,
    template_id: "template-webhook",
    inputs: { url: { value: "https://old.acme.example" } },
    filters: { events: [{ id: "$pageview", type: "events" }] },
  });
  const webhook = "filters: { events: [user_signed_up] }\nwebhook: { url: https://your-app.example }\n";
  const legacy = `name: Legacy\n${webhook}adopt: ${byHand.id}\n`;
  const numbers = [1, 2, 3, 4, 5];
  project.write(file("legacy"), legacy);
  for (const number of numbers) project.write(file(`old-${number}`), `name: D${number}\n${webhook}`);
  project.write(file("filters/one"), "name: First\nevent: a\n");
  project.write(file("filters/two"), "name: Second\nevent: b\n");

  // What was made by hand is this file's now, whole
  await up();
  const created = await inPostHog();
  expect(Object.keys(created).sort()).toEqual(
    ["legacy", ...numbers.map((number) => `old-${number}`), "signup-notifications"].sort(),
  );
  expect(created.legacy).toMatchObject({
    id: byHand.id,
    name: "Legacy",
    enabled: true,
    filters: { events: [{ id: "user_signed_up" }] },
    inputs: { url: { value: "https://your-app.example" }, method: { value: "POST" } },
  });

  // Most files are renamed at once, one of them with handlers; two event filters swap their names, and one is renamed as well
  const handlers = project.read(file("signup-notifications"));
  remove("signup-notifications");
  remove("signup-notifications.test");
  project.write(file("signups"), `${handlers}aliases: [signup-notifications]\n`);
  for (const number of numbers) {
    remove(`old-${number}`);
    project.write(file(`new-${number}`), `name: D${number}\n${webhook}aliases: [old-${number}]\n`);
  }
  const retained = `${project.read(file("new-1"))}lifecycle: { retain: true }\n`;
  project.write(file("new-1"), retained);
  project.write(file("legacy"), `${legacy}lifecycle: { protect: true }\n`);
  project.write(file("filters/one"), "name: Second\nevent: a\n");
  remove("filters/two");
  project.write(file("filters/three"), "name: First\nevent: b\naliases: [two]\n");
  const output = await up();
  expect(output).toMatch(/\d+ updated/);
  expect(output).not.toMatch(/created|deleted|replaced/);
  const renamed = await inPostHog();
  const idOf = (rows: Record<string, Row>, slug: string) => rows[slug]?.id;
  expect(Object.fromEntries(Object.entries(renamed).map(([slug, { id }]) => [slug, id]))).toEqual({
    legacy: byHand.id,
    signups: idOf(created, "signup-notifications"),
    ...Object.fromEntries(numbers.map((number) => [`new-${number}`, idOf(created, `old-${number}`)])),
  });
  expect(renamed.signups?.inputs).toMatchObject({ url: { value: `${project.receiverUrl}/d/signups` } });
  const environment = await project.pulumi("stack", "output", "receiverEnvironmentFile", "--show-secrets");
  const to = '["crm","notify"]';
  expect(environment.output).toContain(`'{"signups":${to},"signup-notifications":${to}}'`);

  // Protected: neither a preview nor a run goes on
  remove("legacy");
  for (const command of [["preview"], ["up", "--yes", "--skip-preview"]]) {
    const refused = await project.pulumi(...command);
    expect(refused.exitCode).not.toBe(0);
    expect(refused.output).toMatch(/::legacy" cannot be deleted\s+because it is protected/);
  }
  expect(await inPostHog()).toEqual(renamed);

  // Retained: the preview says so, and it works on in PostHog
  project.write(file("legacy"), `${legacy}lifecycle: { protect: true }\n`);
  remove("new-1");
  expect((await project.pulumi("preview")).output).toContain("new-1 delete[retain]");
  await up();
  expect((await inPostHog())["new-1"]).toEqual(renamed["new-1"]);

  // Its file comes back: the marker finds it
  project.write(file("new-1"), retained);
  expect(await up()).toContain("1 created");
  const found = await inPostHog();
  expect(Object.keys(found).length).toBe(numbers.length + 2);
  expect(found["new-1"]).toMatchObject({ id: idOf(renamed, "new-1"), enabled: true });
});
