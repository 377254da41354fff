import { describe, expect, test } from "vitest";
import { type Json, ManualClock, receiver, sandbox } from "../test-support.ts";

const window = { window_start: "2025-12-31T00:00:00Z", window_end: "2026-01-02T00:00:00Z" };

/** Events with the given names, of which "bad…" are answered with 500, then a receiver that is well again. */
async function ran(...events: string[]) {
  const clock = new ManualClock();
  let isWell = false;
  const hook = await receiver((response) => {
    const { event } = JSON.parse(hook.received.at(-1)?.body ?? "");
    const isBad = !isWell && String(event.event).startsWith("bad");
    response.writeHead(isBad ? 500 : 200).end();
  });
  const running = await sandbox({ clock, retries: "back-to-back" });
  const fn = await running.webhook(
    hook.url,
    { filters: { events: events.filter((name) => name !== "other").map((id) => ({ id })) } },
    { signing_secret: { value: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" } },
  );
  const uuids: string[] = [];
  for (const event of events) {
    const $set = { email: "old@acme.example" };
    const uuid = await running.capture(event, { properties: { $set, $groups: { company: "acme" } } });
    await running.settled(uuid);
    uuids.push(uuid);
    clock.advance(1_000);
  }
  isWell = true;
  hook.received.length = 0;
  const rerun = (filter: Json) => running.api("POST", `hog_functions/${fn.id}/rerun/`, { filter });
  const sent = () => hook.received.map(({ body }) => JSON.parse(body));
  return { ...running, clock, hook, fn, uuids, rerun, sent };
}

describe("a rerun (§11.5)", () => {
  test("sends what failed once more, with today's configuration and person, under a new webhook-id", async () => {
    const { rerun, uuids, settled, hook, sent, api, capture, fn, trace } = await ran("good", "bad", "other");
    await settled(await capture("$set", { properties: { $set: { email: "new@acme.example" } } }));
    const before = (await trace(uuids[1] ?? "")).destinations[0];
    const body = { value: { event: "{event.event}", email: "{person.properties.email}", today: true } };
    const inputs = { ...Object(fn.inputs), body };
    await api("PATCH", `hog_functions/${fn.id}/`, { inputs });
    const answer = await rerun(window);
    expect(answer).toMatchObject({
      status: 200,
      body: { rerun_job_id: expect.any(String), queued_count: 0, skipped_count: 0 },
    });
    const [after] = (await settled(uuids[1] ?? "")).destinations;
    expect(sent()).toEqual([{ event: "bad", email: "new@acme.example", today: true }]);
    expect(after).toMatchObject({ invocation: before.invocation, state: "succeeded" });
    expect(after.deliveries).toHaveLength(2);
    expect(hook.received[0]?.headers["webhook-id"]).toBe(after.deliveries[1].webhookId);
    expect(after.deliveries[1].webhookId).not.toBe(after.deliveries[0].webhookId);
    const { results } = (await api("GET", `hog_functions/${fn.id}/logs/?search=${answer.body.rerun_job_id}`))
      .body;
    expect(results).toMatchObject([{ level: "DEBUG", instance_id: before.invocation }]);
  });

  const choices: [string, Json, string[]][] = [
    ["the failed ones unless asked", {}, ["bad", "bad2"]],
    ["those of a status", { status: ["succeeded"] }, ["good"]],
    ["of several", { status: ["succeeded", "failed", "running"] }, ["good", "bad", "bad2"]],
    ["so many at most", { max_count: 1 }, ["bad"]],
    ["by their error", { error_kind: ["http_5xx"], error_message_contains: "status 500" }, ["bad", "bad2"]],
    ["by another error", { error_kind: ["timeout"] }, []],
    ["by what the error says", { error_message_contains: "Status" }, []],
    ["those tried less often", { max_attempts: 1 }, []],
    ["in a window", { window_end: "2026-01-01T00:00:02Z" }, ["bad"]],
  ];
  test.each(choices)("takes %s", async (_, filter, events) => {
    const { rerun, uuids, settled, sent } = await ran("good", "bad", "bad2", "other");
    expect((await rerun({ ...window, ...filter })).status).toBe(200);
    for (const uuid of uuids) await settled(uuid);
    expect(sent().map(({ event }) => event.event)).toEqual(events);
  });

  test("takes the runs that are named", async () => {
    const { rerun, uuids, settled, sent, trace } = await ran("bad", "bad2");
    const [{ invocation }] = (await trace(uuids[1] ?? "")).destinations;
    await rerun({ ...window, invocation_ids: [invocation] });
    for (const uuid of uuids) await settled(uuid);
    expect(sent().map(({ event }) => event.event)).toEqual(["bad2"]);
  });

  test("fails the run when today's inputs cannot be made", async () => {
    const { rerun, uuids, settled, api, fn, hook } = await ran("bad");
    const inputs = { ...Object(fn.inputs), url: { value: "{distinct_id}" } };
    await api("PATCH", `hog_functions/${fn.id}/`, { inputs });
    await rerun(window);
    const [destination] = (await settled(uuids[0] ?? "")).destinations;
    expect(destination).toMatchObject({ state: "failed", reason: expect.stringContaining("distinct_id") });
    expect(hook.received).toEqual([]);
  });

  test("finds nothing that is older than 30 days", async () => {
    const { rerun, uuids, settled, clock, hook } = await ran("bad");
    clock.advance(30 * 24 * 3_600_000);
    await rerun(window);
    await settled(uuids[0] ?? "");
    expect(hook.received).toEqual([]);
  });

  const refusals: [string, Json, string][] = [
    ["no window", {}, "filter__window_start"],
    ["half a window", { window_start: window.window_start }, "filter__window_end"],
    [
      "a window that ends before it starts",
      { window_start: window.window_end, window_end: window.window_start },
      "filter__non_field_errors",
    ],
    [
      "a window of more than 30 days",
      { ...window, window_start: "2025-12-01T00:00:00Z" },
      "filter__non_field_errors",
    ],
    ["another status", { ...window, status: ["masked"] }, "filter__status__0"],
    ["more than 10,000", { ...window, max_count: 10_001 }, "filter__max_count"],
  ];
  test.each(refusals)("is refused with %s", async (_, filter, attr) => {
    const { rerun } = await ran();
    expect(await rerun(filter)).toMatchObject({ status: 400, body: { type: "validation_error", attr } });
  });

  test("is refused for a disabled function, and without the scopes to read what it replays", async () => {
    const { rerun, api, fn } = await ran();
    await api("PATCH", `hog_functions/${fn.id}/`, { enabled: false });
    expect(await rerun(window)).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining("disabled") },
    });
    const keys = { phx_writer: { scopes: ["hog_function:write", "person:read"] } };
    const { call } = await sandbox({ keys });
    const headers = { authorization: "Bearer phx_writer" };
    const answer = await call("POST", `/api/projects/1/hog_functions/${fn.id}/rerun/`, {}, headers);
    expect(answer).toMatchObject({ status: 403, body: { detail: expect.stringContaining("group:read") } });
  });
});
