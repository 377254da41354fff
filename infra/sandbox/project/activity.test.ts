import { expect, test } from "vitest";
import { type Json, ManualClock, sandbox } from "../test-support.ts";

// Who changed what, as a client that looks for drift reads it (contract §1.7, §11.11).

const code = { hog: "return event" };
const ann = { id: 2, first_name: "Ann", email: "ann@acme.example" };
const keys = { phx_ann: { scopes: ["*"], user: ann }, phx_cleaner: { scopes: ["*"], user: null } };

async function changed() {
  const clock = new ManualClock();
  const running = await sandbox({ clock, keys });
  const inputs_schema = [{ key: "key", type: "string", secret: true }];
  const { body } = await running.api("POST", "hog_functions/", {
    ...code,
    name: "Mine",
    inputs_schema,
    inputs: { key: { value: "first" } },
  });
  const patch = (change: Json, key = "phx_sandbox") => {
    clock.advance(1_000);
    const headers = { authorization: `Bearer ${key}` };
    return running.call("PATCH", `/api/projects/1/hog_functions/${body.id}/`, change, headers);
  };
  const log = async (query = "") =>
    (await running.api("GET", `activity_log/?scope=HogFunction&item_id=${body.id}${query}`)).body;
  return { ...running, patch, log, id: body.id as string };
}

test("tells each change of a function field by field, the newest first, with whose it is", async () => {
  const { patch, log, id } = await changed();
  await patch({ name: "Hers", masking: { ttl: 60, hash: "{1}" } }, "phx_ann");
  await patch({ masking: null, deleted: true }, "phx_cleaner");
  const [last, middle, first] = (await log()).results;
  expect(first).toMatchObject({
    activity: "created",
    scope: "HogFunction",
    item_id: id,
    user: { first_name: "Sandbox" },
    is_system: false,
    created_at: "2026-01-01T00:00:00.000Z",
    detail: { name: "Mine", type: "destination", changes: null, short_id: null, trigger: null },
  });
  expect(middle).toMatchObject({
    activity: "updated",
    user: { email: "ann@acme.example" },
    detail: { name: "Hers" },
  });
  expect(middle.detail.changes).toEqual([
    { type: "HogFunction", action: "changed", field: "name", before: "Mine", after: "Hers" },
    { type: "HogFunction", action: "created", field: "masking", before: null, after: expect.any(Object) },
  ]);
  expect(last).toMatchObject({ user: null, is_system: true });
  expect(last.detail.changes).toMatchObject([
    { field: "deleted", action: "changed", before: false, after: true },
    { field: "masking", action: "deleted", after: null },
  ]);
});

test("shows that a secret changed and not what it is; what changed nothing is not told", async () => {
  const { patch, log, api } = await changed();
  await patch({ inputs: { key: { secret: true } } });
  expect((await log()).results).toHaveLength(1);
  await patch({ inputs: { key: { value: "second" } } });
  const { body, text } = await api("GET", "activity_log/");
  expect(body.results[0].detail.changes).toEqual([
    { type: "HogFunction", action: "changed", field: "encrypted_inputs", before: "masked", after: "masked" },
  ]);
  expect(text).not.toMatch(/first"|second/);
});

test("tells of actions, and of several scopes at once", async () => {
  const { api } = await changed();
  const { id } = (await api("POST", "actions/", { name: "Sign-ups", steps: [{ event: "a" }] })).body;
  await api("PATCH", `actions/${id}/`, { steps: [{ event: "b" }] });
  const { results } = (await api("GET", `activity_log/?scope=Action&item_id=${id}`)).body;
  expect(results.map(({ activity }: Json) => activity)).toEqual(["updated", "created"]);
  expect(results[0].detail.changes).toMatchObject([
    { field: "steps_json", before: [{ event: "a" }], after: [{ event: "b" }] },
  ]);
  expect((await api("GET", "activity_log/?scopes=Action,HogFunction")).body.results).toHaveLength(3);
  expect((await api("GET", "activity_log/?scope=Insight")).body.results).toEqual([]);
});

test("comes in pages, by cursor or by number, and from the oldest too", async () => {
  const { patch, log, call } = await changed();
  for (let count = 1; count <= 4; count++) await patch({ name: `name ${count}` });
  const names = ({ results }: { results: { detail: Json }[] }) => results.map(({ detail }) => detail.name);
  const first = await log("&page_size=3");
  expect([names(first), first.previous]).toEqual([["name 4", "name 3", "name 2"], null]);
  const second = (await call("GET", first.next.slice(new URL(first.next).origin.length))).body;
  expect([names(second), second.next]).toEqual([["name 1", "Mine"], null]);
  expect(names(await log("&ordering=created_at&page_size=2"))).toEqual(["Mine", "name 1"]);
  const numbered = await log("&page=2&page_size=2");
  expect([numbered.count, names(numbered)]).toEqual([5, ["name 2", "name 1"]]);
  expect(new URL(numbered.previous).searchParams.get("page")).toBe("1");
  expect((await log("&page=9")).detail).toBe("Invalid page.");
  expect((await log("&cursor=none")).detail).toBe("Invalid cursor");
});

test("needs activity_log:read", async () => {
  const { call } = await sandbox({ keys: { phx_other: { scopes: ["hog_function:read"] } } });
  const headers = { authorization: "Bearer phx_other" };
  expect((await call("GET", "/api/projects/1/activity_log/", undefined, headers)).body.detail).toBe(
    "API key missing required scope 'activity_log:read'",
  );
});
