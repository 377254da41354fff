import { createServer } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { type Followed, follow } from "./follow.ts";
import type { Outgoing, Sighting } from "./journey.ts";
import type { Destination } from "./target.ts";

const event: Outgoing = {
  uuid: "0190a0a0-0000-7000-8000-000000000001",
  event: "user_signed_up",
  distinct_id: "user-1",
  properties: { plan: "pro" },
  person: null,
  groups: { company: { id: "acme", properties: { tier: "pro" } }, project: { id: "p1", properties: {} } },
};

/** A PostHog that takes every event, and of which is seen what `sightings` gives, look by look. */
async function targetWith(sightings: Sighting[], isOurs: boolean) {
  const captured: { batch: Record<string, unknown>[] }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    captured.push(JSON.parse(Buffer.concat(chunks).toString()));
    response.end("{}");
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => void server.close());
  const address = server.address();
  const host = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  const destination: Destination = { slug: "a", id: "fn", name: "A", enabled: true, filters: {}, isOurs };
  const target: Followed = {
    stack: "a-stack-without-a-receiver-here",
    host,
    isSandbox: true,
    token: "phc",
    destinations: [destination],
    witness: {
      pause: () => 1,
      look: async () =>
        new Map([["fn", sightings.length > 1 ? (sightings.shift() ?? {}) : (sightings[0] ?? {})]]),
      explain: async () => ({ stage: "matched", reason: "nobody knows" }),
    },
  };
  return {
    captured,
    run: (patience: number) => follow(event, target, { destinations: [destination], patience }),
  };
}

const sent = { matched: true, sent: { detail: "answered 202" } };

test("a receiver on another machine has stored what it answered with a 2xx; what its handlers do is told there", async () => {
  const { run } = await targetWith([{}, { matched: true }, sent], true);
  const { branches } = await run(10_000);
  expect(branches[0]).toMatchObject({ ended: true, steps: [{}, {}, { stage: "stored" }] });
  expect(branches[0]?.steps[2]?.detail).toContain("npx hogwire inbox list");
  expect(branches[0]?.stopped).toBeUndefined();
});

test("what goes to somebody else ends when it is sent", async () => {
  const { run } = await targetWith([sent], false);
  const { branches } = await run(10_000);
  expect(branches[0]?.steps.map(({ stage }) => stage)).toEqual(["matched", "sent"]);
});

test.each<[string, Sighting, object]>([
  ["nothing at all", {}, { stage: "matched", reason: "nobody knows" }],
  [
    "a match alone",
    { matched: true },
    { stage: "sent", reason: expect.stringMatching(/^nothing more happened/) },
  ],
  [
    "a refused attempt",
    { matched: true, refused: { reason: "no answer", hint: "npm start" } },
    { stage: "sent", reason: expect.stringContaining("no answer"), hint: "npm start" },
  ],
])("after %s, the stage that did not come is named when patience ends", async (_what, sighting, stopped) => {
  const { run } = await targetWith([sighting], false);
  expect((await run(20)).branches[0]).toMatchObject({ ended: false, stopped });
});

test("groups are made known before the event, under nobody's distinct_id; a person of null is none", async () => {
  const { captured, run } = await targetWith([sent], false);
  await run(10_000);
  expect(captured).toMatchObject([
    {
      api_key: "phc",
      batch: [
        {
          event: "$groupidentify",
          distinct_id: "$company_acme",
          properties: { $group_set: { tier: "pro" } },
        },
        {
          uuid: event.uuid,
          event: "user_signed_up",
          properties: {
            plan: "pro",
            $process_person_profile: false,
            $groups: { company: "acme", project: "p1" },
          },
        },
      ],
    },
  ]);
  expect(captured[0]?.batch).toHaveLength(2);
});
