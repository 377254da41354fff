import { expect } from "vitest";
import { type Json, receiver, sandbox } from "../../test-support.ts";
import { fact, untested } from "../contract.ts";
import type { Target } from "../target.ts";

const save = (ph: Target, rest: Json) =>
  ph.api("POST", "hog_functions/", { name: ph.marker, hog: "return 1", ...rest });

fact("1.9", "Masking reads back with the bytecode of its hash", async (ph) => {
  const masking = { ttl: 60, threshold: 20, hash: "{person.properties.email}" };
  const bytecode = ["_H", 1, 32, "email", 32, "properties", 32, "person", 1, 3];
  expect((await ph.create({ masking })).fn.masking).toEqual({ ...masking, bytecode });
});

fact("1.9", "`ttl` is required, from 60 to 86400 seconds", async (ph) => {
  for (const ttl of [60, 86_400])
    expect((await save(ph, { masking: { ttl, hash: "{1}" } })).status).toBe(201);
  for (const ttl of [59, 86_401, undefined]) {
    const answer = await save(ph, { masking: { ttl, hash: "{1}" } });
    expect(answer).toMatchObject({ status: 400, body: { attr: "masking__ttl" } });
  }
});

fact("1.9", "`hash` is required", async (ph) => {
  const answer = await save(ph, { masking: { ttl: 60 } });
  expect(answer).toMatchObject({ status: 400, body: { attr: "masking__hash", code: "required" } });
});

fact("1.9", "`threshold` is a whole number or null", async (ph) => {
  for (const threshold of [1, null]) {
    expect((await save(ph, { masking: { ttl: 60, hash: "{1}", threshold } })).status).toBe(201);
  }
  const answer = await save(ph, { masking: { ttl: 60, hash: "{1}", threshold: "many" } });
  expect(answer).toMatchObject({ status: 400, body: { attr: "masking__threshold" } });
});

fact(
  "1.10",
  "A mapping is {name, inputs_schema, inputs, filters}, completed like a function's own",
  async (ph) => {
    const mapping = {
      name: "one",
      inputs_schema: [{ key: "text", type: "string" }],
      inputs: { text: { value: "{event.event}" } },
      filters: { events: [{ id: "a", type: "events" }] },
    };
    const { fn } = await ph.create({ mappings: [mapping] });
    expect(fn.mappings).toMatchObject([
      {
        ...mapping,
        inputs_schema: [{ key: "text", required: false, secret: false, hidden: false }],
        inputs: { text: { bytecode: expect.any(Array), order: 0 } },
        filters: { source: "events", bytecode: expect.any(Array) },
      },
    ]);
  },
);

fact("1.10", "Only destinations and site destinations may have mappings", async (ph) => {
  const answer = await save(ph, { type: "internal_destination", mappings: [{}] });
  expect(answer).toMatchObject({
    status: 400,
    body: { attr: "mappings", detail: "Mappings are only allowed for destinations." },
  });
});

fact("1.10", "An error in a mapping names its place: mappings__0__inputs__…", async (ph) => {
  const inputs_schema = [{ key: "needed", type: "string", required: true }];
  expect(await save(ph, { mappings: [{ inputs_schema, inputs: {} }] })).toMatchObject({
    status: 400,
    body: { attr: "mappings__0__inputs__needed" },
  });
});

fact(
  "1.10",
  "Each mapping that matches is a run of its own, with the function's inputs and its own over them",
  { needs: "sandbox" },
  async () => {
    const hook = await receiver();
    const { webhook, capture, settled } = await sandbox();
    const mapping = (name: string, event: string) => ({
      name,
      filters: { events: [{ id: event, type: "events" }] },
      inputs_schema: [{ key: "body", type: "json" }],
      inputs: { body: { value: { from: name } } },
    });
    const mappings = [mapping("a", "sign_up"), mapping("b", "other"), mapping("c", "sign_up")];
    await webhook(hook.url, { mappings }, { body: { value: { from: "the function" } } });
    await settled(await capture("sign_up"));
    expect(hook.received.map(({ body }) => JSON.parse(body).from).sort()).toEqual(["a", "c"]);
  },
);

fact("1.11", "A function that is off has the status {state: 0, tokens: 0}", async (ph) => {
  expect((await ph.create()).fn.status).toEqual({ state: 0, tokens: 0 });
});

fact("1.11", "One that is on and well has state 1 and its tokens", { needs: "sandbox" }, async () => {
  const { webhook, api } = await sandbox();
  const { id } = await webhook("http://127.0.0.1:1/");
  expect((await api("GET", `hog_functions/${id}/`)).body.status).toEqual({ state: 1, tokens: 10_000 });
});

for (const [state, word] of [
  [2, "degraded"],
  [3, "disabled"],
  [11, "forcefully degraded"],
  [12, "forcefully disabled"],
] as const) {
  fact("1.11", `State ${state} is ${word}`, { needs: "sandbox" }, async () => {
    const { webhook, api, call } = await sandbox();
    const { id } = await webhook("http://127.0.0.1:1/");
    await call("PUT", `/_sandbox/hog_functions/${id}/status`, { state });
    expect((await api("GET", `hog_functions/${id}/`)).body.status.state).toBe(state);
  });
}

fact(
  "1.11",
  "A save that leaves the function enabled in state 3 makes it 2",
  { needs: "sandbox" },
  async () => {
    const { webhook, api, call } = await sandbox();
    const { id } = await webhook("http://127.0.0.1:1/");
    await call("PUT", `/_sandbox/hog_functions/${id}/status`, { state: 3 });
    expect((await api("PATCH", `hog_functions/${id}/`, { name: "a" })).body.status.state).toBe(2);
  },
);

untested("1.11", "A worker that cannot be reached shows as {0, 0}", "the sandbox is one process");
