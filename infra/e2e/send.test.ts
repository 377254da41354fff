import { createServer, request as forward } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import { changeByHand, destinationsIn, setFaults } from "./posthog.ts";
import { createProject, finished, type Project, type Run } from "./project.ts";

let sandbox: Sandbox;
let project: Project;
let id = "";

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, data: ":memory:", retries: "back-to-back" });
  project = await createProject(sandbox.url);
  await project.pulumi("stack", "select", "--create");
  const up = await project.pulumi("up", "--yes", "--skip-preview");
  if (up.exitCode !== 0) throw new Error(up.output);
  id = (await destinationsIn(sandbox.url))[0]?.id ?? "";
}, 60_000);

afterEach(() => fetch(`${sandbox.url}/_sandbox/faults`, { method: "DELETE" }));

afterAll(async () => {
  await project.pulumi("destroy", "--yes");
  project.remove();
  await sandbox.close();
}, 60_000);

const send = (...args: string[]): Promise<Run> =>
  project.run("node", "infra/cli/hogwire.js", "send", ...args);

/** The same as a program reads it, with the branch of the one destination there is. */
async function sendJson(...args: string[]) {
  const { exitCode, output } = await send(...args, "--json");
  const { data, ...envelope } = JSON.parse(output);
  return { exitCode, ...envelope, data, branch: data.branches?.[0] };
}

const names = (branch: { steps: { stage: string }[] }) => branch.steps.map(({ stage }) => stage);

test("follows an event through every stage, with times", async () => {
  const { exitCode, output } = await send("user_signed_up");
  expect(exitCode, output).toBe(0);
  expect(output).toContain("user_signed_up as in 'a signup is sent, with who it was' (destinations/signup-n");
  expect(output).toMatch(/^✔ captured +\d+ ms {2}http:\/\/127/m);
  expect(output).toMatch(/^ {2}✔ matched +\d+ ms$/m);
  expect(output).toMatch(
    /^ {2}✔ sent +\d+ ms {2}POST http:\S+\/d\/signup-notifications, signed: answered 202$/m,
  );
  expect(output).toMatch(/^ {2}✔ stored +\d+ ms {2}verified, delivery [0-9a-f-]{36}$/m);
  expect(output).toMatch(/^ {2}✔ handled +\d+ ms {2}crm, notify$/m);
  expect(output).toContain("✔ It arrived: signup-notifications.");

  const program = await sendJson("user_signed_up", "--to", "signup-notifications");
  expect(program).toMatchObject({ exitCode: 0, command: "send", ok: true, diagnostics: [] });
  expect(names(program.branch)).toEqual(["matched", "sent", "stored", "handled"]);
  const times = [program.data.captured, ...program.branch.steps].map(({ ms }) => ms);
  expect(times.toSorted((a, b) => a - b)).toEqual(times);
});

test("not captured: says who refused it, and with what", async () => {
  await setFaults(sandbox.url, [{ match: { path: "^/batch/" }, status: 503 }]);
  const { exitCode, data } = await sendJson("user_signed_up");
  expect(exitCode).toBe(1);
  expect(data).toMatchObject({
    stopped: { stage: "captured", reason: expect.stringContaining("/batch/ answered 503") },
    branches: [],
  });
});

test("not matched: says which condition, and where it stands", async () => {
  const { exitCode, output } = await send("subscription_started", "--properties", "{plan: free}");
  expect(exitCode).toBe(1);
  expect(output).toMatch(/· not matched +\d+ ms {2}does not hold: .*pro.*team/);
  const lines = project.read("destinations/signup-notifications.yaml").split("\n");
  const line = lines.findIndex((text) => text.includes("plan: [pro, team]")) + 1;
  expect(output).toContain(`destinations/signup-notifications.yaml:${line}:`);
  expect(output).toContain("✘ No destination takes it.");
});

test("what one send sets on its person makes no later one fail", async () => {
  const args = ["subscription_started", "--properties", "{plan: pro}"];
  await send(...args, "--person", "{email: tester@acme.example}");
  const [first, second] = [await sendJson(...args), await sendJson(...args)];
  expect([first.exitCode, second.exitCode]).toEqual([0, 0]);
  expect(first.data.distinct_id).toMatch(/^sample-user-[0-9a-f]{8}$/);
  expect(second.data.distinct_id).not.toBe(first.data.distinct_id);
});

test("not matched is right where the sample says so", async () => {
  const { exitCode, branch } = await sendJson("--sample", "our own people are not");
  expect(exitCode).toBe(0);
  expect(branch).toMatchObject({
    steps: [],
    stopped: { stage: "matched", place: { line: expect.any(Number) } },
  });
});

test("not sent: says the log line", async () => {
  const inputs = await withInputs({ body: { value: { a: "{nowhere}" } } });
  const { exitCode, branch } = await sendJson("user_signed_up");
  await changeByHand(sandbox.url, id, { inputs });
  expect(exitCode).toBe(1);
  expect(names(branch)).toEqual(["matched"]);
  expect(branch.stopped).toMatchObject({ stage: "sent", reason: expect.stringContaining("nowhere") });
});

test("refused: says the receiver's reason", async () => {
  const wrong = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
  await withInputs({ signing_secret: { value: wrong } });
  const { exitCode, branch } = await sendJson("user_signed_up");
  expect(exitCode).toBe(1);
  expect(branch.stopped).toMatchObject({
    stage: "sent",
    reason: expect.stringMatching(/^POST http:\S+, signed: answered 401: The signature does not match/),
  });
  expect((await project.pulumi("up", "--yes", "--skip-preview")).output).toContain("1 updated");
}, 60_000);

test("stored, but a handler failed: says which, and why", async () => {
  await setFaults(sandbox.url, [{ match: { path: "^/_partners/hubspot" }, status: 500 }]);
  const { exitCode, branch } = await sendJson("user_signed_up");
  expect(exitCode).toBe(1);
  expect(names(branch)).toEqual(["matched", "sent", "stored"]);
  expect(branch.stopped).toMatchObject({
    stage: "handled",
    reason: expect.stringMatching(/^handler crm failed, and tries again \(attempt 1\): .*500/),
    hint: expect.stringContaining("npx hogwire inbox show"),
  });
});

/** Runs `work` while the stack's PostHog is another address. */
async function against<T>(host: string, work: () => Promise<T>): Promise<T> {
  const file = project.read("Pulumi.dev.yaml");
  project.write("Pulumi.dev.yaml", file.replaceAll(sandbox.url, host));
  try {
    return await work();
  } finally {
    project.write("Pulumi.dev.yaml", file);
  }
}

test("a PostHog that does not answer, and what to do", async () => {
  const { exitCode, data } = await against("http://127.0.0.1:9", () => sendJson("user_signed_up"));
  expect(exitCode).toBe(1);
  expect(data.error).toContain("The sandbox is started by `npm start`");
});

describe("--mock", () => {
  test("captures and sends nothing, and shows what would be sent", async () => {
    await fetch(`${sandbox.url}/_sandbox/requests`, { method: "DELETE" });
    const { exitCode, output } = await send("user_signed_up", "--mock");
    expect(exitCode, output).toBe(0);
    expect(output).toMatch(
      /^ {4}POST http:\S+\/d\/signup-notifications\n {4}Content-Type: application\/json$/m,
    );
    expect(output).toMatch(/^ {4}webhook-id, webhook-timestamp, webhook-signature$/m);
    expect(output).toContain('"email": "someone@example.com"');
    expect(output).toContain("✔ It would be sent: signup-notifications.");
    const answer = await fetch(`${sandbox.url}/_sandbox/requests`);
    const log = (await answer.json()) as { requests: { path: string }[] }; // our own server's
    expect(log.requests.filter(({ path }) => path.startsWith("/batch"))).toEqual([]);
  });

  test("says which condition says no", async () => {
    const args = ["subscription_started", "--mock", "--properties", "{plan: free}"];
    const { exitCode, branch } = await sendJson(...args);
    expect(exitCode).toBe(1);
    expect(branch.stopped).toMatchObject({
      stage: "matched",
      reason: expect.stringContaining("team"),
      place: { file: "destinations/signup-notifications.yaml" },
    });
  });

  test("a destination that is switched off would send, but does not", async () => {
    await changeByHand(sandbox.url, id, { enabled: false });
    const { exitCode, output } = await send("user_signed_up", "--mock");
    await changeByHand(sandbox.url, id, { enabled: true });
    expect(exitCode).toBe(1);
    expect(output).toContain("it is switched off: it would be sent when it is on");
    expect(output).not.toContain("It would be sent:");
  });

  test("says which input fails", async () => {
    const inputs = await withInputs({ body: { value: { a: "{nowhere}" } } });
    const { exitCode, branch } = await sendJson("user_signed_up", "--mock");
    await changeByHand(sandbox.url, id, { inputs });
    expect(exitCode).toBe(1);
    expect(branch.stopped).toMatchObject({ stage: "sent", reason: expect.stringContaining("nowhere") });
  });
});

describe("against a PostHog that is no sandbox", () => {
  let real: { url: string; close(): void };
  beforeAll(async () => {
    real = await withoutItsOwnPaths(sandbox.url);
  });
  afterAll(() => real.close());
  const sendReal = (...args: string[]) => against(real.url, () => sendJson(...args));

  test("its logs and the receiver's inbox tell the way, under a distinct_id that is nobody's", async () => {
    const { exitCode, data, branch } = await sendReal("user_signed_up");
    expect(exitCode).toBe(0);
    expect(data.distinct_id).toBe("hogwire-send");
    expect(names(branch)).toEqual(["matched", "sent", "stored", "handled"]);
  });

  test("a refused delivery is told by the log, with its attempts", async () => {
    const wrong = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
    await withInputs({ signing_secret: { value: wrong } });
    const { exitCode, branch } = await sendReal("user_signed_up");
    expect((await project.pulumi("up", "--yes", "--skip-preview")).output).toContain("1 updated");
    expect(exitCode).toBe(1);
    expect(branch.stopped).toMatchObject({ stage: "sent", reason: expect.stringContaining("401") });
  }, 60_000);

  test("an input that fails is told by the log", async () => {
    const inputs = await withInputs({ body: { value: { a: "{nowhere}" } } });
    const { branch } = await sendReal("user_signed_up");
    await changeByHand(sandbox.url, id, { inputs });
    expect(branch.stopped).toMatchObject({ stage: "sent", reason: expect.stringContaining("nowhere") });
  });

  test("of a filtered event nothing is seen: the filter is read here, and the counts are shown", async () => {
    const { exitCode, branch } = await sendReal(
      "subscription_started",
      "--properties",
      "{plan: free}",
      "--wait",
      "1",
    );
    expect(exitCode).toBe(1);
    expect(branch.stopped).toMatchObject({
      stage: "matched",
      reason: expect.stringContaining("team"),
      hint: expect.stringMatching(/PostHog tells nothing of one filtered event.* filtered \d/),
      place: { file: "destinations/signup-notifications.yaml" },
    });
  });

  test("a key that may not read the project's token", async () => {
    await setFaults(sandbox.url, [{ match: { path: "^/api/projects/1/$" }, status: 403 }]);
    const { exitCode, data } = await sendReal("user_signed_up");
    expect(exitCode).toBe(1);
    expect(data.error).toMatch(/project:read.*POSTHOG_PROJECT_TOKEN/);
  });
});

/** Changes some of the destination's inputs by hand, and returns all as they were. */
async function withInputs(changed: Record<string, unknown>): Promise<unknown> {
  const [row] = await destinationsIn(sandbox.url);
  const inputs = row?.inputs as Record<string, unknown>; // as PostHog reads it back
  await changeByHand(sandbox.url, id, { inputs: { ...inputs, ...changed } });
  return inputs;
}

/** The sandbox as a real PostHog looks: `/_sandbox` is not there. */
async function withoutItsOwnPaths(origin: string): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    if (request.url?.startsWith("/_sandbox")) return response.writeHead(404).end();
    const headers = { ...request.headers, host: new URL(origin).host };
    const onward = forward(origin + request.url, { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { url: `http://127.0.0.1:${address.port}`, close: () => server.close() };
}

test.each([
  ["--properties", "{plan: pro", "the closing `}` is missing", "--properties:1:10"],
  ["--person", "[1]", "`--person` must be a map, not a list", "--person:1:1"],
  ["--groups", "{company: {key: acme}}", "unknown key `key` in `company`", "--groups:1:12"],
])("%s %s is bad input, shown with its place", async (option, text, message, place) => {
  const { exitCode, output } = await send("user_signed_up", option, text);
  expect(exitCode).toBe(2);
  expect(output).toContain(message);
  expect(output).toContain(`--> ${place}`);
});

test.each([
  [["user_signed_up", "--to", "nowhere"], "It has: signup-notifications"],
  [["--sample", "a signup is sent, with who it is"], "Did you mean 'a signup is sent, with who it was'?"],
  [["user_signed_up", "--sample", "a page view is not"], "The sample 'a page view is not' is a $pageview"],
  [["--sample", "zzz"], "It has:\n  'a signup is sent, with who it was'"],
  [[], "Name an event"],
  [[""], "Name an event"],
])("%j is bad input", async (args, message) => {
  const { exitCode, output } = await send(...args);
  expect(exitCode).toBe(2);
  expect(output).toContain(message);
});

test("a person and a group go along", async () => {
  const args = ["subscription_started", "--properties", '{"plan":"pro"}', "--distinct-id", "ada"];
  const groups = "{company: {id: acme, properties: {tier: enterprise}}}";
  expect((await sendJson(...args, "--person", "{email: ada@example.com}", "--groups", groups)).exitCode).toBe(
    0,
  );
  const run = await finished(
    project.start("node", "infra/cli/hogwire.js", "inbox", "list", "--limit", "1", "--json"),
  );
  const [{ id: delivery }] = JSON.parse(run.output).data;
  const shown = await project.run("node", "infra/cli/hogwire.js", "inbox", "show", delivery, "--json");
  expect(JSON.parse(shown.output).data.body).toMatchObject({
    event: { distinct_id: "ada", properties: { plan: "pro", $groups: { company: "acme" }, $lib: "hogwire" } },
    person: { properties: { email: "ada@example.com" } },
  });
});
