import { expect, test } from "vitest";
import { type Json, receiver, sandbox } from "./test-support.ts";

// A PostHog of before signing, drafts, versions and the projects path, as an upgrade's other side meets it.

const path = "/api/environments/1/hog_functions/";
const code = { hog: "return event" };

test("answers only below environments, and only with the slash (§1.1)", async () => {
  const { call } = await sandbox({ old: true });
  const answer = await call("GET", path);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("deprecation")).toBeNull();
  for (const missing of [path.slice(0, -1), "/api/projects/1/hog_functions/", "/api/projects/1/actions/"]) {
    expect(await call("GET", missing)).toMatchObject({
      status: 404,
      body: { detail: "Endpoint not found." },
    });
  }
});

test("knows no versions, drafts or exports, and no lock on them (§1.4)", async () => {
  const { call } = await sandbox({ old: true });
  const { body } = await call("POST", path, { ...code, name: "a" });
  const rows = (await call("GET", path)).body.results;
  for (const key of ["version", "draft", "draft_updated_at", "batch_export_id"]) {
    expect(body).not.toHaveProperty(key);
    expect(rows[0]).not.toHaveProperty(key);
  }
  const change = { name: "b", base_updated_at: "2020-01-01T00:00:00Z" };
  expect((await call("PATCH", `${path}${body.id}/`, change)).status).toBe(200);
});

test("has none of what came with them: the one is an id, the others are no endpoints", async () => {
  const { call } = await sandbox({ old: true });
  const { id } = (await call("POST", path, code)).body;
  expect((await call("GET", `${path}masked_secrets/`)).body.detail).toBe("Not found.");
  for (const action of ["rerun", "publish", "discard_draft"]) {
    expect((await call("POST", `${path}${id}/${action}/`, {})).body.detail).toBe("Endpoint not found.");
  }
});

test("drops a signing secret without a word, and sends unsigned whatever the code asks (§2.2)", async () => {
  const hook = await receiver();
  const { call, capture, settled } = await sandbox({ old: true });
  const secret = { value: `whsec_${Buffer.from("k".repeat(24)).toString("base64")}` };
  const inputs = { url: { value: hook.url }, signing_secret: secret };
  const made = await call("POST", path, { template_id: "template-webhook", enabled: true, inputs });
  expect(made.body.inputs).not.toHaveProperty("signing_secret");
  await call("POST", path, {
    hog: "fetch(inputs.url, {'standard_webhooks': {'secret_input': 'signing_secret'}})",
    enabled: true,
    inputs_schema: ["url", "signing_secret"].map((key) => ({ key, type: "string", secret: key !== "url" })),
    inputs,
  });
  const { destinations } = await settled(await capture("any"));
  expect(destinations.map(({ state }: Json) => state)).toEqual(["succeeded", "succeeded"]);
  expect(hook.received.map(({ headers }) => headers["webhook-signature"])).toEqual([undefined, undefined]);
});

test("keeps mappings over a PATCH, and their secrets in the open (§1.6, §1.7)", async () => {
  const { call } = await sandbox({ old: true });
  const mapping = {
    inputs_schema: [{ key: "a", type: "string", secret: true }],
    inputs: { a: { value: "s3cret" } },
  };
  const { id } = (await call("POST", path, { ...code, mappings: [mapping] })).body;
  const { body } = await call("PATCH", `${path}${id}/`, { name: "b" });
  expect(body.mappings[0].inputs.a.value).toBe("s3cret");
});

test("makes nothing of a template while its templates were never synced (§1.12)", async () => {
  const { call } = await sandbox({ old: true, hasNoTemplates: true });
  expect((await call("GET", "/api/environments/1/hog_function_templates/")).body.results).toEqual([]);
  const made = await call("POST", path, { template_id: "template-webhook", inputs: {} });
  expect(made).toMatchObject({ status: 400, body: { attr: "template_id" } });
  expect((await call("POST", path, code)).status).toBe(201);
});
