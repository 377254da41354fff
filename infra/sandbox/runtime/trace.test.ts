import { describe, expect, test } from "vitest";
import { type Json, receiver, sandbox } from "../test-support.ts";

describe("the condition that said no", () => {
  const pro = { key: "plan", value: ["pro", "team"], operator: "exact", type: "event" };
  const acme = { key: "email", value: "@acme.example", operator: "icontains", type: "person" };
  const ofAcme = { key: "name", value: "Acme", operator: "exact", type: "group", group_type_index: 0 };
  const cases: [string, Json, Json | undefined][] = [
    [
      "its name",
      {
        events: [
          { id: "other", type: "events" },
          { id: "a b", type: "events" },
        ],
      },
      { path: ["events"], words: 'the event is other or "a b"' },
    ],
    [
      "a property of its own",
      { events: [{ id: "sign_up", type: "events", properties: [acme, pro] }] },
      { path: ["events", 0, "properties", 1], words: "with plan pro or team" },
    ],
    [
      "its person",
      { events: [{ id: "sign_up", type: "events" }], properties: [{ ...acme, value: "@other.example" }] },
      { path: ["properties", 0], words: "where the person's email contains @other.example" },
    ],
    [
      "its group",
      { properties: [ofAcme] },
      { path: ["properties", 0], words: "where the company's name is Acme" },
    ],
    [
      "its account",
      { filter_test_accounts: true },
      { path: ["filter_test_accounts"], words: "not for internal test accounts" },
    ],
    ["nothing", { events: [{ id: "sign_up", type: "events" }] }, undefined],
  ];
  test.each(cases)("is told: %s", async (_, filters, condition) => {
    const hook = await receiver();
    const { webhook, capture, settled } = await sandbox({ groupTypes: ["company"] });
    await webhook(hook.url, { filters });
    const uuid = await capture("sign_up", {
      properties: { plan: "free", $host: "localhost", $set: { email: "ada@acme.example" } },
    });
    // as they were when the event came, whoever the person is by now
    await settled(
      await capture("$set", { properties: { plan: "pro", $set: { email: "ada@other.example" } } }),
    );
    const [destination] = (await settled(uuid)).destinations;
    expect(destination.condition).toEqual(condition);
  });

  test("is that of the filter which the event met, whatever the filter is by now", async () => {
    const { webhook, capture, settled, api } = await sandbox();
    const filtersFor = (id: string) => ({ filters: { events: [{ id, type: "events" }] } });
    const { id } = await webhook("http://127.0.0.1:9/", filtersFor("first"));
    const uuid = await capture("other");
    await settled(uuid);
    await api("PATCH", `hog_functions/${id}/`, { name: "Renamed", ...filtersFor("second") });
    expect((await settled(uuid)).destinations).toMatchObject([
      { name: "Renamed", condition: { path: ["events"], words: "the event is first" } },
    ]);
    expect((await settled(await capture("other"))).destinations).toMatchObject([
      { condition: { words: "the event is second" } },
    ]);
  });

  test("is an action by its steps where it is the only one", async () => {
    const { webhook, capture, settled, api } = await sandbox();
    const action = { name: "Pricing seen", steps: [{ event: "$pageview", url: "/pricing" }] };
    const { body } = await api("POST", "actions/", action);
    await webhook("http://127.0.0.1:9/", {
      filters: { actions: [{ id: String(body.id), type: "actions" }] },
    });
    const [destination] = (await settled(await capture("other"))).destinations;
    expect(destination.condition).toEqual({
      path: ["actions", 0],
      words: "Matches *$pageview* where the page contains /pricing.",
    });
  });
});

test("a kept request holds no secret: not in its address, headers or body (§4.6)", async () => {
  const hook = await receiver((response) =>
    response.setHeader("Set-Cookie", "id=1").end('you said "s3\\"cret"'),
  );
  const { api, capture, settled, call } = await sandbox();
  const hog = `fetch(f'${hook.url}?key={inputs.key}', {
    'headers': {'Authorization': 'Bearer plain', 'X-Mine': inputs.key},
    'body': {'key': inputs.key, 'long': inputs.long}
  })`;
  const inputs_schema = [
    { key: "key", type: "string", secret: true },
    { key: "long", type: "string" },
  ];
  const inputs = { key: { value: 's3"cret' }, long: { value: "x".repeat(20_000) } };
  await api("POST", "hog_functions/", { hog, enabled: true, inputs_schema, inputs });
  const uuid = await capture("any");
  const [{ deliveries }] = (await settled(uuid)).destinations;
  expect(hook.received[0]?.headers).toMatchObject({ authorization: "Bearer plain", "x-mine": 's3"cret' });
  const [{ request, attempts }] = deliveries;
  expect(request).toMatchObject({
    url: `${hook.url}?key=***`,
    headers: { Authorization: "***", "X-Mine": "***" },
    body: expect.stringMatching(/^\{"key":"\*\*\*","long":"x+$/),
  });
  expect(request.body).toHaveLength(10_000);
  expect(attempts[0].response).toMatchObject({ headers: { "set-cookie": "***" }, body: 'you said "***"' });
  expect((await call("GET", `/_sandbox/events/${uuid}`)).text).not.toContain("cret");
});

test("a secret that the receiver quotes, as a path or in JSON that is logged as JSON, is told nowhere (§4.6)", async () => {
  const hook = await receiver((response) =>
    response.end(JSON.stringify({ missing: "/hook/T0/hidden1?key=hidden2%2F", sent: 'hid"den3' })),
  );
  const { api, capture, settled, call } = await sandbox();
  const hog =
    "print(jsonStringify({'body': fetch(inputs.url, {'body': inputs.word}).body, 'text': jsonStringify(inputs)}))";
  const inputs_schema = ["url", "word"].map((key) => ({ key, type: "string", secret: true }));
  const inputs = { url: { value: `${hook.url}/T0/hidden1?key=hidden2%2F` }, word: { value: 'hid"den3' } };
  const { body } = await api("POST", "hog_functions/", { hog, enabled: true, inputs_schema, inputs });
  const uuid = await capture("any");
  expect((await settled(uuid)).destinations[0].state).toBe("succeeded");
  for (const path of [`/_sandbox/events/${uuid}`, `/events/${uuid}`, `/destinations/${body.id}`]) {
    expect((await call("GET", path)).text).not.toMatch(/hidden\d|den3/);
  }
});
