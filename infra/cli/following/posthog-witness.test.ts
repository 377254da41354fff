import { createServer } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { createClient } from "../../posthog/http.ts";
import { createLimiter } from "../../posthog/limiter.ts";
import { captureHost } from "./capture.ts";
import type { Outgoing } from "./journey.ts";
import { postHogWitness } from "./posthog-witness.ts";

const uuid = "0190a0a0-0000-7000-8000-000000000001";
const event: Outgoing = { uuid, event: "e", distinct_id: "d", properties: {}, person: {}, groups: {} };
const destination = { slug: "a", id: "fn", name: "A", enabled: true, filters: {}, isOurs: false };

type Line = [instance: string, level: string, message: string];

/** A PostHog that has only these lines in the log of a function, the newest first, and answers them as `shape` says. */
async function withLog(lines: Line[], shape: (rows: object[]) => unknown = (results) => ({ results })) {
  const rows = lines.map(([instance_id, level, message], index) => ({
    log_source_id: "fn",
    instance_id,
    level,
    message,
    timestamp: new Date(Date.UTC(2026, 0, 1) - index).toISOString(),
  }));
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://localhost");
    const { search = "", instance_id = "" } = Object.fromEntries(url.searchParams);
    const found = rows.filter((row) => row.message.includes(search) && row.instance_id.includes(instance_id));
    response.end(JSON.stringify(shape(found)));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => void server.close());
  const address = server.address();
  const host = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  const client = createClient({ host, project: "1", apiKey: "phx", limiter: createLimiter({ host }) });
  const witness = postHogWitness(client, async () => ({ matched: true }));
  return async (enabled = true) => (await witness.look(event, [{ ...destination, enabled }])).get("fn");
}

const done: Line = ["run-1", "DEBUG", `ran to its end: https://p.example/events/${uuid}/2026`];
const threw: Line = ["run-1", "ERROR", `the code threw on ${uuid}: status 401`];
const attempt: Line = ["run-1", "ERROR", "attempt 1 was answered 401"];
const others: Line[] = [["run-2", "ERROR", "the code threw on another: no"]];

const cases: [string, Line[], object][] = [
  ["nothing yet", others, {}],
  [
    "a run that came to its end",
    [done, ...others],
    { matched: true, sent: { detail: "its log says that it ran to its end" } },
  ],
  [
    "a run that was refused, with the attempt",
    [threw, attempt, ...others],
    { matched: true, stopped: { stage: "sent", reason: threw[2], hint: attempt[2] } },
  ],
  [
    "an input that failed",
    [["run-3", "ERROR", `no inputs for ${uuid}: nowhere is not known`]],
    { matched: true, stopped: { stage: "sent" } },
  ],
  [
    "a filter that failed",
    [["run-3", "ERROR", `filtering ${uuid} failed: no`]],
    { matched: false, stopped: { stage: "matched" } },
  ],
];
test.each(cases)("a log with %s", async (_what, lines, expected) => {
  const look = await withLog(lines);
  const seen = await look();
  expect(seen).toMatchObject(expected);
  if (Object.keys(expected).length === 0) expect(seen).toEqual({});
});

test("an older PostHog answers the lines as a plain list", async () => {
  const look = await withLog([done], (rows) => rows);
  expect(await look()).toMatchObject({ matched: true });
});

test("a disabled destination is not asked", async () => {
  const look = await withLog([done]);
  expect(await look(false)).toMatchObject({ matched: false, stopped: { reason: "it is disabled" } });
});

test.each([
  ["https://us.posthog.com", "https://us.i.posthog.com"],
  ["https://eu.posthog.com", "https://eu.i.posthog.com"],
  ["https://app.posthog.com", "https://us.i.posthog.com"],
  ["https://posthog.acme.example", "https://posthog.acme.example"],
])("events of %s are captured at %s", (host, capture) => {
  expect(captureHost(host)).toBe(capture);
});
