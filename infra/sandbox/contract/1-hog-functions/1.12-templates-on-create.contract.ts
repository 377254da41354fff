import { expect } from "vitest";
import { sandbox } from "../../test-support.ts";
import { fact, untested } from "../contract.ts";
import { templateWith } from "../own-template.ts";
import type { Row } from "../target.ts";

const inputs = { url: { value: "https://a.example" } };
const webhook = { template_id: "template-webhook", inputs };

fact("1.12", "A function takes code, schema, icon, description and name from its template", async (ph) => {
  const { body: template } = await ph.api("GET", "hog_function_templates/template-webhook/");
  const { fn } = await ph.create(webhook);
  expect(fn).toMatchObject({
    hog: template.code.trim(),
    icon_url: template.icon_url,
    description: template.description,
  });
  const keys = (schema: Row[]) => schema.map(({ key }) => key);
  expect(keys(fn.inputs_schema)).toEqual(keys(template.inputs_schema));
  expect((await ph.create({ ...webhook, name: "", description: ph.marker })).fn.name).toBe(template.name);
});

fact(
  "1.12",
  "Whatever is falsy counts as not sent: an empty text or list becomes the template's",
  async (ph) => {
    const { fn } = await ph.create({ ...webhook, description: "", inputs_schema: [], hog: "" });
    expect(fn.description).not.toBe("");
    expect(fn.hog).not.toBe("");
    expect(fn.inputs_schema.map(({ key }: Row) => key)).toContain("url");
  },
);

fact("1.12", "What is sent and not falsy wins over the template", async (ph) => {
  const own = { hog: "return 1", description: "own", inputs_schema: [{ key: "url", type: "string" }] };
  const { fn } = await ph.create({ ...webhook, ...own });
  expect(fn).toMatchObject({ hog: "return 1", description: "own", inputs_schema: own.inputs_schema });
});

fact("1.12", "The template's filters and masking are not copied", async (ph) => {
  const { fn } = await ph.create(webhook);
  expect(fn).toMatchObject({
    filters: { source: "events", bytecode: ["_H", 1, 29] },
    masking: null,
    mappings: null,
  });
});

fact("1.12", "An id that no template has is a 400 about `template_id`", async (ph) => {
  const body = { name: ph.marker, template_id: "template-none", inputs };
  expect(await ph.api("POST", "hog_functions/", body)).toMatchObject({
    status: 400,
    body: { attr: "template_id", detail: "No template found for id 'template-none'" },
  });
});

fact(
  "1.12",
  "A hidden template is a 400: internal, and cannot be used to create a function",
  { needs: "sandbox" },
  async () => {
    const { api } = await sandbox({ templates: [templateWith("hidden")] });
    expect(await api("POST", "hog_functions/", { template_id: "template-own" })).toMatchObject({
      status: 400,
      body: {
        attr: "template_id",
        detail: "Template 'template-own' is internal and cannot be used to create a function.",
      },
    });
  },
);

fact(
  "1.12",
  "`template` is the whole template, nested; its id cannot be changed or taken away later",
  async (ph) => {
    const { fn, patch } = await ph.create(webhook);
    expect(fn.template).toMatchObject({
      id: "template-webhook",
      code: expect.any(String),
      inputs_schema: expect.any(Array),
    });
    for (const template_id of ["template-slack", "template-none", null]) {
      expect((await patch({ template_id })).body.template.id).toBe("template-webhook");
    }
  },
);

fact(
  "1.12",
  "The function is a copy: its own code and schema may go another way than the template's",
  async (ph) => {
    const { fn, patch } = await ph.create(webhook);
    const { body } = await patch({ hog: "return 1" });
    expect(body).toMatchObject({ hog: "return 1", template: { code: fn.template.code } });
  },
);

untested(
  "1.12",
  "Self-hosted, templates must have been synced to the database first",
  "an operation of the server's",
);
