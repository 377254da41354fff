import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { crmTemplate } from "../posthog/fake-templates.ts";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import type { Properties } from "./inputs.ts";
import { byHand, createEngine, type PostHogByHand, providerOf, withFake } from "./testing.ts";

// Contract §1.12: a function is a copy of its template, which moves on without it.

let data: string;
let sandbox: Sandbox;
let posthog: PostHogByHand;
beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), "hogwire-upgrade-"));
  sandbox = await startSandbox({ port: 0, data, webhookVariant: "unsigned" });
  posthog = byHand(sandbox);
});
afterEach(async () => {
  await sandbox.close();
  rmSync(data, { recursive: true, force: true });
});

/** The same PostHog with another form of the webhook template, at the same address. */
async function templateMovesOn() {
  const { port } = sandbox;
  await sandbox.close();
  sandbox = await startSandbox({ port, data, webhookVariant: "fails-from-400" });
  // the connections that were kept end at their next use
  await expect
    .poll(() =>
      fetch(sandbox.url).then(
        () => true,
        () => false,
      ),
    )
    .toBe(true);
}

function inputsOf(more: Properties = {}): Properties {
  return {
    kind: "destination",
    host: sandbox.url,
    project: "1",
    managed_by: "hogwire/dev/a",
    slug: "a",
    name: "A",
    enabled: true,
    filters: { events: [{ id: "user_signed_up" }] },
    webhook: { url: "https://acme.example", body: {} },
    __provider: "loader",
    ...more,
  };
}
async function row(): Promise<Properties> {
  return (await posthog.marked("hog_functions", "a"))[0] ?? {};
}
const upgrade = { lifecycle: { upgrade: true } };
const signed = { webhook: { url: "https://acme.example", body: {}, signing_secret: "whsec_AAAA" } };

test("an update leaves the code it was made with, and finds nothing to do afterwards", async () => {
  const engine = createEngine();
  await engine.up(inputsOf());
  const { hog } = await row();
  await templateMovesOn();
  expect(await engine.up(inputsOf())).toBe("same");
  expect(await engine.up(inputsOf({ name: "B" }))).toBe("update");
  expect(await row()).toMatchObject({ name: "B", hog });
  expect(await engine.up(inputsOf({ name: "B" }))).toBe("same");
});

test("`lifecycle.upgrade` shows that it is behind, brings it to the template, and follows it", async () => {
  const engine = createEngine();
  await engine.up(inputsOf(upgrade));
  const { hog } = await row();
  await templateMovesOn();
  expect(await engine.refresh()).toMatchObject({ code: "older than its template" });
  expect(await engine.up(inputsOf(upgrade))).toBe("update");
  expect((await row()).hog).not.toBe(hog);
  expect(await engine.up(inputsOf(upgrade))).toBe("same");
});

test("what only the newer template can do is refused, with the way to it", async () => {
  const engine = createEngine();
  await engine.up(inputsOf());
  await templateMovesOn();
  const before = await row();
  await expect(engine.up(inputsOf(signed))).rejects.toThrow(
    /no input `signing_secret`.*older copy of its template; `lifecycle: \{ upgrade: true \}`/,
  );
  expect(await row()).toEqual(before);
  expect(await engine.up(inputsOf({ ...signed, ...upgrade }))).toBe("update");
  expect(await row()).toMatchObject({ inputs: { signing_secret: { secret: true } } });
});

test("a template that has another schema and the same code has moved on, too", () =>
  withFake(async (fake) => {
    const crm = {
      id: "template-crm",
      inputs: { subdomain: "acme", token: "t0psecret" },
      secret_inputs: ["token"],
    };
    const { webhook: _webhook, ...common } = inputsOf({ host: fake.url, template: crm });
    const engine = createEngine();
    await engine.up(common);
    const keys = () =>
      [...fake.rows.values()].flatMap((one) =>
        (one.inputs_schema as { key: string }[]).map(({ key }) => key),
      );
    const before = keys();
    const region = { key: "region", type: "string", required: true, default: "eu" };
    fake.templates.set(crm.id, { ...crmTemplate, inputs_schema: [...crmTemplate.inputs_schema, region] });
    expect(await engine.up({ ...common, name: "B" })).toBe("update");
    expect(keys()).toEqual(before);
    const following = { ...common, name: "B", ...upgrade };
    await engine.up(following);
    expect(await engine.up(following)).toBe("same");
    expect(keys()).toContain("region");
  }));

test("an address that was secret and is no more, is none in an older copy either", async () => {
  const engine = createEngine();
  const secret = { webhook: { ...(inputsOf().webhook as object), secret_inputs: ["url"] } };
  await engine.up(inputsOf(secret));
  await templateMovesOn();
  expect(await engine.up(inputsOf())).toBe("update");
  expect(await row()).toMatchObject({ inputs: { url: { value: "https://acme.example" } } });
  expect(await engine.up(inputsOf())).toBe("same");
});

test("code that was changed by hand is put back while its template is the same, and not replaced by a newer one unasked", async () => {
  const engine = createEngine();
  await engine.up(inputsOf());
  const { hog } = await row();
  const change = () =>
    posthog.api("PATCH", `hog_functions/${engine.id}/`, { mappings: null, hog: "return 1" });
  await change();
  expect(await engine.up(inputsOf())).toBe("update");
  expect(await row()).toMatchObject({ hog });
  await change();
  await templateMovesOn();
  await expect(engine.up(inputsOf())).rejects.toThrow(
    /was changed in PostHog, and its template has moved on/,
  );
  expect(await row()).toMatchObject({ hog: "return 1" });
  expect(await engine.up(inputsOf(upgrade))).toBe("update");
  expect([hog, "return 1"]).not.toContain((await row()).hog);
});

test("one that is adopted keeps its code, and that it is older is said", async () => {
  const inputs = { url: { value: "https://theirs.example" } };
  const theirs = { template_id: "template-webhook", enabled: true, inputs };
  const { id, hog } = await posthog.api("POST", "hog_functions/", theirs);
  await templateMovesOn();
  const said: string[] = [];
  const adopting = inputsOf({ adopt: String(id) });
  const { outs } = await providerOf({ say: (text) => said.push(text) }).create(adopting);
  expect(await row()).toMatchObject({ id, hog });
  expect(said).toEqual([expect.stringMatching(/`a` \([\w-]+\) has an older copy of its template/)]);
  expect((await providerOf().read(String(id), outs)).inputs).toEqual({ ...adopting, __provider: undefined });
});
