import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished } from "vitest";
import { type Json, receiver, sandbox } from "../../test-support.ts";
import { fact, untested } from "../contract.ts";
import type { Target } from "../target.ts";

const note = { key: "note", type: "string" };
const key = { key: "key", type: "string", secret: true };
const withSecret = {
  inputs_schema: [note, key],
  inputs: { note: { value: "hello" }, key: { value: "s3cret" } },
};
const nothingSaved = "No value is saved for this secret input. Enter the value again.";
const damaged = "This secret input was not updated correctly. Enter the value again.";

fact("1.7", "A secret input reads back as {secret: true}, in no answer with its value", async (ph) => {
  const { fn, patch, get } = await ph.create(withSecret);
  expect(fn.inputs).toMatchObject({ note: { value: "hello" }, key: { secret: true } });
  expect(fn.inputs.key).toEqual({ secret: true });
  const answers = [await get(), await patch({ description: "any" })];
  const listed = await ph.api("GET", `hog_functions/?full=true&id=${fn.id}`);
  for (const { text } of [...answers, listed]) expect(text).not.toContain("s3cret");
});

fact("1.7", "Where nothing is stored the key is absent", async (ph) => {
  const { fn } = await ph.create({ ...withSecret, inputs: { note: { value: "hello" } } });
  expect(Object.keys(fn.inputs)).toEqual(["note"]);
});

/** What is stored after `sent`: the version moves when a stored secret does. */
async function effectOf(ph: Target, sent: unknown) {
  const { fn, patch } = await ph.create(withSecret);
  const inputs: Json = { note: { value: "hello" } };
  if (sent !== undefined) inputs.key = sent;
  const { status, body } = await patch({ inputs });
  const isKept = body.version === fn.version;
  return status === 200 ? [body.inputs.key, isKept ? "kept" : "changed"] : [status, body.attr, body.detail];
}

const sendings: [string, unknown, unknown[]][] = [
  ["left out: the stored one is kept", undefined, [{ secret: true }, "kept"]],
  ["sent as {}: the stored one is kept", {}, [{ secret: true }, "kept"]],
  ["sent as {secret: true}: the stored one is kept", { secret: true }, [{ secret: true }, "kept"]],
  [
    "sent as {secret: true} with asterisks: the stored one is kept",
    { secret: true, value: "********" },
    [{ secret: true }, "kept"],
  ],
  ["sent with a value: it is the new one", { value: "n3w s3cret" }, [{ secret: true }, "changed"]],
  ["sent as asterisks alone: a 400", { value: "********" }, [400, "inputs__key", damaged]],
];
for (const [title, sent, effect] of sendings) {
  fact("1.7", `A secret ${title}`, async (ph) => expect(await effectOf(ph, sent)).toEqual(effect));
}

fact(
  "1.7",
  "Left out with nothing stored, a required secret is a 400, an optional one is absent",
  async (ph) => {
    const required = { inputs_schema: [{ ...key, required: true }], inputs: {} };
    const answer = await ph.api("POST", "hog_functions/", { name: ph.marker, hog: "return 1", ...required });
    expect(answer).toMatchObject({
      status: 400,
      body: { attr: "inputs__key", detail: "This field is required." },
    });
    expect((await ph.create({ inputs_schema: [key], inputs: { key: {} } })).fn.inputs).toEqual({});
  },
);

fact("1.7", "{secret: true} with nothing stored is a 400, on create and on PATCH", async (ph) => {
  const inputs = { key: { secret: true } };
  const refused = { status: 400, body: { attr: "inputs__key", detail: nothingSaved } };
  const body = { name: ph.marker, hog: "return 1", inputs_schema: [key], inputs };
  expect(await ph.api("POST", "hog_functions/", body)).toMatchObject(refused);
  const { patch } = await ph.create({ inputs_schema: [key] });
  expect(await patch({ inputs })).toMatchObject(refused);
});

fact(
  "1.7",
  "An empty text for an optional secret takes its value away",
  { certainty: "inferred", needs: "sandbox" },
  async () => {
    const { api, capture, settled } = await sandbox();
    const hog = "print(empty(inputs.key))";
    const { body: fn } = await api("POST", "hog_functions/", { ...withSecret, hog, enabled: true });
    const printed = async () => (await settled(await capture("a"))).destinations[0].logs[0].message;
    expect(await printed()).toBe("false");
    const inputs = { key: { value: "" } };
    expect((await api("PATCH", `hog_functions/${fn.id}/`, { inputs })).status).toBe(200);
    expect(await printed()).toBe("true");
  },
);

fact("1.7", "An empty text for a required secret is a 400", { certainty: "inferred" }, async (ph) => {
  const { patch } = await ph.create({ ...withSecret, inputs_schema: [note, { ...key, required: true }] });
  expect(await patch({ inputs: { key: { value: "" } } })).toMatchObject({
    status: 400,
    body: { attr: "inputs__key" },
  });
});

fact(
  "1.7",
  "A key taken out of the schema loses its stored secret",
  { certainty: "inferred" },
  async (ph) => {
    const { patch } = await ph.create(withSecret);
    await patch({ inputs_schema: [note] });
    const { body } = await patch({ inputs_schema: [note, key] });
    expect(body.inputs).not.toHaveProperty("key");
  },
);

fact("1.7", "An input made secret moves its value out of sight", async (ph) => {
  const { patch } = await ph.create(withSecret);
  const answer = await patch({ inputs_schema: [{ ...note, secret: true }, key] });
  expect(answer.body.inputs).toEqual({ note: { secret: true }, key: { secret: true } });
  expect(answer.text).not.toContain("hello");
});

untested(
  "1.7",
  "A secret made an ordinary input leaves its old ciphertext behind, unused",
  "what is stored apart is not to be seen; that its value does not appear is said below",
  "inferred",
);

fact(
  "1.7",
  "masked_secrets lists functions whose stored secret is ********, by their keys",
  { needs: "sandbox" },
  async () => {
    const data = mkdtempSync(join(tmpdir(), "hogwire-contract-"));
    onTestFinished(() => rmSync(data, { recursive: true, force: true }));
    const before = await sandbox({ data });
    const { body: fn } = await before.api("POST", "hog_functions/", {
      hog: "return 1",
      name: "Mine",
      ...withSecret,
    });
    expect((await before.api("GET", "hog_functions/masked_secrets/")).body).toEqual([]);
    await before.close();
    // the API itself stores none: `{value: "********"}` is a 400
    const database = new DatabaseSync(join(data, "sandbox.sqlite"));
    database.exec(
      "UPDATE hog_functions SET secret_inputs = json_set(secret_inputs, '$.key.value', '********')",
    );
    database.close();
    const { api } = await sandbox({ data });
    expect((await api("GET", "hog_functions/masked_secrets/")).body).toMatchObject([
      { id: fn.id, name: "Mine", type: "destination", enabled: false, input_keys: ["key"] },
    ]);
  },
);

fact(
  "1.7",
  "A secret made an ordinary input does not become readable",
  { certainty: "inferred" },
  async (ph) => {
    const { patch } = await ph.create(withSecret);
    const answer = await patch({ inputs_schema: [note, { ...key, secret: false }] });
    expect(answer.status).toBe(200);
    expect(answer.text).not.toContain("s3cret");
  },
);

fact(
  "1.7",
  "A secret in a mapping is not encrypted: it is echoed, or the newest PostHog refuses it",
  async (ph) => {
    const mappings = [{ inputs_schema: [key], inputs: { key: { value: "in clear" } } }];
    const answer = await ph.api("POST", "hog_functions/", { name: ph.marker, hog: "return 1", mappings });
    if (answer.status === 201) expect(answer.body.mappings[0].inputs.key.value).toBe("in clear");
    else expect(answer).toMatchObject({ status: 400, body: { attr: expect.stringMatching(/^mappings/) } });
  },
);

fact("1.7", "Values of an ordinary `headers` dictionary are read back in clear", async (ph) => {
  const value = { "X-Key": "in clear" };
  const { get } = await ph.create({
    inputs_schema: [{ key: "headers", type: "dictionary" }],
    inputs: { headers: { value } },
  });
  expect((await get()).body.inputs.headers.value).toEqual(value);
});

fact(
  "1.7",
  "`secret_headers` of a newer template is a secret dictionary: sent with the others, not read back",
  { needs: "sandbox", certainty: "unverified" },
  async () => {
    const hook = await receiver();
    const { webhook, capture, settled } = await sandbox({ webhookVariant: "secret-headers" });
    const own = { headers: { value: { "X-Open": "a" } }, secret_headers: { value: { "X-Key": "s3cret" } } };
    const fn = await webhook(hook.url, {}, own);
    expect(fn.inputs).toMatchObject({ secret_headers: { secret: true } });
    expect(JSON.stringify(fn)).not.toContain("s3cret");
    await settled(await capture("any"));
    expect(hook.received[0]?.headers).toMatchObject({ "x-open": "a", "x-key": "s3cret" });
  },
);

fact("1.7", "A secret is a Hog template unless the schema says `templating: false`", async (ph) => {
  const save = (value: string, templating?: boolean) =>
    ph.api("POST", "hog_functions/", {
      ...{ name: ph.marker, hog: "return 1", inputs: { key: { value } } },
      inputs_schema: [{ ...key, ...(templating !== undefined && { templating }) }],
    });
  expect(await save("s3cret{")).toMatchObject({ status: 400, body: { attr: "inputs__key" } });
  expect((await save("s3cret\\{")).status).toBe(201);
  expect((await save("s3cret{", false)).status).toBe(201);
});

fact("1.7", "The activity log tells that a secret changed, not its value", async (ph) => {
  const { fn, patch } = await ph.create(withSecret);
  await patch({ inputs: { note: { value: "hello" }, key: { value: "n3w s3cret" } } });
  const { status, text } = await ph.api("GET", `activity_log/?scope=HogFunction&item_id=${fn.id}`);
  expect(status).toBe(200);
  expect(text).toContain("masked");
  expect(text).not.toContain("s3cret");
});
