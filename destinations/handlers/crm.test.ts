import { expect, test } from "vitest";
import { contactSaved, fakePartner, type Reply, runHandler } from "../../infra/receiver/testing.ts";
import crm from "./crm.ts";

const ada = { id: "person-1", properties: { email: "ada@example.com", name: "Ada" }, name: "Ada" };

async function handle(
  event: string,
  person: typeof ada | Parameters<typeof runHandler>[1]["person"] = ada,
  reply: Reply = contactSaved("ada@example.com"),
) {
  const hubspot = await fakePartner(() => reply);
  const run = runHandler(crm, {
    event,
    person,
    settings: { hubspotToken: "a-token", hubspotUrl: hubspot.url },
  });
  return { run, calls: hubspot.calls };
}

test.each([
  ["user_signed_up", { firstname: "Ada" }],
  ["subscription_started", { firstname: "Ada", lifecyclestage: "customer", subscription_status: "active" }],
  ["subscription_canceled", { firstname: "Ada", subscription_status: "canceled" }],
])("%s creates or updates the contact in one call", async (event, properties) => {
  const { run, calls } = await handle(event);
  await run;
  expect(calls).toMatchObject([
    {
      method: "POST",
      path: "/crm/v3/objects/contacts/batch/upsert",
      headers: { authorization: "Bearer a-token", "content-type": "application/json" },
      body: { inputs: [{ idProperty: "email", id: "ada@example.com", properties }] },
    },
  ]);
});

test.each([
  ["has no e-mail address", { id: "person-1", properties: {}, name: "user-123" }],
  ["has an empty one", { id: "person-1", properties: { email: "" }, name: "user-123" }],
  ["is missing", null],
])("does nothing when the person %s", async (_what, person) => {
  const { run, calls } = await handle("user_signed_up", person);
  await run;
  expect(calls).toEqual([]);
});

const saved = contactSaved("ada@example.com").body as Record<string, unknown>; // always an object
test.each([
  [
    "refuses the token",
    { status: 401, body: { status: "error", category: "INVALID_AUTHENTICATION", message: "no" } },
    /401/,
  ],
  [
    "has had enough",
    { status: 429, body: { status: "error", category: "RATE_LIMITS", message: "no" } },
    /429/,
  ],
  ["is down", { status: 502, body: "" }, /502/],
  [
    "took the batch and refused the contact",
    {
      status: 207,
      body: {
        ...saved,
        results: [],
        numErrors: 1,
        errors: [{ status: "error", category: "VALIDATION_ERROR", message: "Property does not exist" }],
      },
    },
    /HubSpot: Property does not exist/,
  ],
])("throws, to be tried again, when HubSpot %s", async (_what, reply, message) => {
  const { run } = await handle("user_signed_up", ada, reply);
  await expect(run).rejects.toThrow(message);
});
