import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createCompiler } from "../../hog/compile.ts";
import type { InputSchema } from "../functions/inputs-schema.ts";
import { type Json, receiver, sandbox } from "../test-support.ts";
import { allTemplates } from "./all.ts";

const templates = [...allTemplates("fails-from-300").values()].filter(({ status }) => status !== "hidden");

/** The committed facts about PostHog's templates, which `infra/spec` checks against without a network. */
const catalogue: Record<string, { name: string; inputs_schema: Json[] }> = JSON.parse(
  readFileSync(new URL("../../spec/lowering/template-catalogue.json", import.meta.url), "utf8"),
);

/** The catalogue leaves out what is false, and what is only for the eye. */
function facts(schema: InputSchema[]): Json[] {
  return schema.map(({ label: _, description: __, requiredScopes: ___, choices, ...item }) => ({
    ...Object.fromEntries(Object.entries(item).filter(([, value]) => value !== false)),
    ...(item.default === false && { default: false }),
    ...(choices !== undefined && { choices: (choices as Json[]).map(({ value }) => value) }),
  }));
}

test.each(templates.map((template) => [template.id, template] as const))(
  "%s has the inputs of the catalogue",
  (id, { name, inputs_schema }) => {
    expect({ name, inputs_schema: facts(inputs_schema) }).toEqual(catalogue[id]);
  },
);

describe("the catalogue", () => {
  const inputs = Object.entries(catalogue).flatMap(([id, { inputs_schema }]) =>
    inputs_schema.map((item) => ({ id, ...item }) as Json & InputSchema & { id: string }),
  );

  test("is sorted, and no template has an input twice", () => {
    expect(Object.keys(catalogue)).toEqual(Object.keys(catalogue).sort());
    expect(Object.keys(catalogue).length).toBeGreaterThan(40);
    const keys = inputs.map(({ id, key }) => `${id} ${key}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("has defaults that are templates and, of a choice, among its choices", async () => {
    const compiler = await createCompiler();
    for (const { type, default: value, choices } of inputs) {
      if (type === "choice") expect(["", ...(choices as unknown[])]).toContain(value);
      else if (value !== "" && value !== undefined) expect(compiler.templateTree(value)).toBeDefined();
    }
  });

  test("names integrations where fields of one are asked for", () => {
    for (const { id, type, integration, integration_key } of inputs) {
      if (type === "integration") expect(integration).toEqual(expect.any(String));
      if (type !== "integration_field") continue;
      const account = inputs.find((other) => other.id === id && other.key === integration_key);
      expect(account?.type).toBe("integration");
    }
  });
});

type Sent = { method: string; url: string; authorization?: string; body?: unknown };

const person = { email: "ada@acme.example", name: "Ada", firstname: "Ada", plan: "pro" };
const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
const value = (inputs: Json) =>
  Object.fromEntries(Object.entries(inputs).map(([key, one]) => [key, { value: one }]));

const sends: [string, string, Json, Sent][] = [
  [
    "template-discord",
    "discord.com",
    { webhookUrl: "https://discord.com/api/webhooks/1/x", content: "{person.name}!" },
    {
      method: "POST",
      url: "/api/webhooks/1/x",
      body: { content: "ada@acme.example!", allowed_mentions: { parse: [] } },
    },
  ],
  [
    "template-microsoft-teams",
    "acme.webhook.office.com",
    { webhookUrl: "https://acme.webhook.office.com/webhookb2/a/IncomingWebhook/b/c", text: "{event.event}" },
    {
      method: "POST",
      url: "/webhookb2/a/IncomingWebhook/b/c",
      body: {
        type: "message",
        attachments: [{ content: { body: [{ type: "TextBlock", text: "signed_up", wrap: true }] } }],
      },
    },
  ],
  [
    "template-zendesk",
    "acme.zendesk.com",
    { subdomain: "acme", admin_email: "admin@acme.example", token: "t0ken", attributes: { plan: "pro" } },
    {
      method: "POST",
      url: "/api/v2/users/create_or_update",
      authorization: basic("admin@acme.example/token:t0ken"),
      body: {
        user: { email: person.email, name: "Ada", skip_verify_email: true, user_fields: { plan: "pro" } },
      },
    },
  ],
  [
    "template-customerio",
    "track.customer.io",
    { site_id: "site", token: "t0ken", attributes: { plan: "{person.properties.plan}" } },
    {
      method: "POST",
      url: "/api/v2/entity",
      authorization: basic("site:t0ken"),
      body: {
        type: "person",
        action: "event",
        name: "signed_up",
        identifiers: { email: person.email },
        attributes: { plan: "pro" },
        timestamp: 1767225600,
      },
    },
  ],
  [
    "template-braze",
    "rest.fra-01.braze.eu",
    { brazeEndpoint: "https://rest.fra-01.braze.eu", apiKey: "t0ken", event: { name: "{event.event}" } },
    {
      method: "POST",
      url: "/users/track",
      authorization: "Bearer t0ken",
      body: { attributes: [{ email: person.email }], events: [{ name: "signed_up" }] },
    },
  ],
  [
    "template-twilio",
    "api.twilio.com",
    { accountSid: "AC1", authToken: "t0ken", fromPhoneNumber: "+1", phoneNumber: "+2", smsBody: "Hello" },
    {
      method: "POST",
      url: "/2010-04-01/Accounts/AC1/Messages.json",
      authorization: basic("AC1:t0ken"),
      body: "To=%2B2&From=%2B1&Body=Hello%20-%20Event%3A%20signed_up%20at%202026-01-01",
    },
  ],
  [
    "template-airtable",
    "api.airtable.com",
    { access_token: "t0ken", base_id: "app1", table_name: "People", fields: { Who: "{person.name}" } },
    {
      method: "POST",
      url: "/v0/app1/People",
      authorization: "Bearer t0ken",
      body: { fields: { Who: person.email }, typecast: true },
    },
  ],
];

async function run(template_id: string, host: string, inputs: Json, answer?: Parameters<typeof receiver>[0]) {
  const service = await receiver(answer);
  const running = await sandbox({
    standIns: { [host]: service.url.replace("/hook", "") },
    retries: "back-to-back",
  });
  const { status, text } = await running.api("POST", "hog_functions/", {
    template_id,
    enabled: true,
    inputs: value(inputs),
  });
  expect([status, text]).toEqual([201, expect.any(String)]);
  const timestamp = "2026-01-01T00:00:00Z";
  const uuid = await running.capture("signed_up", { properties: { $set: person }, timestamp });
  const { destinations } = await running.settled(uuid);
  return { received: service.received, destination: destinations[0], text };
}

test.each(sends)("%s calls its service", async (id, host, inputs, sent) => {
  const { received, destination } = await run(id, host, inputs);
  expect(destination).toMatchObject({ state: "succeeded" });
  const [request] = received;
  const { method, url, headers } = request ?? {};
  expect({ method, url, authorization: headers?.authorization }).toEqual({
    method: sent.method,
    url: sent.url,
    authorization: sent.authorization,
  });
  const body = request?.body ?? "";
  if (typeof sent.body === "string") expect(body).toBe(sent.body);
  else expect(JSON.parse(body)).toMatchObject(sent.body as object);
});

test.each(sends)("%s fails where its service refuses, and tells no secret", async (id, host, inputs) => {
  const { destination, text } = await run(id, host, inputs, (response) => {
    response.writeHead(400).end(JSON.stringify({ error: "no", echo: "t0ken" }));
  });
  expect(destination.state).toBe("failed"); // Zendesk's too, whose own code looks at no status
  const hasSecret = catalogue[id]?.inputs_schema.some(({ secret }) => secret);
  if (hasSecret) expect(text + JSON.stringify(destination)).not.toContain("t0ken");
});

test("template-mailchimp looks for the contact, then writes it", async () => {
  const inputs = { apiKey: "k3y", audienceId: "a1", dataCenterId: "us1", doubleOptIn: true, properties: {} };
  const { received, destination } = await run("template-mailchimp", "us1.api.mailchimp.com", inputs, (r, n) =>
    r.writeHead(n === 1 ? 404 : 200).end("{}"),
  );
  expect(destination).toMatchObject({ state: "succeeded" });
  const member = createHash("md5").update(person.email).digest("hex");
  expect(received.map(({ method, url }) => `${method} ${url}`)).toEqual([
    `GET /3.0/lists/a1/members/${member}`,
    `PUT /3.0/lists/a1/members/${member}`,
  ]);
  expect(JSON.parse(received[1]?.body ?? "")).toMatchObject({
    email_address: person.email,
    status_if_new: "pending",
  });
});

test("an optional dictionary left out gets no default, and a template that walks through it fails (§1.5)", async () => {
  const inputs = { apiKey: "k3y", audienceId: "a1", dataCenterId: "us1" };
  const { received, destination } = await run("template-mailchimp", "us1.api.mailchimp.com", inputs);
  expect(destination).toMatchObject({ state: "failed" });
  expect(received).toEqual([]);
});

test("template-intercom updates the one contact that it finds, in the region of the account", async () => {
  const inputs = { oauth: 3, customProperties: { plan: "{person.properties.plan}" }, properties: {} };
  const { received, destination } = await run("template-intercom", "api.intercom.io", inputs, (response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ total_count: 1, data: [{ id: "c7" }] }));
  });
  expect(destination).toMatchObject({ state: "succeeded" });
  expect(received.map(({ method, url }) => `${method} ${url}`)).toEqual([
    "POST /contacts/search",
    "PUT /contacts/c7",
  ]);
  expect(received[1]?.headers.authorization).toBe("Bearer intercom-sandbox");
  expect(JSON.parse(received[1]?.body ?? "")).toEqual({
    email: person.email,
    custom_attributes: { plan: "pro" },
  });
});

describe("without leaving the machine", () => {
  async function deliver(template_id: string, inputs: Json) {
    const { api, capture, settled, call } = await sandbox();
    await api("POST", "hog_functions/", { template_id, enabled: true, inputs: value(inputs) });
    const { destinations } = await settled(await capture("signed_up", { properties: { $set: person } }));
    return { destination: destinations[0], partners: (await call("GET", "/_partners")).body };
  }

  test("Slack gets a message, with the integration's token", async () => {
    const { destination, partners } = await deliver("template-slack", {
      slack_workspace: 1,
      channel: "C0123",
      text: "{person.properties.name} signed up",
    });
    expect(destination).toMatchObject({ state: "succeeded" });
    expect(partners.slack.messages).toMatchObject([{ channel: "C0123", text: "Ada signed up" }]);
  });

  test.each([
    ["of nobody", { slack_workspace: 99, channel: "C0123", text: "Hello" }, "invalid_auth"],
    ["of another service", { slack_workspace: 2, channel: "C0123", text: "Hello" }, "invalid_auth"],
    ["with nothing to say", { slack_workspace: 1, channel: "C0123" }, "no_text"],
  ])("Slack refuses an account %s with status 200, and the run fails", async (_, inputs, error) => {
    const { destination, partners } = await deliver("template-slack", inputs);
    expect(destination).toMatchObject({ state: "failed", reason: expect.stringContaining(error) });
    expect(JSON.stringify(destination)).not.toContain("hubspot-sandbox");
    expect(partners.slack.messages).toEqual([]);
  });

  test("HubSpot gets a contact; defaults of required inputs are filled in", async () => {
    const { destination, partners } = await deliver("template-hubspot", { oauth: 2 });
    expect(destination).toMatchObject({ state: "succeeded" });
    expect(partners.hubspot.contacts).toMatchObject([
      { properties: { email: person.email, firstname: "Ada" } },
    ]);
  });

  test("any other service gets nothing", async () => {
    const { destination } = await deliver("template-airtable", {
      access_token: "t0ken",
      base_id: "app1",
      table_name: "People",
    });
    expect(destination).toMatchObject({ state: "failed" });
    expect(destination.deliveries[0].attempts[0].error).toContain("api.airtable.com");
  });
});

test("an integration is a number, and a required one cannot be left out (§1.5)", async () => {
  const { api } = await sandbox();
  const slack = (inputs: Json) =>
    api("POST", "hog_functions/", { template_id: "template-slack", inputs: value(inputs) });
  expect(await slack({ slack_workspace: "1", channel: "C1" })).toMatchObject({
    status: 400,
    body: { attr: "inputs__slack_workspace", detail: "Value must be an Integration ID." },
  });
  expect(await slack({ channel: "C1" })).toMatchObject({
    status: 400,
    body: { attr: "inputs__slack_workspace", detail: "This field is required." },
  });
  const { body } = await slack({ slack_workspace: 1, channel: "C1" });
  expect(body.inputs).toMatchObject({
    slack_workspace: { value: 1, order: 0 },
    channel: { value: "C1", order: 1 },
  });
});
