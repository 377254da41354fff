import { describe, expect, test } from "vitest";
import { type Json, receiver, sandbox } from "../test-support.ts";

const event = {
  uuid: "019b0000-0000-4000-8000-000000000001",
  event: "sign_up",
  distinct_id: "user-1",
  properties: { plan: "pro" },
  timestamp: "2026-01-01T00:00:00Z",
  url: "",
};
const globals = {
  event,
  person: { id: "p1", properties: { email: "ada@acme.example" }, name: "ada", url: "" },
};

async function tester() {
  const hook = await receiver((response, count) => response.writeHead(count === 1 ? 200 : 503).end());
  const running = await sandbox();
  const configuration = {
    template_id: "template-webhook",
    name: "Test",
    inputs: { url: { value: hook.url }, body: { value: { who: "{person.properties.email}" } } },
  };
  const invoke = (body: Json, id = "new") => running.api("POST", `hog_functions/${id}/invocations/`, body);
  return { ...running, hook, configuration, invoke };
}

describe("a test of a configuration (§3)", () => {
  test("sends nothing and tells what it would have sent", async () => {
    const { hook, invoke, configuration } = await tester();
    const { status, body } = await invoke({ configuration, globals });
    expect(status).toBe(200);
    expect(body).toMatchObject({ result: null, status: "success", errors: [] });
    expect(body.logs).toEqual([
      { timestamp: expect.any(String), level: "info", message: expect.stringContaining("mocked") },
      {
        timestamp: expect.any(String),
        level: "info",
        message: expect.stringContaining(`fetch('${hook.url}', {`),
      },
      { timestamp: expect.any(String), level: "debug", message: expect.stringContaining(event.uuid) },
    ]);
    expect(body.logs[1].message).toContain('"who": "ada@acme.example"');
    expect(hook.received).toEqual([]);
  });

  test("with `mock_async_functions` false really sends, once", async () => {
    const { hook, invoke, configuration, api } = await tester();
    const body = { configuration, globals, mock_async_functions: false };
    expect((await invoke(body)).body).toMatchObject({ status: "success", errors: [] });
    expect(hook.received.map(({ body }) => body)).toEqual(['{"who":"ada@acme.example"}']);
    // A retry would come later, in a queue that a test is not in
    const failed = (await invoke(body)).body;
    expect(failed).toMatchObject({ status: "success", errors: [] });
    expect(failed.logs).toMatchObject([{ level: "error", message: expect.stringContaining("status 503") }]);
    expect(hook.received).toHaveLength(2);
    expect((await api("GET", "hog_functions/?type=destination")).body.count).toBe(0);
  });

  test("fails where the code throws", async () => {
    const { invoke } = await tester();
    const configuration = { hog: "throw Error(f'no {event.event}')" };
    expect((await invoke({ configuration, globals })).body).toMatchObject({
      status: "error",
      errors: ["no sign_up"],
      logs: [{ level: "error", message: expect.stringContaining("no sign_up") }],
    });
  });

  test.each<[string, Json, string]>([
    [
      "an event that the filters do not take",
      { filters: { events: [{ id: "other", type: "events" }] } },
      "info",
    ],
    ["inputs that cannot be made", { inputs: { url: { value: "{distinct_id}" } } }, "error"],
  ])("is skipped for %s", async (_, rest, level) => {
    const { invoke, configuration } = await tester();
    const { body } = await invoke({ configuration: { ...configuration, ...rest }, globals });
    expect(body).toMatchObject({ status: "skipped", errors: [], logs: [{ level }] });
  });

  test("takes the stored secrets where they are left as they were, and tells none", async () => {
    const { invoke, api, hook } = await tester();
    const hog = "print(inputs.key)\nfetch(inputs.url, {'headers': {'X-Key': inputs.key}})";
    const inputs_schema = [
      { key: "key", type: "string", secret: true },
      { key: "url", type: "string" },
    ];
    const url = { value: hook.url };
    const { body: fn } = await api("POST", "hog_functions/", {
      hog,
      inputs_schema,
      inputs: { key: { value: "s3cret" }, url },
    });
    const configuration = { ...fn, inputs: { key: { secret: true }, url } };
    const mocked = await invoke({ configuration, globals }, fn.id);
    expect(mocked.body.status).toBe("success");
    expect(mocked.text).not.toContain("s3cret");
    await invoke({ configuration, globals, mock_async_functions: false }, fn.id);
    expect(hook.received[0]?.headers["x-key"]).toBe("s3cret");
    // under `new` nothing is stored
    expect((await invoke({ configuration, globals })).body).toEqual({
      configuration: { inputs: { key: [expect.stringContaining("No value is saved")] } },
    });
  });

  test("takes an event as ClickHouse has it", async () => {
    const { invoke, configuration } = await tester();
    const row = {
      uuid: event.uuid,
      event: "sign_up",
      distinct_id: "user-1",
      properties: '{"plan":"pro"}',
      timestamp: "2026-01-01 00:00:00.000",
      person_id: "p1",
      person_properties: '{"email":"row@acme.example"}',
    };
    const { body } = await invoke({ configuration, clickhouse_event: row });
    expect(body.logs[1].message).toContain("row@acme.example");
    const broken = await invoke({ configuration, clickhouse_event: { ...row, properties: "{" } });
    expect(broken).toMatchObject({ status: 500, body: { status: "error" } });
  });

  const unevent = { status: 400, body: { status: "error", errors: ["Missing event"] } };
  test.each<[string, Json, Json]>([
    ["no event", {}, unevent],
    ["globals without one", { globals: { person: {} } }, unevent],
    ["an empty row", { clickhouse_event: {} }, unevent],
    [
      "an invocation id that is no UUID",
      { globals, invocation_id: "1" },
      { status: 400, body: { errors: ["Invalid invocation ID"] } },
    ],
    [
      "globals that are no dictionary: the raw errors",
      { globals: 1 },
      { status: 400, body: { globals: ['Expected a dictionary of items but got type "int".'] } },
    ],
    [
      "a configuration that is none: the raw errors",
      { globals, configuration: { hog: "" } },
      { status: 400, body: { configuration: { hog: ["This field may not be blank."] } } },
    ],
    [
      "no configuration",
      { globals, configuration: undefined },
      { status: 400, body: { type: "validation_error", attr: "configuration" } },
    ],
    ["a draft", { globals, use_draft: true }, { status: 501, body: { code: "not_in_sandbox" } }],
  ])("is refused with %s", async (_, rest, answer) => {
    const { invoke, configuration } = await tester();
    expect(await invoke({ configuration, ...rest })).toMatchObject(answer);
  });
});
