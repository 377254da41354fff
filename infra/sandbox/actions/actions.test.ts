import { describe, expect, test } from "vitest";
import { type Json, ManualClock, receiver, sandbox } from "../test-support.ts";

// Actions as PostHog has them (contract §6.1), and what they do to the functions that use them (§1.8).

const step = {
  event: null,
  properties: null,
  selector: null,
  selector_regex: null,
  tag_name: null,
  text: null,
  text_matching: null,
  href: null,
  href_matching: null,
  url: null,
  url_matching: "contains",
};

async function withAction(body: Json = { name: "Signup", steps: [{ event: "sign_up" }] }) {
  const clock = new ManualClock();
  const running = await sandbox({ clock });
  const { status, body: action } = await running.api("POST", "actions/", body);
  expect(status).toBe(201);
  const item = `actions/${action.id}/`;
  return {
    ...running,
    clock,
    action,
    patch: (change: unknown) => running.api("PATCH", item, change),
    get: () => running.api("GET", item),
    /** A destination that fires for the action. */
    destination: (rest: Json = {}) =>
      running.webhook("http://127.0.0.1:1/", {
        filters: { actions: [{ id: String(action.id), type: "actions" }] },
        ...rest,
      }),
    read: async (id: string) => (await running.api("GET", `hog_functions/${id}/`)).body,
  };
}

test("an action reads back with every key, nulls included", async () => {
  const { action, get, api } = await withAction({
    name: " Signup ",
    steps: [{ event: "sign_up ", url: " /signup " }],
    tags: ["Billing", "billing"],
  });
  expect(action).toEqual({
    id: expect.any(Number),
    name: "Signup",
    description: "",
    tags: ["billing"],
    post_to_slack: false,
    slack_message_format: "",
    // an event's name may end with a space, a URL may not
    steps: [{ ...step, event: "sign_up ", url: "/signup" }],
    created_at: expect.any(String),
    created_by: expect.objectContaining({ id: 1 }),
    deleted: false,
    is_calculating: false,
    last_calculated_at: expect.any(String),
    team_id: 1,
    is_action: true,
    bytecode_error: null,
    pinned_at: null,
    creation_context: null,
    user_access_level: "manager",
  });
  expect((await get()).body).toEqual(action);
  expect((await api("GET", "actions/")).body).toEqual({ results: [action] }); // not paginated
});

test("url_matching is contains unless said; null stays null", async () => {
  const { action } = await withAction({
    name: "a",
    steps: [{ url: "/a" }, { url: "/a", url_matching: null }, { url: "/a", url_matching: "exact" }],
  });
  expect(action.steps.map(({ url_matching }: Json) => url_matching)).toEqual(["contains", null, "exact"]);
});

test("steps are replaced whole; what a PATCH leaves out stays; unknown keys are dropped", async () => {
  const { action, patch } = await withAction();
  const renamed = (await patch({ name: "Signups", colour: "red" })).body;
  expect(renamed).toEqual({ ...action, name: "Signups" });
  const { body } = await patch({ steps: [{ text: "Buy", tag: "button" }] });
  expect(body.steps).toEqual([{ ...step, text: "Buy" }]);
  expect((await patch({ steps: [] })).body.steps).toEqual([]);
});

test("deleting is a PATCH; GET still answers, the list does not, and it can be undone", async () => {
  const { api, patch, get } = await withAction();
  expect((await patch({ deleted: true })).body.deleted).toBe(true);
  expect(await get()).toMatchObject({ status: 200, body: { deleted: true } });
  expect((await api("GET", "actions/")).body.results).toEqual([]);
  expect((await patch({ description: "still there" })).status).toBe(200);
  expect((await patch({ deleted: false })).body.deleted).toBe(false);
  expect((await api("GET", "actions/")).body.results).toHaveLength(1);
});

test("DELETE is refused without a word: 405 and an empty body; the key may write, so it is no 403", async () => {
  const { call, get, action } = await withAction();
  const answer = await call("DELETE", `/api/projects/1/actions/${action.id}/`);
  expect([answer.status, answer.text]).toEqual([405, ""]);
  expect((await get()).body.deleted).toBe(false);
});

test("an id that is unknown or no number is not found", async () => {
  const { api } = await withAction();
  for (const id of ["999", "abc"]) expect((await api("GET", `actions/${id}/`)).status).toBe(404);
});

describe("names", () => {
  test("are unique among those not deleted, and the answer says who has it", async () => {
    const { api, action, patch } = await withAction();
    expect(await api("POST", "actions/", { name: "Signup" })).toMatchObject({
      status: 400,
      body: {
        type: "validation_error",
        code: "unique",
        attr: "name",
        detail: `This project already has an action with this name, ID ${action.id}`,
      },
    });
    expect((await patch({ name: "Signup" })).status).toBe(200); // its own
    await patch({ deleted: true });
    expect((await api("POST", "actions/", { name: "Signup" })).status).toBe(201);
    // undeleting asks for no name, so now there are two
    expect((await patch({ deleted: false })).status).toBe(200);
    expect((await api("GET", "actions/")).body.results).toHaveLength(2);
  });

  test("are never those of a deleted id: ids are not used again", async () => {
    const { api, action, patch } = await withAction();
    await patch({ deleted: true });
    expect((await api("POST", "actions/", { name: "Signup" })).body.id).toBeGreaterThan(action.id);
  });
});

const refused: [string, Json, string, string][] = [
  ["a blank name", { name: "  " }, "name", "blank"],
  ["a long name", { name: "x".repeat(401) }, "name", "max_length"],
  ["a long message", { slack_message_format: "x".repeat(1201) }, "slack_message_format", "max_length"],
  ["steps that are null", { steps: null }, "steps", "null"],
  ["steps that are one step", { steps: { event: "a" } }, "steps__non_field_errors", "not_a_list"],
  ["a step that is a name", { steps: ["a"] }, "steps__0__non_field_errors", "invalid_input"],
  ["a blank event", { steps: [{}, { event: "" }] }, "steps__1__event", "blank"],
  ["an unknown matching", { steps: [{ url_matching: "like" }] }, "steps__0__url_matching", "invalid_choice"],
  ["properties as a map", { steps: [{ properties: { a: 1 } }] }, "steps__0__properties", "not_a_list"],
  ["a property as a name", { steps: [{ properties: ["a"] }] }, "steps__0__properties__0", "not_a_dict"],
  ["a pin that is no time", { pinned_at: "soon" }, "pinned_at", "invalid_input"],
];

test.each(refused)("%s is refused", async (_, body, attr, code) => {
  const { api } = await sandbox();
  expect(await api("POST", "actions/", body)).toMatchObject({ status: 400, body: { attr, code } });
});

test("a pin takes the server's time, once", async () => {
  const { patch, clock } = await withAction();
  expect((await patch({ pinned_at: "2020-01-01T00:00:00Z" })).body.pinned_at).toBe(
    "2026-01-01T00:00:00.000Z",
  );
  clock.advance(60_000);
  expect((await patch({ pinned_at: "2020-01-01T00:00:00Z" })).body.pinned_at).toBe(
    "2026-01-01T00:00:00.000Z",
  );
  expect((await patch({ pinned_at: null })).body.pinned_at).toBeNull();
});

test("what cannot be compiled is saved with the reason", async () => {
  const { action } = await withAction({
    name: "a",
    steps: [{ event: "a", properties: [{ key: "id", value: 1, type: "cohort" }] }],
  });
  expect(action.bytecode_error).toEqual(expect.any(String));
});

test.each([
  ["action:read", "GET", 200],
  ["action:read", "POST", 403],
  ["action:read", "DELETE", 403],
  ["action:write", "GET", 200],
  ["action:write", "POST", 201],
  ["action:write", "DELETE", 405],
  ["hog_function:write", "GET", 403],
])("with %s, %s answers %i (§6.6)", async (scope, method, status) => {
  const { call } = await sandbox({ keys: { phx_some: { scopes: [scope] } } });
  const path = method === "DELETE" ? "/api/projects/1/actions/1/" : "/api/projects/1/actions/";
  const headers = { authorization: "Bearer phx_some" };
  const answer = await call(method, path, method === "POST" ? { name: "a" } : undefined, headers);
  expect(answer.status).toBe(status);
});

describe("a function that uses it (§1.8)", () => {
  test("is compiled again when the action is saved: its filters and time move, its version does not", async () => {
    const { destination, patch, read, clock } = await withAction();
    const before = await destination();
    clock.advance(1_000);
    await patch({ steps: [{ event: "other" }] });
    const after = await read(before.id);
    const { bytecode } = after.filters;
    expect(bytecode).toContain("other");
    expect(after).toEqual({
      ...before,
      filters: { ...(before.filters as Json), bytecode },
      updated_at: "2026-01-01T00:00:01.000Z",
    });
  });

  test("takes the events that the action takes, from the next one on", async () => {
    const hook = await receiver();
    const { webhook, api, capture, settled } = await sandbox();
    const { body: action } = await api("POST", "actions/", {
      name: "Pricing",
      steps: [{ event: "$pageview", url: "/pricing" }],
    });
    await webhook(hook.url, { filters: { actions: [{ id: String(action.id), type: "actions" }] } });
    const visit = async (url: string) => {
      await settled(await capture("$pageview", { properties: { $current_url: url } }));
      return hook.received.length;
    };
    expect(await visit("https://acme.example/pricing?a=1")).toBe(1);
    expect(await visit("https://acme.example/")).toBe(1);
    await api("PATCH", `actions/${action.id}/`, { steps: [{ event: "$pageview", url: "/" }] });
    expect(await visit("https://acme.example/")).toBe(2);
  });

  test("takes the clicks that the action's element fields take", async () => {
    const { webhook, api, capture, settled } = await sandbox();
    const steps = [{ event: "$autocapture", tag_name: "button", text: "Buy", text_matching: "contains" }];
    const { body: action } = await api("POST", "actions/", { name: "Buy", steps });
    const filters = { actions: [{ id: String(action.id), type: "actions" }] };
    await webhook("http://127.0.0.1:1/", { filters });
    const isTaken = async (tag_name: string, $el_text: string) => {
      const properties = { $elements: [{ tag_name, $el_text }] };
      const { destinations } = await settled(await capture("$autocapture", { properties }));
      return destinations[0].matched;
    };
    expect(await isTaken("button", "Buy now")).toBe(true);
    expect(await isTaken("button", "Sell")).toBe(false);
    expect(await isTaken("a", "Buy now")).toBe(false);
  });

  test("goes on firing when the action is deleted: PostHog's compiler looks at no `deleted`", async () => {
    const { destination, patch, read, api } = await withAction();
    const before = await destination();
    await patch({ deleted: true });
    expect((await read(before.id)).filters).toEqual(before.filters);
    const again = await api("PATCH", `hog_functions/${before.id}/`, { filters: before.filters });
    expect(again.body.filters).toEqual(before.filters);
  });

  test("keeps what it had when the action cannot be compiled any more", async () => {
    const { destination, patch, read, clock } = await withAction();
    const before = await destination();
    clock.advance(1_000);
    const properties = [{ key: "id", value: 1, type: "cohort" }];
    expect((await patch({ steps: [{ event: "a", properties }] })).body.bytecode_error).toBeTruthy();
    expect(await read(before.id)).toEqual(before);
  });

  test("with an id that no action has cannot be enabled; off, it is saved with the reason", async () => {
    const { api } = await sandbox();
    const fn = { hog: "return event", filters: { actions: [{ id: "7", type: "actions" }] } };
    expect(await api("POST", "hog_functions/", { ...fn, enabled: true })).toMatchObject({
      status: 400,
      body: { attr: "filters__non_field_errors", detail: expect.stringMatching(/^Invalid filter conf/) },
    });
    expect((await api("POST", "hog_functions/", fn)).body.filters).toMatchObject({
      bytecode: null,
      bytecode_error: expect.any(String),
    });
  });

  test("is not touched by another action; one that leaves test accounts out is, when nobody uses the action", async () => {
    const { destination, api, read, clock, webhook } = await withAction();
    const user = await destination();
    const tester = await webhook("http://127.0.0.1:1/", { filters: { filter_test_accounts: true } });
    clock.advance(1_000);
    await api("POST", "actions/", { name: "Nobody's", steps: [{ event: "a" }] });
    expect(await read(user.id)).toEqual(user);
    expect(await read(tester.id)).toEqual({ ...tester, updated_at: "2026-01-01T00:00:01.000Z" });
  });
});
