import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { receiver, sandbox, until } from "./test-support.ts";

const hogwire = new URL("../cli/hogwire.js", import.meta.url).pathname;

/** The sandbox as a process of its own; `url` once it has said it. */
function start(...args: string[]) {
  const child = spawn(process.execPath, [hogwire, "sandbox", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const said = { text: "" };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk) => {
      said.text += chunk;
    });
  }
  const url = () => until(() => /http:\/\/[\d.:]+/.exec(said.text)?.[0]);
  return { child, said, url, ended: once(child, "close").then(([code]) => code) };
}

function folder(): string {
  const data = mkdtempSync(join(tmpdir(), "hogwire-sandbox-"));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  return data;
}

test("says where it is, and ends cleanly when told", async () => {
  const data = folder();
  const { child, url, ended } = start("--port", "0", "--data", data);
  const health = await fetch(`${await url()}/_sandbox/health`).then((response) => response.json());
  expect(health).toEqual({ ok: true, project: 1, data, pid: child.pid });
  expect(statSync(join(data, "sandbox.sqlite")).mode & 0o777).toBe(0o600); // it holds secrets
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
});

test("its flags reach the sandbox", async () => {
  const flags = ["--memory", "--seed", "7", "--refuse-unknown-globals", "--group-types", "company,project"];
  const { url, said } = start("--port", "0", ...flags);
  const at = await url();
  const headers = { authorization: "Bearer phx_sandbox", "content-type": "application/json" };
  const api = async (path: string, init: RequestInit = {}) =>
    (await fetch(`${at}${path}`, { ...init, headers })).json();
  expect(await api("/_sandbox/health")).toMatchObject({ data: ":memory:" });
  expect(await api("/api/projects/1/groups_types/")).toMatchObject([
    { group_type: "company" },
    { group_type: "project" },
  ]);
  const inputs = { url: { value: "http://127.0.0.1/{distinct_id}" } };
  const body = JSON.stringify({ template_id: "template-webhook", inputs });
  expect(await api("/api/projects/1/hog_functions/", { method: "POST", body })).toMatchObject({
    detail: expect.stringContaining("distinct_id"),
  });
  await until(() => /Seeded with .* \(seed 7\)/.exec(said.text) ?? undefined);
});

test("a folder with events is not seeded a second time, and it says so", async () => {
  const data = folder();
  const seeded = start("--port", "0", "--data", data, "--seed");
  await until(() => /Seeded with the [\d,]+ events/.exec(seeded.said.text) ?? undefined);
  seeded.child.kill("SIGTERM");
  expect(await seeded.ended).toBe(0);
  const again = start("--port", "0", "--data", data, "--seed");
  await until(() => /It has events already: --seed adds none/.exec(again.said.text) ?? undefined);
});

test.each([
  [
    "another program",
    async () => Number(new URL((await receiver((answer) => answer.writeHead(404).end())).url).port),
  ],
  ["a sandbox that runs already (npm stop ends this project's)", async () => (await sandbox()).port],
])("says in one sentence that its port is taken by %s", async (occupant, occupy) => {
  const port = await occupy();
  const { said, ended } = start("--port", String(port), "--memory");
  expect(await ended).toBe(1);
  expect(said.text).toBe(
    `Port ${port} is in use by ${occupant}: give the sandbox another one with --port.\n`,
  );
});

test("killed in the middle of a delivery, it goes on with it after a restart", async () => {
  const data = folder();
  const hook = await receiver((response, count) => {
    if (count > 1) response.end("ok"); // the first hangs
  });
  const first = start("--port", "0", "--data", data);
  const at = await first.url();
  const headers = { authorization: "Bearer phx_sandbox", "content-type": "application/json" };
  const inputs = { url: { value: hook.url }, body: { value: "{event.uuid}" } };
  const fn = { template_id: "template-webhook", enabled: true, inputs };
  await fetch(`${at}/api/projects/1/hog_functions/`, { method: "POST", headers, body: JSON.stringify(fn) });
  const uuid = "0190a0a0-0000-7000-8000-000000000009";
  const event = { api_key: "phc_sandbox", event: "any", distinct_id: "user-1", uuid };
  await fetch(`${at}/e/`, { method: "POST", body: JSON.stringify(event) });
  await until(() => hook.received[0]);
  first.child.kill("SIGKILL");
  await first.ended;

  const second = start("--port", "0", "--data", data);
  await second.url();
  await until(() => hook.received[1]);
  expect(hook.received.map(({ body }) => body)).toEqual([uuid, uuid]);
});
