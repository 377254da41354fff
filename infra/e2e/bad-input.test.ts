import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import { destinationsIn, setFaults } from "./posthog.ts";
import { createProject, type Project } from "./project.ts";

const example = "destinations/signup-notifications.yaml";
let sandbox: Sandbox;
let project: Project;
let yaml: string;
let configuration: string;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, data: ":memory:" });
  project = await createProject(sandbox.url);
  await project.pulumi("stack", "select", "--create");
  // Somebody's own receiver: these runs are about what happens before one is needed.
  await project.pulumi("config", "set", "hogwire:receiver", "none");
  yaml = project.read(example);
  configuration = project.read("Pulumi.dev.yaml");
});

beforeEach(() => {
  project.write(example, yaml);
  project.write("Pulumi.dev.yaml", configuration);
});

afterAll(async () => {
  project.remove();
  await sandbox.close();
});

const up = () => project.pulumi("up", "--yes", "--skip-preview");

describe("a run that is refused says why and changes nothing", { timeout: 60_000 }, () => {
  const edits: { what: string; edit: (text: string) => string; says: (string | RegExp)[] }[] = [
    {
      what: "broken YAML",
      edit: (text) => text.replace("events: #", "events: [ #"),
      says: ["HW001", /signup-notifications\.yaml:\d+:\d+/],
    },
    {
      what: "an unknown key",
      edit: (text) => text.replace("description:", "descripton:"),
      says: ["HW010", "`description`"],
    },
    {
      what: "an empty filter",
      edit: (text) => text.replace(/filters:[\s\S]*?\n\n/, "filters: {}\n\n"),
      says: ["HW030", "events: all"],
    },
    {
      what: "`{distinct_id}` in a body",
      edit: (text) =>
        text.replace(
          /handlers: .*/,
          'webhook:\n  url: https://your-app.example/in\n  body: { id: "{distinct_id}" }',
        ),
      says: ["HW042", "{event.distinct_id}"],
    },
    {
      what: "a secret of the stack where PostHog shows it",
      edit: (text) =>
        text.replace(
          /handlers: .*/,
          `webhook:\n  url: https://your-app.example/in\n  body: { token: "\${config:hubspotToken}" }`,
        ),
      says: ["HW022", "`hubspotToken` is a secret"],
    },
  ];

  test.each(edits)("$what", async ({ edit, says }) => {
    project.write(example, edit(yaml));
    const { exitCode, output } = await up();
    expect(exitCode).not.toBe(0);
    for (const text of says) expect(output).toMatch(text);
    expect(output).not.toMatch(/^\s+at .*\(/m); // no stack
    expect(await destinationsIn(sandbox.url)).toEqual([]);
  });

  test("all diagnostics of all files in one run", async () => {
    project.write(example, yaml.replace("description:", "descripton:"));
    project.write("destinations/second.yaml", "name: Second\nfilters: {}\nhandlers: [nobody]\n");
    const { exitCode, output } = await up();
    await project.run("rm", "destinations/second.yaml");
    expect(exitCode).not.toBe(0);
    expect(output).toContain("signup-notifications.yaml");
    for (const code of ["HW010", "HW030", "HW052"]) expect(output).toContain(code);
  });

  test("no signing key, with the command that sets it", async () => {
    await project.pulumi("config", "rm", "hogwire:signingKey");
    const { exitCode, output } = await up();
    expect(exitCode).not.toBe(0);
    expect(output).toContain("pulumi config set hogwire:signingKey --secret --stack dev");
    expect(await destinationsIn(sandbox.url)).toEqual([]);
  });

  test.each(["apiKey", "signingKey"])("%s in clear, with the command that hides it", async (key) => {
    const { output: value } = await project.pulumi("config", "get", `hogwire:${key}`);
    await project.pulumi("config", "set", "--plaintext", `hogwire:${key}`, value.trim());
    const { exitCode, output } = await up();
    expect(exitCode).not.toBe(0);
    expect(output).toContain(`hogwire:${key} is in clear`);
    expect(output).not.toContain(value.trim());
    expect(await destinationsIn(sandbox.url)).toEqual([]);
  });

  test("a handler's secret is missing, with the command that sets it", async () => {
    await project.pulumi("config", "rm", "hogwire:hubspotToken");
    const { exitCode, output } = await up();
    expect(exitCode).not.toBe(0);
    expect(output).toContain("pulumi config set --secret hogwire:hubspotToken");
    expect(await destinationsIn(sandbox.url)).toEqual([]);
  });

  test("a wrong API key", async () => {
    await project.pulumi("config", "set", "--secret", "hogwire:apiKey", "phx_wrong");
    const { exitCode, output } = await up();
    expect(exitCode).not.toBe(0);
    expect(output).toContain("401");
    expect(output).toContain("POSTHOG_API_KEY");
    expect(output).not.toContain("phx_wrong");
    expect(await destinationsIn(sandbox.url)).toEqual([]);
  });

  test("PostHog is down", async () => {
    await project.pulumi("config", "set", "hogwire:host", "http://127.0.0.1:9");
    const { exitCode, output } = await up();
    expect(exitCode).not.toBe(0);
    expect(output).toContain("http://127.0.0.1:9");
    expect(output).toContain("npm start");
  });
});

test("a PostHog that answers 500 after it created: one destination, and the run goes on", {
  timeout: 60_000,
}, async () => {
  await setFaults(sandbox.url, [
    { match: { method: "POST", path: "hog_functions" }, status: 500, commit: true, times: 1 },
  ]);
  const { exitCode, output } = await up();
  expect(output).toContain("created");
  expect(exitCode).toBe(0);
  expect(await destinationsIn(sandbox.url)).toHaveLength(1);
  expect((await up()).output).toContain("unchanged");
});
