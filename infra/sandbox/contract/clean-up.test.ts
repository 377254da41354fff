import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { type Json, sandbox } from "../test-support.ts";

// A sandbox that is somebody's PostHog: it has a function and an action that are none of the run's business.

// In a long run all facts, otherwise some that make much: enabled functions, secrets, actions.
const files = process.env.LONG ? [".contract.ts"] : ["1.2-verbs", "1.7-secrets", "6.1-actions"];

const root = new URL("../../../", import.meta.url).pathname;

async function somebodys() {
  const data = mkdtempSync(join(tmpdir(), "hogwire-contract-"));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  const running = await sandbox({ data });
  const fn = await running.webhook(
    "https://a.example",
    { name: "Theirs" },
    { signing_secret: { value: "theirs" } },
  );
  const { body: action } = await running.api("POST", "actions/", { name: "Theirs", steps: [{ event: "a" }] });
  const before = { functions: await functionsOf(running), actions: await actionsOf(running) };
  await running.call("DELETE", "/_sandbox/requests");
  return { ...running, data, fn, action, before };
}

type Running = Awaited<ReturnType<typeof sandbox>>;
const functionsOf = async ({ api }: Running) => (await api("GET", "hog_functions/?full=true")).body.results;
const actionsOf = async ({ api }: Running) => (await api("GET", "actions/")).body.results;

/** The suite in a process of its own, as `npm run test:contract` starts it for a PostHog. */
async function run(url: string, env: Record<string, string> = {}) {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(VITEST|HOGWIRE_CONTRACT)/.test(name));
  const child = spawn(
    process.execPath,
    ["node_modules/vitest/vitest.mjs", "run", ...files, "--no-file-parallelism"],
    {
      cwd: root,
      env: {
        ...Object.fromEntries(inherited),
        HOGWIRE_CONTRACT_HOST: url,
        HOGWIRE_CONTRACT_PROJECT: "1",
        HOGWIRE_CONTRACT_KEY: "phx_sandbox",
        HOGWIRE_CONTRACT_CONFIRM: "1",
        ...env,
      },
    },
  );
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk) => {
      said += chunk;
    });
  }
  const [code] = await once(child, "close");
  return { code, said };
}

/** Nothing of the run is left: not in the lists, not enabled in a deleted row, no secret in any row. */
async function expectUntouched(theirs: Awaited<ReturnType<typeof somebodys>>) {
  const { call, fn, action, before, data, close } = theirs;
  const { requests } = (await call("GET", "/_sandbox/requests")).body;
  const writes = requests.filter(({ method }: Json) => method !== "GET");
  expect(writes.length).toBeGreaterThan(10);
  for (const { path } of writes) expect(path).not.toMatch(`/hog_functions/${fn.id}/|/actions/${action.id}/`);
  expect(await functionsOf(theirs)).toEqual(before.functions);
  expect(await actionsOf(theirs)).toEqual(before.actions);
  await close();
  const database = new DatabaseSync(join(data, "sandbox.sqlite"));
  const rows = database.prepare("SELECT * FROM hog_functions WHERE id <> ?").all(fn.id);
  database.close();
  expect(rows.length).toBeGreaterThan(10);
  for (const row of rows) expect(row).toMatchObject({ deleted: 1, enabled: 0 });
  expect(JSON.stringify(rows)).not.toContain("s3cret");
}

test("a run takes back what it made, with its secrets, and touches nothing else", {
  timeout: 120_000,
}, async () => {
  const theirs = await somebodys();
  await theirs.call("POST", "/_sandbox/faults", [{ status: 429, retryAfter: 1, times: 1 }]); // it waits, and asks again
  const { code, said } = await run(theirs.url);
  expect(said).toMatch(/Tests .*passed/);
  expect(code, said).toBe(0);
  await expectUntouched(theirs);
});

test("as well when facts fail, and when the answer to a request that made something never came", {
  timeout: 120_000,
}, async () => {
  const theirs = await somebodys();
  const { body } = await theirs.call("POST", "/_sandbox/faults", [
    { match: { method: "POST", path: "hog_functions/$" }, cut: "after", times: 3 },
    { match: { method: "PATCH" }, status: 500, probability: 0.15 }, // while it cleans up as well
  ]);
  expect(body.rules).toHaveLength(2);
  const { code, said } = await run(theirs.url);
  expect(code).toBe(1);
  expect(said).toMatch(/Tests .*failed/);
  await expectUntouched(theirs);
});

test("what a run left that was cut off goes with the next one of its name", {
  timeout: 120_000,
}, async () => {
  const theirs = await somebodys();
  const left = await theirs.webhook(
    "https://a.example",
    { name: "Left hogwire-contract-cut0ff" },
    { signing_secret: { value: "s3cret" } },
  );
  await theirs.api("POST", "actions/", { name: "Left hogwire-contract-cut0ff" });
  expect((await run(theirs.url, { HOGWIRE_CONTRACT_RUN: "cut0ff" })).code).toBe(0);
  expect((await theirs.api("GET", `hog_functions/${left.id}/`)).status).toBe(404);
  await expectUntouched(theirs);
});

test("without the project said once more nothing is asked at all", { timeout: 120_000 }, async () => {
  const theirs = await somebodys();
  const { code, said } = await run(theirs.url, { HOGWIRE_CONTRACT_CONFIRM: "2" });
  expect(code).toBe(1);
  expect(said).toContain("say HOGWIRE_CONTRACT_CONFIRM=1");
  expect((await theirs.call("GET", "/_sandbox/requests")).body.requests).toEqual([]);
});
