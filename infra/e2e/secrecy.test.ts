import { hkdfSync } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { signingSecret } from "../receiver/signing-secret.ts";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import { layout } from "../toolchain/layout.js";
import { type Between, type Request, startBetween } from "./between.ts";
import { createProject, type Project, type Run } from "./project.ts";
import { contentOf, sampleArguments, secretsIn } from "./search.ts";

/** Of every kind, and awkward: with what JSON, Hog, a URL and a shell escape. */
const configured = {
  apiKey: "phx_0Secret1api2key3",
  signingKey: Buffer.from("0123456789-signing-key-?>~-56789").toString("base64"),
  inUrl: "t0psecret-in-url",
  inHeader: `hdr"{t'ok\\en}+secret`,
  ownSigning: `whsec_${Buffer.from("abcdefghijklmnopqrstuvwxyz012345").toString("base64")}`,
  inTemplate: `pat{air}"table'sec`,
  insideText: `in"side/text{secret`,
  inMap: "map{value-secret",
  inOwnCode: "-----BEGIN KEY-----\nMIGHAgEAMBMGByqGSM49\nAgEGCCqGSM49AwEHBG0w\n-----END KEY-----",
  hubspotToken: `hub'spot"tok{en}`,
  slackWebhookUrl: "https://hooks.slack.example/services/T0/B0/slacksecret",
};
const { signingKey } = configured;
const fingerprintKey = hkdfSync("sha256", signingKey, "hogwire", "secret fingerprints", 32);
const secrets: Record<string, string> = {
  ...configured,
  derivedSigning: signingSecret(signingKey, "signup-notifications", 1),
  fingerprintKey: Buffer.from(fingerprintKey).toString("base64"),
};

/** No secret, and in every description: what does not find this does not look. */
const control = "plainly-visible-7f3a";

const files = {
  "hook.yaml": `name: Hook
description: ${control}
filters: { events: [a] }
webhook:
  url: "https://your-app.example/hook/\${secret:inUrl}"
  headers: { Content-Type: application/json, Authorization: "Bearer \${secret:inHeader}" }
  signing_secret: "\${secret:ownSigning}"
`,
  "table.yaml": `name: Table
description: ${control}
filters: { events: [a] }
template:
  id: template-airtable
  inputs:
    access_token: "\${secret:inTemplate}"
    base_id: b
    table_name: t
    fields: { inside: "before \${secret:insideText} after", alone: "\${secret:inMap}" }
`,
  "own.yaml": `name: Own
description: ${control}
filters: { events: [a] }
hog:
  code: ./lib/own.hog
  inputs_schema: [{ key: token, type: string, secret: true }, { key: map, type: dictionary, secret: true }]
  inputs: { token: "\${secret:inTemplate}", map: { a: "\${secret:inOwnCode}", b: "m-\${secret:inMap}" } }
`,
  "lib/own.hog": "fetch('https://your-app.example/', {'headers': {'X-Token': inputs.token}})",
};

/** Secrets where they cannot be. */
const refused = {
  "refused.yaml": `name: Refused
filters: { events: [a] }
webhook:
  url: "\${secret:inHeader}"
  headers: { Content-Type: "\${secret:inOwnCode}" }
  body: { token: "\${secret:inUrl}" }
  signing_secret: "\${secret:inTemplate}"
`,
  "broken.yaml": `name: Broken
filters: { events: [a] }
webhook: { url: "https://your-app.example", headers: { A: "{event.uuid \${secret:inMap} }" } }
`,
};

const masking = "masking: { ttl: 60, hash: '{event.event}{event.uuid}' }";

let sandbox: Sandbox;
let posthog: Between;
let project: Project;
let taken: Server | undefined;
const unasked = ["--yes", "--skip-preview"];
/** What was said or kept where, by the whole pass. */
const said: Record<string, string> = {};

/** One pass through all commands; the tests only look at what it left. */
beforeAll(async () => {
  sandbox = await startSandbox({
    port: 0,
    data: ":memory:",
    keys: { [configured.apiKey]: { scopes: ["*"] } },
  });
  posthog = await startBetween(sandbox.url);
  project = await createProject(posthog.url);
  const logs = join(layout().home, "logs");
  const earlier = new Set(existsSync(logs) ? readdirSync(logs) : []);
  await project.pulumi("stack", "select", "--create");
  const settings = Object.entries(configured).flatMap(([key, value]) => [
    "--secret",
    `hogwire:${key}=${value}`,
  ]);
  await succeed("config", "set-all", ...settings);
  mkdirSync(join(project.folder, "destinations/lib"));
  for (const [name, text] of Object.entries(files)) project.write(`destinations/${name}`, text);

  said["preview --diff --debug"] = await succeed("preview", "--diff", "--debug", "--save-plan=plan.json");
  said["preview --save-plan"] = project.read("plan.json");
  said["preview --json"] = await succeed("preview", "--json");
  const events = ["--event-log", "events.jsonl"];
  const sampler = sampleArguments();
  said["up --plan --json"] = await withEventLog("up", ...unasked, "--plan=plan.json", "--json", ...events);
  said["--event-log"] = project.read("events.jsonl");
  said["the arguments of every process"] = sampler.stop();
  said["PostHog's readable fields"] = await readableFields();
  said["what PostHog was sent outside secret inputs"] = posthog.requests.map(withoutSecretInputs).join("\n");

  // Each update is refused with what was sent; `Table` comes back changed instead, and cannot be switched off
  for (const name of ["hook", "table", "own", "signup-notifications"]) {
    const file = `destinations/${name}.yaml`;
    project.write(file, project.read(file).replace(/^filters:/m, `${masking}\n$&`));
  }
  posthog.answer = refuseAndQuote(posthog.requests);
  said["an up that PostHog refuses"] = (
    await project.pulumi("up", ...unasked, "--debug", "--continue-on-error")
  ).output;
  posthog.answer = undefined;

  taken = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => taken?.once("listening", done));
  const port = String((taken.address() as { port: number }).port); // it listens on TCP
  await succeed("config", "set", "hogwire:receiverPort", port);
  said["a receiver that does not start"] = (await project.pulumi("up", ...unasked, "--debug")).output;
  await succeed("config", "rm", "hogwire:receiverPort");

  for (const [name, text] of Object.entries(refused)) project.write(`destinations/${name}`, text);
  said["files that are refused"] = (await project.pulumi("preview", "--debug")).output;
  for (const name of Object.keys(refused)) rmSync(join(project.folder, "destinations", name));

  // Into a file: what is printed beside it would part its lines
  const verbose = "pulumi preview -v=9 --logtostderr --stack dev 2> v9.jsonl";
  succeeded(await project.run("sh", "-c", verbose));
  said["-v=9"] = project.read("v9.jsonl");
  said["refresh --debug"] = await succeed("refresh", ...unasked, "--debug");
  said["stack export"] = await succeed("stack", "export");
  said["stack output"] = await succeed("stack", "output");
  const keptIn = (part: string) => contentOf(join(project.folder, ".state/.pulumi", part));
  said["state: stacks"] = keptIn("stacks");
  said["destroy --debug"] = await succeed("destroy", ...unasked, "--debug");
  for (const part of ["history", "backups"]) said[`state: ${part}`] = keptIn(part);
  said["the receiver's folder"] = contentOf(join(project.folder, ".data"));
  said["Pulumi's own log files"] = contentOf(logs, (name) => !earlier.has(name));
}, 480_000);

afterAll(async () => {
  if (said["destroy --debug"] === undefined) await project.pulumi("destroy", "--yes");
  taken?.close();
  project.remove();
  posthog.close();
  await sandbox.close();
});

test.each([
  ["preview --diff --debug", control],
  ["preview --save-plan", control],
  ["preview --json", control],
  ["up --plan --json", control],
  ["--event-log", control],
  ["the arguments of every process", "infra/receiver/main.ts"],
  ["PostHog's readable fields", control],
  ["what PostHog was sent outside secret inputs", control],
  ["an up that PostHog refuses", "quotes a secret: not shown"],
  ["a receiver that does not start", "is in use"],
  ["files that are refused", "cannot read …"],
  ["refresh --debug", "signup-notifications"],
  ["stack export", control],
  ["stack output", "signup-notifications"],
  ["destroy --debug", "signup-notifications"],
  ["state: stacks", control],
  ["state: history", control],
  ["state: backups", control],
  ["the receiver's folder", "listening"],
  ["Pulumi's own log files", "CLI Metadata"],
])("no secret is in clear in %s", (place, visible) => {
  const text = said[place] ?? "";
  expect(text).toContain(visible);
  expect(secretsIn(text, secrets)).toEqual([]);
});

test("the search finds every secret where it has to be: in what PostHog was sent, and in what the engine told the providers", () => {
  const sent = posthog.requests.map(({ body }) => body).join("\n");
  const atTheReceiver = ["apiKey", "signingKey", "hubspotToken", "slackWebhookUrl", "fingerprintKey"];
  const atPostHog = Object.keys(secrets).filter((name) => !atTheReceiver.includes(name));
  expect(secretsIn(sent, secrets)).toEqual(atPostHog);
  const known = Object.keys(secrets).filter((name) => name !== "fingerprintKey");
  expect(secretsIn(said["-v=9"] ?? "", secrets)).toEqual(known);
});

test("-v=9 shows secrets in those lines alone in which the engine logs what it passes to a provider", () => {
  const lines = (said["-v=9"] ?? "").split("\n").filter((line) => secretsIn(line, secrets).length > 0);
  const others = lines.filter((line) => !/"msg":"(?:Unm|M)arshaling property for RPC\[/.test(line));
  expect(others).toEqual([]);
});

test("what PostHog quoted was there, without the secrets or not shown, also where the update came back changed", () => {
  const text = said["an up that PostHog refuses"] ?? "";
  expect(
    text.match(/Not this: .*\[secret\]|inputs: \[quotes a secret: not shown\]/g)?.length,
  ).toBeGreaterThanOrEqual(4);
  expect(text).toContain("PostHog did not keep `name`");
  expect(text).toContain("It could not be made harmless");
});

test("a fingerprint tells nothing of its secret: the same one in two inputs has two", () => {
  const { deployment } = JSON.parse(said["stack export"] ?? "{}");
  const fingerprints: string[] = deployment.resources.flatMap(
    ({ outputs }: { outputs?: { written?: { secrets?: object } } }) =>
      Object.values(outputs?.written?.secrets ?? {}),
  );
  // url, headers, signing_secret; access_token, fields; token, map; signing_secret
  expect(fingerprints).toHaveLength(8);
  expect(new Set(fingerprints).size).toBe(8);
});

async function succeed(...args: string[]): Promise<string> {
  return succeeded(await project.pulumi(...args));
}

async function withEventLog(...args: string[]): Promise<string> {
  return succeeded(
    await project.run("env", "PULUMI_DEBUG_COMMANDS=true", "pulumi", ...args, "--stack", "dev"),
  );
}

function succeeded({ exitCode, output }: Run): string {
  expect(exitCode, output.slice(-3000)).toBe(0);
  return output;
}

/** PostHog's own messages name what they refuse; this one quotes all of it, as it was first sent. */
function refuseAndQuote(requests: Request[]): Between["answer"] {
  const first = requests.filter(({ method }) => method === "POST").map(({ body }) => body);
  let lost = "";
  return async function answer({ method, path, body }, forward) {
    if (method !== "PATCH") return forward();
    const { name } = JSON.parse(body);
    if (name === "Table") {
      lost = path;
      const { status, body: row } = await forward();
      return { status, body: JSON.stringify({ ...JSON.parse(row), name: "Somebody else's" }) };
    }
    const quoted = first.find((sent) => JSON.parse(sent).name === (path === lost ? "Table" : name));
    const refusal = {
      type: "validation_error",
      code: "invalid_input",
      attr: "inputs",
      detail: `Not this: ${quoted}`,
    };
    return { status: 400, body: JSON.stringify(refusal) };
  };
}

function withoutSecretInputs({ method, path, body }: Request): string {
  const sent = body.startsWith("{") ? JSON.parse(body) : {};
  for (const { key, secret } of sent.inputs_schema ?? []) if (secret) delete sent.inputs[key];
  return `${method} ${path} ${JSON.stringify(sent)}`;
}

async function readableFields(): Promise<string> {
  const get = async (path: string) => {
    const response = await fetch(sandbox.url + path, { headers: { Authorization: "Bearer phx_sandbox" } });
    return response.text();
  };
  const list = await get("/api/projects/1/hog_functions/?full=true");
  const rows: { id: string }[] = JSON.parse(list).results;
  const each = rows.map(({ id }) => get(`/api/projects/1/hog_functions/${id}/`));
  return [list, ...(await Promise.all(each)), await get("/_sandbox/requests")].join("\n");
}
