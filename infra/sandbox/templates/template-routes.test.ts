import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type Json, sandbox } from "../test-support.ts";
import { destination } from "./define.ts";

// What is listed, to whom, and what may be made of it (contract §2.1, §1.12).

const plain = { name: "One", description: "", category: [], code: "return event", inputs_schema: [] };
const templates = [
  destination({ ...plain, id: "template-gone", status: "deprecated" }),
  destination({ ...plain, id: "template-later", status: "coming_soon" }),
  { ...destination({ ...plain, id: "template-source" }), type: "source_webhook" },
];

async function catalogue() {
  const running = await sandbox({ templates });
  const ids = async (path: string) =>
    (await running.call("GET", path)).body.results.map(({ id }: Json) => id) as string[];
  return {
    ...running,
    ids,
    own: "/api/projects/1/hog_function_templates/",
    open: "/api/public_hog_function_templates/",
  };
}

test("lists destinations unless told other types, without the deprecated, hidden ones only to a key", async () => {
  const { ids, own, open } = await catalogue();
  expect(await ids(own)).toEqual(
    expect.arrayContaining(["template-slack", "template-email", "template-later"]),
  );
  expect(await ids(own)).not.toContain("template-gone");
  expect(await ids(own)).not.toContain("template-source");
  expect(await ids(`${own}?type=source_webhook`)).toEqual(["template-source"]);
  expect(await ids(`${own}?types=source_webhook,destination`)).toContain("template-source");
  expect(await ids(`${own}?type=site_app&types=destination`)).toEqual([]);
  expect(await ids(`${own}?template_id=template-slack`)).toEqual(["template-slack"]);
  expect(await ids(open)).not.toContain("template-email");
});

test("has the most used first, then by name", async () => {
  const { ids, own, webhook } = await catalogue();
  expect((await ids(own)).slice(0, 3)).toEqual([
    "template-airtable",
    "template-braze",
    "template-customerio",
  ]);
  await webhook("http://127.0.0.1:1/");
  await webhook("http://127.0.0.1:1/", { enabled: false, template_id: "template-webhook" });
  expect((await ids(own)).slice(0, 2)).toEqual(["template-webhook", "template-airtable"]);
});

test("reads each by its id, whatever its status", async () => {
  const { api } = await catalogue();
  for (const id of ["template-webhook", "template-gone", "template-email"]) {
    expect((await api("GET", `hog_function_templates/${id}/`)).body).toMatchObject({
      id,
      type: "destination",
    });
  }
  expect((await api("GET", "hog_function_templates/template-none/")).status).toBe(404);
});

test("is open to everybody at its public place, and to no writing", async () => {
  const { url, open } = await catalogue();
  const read = await fetch(`${url}${open}?limit=1`);
  expect(read.status).toBe(200);
  expect(await read.json()).toMatchObject({ results: [{ type: "destination" }] });
  expect((await fetch(`${url}${open}template-slack/`)).status).toBe(200);
  const written = await fetch(url + open, { method: "POST" });
  expect(written.status).toBe(405);
  expect(await written.json()).toMatchObject({
    code: "method_not_allowed",
    detail: 'Method "POST" not allowed.',
  });
});

test("a hidden template makes no function, and one that was made of it can only be put off", async () => {
  const hidden = { ...destination({ ...plain, id: "template-mine" }) };
  const { api } = await sandbox({ templates: [hidden] });
  expect(await api("POST", "hog_functions/", { template_id: "template-email" })).toMatchObject({
    status: 400,
    body: {
      attr: "template_id",
      detail: "Template 'template-email' is internal and cannot be used to create a function.",
    },
  });
  const { body } = await api("POST", "hog_functions/", { template_id: "template-mine", enabled: true });
  hidden.status = "hidden"; // as a new PostHog may have it
  const patch = (change: Json) => api("PATCH", `hog_functions/${body.id}/`, change);
  expect(await patch({ name: "Other" })).toMatchObject({ status: 400, body: { attr: "enabled" } });
  expect((await patch({ enabled: false })).status).toBe(200);
  expect((await patch({ name: "Other" })).status).toBe(200);
  expect((await patch({ enabled: true })).body.attr).toBe("enabled");
  expect((await patch({ enabled: true, deleted: true })).status).toBe(200);
});

test("a template that is gone stops every change of what was made of it (§1.6)", async () => {
  const data = mkdtempSync(join(tmpdir(), "hogwire-sandbox-"));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  const before = await sandbox({ data, templates });
  const { id } = await before.webhook("http://127.0.0.1:1/", { template_id: "template-gone" });
  await before.close();
  const after = await sandbox({ data });
  expect((await after.api("GET", `hog_functions/${id}/`)).body.template).toBeNull();
  for (const change of [{ name: "Other" }, { enabled: false }, { deleted: true }]) {
    expect(await after.api("PATCH", `hog_functions/${id}/`, change)).toMatchObject({
      status: 400,
      body: { attr: "template_id", detail: "No template found for id 'template-gone'" },
    });
  }
});
