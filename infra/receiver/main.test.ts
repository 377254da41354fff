import { type ChildProcess, spawn } from "node:child_process";
import { request as httpRequest } from "node:http";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";
import { listDeliveries } from "./admin.ts";
import {
  type Call,
  contactSaved,
  eventBody,
  fakePartner,
  type Reply,
  signedHeaders,
  signingKey,
  tempFolder,
} from "./testing.ts";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));
const until = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 15_000, interval: 20 });

type Running = {
  url: string;
  child: ChildProcess;
  lines: string[];
  exited: Promise<number | NodeJS.Signals | null>;
};

/** The real process with the real example handlers, `crm` and `notify`. */
async function start(
  environment: Record<string, string>,
  command = [process.execPath, main],
): Promise<Running> {
  const run = launch(environment, command);
  const url = await Promise.race([
    run.exited.then((code) =>
      Promise.reject(new Error(`the receiver ended with ${code}: ${run.lines.join("\n")}`)),
    ),
    until(() => {
      const listening = run.lines
        .map((line) => JSON.parse(line))
        .find(({ message }) => message === "listening");
      expect(listening).toBeDefined();
      return String(listening.url);
    }),
  ]);
  return { ...run, url };
}

function launch(
  environment: Record<string, string>,
  [command = "", ...args]: string[] = [process.execPath, main],
): Omit<Running, "url"> {
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface(stream).on("line", (line) => lines.push(line));
  // "close" comes after the last line.
  const exited = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.once("close", (code, signal) => resolve(code ?? signal)),
  );
  return { child, lines, exited };
}

async function partners(hubspot: (call: Call) => Reply | "hang" = () => contactSaved("ada@example.com")) {
  const crm = await fakePartner(hubspot);
  const slack = await fakePartner(() => ({ status: 200, body: "ok" }));
  const environment = {
    HOGWIRE_PORT: "0",
    HOGWIRE_SIGNING_KEY: signingKey,
    HOGWIRE_ROUTES: '{"signups":["crm","notify"]}',
    HOGWIRE_SETTINGS: JSON.stringify({
      hubspotToken: "a-token",
      hubspotUrl: crm.url,
      slackWebhookUrl: slack.url,
    }),
    HOGWIRE_DATA: tempFolder(),
    HOGWIRE_VERSION: "v1",
  };
  return { crm, slack, environment, data: environment.HOGWIRE_DATA };
}

function send(url: string, uuid: string, id = `msg-${uuid}`): Promise<Response> {
  const body = eventBody(uuid);
  return fetch(`${url}/d/signups`, { method: "POST", body, headers: signedHeaders(body, { id }) });
}

async function killed({ child, exited }: Running): Promise<void> {
  child.kill("SIGKILL");
  expect(await exited).toBe("SIGKILL");
}

test("takes deliveries, hands them to the example handlers, and logs no personal data", async () => {
  const { crm, slack, environment, data } = await partners();
  const { url, lines, child, exited } = await start(environment);
  expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ ready: true, version: "v1" });
  expect((await send(url, "one")).status).toBe(202);
  await until(() => expect(listDeliveries(data)).toMatchObject([{ uuid: "one", state: "handled" }]));
  expect(crm.calls).toMatchObject([{ headers: { authorization: "Bearer a-token" } }]);
  expect(slack.calls).toMatchObject([{ body: { text: ":wave: Ada signed up" } }]);
  child.kill("SIGTERM");
  expect(await exited).toBe(0);
  for (const line of lines) expect(() => JSON.parse(line), line).not.toThrow(); // no warning of Node's, no stack
  expect(lines.join("\n")).not.toMatch(/ada@|user-123|Ada|a-token|a signing key/);
});

test("handles after a restart, once by each handler, what it had acknowledged before kill -9", async () => {
  let down = true;
  const { crm, slack, environment, data } = await partners(() =>
    down ? "hang" : contactSaved("ada@example.com"),
  );
  const first = await start(environment);
  expect((await send(first.url, "one")).status).toBe(202);
  await until(() =>
    expect(listDeliveries(data)).toMatchObject([{ handlers: [{ state: "running" }, { state: "handled" }] }]),
  );
  await killed(first);
  down = false;
  const second = await start(environment);
  expect((await send(second.url, "one")).status).toBe(202); // PostHog never saw the first answer
  expect((await send(second.url, "one", "msg-rerun")).status).toBe(202);
  await until(() => expect(listDeliveries(data)).toMatchObject([{ uuid: "one", state: "handled" }]));
  expect(crm.calls).toHaveLength(2); // the one that hung, and the one that counts
  expect(slack.calls).toHaveLength(1);
});

test("has in its file, after kill -9, every one of 200 concurrent deliveries that it acknowledged", async () => {
  const { environment, data } = await partners(() => "hang");
  const receiver = await start(environment);
  const acknowledged: string[] = [];
  const sent = Array.from({ length: 200 }, async (_, n) => {
    const response = await send(receiver.url, `event-${n}`).catch(() => undefined); // cut off by the kill
    if (response?.status === 202) acknowledged.push(`event-${n}`);
    if (acknowledged.length === 100) receiver.child.kill("SIGKILL");
  });
  await Promise.all(sent);
  expect(await receiver.exited).toBe("SIGKILL");
  expect(acknowledged.length).toBeGreaterThanOrEqual(100);
  const stored = new Set(listDeliveries(data, { limit: 1_000 }).map(({ uuid }) => uuid));
  expect(acknowledged.filter((uuid) => !stored.has(uuid))).toEqual([]);
});

test("acknowledges all of 200 concurrent deliveries", async () => {
  const { environment, data } = await partners();
  const { url } = await start(environment);
  const responses = await Promise.all(Array.from({ length: 200 }, (_, n) => send(url, `event-${n}`)));
  expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([202]));
  expect(listDeliveries(data, { limit: 1_000 })).toHaveLength(200);
});

test("drains on SIGTERM: what runs is finished, what waits is kept, nothing new is taken", async () => {
  let answer = (): Reply | "hang" => "hang";
  const { crm, environment, data } = await partners(() => answer());
  const receiver = await start(environment);
  await send(receiver.url, "one");
  await until(() => expect(crm.calls).toHaveLength(1));
  receiver.child.kill("SIGTERM");
  await until(() => expect(receiver.lines.join("\n")).toContain("draining"));
  await expect(send(receiver.url, "two")).rejects.toThrow();
  expect(receiver.child.exitCode).toBeNull();
  answer = () => contactSaved("ada@example.com");
  crm.release();
  expect(await receiver.exited).toBe(0);
  expect(listDeliveries(data)).toMatchObject([{ uuid: "one", state: "handled" }]);
});

test("answers 413 to a long chunked body and lives on", async () => {
  const { environment } = await partners();
  const { url } = await start(environment);
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const request = httpRequest(`${url}/d/signups`, { method: "POST" }, (response) => {
      resolve(response.statusCode);
      request.destroy();
    });
    const chunk = Buffer.alloc(64 * 1024);
    let left = 500;
    const pump = () => {
      while (!request.destroyed && left > 0 && request.write(chunk)) left -= 1;
      if (left === 0) request.end();
    };
    request.on("drain", pump).on("error", reject);
    pump();
  });
  expect(status).toBe(413);
  expect((await send(url, "one")).status).toBe(202);
});

test("refuses a body that is cut off, and lives on", async () => {
  const { environment, data } = await partners();
  const { url, lines } = await start(environment);
  const request = httpRequest(`${url}/d/signups`, { method: "POST", headers: { "content-length": "100" } });
  request.on("error", () => {}); // it is we who cut it
  request.write("half", () => request.destroy());
  await until(() => expect(lines.join("\n")).toContain("ended before it was complete"));
  expect((await send(url, "one")).status).toBe(202);
  expect(listDeliveries(data)).toHaveLength(1);
  for (const line of lines) expect(() => JSON.parse(line), line).not.toThrow();
});

// The largest file that this process may write stands for a full disk.
test("answers 503 when the disk takes no more, and says that it is not ready", async () => {
  const { environment } = await partners(() => "hang");
  const { url } = await start(environment, [
    "sh",
    "-c",
    'ulimit -f 300; exec "$0" "$1"',
    process.execPath,
    main,
  ]);
  const statuses: number[] = [];
  await until(async () => {
    statuses.push((await send(url, `event-${statuses.length}`)).status);
    expect(statuses.at(-1)).toBe(503);
  });
  expect(statuses[0]).toBe(202);
  expect((await fetch(`${url}/readyz`)).status).toBe(503);
  expect((await fetch(`${url}/livez`)).status).toBe(200);
});

test("says in a sentence that its port is in use", async () => {
  const { environment } = await partners();
  const { url } = await start(environment);
  const second = launch({ ...environment, HOGWIRE_DATA: tempFolder(), HOGWIRE_PORT: new URL(url).port });
  expect(await second.exited).toBe(1);
  expect(second.lines).toEqual([
    `127.0.0.1:${new URL(url).port} is in use: stop what listens there, or choose another port with HOGWIRE_PORT.`,
  ]);
});

test("says in a sentence that another receiver has its inbox", async () => {
  const { environment } = await partners();
  await start(environment);
  const second = launch(environment);
  expect(await second.exited).toBe(1);
  expect(second.lines).toEqual([
    expect.stringMatching(/^The inbox .*inbox\.db is used by another receiver: stop it first/),
  ]);
});

test("says all that is wrong with its configuration", async () => {
  const { environment } = await partners();
  const noKey = launch({ ...environment, HOGWIRE_SIGNING_KEY: "", HOGWIRE_PORT: "x" });
  expect(await noKey.exited).toBe(2);
  expect(noKey.lines).toEqual([
    "HOGWIRE_PORT must be a port",
    "HOGWIRE_SIGNING_KEY must have 16 characters or more",
  ]);
  const noHandler = launch({ ...environment, HOGWIRE_ROUTES: '{"a":["missing"],"b":["gone"]}' });
  expect(await noHandler.exited).toBe(2);
  expect(noHandler.lines).toEqual([
    "Handler missing is named by a route, but destinations/handlers/missing.ts does not exist.",
    "Handler gone is named by a route, but destinations/handlers/gone.ts does not exist.",
  ]);
  const noSettings = launch({ ...environment, HOGWIRE_SETTINGS: "{}" });
  expect(await noSettings.exited).toBe(2);
  expect(noSettings.lines).toEqual([
    "Handler crm needs the secret hubspotToken: npx pulumi config set --secret hogwire:hubspotToken",
    "Handler notify needs the secret slackWebhookUrl: npx pulumi config set --secret hogwire:slackWebhookUrl",
  ]);
});
