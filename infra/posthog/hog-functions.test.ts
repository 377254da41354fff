import { afterEach, beforeEach, expect, test } from "vitest";
import { type FakePostHog, startFakePostHog } from "./fake-posthog.ts";
import { store } from "./fake-rows.ts";
import { createHogFunction, deleteHogFunction, getHogFunction } from "./hog-functions.ts";
import { createClient, type PostHogClient } from "./http.ts";
import { createLimiter } from "./limiter.ts";

let fake: FakePostHog;

beforeEach(async () => {
  fake = await startFakePostHog();
});
afterEach(() => fake.close());

function client(project = "1"): PostHogClient {
  return createClient({
    host: fake.url,
    project,
    apiKey: "phx_test",
    limiter: createLimiter({ host: fake.url }),
  });
}

function add(name: string) {
  const row = store({ name, enabled: true, inputs_schema: [], inputs: {}, filters: {} });
  fake.rows.set(row.id, row);
  return row;
}

test("reads a row of an older PostHog, which lacks fields, and of a newer one, which has more", async () => {
  const row = add("old");
  fake.fault = () => ({
    status: 200,
    body: { id: row.id, type: "destination", enabled: true, inputs: { url: null }, brand_new: 1 },
  });
  await expect(getHogFunction(client(), row.id)).resolves.toEqual({
    id: row.id,
    type: "destination",
    name: "",
    description: "",
    enabled: true,
    hog: "",
    inputs_schema: [],
    inputs: {},
    filters: {},
    masking: null,
    mappings: null,
    icon_url: null,
  });
});

test("names the place where an answer is not what the contract says", async () => {
  const row = add("odd");
  fake.fault = () => ({ status: 200, body: { id: row.id, type: "destination", enabled: "yes" } });
  await expect(getHogFunction(client(), row.id)).rejects.toThrow(/unexpected shape at `enabled`/);
});

test("a deleted function is gone; one of an unknown project is an error", async () => {
  const row = add("one");
  await deleteHogFunction(client(), row);
  expect(row).toMatchObject({ deleted: true, enabled: false, mappings: null });
  await expect(getHogFunction(client(), row.id)).resolves.toBeNull();
  await expect(deleteHogFunction(client(), row)).resolves.toBeUndefined();
  await expect(getHogFunction(client("2"), row.id)).rejects.toThrow(/Project not found/);
});

test.each<[string, Parameters<typeof createHogFunction>[1], string | undefined]>([
  ["from a template", { type: "destination", template_id: "template-slack" }, "template-slack"],
  ["from code of one's own", { type: "internal_destination" }, undefined],
])("makes a function %s, of the type it was told", async (_name, origin, template) => {
  const body = { name: "A", description: "", enabled: true, filters: {}, hog: "return 1", inputs: {} };
  const rest = { inputs_schema: [], icon_url: null, masking: null, mappings: null };
  const made = await createHogFunction(client(), origin, { ...body, ...rest });
  expect(made).toMatchObject({ type: origin.type, name: "A" });
  expect(made.template?.id).toBe(template);
  expect(fake.rows.get(made.id)).toMatchObject({ template_id: template ?? null });
});
