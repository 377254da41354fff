import { afterAll, beforeAll, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import { destinationsIn } from "./posthog.ts";
import { createProject, type Project } from "./project.ts";

let dev: Sandbox;
let prod: Sandbox;
let project: Project;

beforeAll(async () => {
  [dev, prod] = await Promise.all([
    startSandbox({ port: 0, data: ":memory:" }),
    startSandbox({ port: 0, data: ":memory:", keys: { phx_prod: { scopes: ["hog_function:write"] } } }),
  ]);
  project = await createProject(dev.url);
});

afterAll(async () => {
  project.remove();
  await Promise.all([dev.close(), prod.close()]);
});

test("a second stack has its own PostHog, key and environment, and leaves the first alone", {
  timeout: 120_000,
}, async () => {
  // The key of production comes from the environment, as in CI, and wins over the configuration.
  const pulumi = (...args: string[]) =>
    project.run("env", "POSTHOG_API_KEY=phx_prod", "pulumi", ...args, "--stack", "prod");
  const set = (...args: string[]) => pulumi("config", "set", ...args);
  await project.pulumi("stack", "select", "--create");
  await project.pulumi("config", "set", "hogwire:receiver", "none");
  const upInDev = await project.pulumi("up", "--yes", "--skip-preview");
  expect(upInDev.exitCode, upInDev.output).toBe(0);

  await project.run("pulumi", "stack", "init", "prod");
  await set("hogwire:host", prod.url);
  await set("hogwire:projectId", "1");
  await set("hogwire:apiKey", "--secret", "phx_withdrawn");
  await set("hogwire:signingKey", "--secret", Buffer.alloc(32, 7).toString("base64"));
  await set("hogwire:receiver", "none");
  await set("hogwire:receiverUrl", "https://hooks.acme.example");
  await set("hogwire:hubspotToken", "--secret", "token");
  await set("hogwire:slackWebhookUrl", "--secret", "https://hooks.slack.example/x");
  const up = await pulumi("up", "--yes", "--skip-preview");
  expect(up.exitCode, up.output).toBe(0);

  const [inDev] = await destinationsIn(dev.url);
  const [inProd] = await destinationsIn(prod.url);
  expect(inDev).toMatchObject({ enabled: true });
  expect(inDev?.description).toContain("[hogwire:hogwire/dev/signup-notifications]");
  expect(inProd).toMatchObject({
    enabled: false,
    inputs: {
      url: { value: "https://hooks.acme.example/d/signup-notifications" },
      signing_secret: { secret: true },
    },
  });
  expect(inProd?.description).toContain("[hogwire:hogwire/prod/signup-notifications]");

  // What somebody needs to run the receiver elsewhere
  const { output } = await pulumi("stack", "output", "receiverEnvironmentFile", "--show-secrets");
  expect(output).toContain(`HOGWIRE_ROUTES='{"signup-notifications":["crm","notify"]}'`);

  expect((await pulumi("destroy", "--yes")).exitCode).toBe(0);
  expect(await destinationsIn(prod.url)).toEqual([]);
  expect(await destinationsIn(dev.url)).toHaveLength(1);
});
