import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { sandbox } from "../test-support.ts";

// What PostHog has beside reading and writing (contract §1.2, §1.7).

const code = { hog: "return event" };

test("masked_secrets lists what an older PostHog damaged, by its keys", async () => {
  const data = mkdtempSync(join(tmpdir(), "hogwire-sandbox-"));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  const before = await sandbox({ data });
  const inputs_schema = ["a", "b"].map((key) => ({ key, type: "string", secret: true }));
  const inputs = { a: { value: "one" }, b: { value: "two" } };
  const { body } = await before.api("POST", "hog_functions/", {
    ...code,
    name: "Mine",
    inputs_schema,
    inputs,
  });
  expect((await before.api("GET", "hog_functions/masked_secrets/")).body).toEqual([]);
  await before.close();
  const database = new DatabaseSync(join(data, "sandbox.sqlite"));
  database.exec("UPDATE hog_functions SET secret_inputs = json_set(secret_inputs, '$.b.value', '********')");
  database.close();
  const { api } = await sandbox({ data });
  expect((await api("GET", "hog_functions/masked_secrets/")).body).toEqual([
    {
      id: body.id,
      name: "Mine",
      type: "destination",
      enabled: false,
      input_keys: ["b"],
      draft_input_keys: [],
    },
  ]);
});

test("there is no draft: publishing says so, discarding changes nothing", async () => {
  const { api } = await sandbox();
  const { body } = await api("POST", "hog_functions/", code);
  expect(await api("POST", `hog_functions/${body.id}/publish/`, {})).toMatchObject({
    status: 400,
    body: { attr: null, detail: "This function has no staged draft to publish." },
  });
  expect((await api("POST", `hog_functions/${body.id}/discard_draft/`)).body).toEqual(body);
  expect((await api("POST", "hog_functions/none/discard_draft/")).status).toBe(404);
});

test("nothing here has an order to rearrange", async () => {
  const { api } = await sandbox();
  const { id } = (await api("POST", "hog_functions/", code)).body;
  expect((await api("PATCH", "hog_functions/rearrange/", {})).body.detail).toBe("No orders provided");
  expect((await api("PATCH", "hog_functions/rearrange/", { orders: { [id]: 1 } })).body.detail).toBe(
    `HogFunction with id ${id} does not exist`,
  );
});
