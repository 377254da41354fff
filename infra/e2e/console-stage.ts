import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { consoleSources } from "../cli/console-sources.ts";
import { signingSecret } from "../receiver/signing-secret.ts";
import { personalApiKey, projectToken, startSandbox } from "../sandbox/server.ts";
import { until } from "../sandbox/test-support.ts";
import { browserPath } from "../toolchain/browser.js";
import { createProject } from "./project.ts";

/** As root, as in a container, Chromium has no sandbox of its own; it only sees this machine's pages. */
export function openBrowser() {
  const executablePath = browserPath();
  if (executablePath === undefined) throw new Error("There is no browser.");
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

const isOver = new Set(["handled", "dead"]);
const signingKey = "a signing key of the tests";
const handler = (body: string) => `import { existsSync } from "node:fs";
import { defineHandler, GiveUp } from "../../infra/receiver/define-handler.ts";
export default defineHandler({ on: { "*": () => { ${body} } } });
`;

/**
 * A sandbox with a console, a receiver process beside it, and destinations that end in different ways: `crm` gives up
 * until the file `hubspot-is-well` is there, the warehouse answers 503.
 */
export async function setStage() {
  const project = await createProject("http://127.0.0.1:4100");
  const giveUp = 'throw new GiveUp("HubSpot refuses the token: 401")';
  project.write("destinations/handlers/crm.ts", handler(`if (!existsSync("hubspot-is-well")) ${giveUp};`));
  project.write("destinations/handlers/notify.ts", handler(""));
  const sources = consoleSources("dev", project.folder);
  const sandbox = await startSandbox({
    port: 0,
    data: ":memory:",
    retries: "back-to-back",
    groupTypes: ["company"],
    ...sources,
  });
  const warehouse = createServer((_request, response) => response.writeHead(503).end("maintenance"));
  warehouse.listen(0, "127.0.0.1");
  await once(warehouse, "listening");
  const address = warehouse.address();
  const warehouseUrl = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/v1/rows`;

  const slug = "signup-notifications";
  const receiver = project.start(
    "env",
    `HOGWIRE_PORT=${new URL(project.receiverUrl).port}`,
    `HOGWIRE_ROUTES=${JSON.stringify({ [slug]: ["crm", "notify"] })}`,
    `HOGWIRE_SIGNING_KEY=${signingKey}`,
    "HOGWIRE_DATA=.data/dev",
    "node",
    "infra/receiver/main.ts",
  );
  await until(() =>
    fetch(`${project.receiverUrl}/readyz`).then(
      ({ ok }) => ok || undefined,
      () => undefined,
    ),
  );

  const capture = (event: object) =>
    fetch(`${sandbox.url}/i/v0/e/`, {
      method: "POST",
      body: JSON.stringify({ api_key: projectToken, distinct_id: "user-1", ...event }),
    });

  async function api(path: string, body: unknown): Promise<{ id: string }> {
    const response = await fetch(`${sandbox.url}/api/projects/1/${path}/`, {
      method: "POST",
      headers: { authorization: `Bearer ${personalApiKey}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as { id: string }; // as both kinds answer
  }

  const body = { value: { event: "{event}", person: "{person}" } };
  const webhook = (name: string, url: string, rest: object) =>
    api("hog_functions", {
      type: "destination",
      template_id: "template-webhook",
      name,
      enabled: true,
      inputs: { url: { value: url }, body },
      ...rest,
    });
  await api("hog_functions", {
    type: "destination",
    template_id: "template-webhook",
    name: "Signup Notifications",
    description: `Tell the CRM and the team\n\nManaged by Hogwire: destinations/${slug}.yaml [hogwire:hogwire/dev/${slug}]`,
    enabled: true,
    inputs: {
      url: { value: `${project.receiverUrl}/d/${slug}` },
      body,
      signing_secret: { value: signingSecret(signingKey, slug, 1) },
    },
    filters: {
      events: [
        { id: "user_signed_up", type: "events" },
        {
          id: "subscription_started",
          type: "events",
          properties: [{ key: "plan", value: ["pro", "team"], operator: "exact", type: "event" }],
        },
      ],
      properties: [{ key: "email", value: "@acme.example", operator: "not_icontains", type: "person" }],
    },
  });
  const paying = await api("actions", { name: "Paying sign-up", steps: [{ event: "subscription_started" }] });
  await webhook("Enterprise alerts", `${sandbox.url}/_partners/slack/services/T0/B0/x`, {
    filters: {
      actions: [{ id: String(paying.id), type: "actions" }],
      properties: [
        { key: "tier", value: "enterprise", operator: "exact", type: "group", group_type_index: 0 },
      ],
    },
  });
  await webhook("Warehouse", warehouseUrl, { filters: { events: [{ id: "feature_used", type: "events" }] } });
  await webhook("Old newsletter", "http://127.0.0.1:9/newsletter", {
    enabled: false,
    filters: { events: [{ id: "user_signed_up", type: "events" }] },
  });

  return {
    url: sandbox.url,
    /** The partner that `crm` calls takes its token again, or refuses it. */
    mend: () => project.write("hubspot-is-well", ""),
    spoil: () => rmSync(join(project.folder, "hubspot-is-well"), { force: true }),
    capture,
    /** One event of each fate, until their handlers are done. */
    async captureSome() {
      const ada = { email: "ada@example.com", name: "Ada Lovelace" };
      const acme = { $group_type: "company", $group_key: "acme", $group_set: { tier: "enterprise" } };
      const events = [
        { event: "$pageview", properties: { $current_url: "https://www.acme.example/pricing" } },
        { event: "user_signed_up", properties: { source: "ads", $set: ada } },
        { event: "$groupidentify", properties: acme },
        { event: "subscription_started", distinct_id: "user-2", properties: { plan: "free" } },
        { event: "feature_used", distinct_id: "user-3", properties: { feature: "export" } },
        {
          event: "subscription_started",
          properties: { plan: "pro", seats: 7, $groups: { company: "acme" } },
        },
      ];
      const inbox = () => sources.receiver.list({ limit: 1_000 });
      const before = inbox().length;
      for (const event of events) await capture(event);
      await until(() => {
        const states = inbox().map(({ state }) => state);
        return (states.length === before + 2 && states.every((state) => isOver.has(state))) || undefined;
      });
    },
    async strike() {
      receiver.kill("SIGTERM");
      await once(receiver, "close");
      warehouse.close();
      await sandbox.close();
      project.remove();
    },
  };
}
