import { expect } from "vitest";
import { receiver, sandbox } from "../../test-support.ts";
import { nobody } from "../clean-up.ts";
import { fact, untested } from "../contract.ts";

const secretInput = {
  inputs_schema: [{ key: "key", type: "string", secret: true }],
  inputs: { key: { value: "s3cret" } },
};
const notFound = { type: "invalid_request", code: "not_found", detail: "Not found.", attr: null };
const notWithKey = "This action does not support personal API key access";

fact("1.2", "GET of the list answers 200 with count, next, previous and results", async (ph) => {
  const { status, body } = await ph.api("GET", "hog_functions/?limit=1");
  expect(status).toBe(200);
  expect(Object.keys(body).sort()).toEqual(["count", "next", "previous", "results"]);
});

fact("1.2", "POST answers 201 with the whole function, as GET of it does after", async (ph) => {
  const { fn, get } = await ph.create();
  expect(fn).toMatchObject({ id: expect.any(String), inputs: {}, bytecode: expect.any(Array) });
  expect(await get()).toMatchObject({ status: 200, body: { ...fn, status: expect.anything() } });
});

fact("1.2", "GET of an id that nobody has is a 404", async (ph) => {
  const answer = await ph.api("GET", `hog_functions/${nobody.function}/`);
  expect([answer.status, answer.body]).toEqual([404, notFound]);
});

fact("1.2", "PATCH answers 200 with the whole function", async (ph) => {
  const { fn, patch } = await ph.create();
  const answer = await patch({ description: "other", mappings: null });
  expect(answer.status).toBe(200);
  expect(answer.body).toEqual({ ...fn, description: "other", updated_at: expect.any(String) });
});

fact("1.2", "PUT is allowed, and reads its body as PATCH does", async (ph) => {
  const { fn, put } = await ph.create({ inputs_schema: [{ key: "a", type: "string" }] });
  const answer = await put({ name: `Put ${ph.marker}`, hog: "return 1", mappings: null });
  expect(answer).toMatchObject({ status: 200, body: { name: `Put ${ph.marker}`, hog: "return 1" } });
  expect(answer.body.inputs_schema).toEqual(fn.inputs_schema);
  expect(await put({ type: "nothing" })).toMatchObject({ status: 400, body: { attr: "type" } });
});

fact("1.2", "DELETE with a personal API key is a 403, and deletes nothing", async (ph) => {
  const { fn, get } = await ph.create();
  const answer = await ph.api("DELETE", `hog_functions/${fn.id}/`);
  expect(answer).toMatchObject({ status: 403, body: { code: "permission_denied", detail: notWithKey } });
  expect((await get()).status).toBe(200);
});

untested(
  "1.2",
  "DELETE in a browser's session is a 405 with an empty body",
  "the API is used with a key here",
);

fact("1.2", "PATCH {deleted: true} answers 200 with the function, without `deleted`", async (ph) => {
  const { fn, patch } = await ph.create();
  const answer = await patch({ deleted: true });
  expect(answer).toMatchObject({ status: 200, body: { id: fn.id } });
  expect(answer.body).not.toHaveProperty("deleted");
});

fact("1.2", "What is deleted is in no list, and a 404 for GET and PATCH", async (ph) => {
  const { fn, get, patch } = await ph.create();
  const isListed = async () => (await ph.api("GET", `hog_functions/?id=${fn.id}`)).body.count;
  expect(await isListed()).toBe(1);
  await patch({ deleted: true });
  expect(await isListed()).toBe(0);
  expect([(await get()).status, (await get()).body]).toEqual([404, notFound]);
  expect((await patch({ name: ph.marker })).status).toBe(404);
  expect((await patch({ deleted: true })).status).toBe(404);
});

fact(
  "1.2",
  "PATCH with `deleted` exactly false brings it back, and does the rest of the body too",
  async (ph) => {
    const { patch, get } = await ph.create();
    await patch({ deleted: true });
    const answer = await patch({ deleted: false, description: "back" });
    expect(answer).toMatchObject({ status: 200, body: { description: "back" } });
    expect((await get()).status).toBe(200);
  },
);

fact("1.2", "“false”, 0 and null in place of false do not", async (ph) => {
  const { patch, get } = await ph.create();
  await patch({ deleted: true });
  for (const almost of ["false", 0, null]) expect((await patch({ deleted: almost })).status).toBe(404);
  expect((await get()).status).toBe(404);
});

fact("1.2", "PUT cannot bring it back", async (ph) => {
  const { put } = await ph.create();
  await put({ deleted: true });
  expect((await put({ deleted: false })).status).toBe(404);
});

fact("1.2", "A deleted function keeps `enabled`, its inputs and its stored secrets", async (ph) => {
  const filters = { events: [{ id: ph.marker, type: "events" }] };
  const { fn, patch } = await ph.create({ ...secretInput, enabled: true, filters });
  await patch({ deleted: true });
  const { body } = await patch({ deleted: false, mappings: null });
  expect(body).toMatchObject({ enabled: true, filters: fn.filters, inputs: { key: { secret: true } } });
  expect((await patch({ inputs: { key: { secret: true } } })).status).toBe(200); // 400 with nothing stored
});

fact("1.2", "Brought back enabled, it is live at once", { needs: "sandbox" }, async () => {
  const hook = await receiver();
  const { webhook, api, capture, settled } = await sandbox();
  const { id } = await webhook(hook.url);
  await api("PATCH", `hog_functions/${id}/`, { deleted: true });
  await settled(await capture("while deleted"));
  expect(hook.received).toHaveLength(0);
  await api("PATCH", `hog_functions/${id}/`, { deleted: false });
  await settled(await capture("after"));
  expect(hook.received).toHaveLength(1);
});

untested(
  "1.2",
  "There is no hard delete: row, secrets and secrets in mappings stay in the database",
  "not to be seen over the API",
);

/** A key with these scopes asks for an answer that is not about its scope. */
async function statusWith(scopes: string[], method: string, path: string, body?: unknown) {
  const { api, call } = await sandbox({ keys: { phx_some: { scopes } } });
  const { body: fn } = await api("POST", "hog_functions/", { hog: "return event", ...secretInput });
  const headers = { authorization: "Bearer phx_some" };
  return call(method, `/api/projects/1/${path.replace("ID", fn.id)}`, body, headers);
}

const reads = ["hog_functions/", "hog_functions/ID/", "hog_functions/ID/logs/", "hog_functions/ID/metrics/"];
for (const path of [...reads, "hog_functions/ID/metrics/totals/"]) {
  fact("1.2", `GET ${path} needs hog_function:read`, { needs: "sandbox" }, async () => {
    expect((await statusWith(["hog_function:read"], "GET", path)).status).toBe(200);
    const refused = await statusWith(["action:read"], "GET", path);
    expect(refused).toMatchObject({
      status: 403,
      body: { detail: "API key missing required scope 'hog_function:read'" },
    });
  });
}
untested(
  "1.2",
  "revisions and a revision need hog_function:read",
  "the sandbox keeps no revisions and says so (501)",
);

fact("1.2", "GET hog_functions/masked_secrets/ needs hog_function:read", { needs: "sandbox" }, async () => {
  const path = "hog_functions/masked_secrets/";
  expect((await statusWith(["hog_function:read"], "GET", path)).status).toBe(200);
  expect((await statusWith(["action:read"], "GET", path)).status).toBe(403);
});

const writes: [string, string, unknown][] = [
  ["POST", "hog_functions/", { hog: "return event" }],
  ["PATCH", "hog_functions/ID/", { name: "a" }],
  ["PUT", "hog_functions/ID/", { name: "a" }],
  [
    "POST",
    "hog_functions/ID/invocations/",
    {
      configuration: { hog: "return event", inputs_schema: [], inputs: {} },
      globals: { event: { event: "a" } },
    },
  ],
];
for (const [method, path, body] of writes) {
  fact("1.2", `${method} ${path} needs hog_function:write`, { needs: "sandbox" }, async () => {
    expect((await statusWith(["hog_function:write"], method, path, body)).status).toBeLessThan(300);
    const refused = await statusWith(["hog_function:read"], method, path, body);
    expect(refused).toMatchObject({
      status: 403,
      body: { detail: "API key missing required scope 'hog_function:write'" },
    });
  });
}
const others: [string, string][] = [
  ["PATCH", "hog_functions/rearrange/"],
  ["POST", "hog_functions/ID/publish/"],
  ["POST", "hog_functions/ID/discard_draft/"],
];
for (const [method, path] of others) {
  fact("1.2", `${method} ${path} needs hog_function:write`, { needs: "sandbox" }, async () => {
    expect((await statusWith(["hog_function:write"], method, path, {})).status).not.toBe(403);
    expect((await statusWith(["hog_function:read"], method, path, {})).status).toBe(403);
  });
}
untested(
  "1.2",
  "restoring a revision needs hog_function:write",
  "the sandbox keeps no revisions, and says so (501)",
);

for (const path of ["hog_functions/icons/", "hog_functions/icon/", "hog_functions/ID/enable_backfills/"]) {
  fact("1.2", `${path} cannot be reached with a personal API key`, async (ph) => {
    const { fn } = await ph.create();
    const method = path.includes("backfills") ? "POST" : "GET";
    const answer = await ph.api(method, path.replace("ID", fn.id), method === "POST" ? {} : undefined);
    expect(answer).toMatchObject({ status: 403, body: { detail: notWithKey } });
  });
}

fact("1.2", "rerun needs hog_function:write, person:read and group:read", { needs: "sandbox" }, async () => {
  const all = ["hog_function:write", "person:read", "group:read"];
  const rerun = (scopes: string[]) => statusWith(scopes, "POST", "hog_functions/ID/rerun/", {});
  for (const scope of all) {
    const answer = await rerun(all.filter((one) => one !== scope));
    expect(answer).toMatchObject({
      status: 403,
      body: { detail: `API key missing required scope '${scope}'` },
    });
  }
  expect((await rerun(all)).status).not.toBe(403);
});

fact("1.2", "A scope to write is one to read", { needs: "sandbox" }, async () => {
  expect((await statusWith(["hog_function:write"], "GET", "hog_functions/ID/")).status).toBe(200);
});
