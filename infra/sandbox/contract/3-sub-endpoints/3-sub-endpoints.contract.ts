import { expect } from "vitest";
import { type Json, receiver, sandbox } from "../../test-support.ts";
import { nobody } from "../clean-up.ts";
import { fact, untested } from "../contract.ts";
import type { Row, Target } from "../target.ts";

const globals = {
  event: { uuid: "0190a0a0-0000-7000-8000-000000000001", event: "a", distinct_id: "u", properties: {} },
  person: { id: "p", properties: {} },
};
const fetching = "let r := fetch('https://a.example/x', {'method': 'POST', 'body': 'b'}) print(r.status)";

function invoke(ph: Target, body: Json, id = "new") {
  return ph.api("POST", `hog_functions/${id}/invocations/`, body);
}

const configuration = (rest: Json = {}) => ({
  ...{
    type: "destination",
    name: "test",
    hog: "print(event.event)",
    inputs_schema: [],
    inputs: {},
    filters: {},
  },
  ...rest,
});

fact("3", "invocations runs a configuration that is nowhere saved, at the id `new`", async (ph) => {
  const answer = await invoke(ph, { configuration: configuration(), globals });
  expect(answer).toMatchObject({ status: 200, body: { status: "success", errors: [] } });
  expect(answer.body.logs).toContainEqual({
    timestamp: expect.any(String),
    level: expect.stringMatching(/^info$/i),
    message: "a",
  });
});

fact("3", "Its answer is {result, status, errors, logs}", async (ph) => {
  const { body } = await invoke(ph, { configuration: configuration(), globals });
  expect(Object.keys(body)).toEqual(expect.arrayContaining(["result", "status", "errors", "logs"]));
});

fact("3", "`configuration` is required", async (ph) => {
  expect((await invoke(ph, { globals })).status).toBe(400);
});

fact("3", "{secret: true} in it stands for the stored secret", async (ph) => {
  const inputs_schema = [{ key: "key", type: "string", secret: true }];
  const { fn } = await ph.create({ inputs_schema, inputs: { key: { value: "s3cret" } } });
  const marked = configuration({
    hog: "print(length(inputs.key))",
    inputs_schema,
    inputs: { key: { secret: true } },
  });
  const { body } = await invoke(ph, { configuration: marked, globals }, fn.id);
  expect(body.logs.map(({ message }: Row) => message)).toContain("6");
  expect((await invoke(ph, { configuration: marked, globals })).status).toBe(400); // nothing is stored for `new`
});

fact("3", "Code that throws is the status error, with the error", async (ph) => {
  const { body } = await invoke(ph, { configuration: configuration({ hog: "throw Error('no')" }), globals });
  expect(body).toMatchObject({ status: "error", errors: [expect.stringContaining("no")] });
});

fact("3", "A filter that does not take the event is the status skipped", async (ph) => {
  const filters = { events: [{ id: "other", type: "events" }] };
  expect((await invoke(ph, { configuration: configuration({ filters }), globals })).body.status).toBe(
    "skipped",
  );
});

fact("3", "Neither globals nor an event: 400 “Missing event”", async (ph) => {
  const answer = await invoke(ph, { configuration: configuration() });
  expect(answer).toMatchObject({ status: 400, body: { status: "error", errors: ["Missing event"] } });
});

fact(
  "3",
  "With mocks, which is the default, fetch is not made: it gives 200 and {}, and is logged",
  async (ph) => {
    const { body } = await invoke(ph, { configuration: configuration({ hog: fetching }), globals });
    const messages: string[] = body.logs.map(({ message }: Row) => message);
    expect(messages).toContain("200");
    const mocked = messages.join("\n");
    for (const part of ["mock", "https://a.example/x", "POST"]) expect(mocked).toContain(part);
  },
);

fact("3", "Without mocks it really sends", { needs: "sandbox" }, async () => {
  const hook = await receiver();
  const { api } = await sandbox();
  const hog = `print(fetch('${hook.url}', {'body': 'b'}).status)`;
  const body = { configuration: configuration({ hog }), globals };
  await api("POST", "hog_functions/new/invocations/", { ...body, mock_async_functions: true });
  expect(hook.received).toHaveLength(0);
  await api("POST", "hog_functions/new/invocations/", { ...body, mock_async_functions: false });
  expect(hook.received).toHaveLength(1);
});

fact("3", "`clickhouse_event` is an event as the database has it", async (ph) => {
  const row = {
    ...{
      uuid: globals.event.uuid,
      event: "from a row",
      distinct_id: "u",
      timestamp: "2026-01-01 00:00:00.000",
    },
    ...{ properties: '{"n":5}', person_id: globals.event.uuid, person_properties: "{}", elements_chain: "" },
    ...{ team_id: ph.projectId, created_at: "2026-01-01 00:00:00.000" },
  };
  const asked = {
    configuration: configuration({ hog: "print(event.event, event.properties.n)" }),
    clickhouse_event: row,
  };
  const { body } = await invoke(ph, asked);
  expect(body.logs.map(({ message }: Row) => message)).toContain("from a row, 5");
});

untested("3", "`use_draft` runs the draft", "the sandbox has no drafts, and says so (501)");
untested("3", "An error of the worker comes with its HTTP code", "the sandbox is one process");

/** A function that printed a line and failed on `bad`, three events long. */
async function observed() {
  const running = await sandbox();
  const hog = "print('line of', event.event) if (event.event == 'bad') { throw Error('no') }";
  const { body: fn } = await running.api("POST", "hog_functions/", { hog, enabled: true });
  for (const event of ["one", "bad", "two"]) await running.settled(await running.capture(event));
  const get = async (path: string) => (await running.api("GET", `hog_functions/${fn.id}/${path}`)).body;
  const messages = async (query: string) => {
    const { results } = await get(`logs/?${query}`);
    return results
      .map(({ message }: Row) => message)
      .filter((message: string) => message.startsWith("line of"));
  };
  return { fn, get, messages, ...running };
}

fact(
  "3",
  "logs are rows of {log_source_id, instance_id, timestamp, level, message}, the level in capitals",
  { needs: "sandbox" },
  async () => {
    const { get, fn } = await observed();
    const { results } = await get("logs/");
    for (const row of results) {
      expect(Object.keys(row).sort()).toEqual([
        "instance_id",
        "level",
        "log_source_id",
        "message",
        "timestamp",
      ]);
      expect(row).toMatchObject({ log_source_id: fn.id, level: expect.stringMatching(/^[A-Z]+$/) });
    }
    expect(results.length).toBeGreaterThanOrEqual(4);
  },
);

fact("3", "logs take `limit` from 1 to 500, 50 unless told", { needs: "sandbox" }, async () => {
  const { get, api, fn } = await observed();
  expect((await get("logs/?limit=2")).results).toHaveLength(2);
  for (const limit of [0, 501]) {
    expect((await api("GET", `hog_functions/${fn.id}/logs/?limit=${limit}`)).status).toBe(400);
  }
  expect((await api("GET", `hog_functions/${fn.id}/logs/?limit=500`)).status).toBe(200);
});

fact("3", "logs take `level`, several with commas, and `search`", { needs: "sandbox" }, async () => {
  const { get, messages } = await observed();
  const levels = async (query: string) =>
    new Set((await get(`logs/?${query}`)).results.map(({ level }: Row) => level));
  expect(await levels("level=error")).toEqual(new Set(["ERROR"]));
  expect(await levels("level=error,info")).toEqual(new Set(["ERROR", "INFO"]));
  expect(await messages("search=two")).toEqual(["line of, two"]);
});

fact("3", "logs take `instance_id`, one run", { needs: "sandbox" }, async () => {
  const { get, messages } = await observed();
  const { results } = await get("logs/?search=line of, two");
  expect(await messages(`instance_id=${results[0].instance_id}`)).toEqual(["line of, two"]);
});

fact("3", "logs take `after` and `before`", { needs: "sandbox" }, async () => {
  const { messages } = await observed();
  expect(await messages("after=2001-01-01T00:00:00Z")).toHaveLength(3);
  expect(await messages("before=2001-01-01T00:00:00Z")).toEqual([]);
});

fact(
  "3",
  "metrics are {labels, series: [{name, values}]}, of the last seven days unless told",
  { needs: "sandbox" },
  async () => {
    const { get } = await observed();
    const { labels, series } = await get("metrics/?breakdown_by=name&name=succeeded");
    expect(labels.length).toBeGreaterThanOrEqual(7);
    expect(series).toEqual([{ name: "succeeded", values: expect.any(Array) }]);
    expect(series[0].values.at(-1)).toBe(2);
    expect(series[0].values).toHaveLength(labels.length);
  },
);

fact("3", "metrics take the intervals hour, day and week", { needs: "sandbox" }, async () => {
  const { api, fn, get } = await observed();
  const count = async (interval: string) => (await get(`metrics/?interval=${interval}`)).labels.length;
  expect(await count("hour")).toBeGreaterThan(await count("day"));
  expect(await count("day")).toBeGreaterThan(await count("week"));
  expect((await api("GET", `hog_functions/${fn.id}/metrics/?interval=year`)).status).toBe(400);
});

fact("3", "metrics break down by kind or name", { needs: "sandbox" }, async () => {
  const { get } = await observed();
  const names = async (by: string) =>
    (await get(`metrics/?breakdown_by=${by}`)).series.map(({ name }: Row) => name);
  expect(await names("kind")).toEqual(expect.arrayContaining(["success", "failure"]));
  expect(await names("name")).toEqual(expect.arrayContaining(["succeeded", "failed", "triggered"]));
});

fact("3", "metrics/totals is {totals}", { needs: "sandbox" }, async () => {
  const { get } = await observed();
  const { totals } = await get("metrics/totals/?breakdown_by=name");
  expect(totals).toMatchObject({ triggered: 3, succeeded: 2, failed: 1 });
});

/** What one function counts of events that end in every way. */
async function countedNames(rest: Json, event: Json = {}): Promise<string[]> {
  const hook = await receiver((response) => response.writeHead(404).end());
  const { webhook, api, capture, settled } = await sandbox();
  const { id } = await webhook(hook.url, rest, (rest.own ?? {}) as Json); // one of the cases below
  const { name = "a", ...more } = event;
  for (let count = 0; count < 2; count++) await settled(await capture(String(name), more));
  return Object.keys((await api("GET", `hog_functions/${id}/metrics/totals/?breakdown_by=name`)).body.totals);
}

const names: [string, Json, string[]][] = [
  ["a delivery that fails", {}, ["triggered", "failed", "fetch"]],
  ["an event that the filter refuses", { filters: { events: [{ id: "b", type: "events" }] } }, ["filtered"]],
  [
    "a filter that throws",
    { filters: { properties: [{ key: "jsonParse('{')", type: "hogql" }] } },
    ["filtering_failed"],
  ],
  ["inputs that cannot be made", { own: { body: { value: "{nobody.x}" } } }, ["inputs_failed"]],
  ["an event held back", { masking: { ttl: 60, hash: "{event.event}" } }, ["masked"]],
];
for (const [what, rest, expected] of names) {
  fact("3", `${what} counts as ${expected.join(", ")}`, { needs: "sandbox" }, async () => {
    expect(await countedNames(rest)).toEqual(expect.arrayContaining(expected));
  });
}

untested("3", "billable_invocation", "it counts for the project, at no function of it (§11.14)");
untested("3", "rate_limited", "observed and not enforced in the version that was read (§4.1)");

fact("3", "publish and discard_draft exist; without a draft publish is a 400", async (ph) => {
  const { fn } = await ph.create();
  expect((await ph.api("POST", `hog_functions/${fn.id}/publish/`, {})).status).toBe(400);
  expect((await ph.api("POST", `hog_functions/${fn.id}/discard_draft/`)).status).toBe(200);
});

untested(
  "3",
  "revisions/, revisions/{v}/ and revisions/{v}/restore/ exist",
  "the sandbox keeps no revisions, and says so (501)",
);

fact("3", "rearrange takes {orders: {id: number}}", async (ph) => {
  expect((await ph.api("PATCH", "hog_functions/rearrange/", {})).status).toBe(400);
  const orders = { [nobody.function]: 1 };
  expect((await ph.api("PATCH", "hog_functions/rearrange/", { orders })).status).toBe(400);
});
