import { afterEach, beforeEach, expect, test } from "vitest";
import { createAction, deleteAction, getAction, listActions, patchAction } from "./actions.ts";
import { type FakePostHog, startFakePostHog } from "./fake-posthog.ts";
import { createClient, type PostHogClient } from "./http.ts";
import { createLimiter } from "./limiter.ts";

let fake: FakePostHog;
let client: PostHogClient;

beforeEach(async () => {
  fake = await startFakePostHog();
  client = createClient({
    host: fake.url,
    project: "1",
    apiKey: "phx_test",
    limiter: createLimiter({ host: fake.url }),
  });
});
afterEach(() => fake.close());

const body = { name: "Paying sign-up", description: "", steps: [{ event: "user_signed_up" }] };

test("an action's number is a text, as filters have it", async () => {
  const made = await createAction(client, body);
  expect(made).toMatchObject({ id: "1", name: "Paying sign-up", deleted: false });
  expect(await getAction(client, "1")).toEqual(made);
  expect(await listActions(client)).toEqual(new Map([["1", made]]));
});

test("a step comes back with all its keys, those that were not given too", async () => {
  const { steps } = await createAction(client, body);
  expect(steps).toEqual([
    expect.objectContaining({
      event: "user_signed_up",
      url: null,
      url_matching: "contains",
      properties: null,
    }),
  ]);
});

test("a PATCH replaces the steps whole", async () => {
  const { id } = await createAction(client, body);
  const { steps } = await patchAction(client, id, { ...body, steps: [{ url: "/pricing" }] });
  expect(steps).toEqual([expect.objectContaining({ event: null, url: "/pricing" })]);
});

test("a deleted action is gone, although PostHog still answers it", async () => {
  const { id } = await createAction(client, body);
  await deleteAction(client, { id });
  expect(fake.actions.get(1)).toMatchObject({ deleted: true });
  expect(await getAction(client, id)).toBeNull();
  expect(await listActions(client)).toEqual(new Map());
  await expect(patchAction(client, id, body)).rejects.toMatchObject({ gone: true, unclear: false });
  await expect(deleteAction(client, { id })).resolves.toBeUndefined();
  expect(await getAction(client, "99")).toBeNull();
});

test("a name that another action has is refused with that action's number", async () => {
  await createAction(client, body);
  await expect(createAction(client, body)).rejects.toMatchObject({
    status: 400,
    code: "unique",
    attr: "name",
    detail: expect.stringContaining("ID 1"),
  });
});
