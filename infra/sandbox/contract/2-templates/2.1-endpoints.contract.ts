import { expect } from "vitest";
import { sandbox } from "../../test-support.ts";
import { fact, untested } from "../contract.ts";
import type { Row } from "../target.ts";

const shape = [
  ...[
    "id",
    "name",
    "description",
    "code",
    "code_language",
    "inputs_schema",
    "type",
    "status",
    "category",
    "free",
  ],
  ...["icon_url", "filters", "masking", "mapping_templates"],
];

fact(
  "2.1",
  "The list has count, next, previous and results; an item is read by the template's id",
  async (ph) => {
    const { status, body } = await ph.api("GET", "hog_function_templates/");
    expect([status, Object.keys(body).sort()]).toEqual([200, ["count", "next", "previous", "results"]]);
    const listed = body.results.find(({ id }: Row) => id === "template-webhook");
    expect((await ph.api("GET", "hog_function_templates/template-webhook/")).body).toEqual(listed);
    expect((await ph.api("GET", "hog_function_templates/template-none/")).status).toBe(404);
  },
);

fact("2.1", `A template has ${shape.join(", ")}`, async (ph) => {
  const { body } = await ph.api("GET", "hog_function_templates/template-webhook/");
  expect(Object.keys(body)).toEqual(expect.arrayContaining(shape));
});

fact("2.1", "The scope is hog_function:read", { needs: "sandbox" }, async () => {
  const { call } = await sandbox({
    keys: { phx_a: { scopes: ["hog_function:read"] }, phx_b: { scopes: ["action:write"] } },
  });
  const status = async (key: string) => {
    const headers = { authorization: `Bearer ${key}` };
    return (await call("GET", "/api/projects/1/hog_function_templates/", undefined, headers)).status;
  };
  expect([await status("phx_a"), await status("phx_b")]).toEqual([200, 403]);
});

fact("2.1", "`type` is destination unless told; `types` takes several with commas", async (ph) => {
  const types = async (query: string) => {
    const { results } = (await ph.api("GET", `hog_function_templates/?limit=500&${query}`)).body;
    return [...new Set(results.map(({ type }: Row) => type))];
  };
  expect(await types("")).toEqual(["destination"]);
  expect(await types("type=destination")).toEqual(["destination"]);
  expect(await types("types=destination,internal_destination")).toContain("destination");
});

fact("2.1", "`template_id` lists one", async (ph) => {
  const { results } = (await ph.api("GET", "hog_function_templates/?template_id=template-slack")).body;
  expect(results.map(({ id }: Row) => id)).toEqual(["template-slack"]);
});

fact("2.1", "`limit` and `offset` page", async (ph) => {
  const page = async (query: string) => (await ph.api("GET", `hog_function_templates/?${query}`)).body;
  const all = await page("limit=500");
  const second = await page("limit=1&offset=1");
  expect(second.results.map(({ id }: Row) => id)).toEqual([all.results[1].id]);
  expect(second).toMatchObject({ count: all.count, previous: expect.any(String) });
});

fact("2.1", "Deprecated templates are left out of the list", async (ph) => {
  const { results } = (await ph.api("GET", "hog_function_templates/?limit=500")).body;
  expect(results.filter(({ status }: Row) => status === "deprecated")).toEqual([]);
});

fact("2.1", "/api/public_hog_function_templates/ answers without a key, hidden ones left out", async (ph) => {
  const answer = await ph.call("GET", "/api/public_hog_function_templates/?limit=500", undefined, {
    authorization: "",
  });
  expect(answer.status).toBe(200);
  expect(answer.body.results.map(({ id }: Row) => id)).toContain("template-webhook");
  expect(answer.body.results.filter(({ status }: Row) => status === "hidden")).toEqual([]);
});

fact("2.1", "Templates cannot be written", async (ph) => {
  for (const method of ["POST", "PATCH", "DELETE"]) {
    const { status } = await ph.api(method, "hog_function_templates/template-webhook/", {});
    expect([403, 405]).toContain(status);
  }
});

untested("2.1", "The list is sorted by popularity", "the sandbox has one user; it lists the webhook first");
untested("2.1", "A row of the database has a `sha`, and the newest by `created_at` wins", "not in the API");
