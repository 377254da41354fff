import { randomUUID } from "node:crypto";
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { projectToken, type Sandbox, startSandbox } from "../sandbox/server.ts";
import { until } from "../sandbox/test-support.ts";
import { loadProject } from "../spec/load.ts";
import { fixturesModel, samplesModel } from "../spec/model/samples.ts";
import { destinationsIn } from "./posthog.ts";
import { createProject, type Project } from "./project.ts";

/** `docs/examples`, in a project of their own, on the real engine. */
let sandbox: Sandbox;
let project: Project;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, data: ":memory:", groupTypes: ["company"] });
  project = await createProject(sandbox.url);
  cpSync(join(project.folder, "docs/examples/destinations"), join(project.folder, "destinations"), {
    recursive: true,
  });
  cpSync(
    join(project.folder, "docs/examples/old-guide.yaml"),
    join(project.folder, "destinations/signup-webhook.yaml"),
  );
  expect((await project.pulumi("stack", "select", "--create")).exitCode).toBe(0);
  for (const [key, value] of Object.entries({ slackIntegration: "1", hubspotIntegration: "2" }))
    await project.pulumi("config", "set", `hogwire:${key}`, value);
  for (const [key, value] of Object.entries(secrets))
    await project.pulumi("config", "set", "--secret", `hogwire:${key}`, value);
});

afterAll(async () => {
  await project.pulumi("destroy", "--yes");
  project.remove();
  await sandbox.close();
});

const secrets = {
  automationHook: "https://automation.example/hooks/t0psecret-hook",
  globexToken: "t0psecret-globex",
  crmToken: "t0psecret-crm",
};

test("the old guide's file is mended by one --fix, and then all examples pass their check", {
  timeout: 60_000,
}, async () => {
  expect((await project.run("node", "infra/cli/hogwire.js", "check")).exitCode).toBe(2);
  expect((await project.run("node", "infra/cli/hogwire.js", "check", "--fix")).exitCode).toBe(0);
  project.write(
    "destinations/signup-webhook.test.yaml",
    "- name: flat\n  event: { event: user_signed_up, properties: { plan: pro } }\n" +
      "  expect: { sent: true, body: { event: user_signed_up, properties: { plan: pro } } }\n",
  );
  const checked = await project.run("node", "infra/cli/hogwire.js", "check");
  expect(checked.output).toMatch(/^✔ 16 destinations, \d+ samples passed\n$/);
});

test("they apply to the sandbox, each of them once, and a second time there is nothing to do", {
  timeout: 240_000,
}, async () => {
  const up = () => project.pulumi("up", "--yes", "--skip-preview");
  const first = await up();
  expect(first).toMatchObject({ exitCode: 0, output: expect.stringContaining(" created") });
  const rows = await destinationsIn(sandbox.url, "destination,internal_destination");
  const files = readdirSync(join(project.folder, "destinations")).filter((name) =>
    /^[^.]+\.yaml$/.test(name),
  );
  expect(rows.map(({ name }) => name).sort()).toEqual(
    files
      .map((file) => /^name: (.*)$/m.exec(project.read(`destinations/${file}`))?.[1])
      .filter((name) => name !== "Plan changes") // absent from dev
      .sort(),
  );
  expect(rows.every(({ enabled }) => enabled)).toBe(true);
  expect((await project.pulumi("preview", "--expect-no-changes")).exitCode).toBe(0);
  expect((await up()).output).toMatch(/\n {4}\d+ unchanged\n/);

  for (const secret of Object.values(secrets)) {
    expect(JSON.stringify(rows)).not.toContain(secret);
    expect(first.output).not.toContain(secret);
    for (const file of readdirSync(join(project.folder, ".state"), { recursive: true, withFileTypes: true }))
      if (file.isFile()) expect(readFileSync(join(file.parentPath, file.name), "utf8")).not.toContain(secret);
  }
});

test("on the sandbox each sample event does what the sample says offline", { timeout: 120_000 }, async () => {
  const { samples, destinations, fixtures } = await loadProject(project.folder);
  const { persons = {}, groups: named = {} } = fixturesModel.parse(fixtures?.value);
  const wrong: unknown[] = [];
  let count = 0;
  for (const { slug, value } of samples) {
    const file = destinations.find((one) => one.slug === slug)?.value as { name: string };
    for (const {
      name,
      event: given,
      person,
      groups = {},
      environment,
      expect: expected,
    } of samplesModel.parse(value)) {
      if (environment !== undefined) continue;
      const event = typeof given === "string" ? { event: given } : given;
      const { properties: $set = {} } = (typeof person === "string" ? persons[person] : person) ?? {};
      const $groups: Record<string, string> = {};
      for (const [type, written] of Object.entries(groups)) {
        const { id = `${slug} ${count}`, properties = {} } =
          (typeof written === "string" ? named[written] : written) ?? {};
        $groups[type] = id;
        await capture("$groupidentify", { $group_type: type, $group_key: id, $group_set: properties });
      }
      const elements = event.elements_chain === undefined ? {} : { $elements_chain: event.elements_chain };
      const uuid = event.event.startsWith("$error_tracking")
        ? await raise(event.event, event.properties ?? {})
        : await capture(event.event, { ...event.properties, ...elements, $groups, $set }, `${slug} ${count}`);
      const { matched } = await settled(uuid, file.name);
      count++;
      if (matched !== expected.sent) wrong.push({ slug, name, matched });
    }
  }
  expect(wrong).toEqual([]);
  expect(count).toBeGreaterThan(25);
});

async function post(path: string, body: object): Promise<Response> {
  return fetch(sandbox.url + path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}

async function capture(event: string, properties: object, distinct_id = "somebody"): Promise<string> {
  const uuid = randomUUID();
  const answer = await post("/i/v0/e/", { api_key: projectToken, uuid, event, distinct_id, properties });
  if (!answer.ok) throw new Error(await answer.text());
  return uuid;
}

async function raise(event: string, properties: object): Promise<string> {
  const answer = await post("/_sandbox/internal-events", { event, properties });
  const { uuid } = (await answer.json()) as { uuid: string };
  return uuid;
}

/** How the destination of this name met the event. */
async function settled(uuid: string, name: string): Promise<{ matched: boolean }> {
  return until(async () => {
    const { destinations } = (await (await fetch(`${sandbox.url}/_sandbox/events/${uuid}`)).json()) as {
      destinations?: { name: string; matched: boolean }[];
    };
    return destinations?.find((one) => one.name === name);
  });
}
