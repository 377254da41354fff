import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FakePostHog, startFakePostHog } from "../posthog/fake-posthog.ts";
import { webhookTemplate } from "../posthog/fake-templates.ts";
import type { PlacedDestination } from "../wire/destination.ts";
import { createEngineProject, type EngineProject, isAlive, withDescendants } from "./testing-engine.ts";

let posthog: FakePostHog;
let project: EngineProject;

beforeEach(async () => {
  posthog = await startFakePostHog();
  project = await createEngineProject();
});
afterEach(async () => {
  project.remove();
  await posthog.close();
});

const minutes = 60_000;

type Row = Record<string, unknown>;

function place(slug: string) {
  return { slug, host: posthog.url, project: "1", managed_by: `hogwire/dev/${slug}`, name: slug };
}

function destination(slug: string): PlacedDestination {
  return {
    ...place(slug),
    enabled: true,
    filters: { events: [{ id: "user_signed_up", properties: [{ key: "plan", value: ["pro"] }] }] },
    webhook: {
      url: "https://acme.example/t0psecret-url",
      headers: { Authorization: "t0psecret-header" },
      secret_inputs: ["url", "headers"],
      body: { event: "{event}", missing: null, nested: { empty: {}, list: [] } },
      signing_secret: "whsec_t0psecret",
    },
  };
}

function rowOf(slug: string) {
  const row = [...posthog.rows.values()].find(
    (one) => !one.deleted && String(one.description).includes(`/${slug}]`),
  );
  if (!row) throw new Error(`no ${slug} in PostHog`);
  return row;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

test("applies, finds drift at its own path, puts it back, and destroys", {
  timeout: 3 * minutes,
}, async () => {
  const open = { url: "https://acme.example/", headers: { "X-Source": "posthog" }, body: "x" };
  project.declare([destination("a"), { ...destination("b"), webhook: open }]);
  expect(await project.pulumi("up", "--yes")).toMatchObject({ exitCode: 0 });
  expect(await project.pulumi("preview", "--expect-no-changes")).toMatchObject({ exitCode: 0 });

  // Provider code is not part of any resource.
  appendFileSync(join(project.folder, "infra/provider/destination.ts"), "\nexport const edited = true;\n");
  expect(await project.pulumi("preview", "--expect-no-changes")).toMatchObject({ exitCode: 0 });

  const row = rowOf("a");
  row.filters = { ...(row.filters as object), filter_test_accounts: true };
  row.hog = "return 1";
  const other = rowOf("b");
  (other.inputs as Row).headers = { value: { "X-Source": "posthog", "X-By-Hand": "evil" } };
  (other.inputs_schema as Row[]).push({ key: "my_key", type: "string" });
  expect(await project.pulumi("refresh", "--preview-only", "--expect-no-changes")).toMatchObject({
    exitCode: 7,
  });
  const preview = JSON.parse((await project.pulumi("preview", "--json")).output);
  const updates = preview.steps.filter((step: { op: string }) => step.op === "update");
  const paths = updates.map(({ detailedDiff }: { detailedDiff: Row }) => Object.keys(detailedDiff).sort());
  expect(paths.sort()).toEqual([
    ["code", "filters.filter_test_accounts"],
    // A map that no file has is new itself; what was added is in it.
    ["inputs_schema", 'webhook.headers["X-By-Hand"]'],
  ]);
  const seen = preview.steps.map(({ oldState }: { oldState: { inputs: Row } }) => oldState.inputs);
  expect(seen).toContainEqual(
    expect.objectContaining({ inputs_schema: { my_key: "changed outside Hogwire" } }),
  );

  expect(await project.pulumi("up", "--yes", "--skip-preview")).toMatchObject({ exitCode: 0 });
  expect(rowOf("a")).toMatchObject({ filters: { filter_test_accounts: false }, hog: webhookTemplate.code });
  expect(rowOf("b").inputs).toMatchObject({ headers: { value: { "X-Source": "posthog" } } });
  expect(JSON.stringify(rowOf("b"))).not.toMatch(/X-By-Hand|my_key/);
  expect(await project.pulumi("preview", "--expect-no-changes")).toMatchObject({ exitCode: 0 });

  for (const file of filesBelow(join(project.folder, ".state"))) {
    expect(readFileSync(file, "utf8"), file).not.toMatch(/t0psecret|phx_test/);
  }
  expect(JSON.stringify(preview)).not.toMatch(/t0psecret|phx_test/);

  expect(await project.pulumi("destroy", "--yes", "--skip-preview")).toMatchObject({ exitCode: 0 });
  expect([...posthog.rows.values()].map(({ deleted, enabled }) => [deleted, enabled])).toEqual([
    [true, false],
    [true, false],
  ]);
});

test("event filters come first, and are made anew when somebody deleted one; secrets are secret at their own paths", {
  timeout: 3 * minutes,
}, async () => {
  const filters = { events: [{ filter: "paying" }] };
  const inputs = { subdomain: "acme", token: "t0psecret", email: "t1psecret" };
  const crm = { id: "template-crm", inputs, secret_inputs: ["token", "email"] };
  const hog = {
    code: "return 1",
    inputs_schema: [{ key: "token", type: "string", secret: true as const }],
    inputs: { token: "t2psecret" },
  };
  const paying = { ...place("paying"), steps: [{ event: "user_signed_up" }] };
  const declared: PlacedDestination[] = [
    { ...place("a"), enabled: true, filters, template: crm },
    { ...place("b"), enabled: true, filters, hog },
  ];
  project.declare(declared, [paying]);
  // The action's number is not known yet.
  const first = await project.pulumi("preview");
  expect(first).toMatchObject({ exitCode: 0 });
  expect(first.output).not.toContain("psecret");
  expect(await project.pulumi("up", "--yes", "--skip-preview")).toMatchObject({ exitCode: 0 });
  expect(rowOf("a")).toMatchObject({ filters: { actions: [{ id: "1", name: "paying" }] } });
  expect(await project.pulumi("preview", "--expect-no-changes")).toMatchObject({ exitCode: 0 });
  const secret = { ciphertext: expect.any(String) };
  const state = { subdomain: "acme", token: secret, email: secret };
  const { inputs: ins, outputs: outs } = await project.state("a");
  expect([ins.template, outs.template]).toMatchObject([{ inputs: state }, { inputs: state }]);
  expect((await project.state("b")).outputs.hog).toMatchObject({
    code: "return 1",
    inputs: { token: secret },
  });

  for (const action of posthog.actions.values()) action.deleted = true;
  rowOf("b").hog = "return 2";
  const preview = JSON.parse((await project.pulumi("preview", "--json")).output);
  const steps: { op: string; urn: string; detailedDiff: object | null }[] = preview.steps;
  const planned = steps.map(({ op, urn, detailedDiff }) => [
    urn.split("::").at(-1),
    op,
    Object.keys(detailedDiff ?? {}).sort(),
  ]);
  expect(planned.filter(([, op]) => op !== "same")).toEqual(
    expect.arrayContaining([
      ["paying", "create", []],
      ["a", "update", ["filters.events[0].id"]],
      ["b", "update", ["filters.events[0].id", "hog.code"]],
    ]),
  );
  expect(await project.pulumi("up", "--yes", "--skip-preview")).toMatchObject({ exitCode: 0 });
  expect(rowOf("a")).toMatchObject({ filters: { actions: [{ id: "2", name: "paying" }] } });
  expect(await project.pulumi("preview", "--expect-no-changes")).toMatchObject({ exitCode: 0 });

  for (const file of filesBelow(join(project.folder, ".state"))) {
    expect(readFileSync(file, "utf8"), file).not.toMatch(/t\dpsecret/);
  }
  expect(await project.pulumi("destroy", "--yes", "--skip-preview")).toMatchObject({ exitCode: 0 });
  expect([...posthog.actions.values()].every(({ deleted }) => deleted)).toBe(true);
});

test("a failed check of what PostHog stored keeps the id, so the next run mends it", {
  timeout: 2 * minutes,
}, async () => {
  const add = posthog.rows.set.bind(posthog.rows);
  posthog.rows.set = (id, row) => add(id, Object.assign(row, { filters: { source: "events" } }));
  project.declare([destination("a")]);
  const failed = await project.pulumi("up", "--yes", "--skip-preview");
  expect(failed.exitCode).not.toBe(0);
  expect(failed.output).toContain("did not keep `filters.events`");
  expect(rowOf("a")).toMatchObject({ enabled: false });
  expect(await project.pulumi("up", "--yes", "--skip-preview")).toMatchObject({ exitCode: 0 });
  expect(rowOf("a")).toMatchObject({ enabled: true, filters: { events: [{ id: "user_signed_up" }] } });
  expect(posthog.rows.size).toBe(1);
});

test("the manifest's refusal keeps everything else as it is", { timeout: 2 * minutes }, async () => {
  const all = ["a", "b", "c", "d", "e"].map((slug) => destination(slug));
  project.declare(all);
  await project.pulumi("up", "--yes", "--skip-preview");
  project.declare(all.slice(0, 1));
  const refused = await project.pulumi("up", "--yes", "--skip-preview");
  expect(refused.exitCode).not.toBe(0);
  expect(refused.output).toContain("pulumi config set hogwire:confirmRemoval 4");
  expect(all.map(({ slug }) => rowOf(slug).enabled)).toEqual(all.map(() => true));
  await project.pulumi("config", "set", "confirmRemoval", "4");
  expect(await project.pulumi("up", "--yes", "--skip-preview")).toMatchObject({ exitCode: 0 });
  expect([...posthog.rows.values()].filter((row) => !row.deleted)).toHaveLength(1);
});

test("after kill -9 of the engine its provider ends, and the next run creates nothing twice", {
  timeout: 3 * minutes,
}, async () => {
  const slugs = Array.from({ length: 12 }, (_, index) => `d${index}`);
  project.declare(slugs.map((slug) => destination(slug)));
  // Slow enough for the kill to come in the middle.
  posthog.delay = (request) => (request.startsWith("POST") ? 300 : 0);
  const engine = project.spawnPulumi("up", "--yes", "--skip-preview", "--parallel", "1", "--stack", "dev");
  await expect.poll(() => posthog.rows.size, { timeout: minutes, interval: 20 }).toBeGreaterThan(2);
  const [wrapper, ...started] = withDescendants(engine.pid ?? 0);
  const providers = started.filter(({ command }) => /node .*cmd\/dynamic-provider/.test(command));
  expect(providers).toHaveLength(1);
  // The npm package `pulumi` wraps the engine proper, which is its child.
  for (const { pid, parent } of started) if (parent === wrapper?.pid) process.kill(pid, "SIGKILL");
  await expect.poll(() => providers.filter(({ pid }) => isAlive(pid)), { timeout: 20_000 }).toEqual([]);
  const orphaned = posthog.rows.size;
  expect(orphaned).toBeLessThan(slugs.length);

  posthog.delay = () => 0;
  await project.pulumi("cancel", "--yes");
  const next = await project.pulumi("up", "--yes", "--skip-preview");
  expect(next).toMatchObject({ exitCode: 0 });
  expect([...posthog.rows.values()].map((row) => row.name).sort()).toEqual([...slugs].sort());
});
