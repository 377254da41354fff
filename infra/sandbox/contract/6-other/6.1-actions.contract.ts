import { expect } from "vitest";
import { nobody } from "../clean-up.ts";
import { fact, untested } from "../contract.ts";
import type { Row, Target } from "../target.ts";

let count = 0;
const unique = (ph: Target) => `Action ${++count} ${ph.marker}`;

async function created(ph: Target, body: object = {}) {
  const { status, body: action } = await ph.api("POST", "actions/", { name: unique(ph), ...body });
  expect(status).toBe(201);
  const item = `actions/${action.id}/`;
  return {
    action,
    get: () => ph.api("GET", item),
    patch: (change: unknown) => ph.api("PATCH", item, change),
    isListed: async () =>
      (await ph.api("GET", "actions/")).body.results.some(({ id }: Row) => id === action.id),
  };
}

fact("6.1", "An action's id is a whole number", async (ph) => {
  expect((await created(ph)).action.id).toEqual(expect.any(Number));
});

fact("6.1", "Its fields, and their defaults", async (ph) => {
  const { action, get } = await created(ph);
  expect(action).toMatchObject({
    ...{
      description: "",
      tags: [],
      post_to_slack: false,
      slack_message_format: "",
      steps: [],
      deleted: false,
    },
    ...{ pinned_at: null, creation_context: null, is_action: true, bytecode_error: null },
    ...{
      created_at: expect.any(String),
      created_by: expect.any(Object),
      is_calculating: expect.any(Boolean),
    },
    ...{
      last_calculated_at: expect.anything(),
      team_id: expect.any(Number),
      user_access_level: expect.any(String),
    },
  });
  expect((await get()).body).toMatchObject({ id: action.id, steps: [] });
});

fact(
  "6.1",
  "A name is unique among those not deleted: a 400 `unique` about `name` that tells the other's id",
  async (ph) => {
    const { action, patch } = await created(ph);
    const again = await ph.api("POST", "actions/", { name: action.name });
    expect(again).toMatchObject({ status: 400, body: { attr: "name", code: "unique" } });
    expect(again.body.detail).toContain(String(action.id));
    await patch({ deleted: true });
    expect((await ph.api("POST", "actions/", { name: action.name })).status).toBe(201);
  },
);

fact("6.1", "An empty name is `blank`", async (ph) => {
  const answer = await ph.api("POST", "actions/", { name: "", description: ph.marker });
  expect(answer).toMatchObject({ status: 400, body: { attr: "name", code: "blank" } });
});

fact("6.1", "`slack_message_format` has at most 1200 characters", async (ph) => {
  const post = (length: number) =>
    ph.api("POST", "actions/", { name: unique(ph), slack_message_format: "x".repeat(length) });
  expect((await post(1200)).status).toBe(201);
  expect(await post(1201)).toMatchObject({ status: 400, body: { attr: "slack_message_format" } });
});

fact("6.1", "A step reads back with all keys, nulls included; url_matching is contains", async (ph) => {
  const { action } = await created(ph, { steps: [{ event: "a" }] });
  const keys = [
    "properties",
    "selector",
    "tag_name",
    "text",
    "text_matching",
    "href",
    "href_matching",
    "url",
  ];
  for (const key of keys) expect(action.steps[0], key).toHaveProperty(key, null);
  expect(action.steps[0]).toMatchObject({ event: "a", url_matching: "contains" });
  expect(action.steps[0]).toHaveProperty("selector_regex");
});

fact("6.1", "url_matching is contains, regex or exact", async (ph) => {
  for (const url_matching of ["contains", "regex", "exact"]) {
    const { action } = await created(ph, { steps: [{ url: "/a", url_matching }] });
    expect(action.steps[0].url_matching).toBe(url_matching);
  }
  const steps = [{ url: "/a", url_matching: "like" }];
  expect((await ph.api("POST", "actions/", { name: unique(ph), steps })).status).toBe(400);
});

fact("6.1", "Steps are ORed, the fields of a step ANDed", async (ph) => {
  const steps = [{ event: "one", url: "/pricing" }, { event: "two" }];
  const { action } = await created(ph, { steps });
  const { fn } = await ph.create({ filters: { actions: [{ id: String(action.id), type: "actions" }] } });
  const { bytecode } = fn.filters;
  const [and, or] = [3, 4].map((opcode) => bytecode.lastIndexOf(opcode));
  expect(bytecode).toEqual(expect.arrayContaining(["one", "%/pricing%", "two"]));
  expect([and > 0, or > and]).toEqual([true, true]);
});

fact("6.1", "`steps` are replaced whole", async (ph) => {
  const { patch } = await created(ph, { steps: [{ event: "a" }, { event: "b" }] });
  const { body } = await patch({ steps: [{ event: "c" }] });
  expect(body.steps.map(({ event }: Row) => event)).toEqual(["c"]);
  expect((await patch({ description: "kept" })).body.steps).toHaveLength(1);
});

fact("6.1", "The list is not paged: {results}, of those not deleted", async (ph) => {
  const { isListed, patch } = await created(ph);
  expect(Object.keys((await ph.api("GET", "actions/")).body)).toEqual(["results"]);
  expect(await isListed()).toBe(true);
  await patch({ deleted: true });
  expect(await isListed()).toBe(false);
});

fact("6.1", "DELETE is a 405 with an empty body", async (ph) => {
  const { action, get } = await created(ph);
  const answer = await ph.api("DELETE", `actions/${action.id}/`);
  expect([answer.status, answer.text]).toEqual([405, ""]);
  expect((await get()).body.deleted).toBe(false);
});

fact("6.1", "PATCH {deleted: true} deletes; GET still answers 200 with deleted: true", async (ph) => {
  const { patch, get } = await created(ph);
  expect((await patch({ deleted: true })).status).toBe(200);
  expect(await get()).toMatchObject({ status: 200, body: { deleted: true } });
});

fact("6.1", "PATCH {deleted: false} brings it back", async (ph) => {
  const { patch, isListed } = await created(ph);
  await patch({ deleted: true });
  expect((await patch({ deleted: false })).body.deleted).toBe(false);
  expect(await isListed()).toBe(true);
});

fact("6.1", "An id that nobody has is a 404", async (ph) => {
  expect((await ph.api("GET", `actions/${nobody.action}/`)).status).toBe(404);
});

fact("6.1", "Saving an action recompiles the functions that use it", async (ph) => {
  const { action, patch } = await created(ph, { steps: [{ event: "before" }] });
  const { get } = await ph.create({ filters: { actions: [{ id: String(action.id), type: "actions" }] } });
  await patch({ steps: [{ event: "after" }] });
  expect((await get()).body.filters.bytecode).toContain("after");
});

untested(
  "6.1",
  "A function whose action was deleted does not compile at its next save",
  "only inferred; PostHog's compiler looks at no `deleted`, and the sandbox follows it (infra/sandbox/actions/actions.test.ts)",
  "inferred",
);
untested("6.1", "A team has a limit on the number of actions", "its size is not known");
