import { afterEach, beforeEach, expect, test } from "vitest";
import { type FakePostHog, startFakePostHog } from "./fake-posthog.ts";
import { slackTemplate } from "./fake-templates.ts";
import { getGroupTypes } from "./groups.ts";
import { createClient, type PostHogClient } from "./http.ts";
import { createLimiter } from "./limiter.ts";
import { getTemplate } from "./templates.ts";

let fake: FakePostHog;
let client: PostHogClient;

beforeEach(async () => {
  fake = await startFakePostHog();
  client = createClient({
    host: fake.url,
    project: "1",
    apiKey: "phx_test",
    limiter: createLimiter({ host: fake.url }),
  });
});
afterEach(() => fake.close());

test("reads any template, with all that its inputs' schema says", async () => {
  await expect(getTemplate(client, "template-slack")).resolves.toEqual(slackTemplate);
});

test("says how a PostHog without the template gets it, and where those it has are listed", async () => {
  await expect(getTemplate(client, "template-other")).rejects.toThrow(
    /no template `template-other`.*\/api\/public_hog_function_templates\/.*sync_hog/,
  );
});

test("a template's id cannot lead to another path", async () => {
  await expect(getTemplate(client, "../hog_functions")).rejects.toThrow(/no template/);
  expect(fake.requests).toEqual(["GET hog_function_templates/..%2Fhog_functions/"]);
});

test("reads the number of each group type by its name", async () => {
  fake.groupTypes = ["company", "constructor"];
  expect(await getGroupTypes(client)).toEqual(
    new Map([
      ["company", 0],
      ["constructor", 1],
    ]),
  );
});
