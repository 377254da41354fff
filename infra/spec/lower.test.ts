// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like that
import { describe, expect, test } from "vitest";
import type { LowerOptions } from "./lower.ts";
import type { LoweredDestination, LoweredWebhook } from "./lowered.ts";
import type { Resolver } from "./lowering/references.ts";
import { lowered, lowerText } from "./test-support.ts";

const head = "name: N\nfilters: { events: [e] }\n";
const webhook = (lines: string) => `${head}webhook:\n  url: https://a.example\n${lines}`;

async function loweredWebhook(...from: Parameters<typeof lowered>): Promise<LoweredWebhook | undefined> {
  const destination = await lowered(...from);
  return "webhook" in destination ? destination.webhook : undefined;
}

test("a destination with handlers is a signed webhook to the receiver", async () => {
  const text = `
name: " Signup Notifications "
description: |
  Tell the CRM and the team
filters:
  events:
    - user_signed_up
    - id: subscription_started
      properties: { plan: [pro, team], seats: { gte: 5, lt: 500 } }
      person: { email: { not_icontains: "@acme.example", missing: skip } }
  properties: { $host: www.acme.example }
  filter_test_accounts: true
handlers: [crm, notify]
`;
  const { handlers } = await lowerText(text);
  expect(handlers).toEqual(["crm", "notify"]);
  expect(await lowered(text, { receiverUrl: "https://receiver.example/" })).toEqual({
    slug: "example",
    name: "Signup Notifications",
    description: "Tell the CRM and the team",
    enabled: true,
    filters: {
      events: [
        { id: "user_signed_up" },
        {
          id: "subscription_started",
          properties: [
            { key: "plan", value: ["pro", "team"] },
            { key: "seats", value: 5, operator: "gte" },
            { key: "seats", value: 500, operator: "lt" },
            { key: "email", value: "@acme.example", operator: "not_icontains", type: "person" },
            { key: "email", value: "is_set", operator: "is_set", type: "person" },
          ],
        },
      ],
      properties: [{ key: "$host", value: "www.acme.example" }],
      filter_test_accounts: true,
    },
    webhook: {
      url: "https://receiver.example/d/example",
      body: { event: "{event}", person: "{person}" },
      signing_secret: expect.stringMatching(/^whsec_/),
    },
  } satisfies LoweredDestination);
});

describe("webhook", () => {
  test("PostHog's defaults are left out", async () => {
    const text = webhook(
      "  method: POST\n  headers: { Content-Type: application/json }\n  body: event\n  debug: false\n",
    );
    const plain = await loweredWebhook(text);
    expect(plain).toEqual({ url: "https://a.example", body: { event: "{event}", person: "{person}" } });
  });

  test("the preset flat, a method, headers and debug", async () => {
    const text = webhook(
      "  method: PUT\n  headers: { X-Plan: '{event.properties.plan}' }\n  body: flat\n  debug: true\n",
    );
    expect(await loweredWebhook(text, { without: ["HW076", "HW077"] })).toEqual({
      url: "https://a.example",
      method: "PUT",
      headers: { "X-Plan": "{event.properties.plan}" },
      body: {
        event: "{event.event}",
        distinct_id: "{event.distinct_id}",
        person: "{person}",
        properties: "{event.properties}",
        timestamp: "{event.timestamp}",
      },
      debug: true,
    });
  });

  test("a body tree stays as it is, a group is the project's own, and a dollar sign is no reference", async () => {
    const text = webhook(
      '  body: { n: 1, list: ["${event.properties.price}"], tier: "{groups.company.properties.tier}" }\n',
    );
    expect((await loweredWebhook(text))?.body).toEqual({
      n: 1,
      list: ["${event.properties.price}"],
      tier: "{groups.company.properties.tier}",
    });
  });

  test.each<[url: string, options?: Partial<LowerOptions>]>([
    ["https://a.example/{event.properties['a']}?x=1"],
    ["{person.properties.hook}", { without: ["HW047"] }],
    ["http://127.0.0.1:4200/x", { stack: "dev" }],
    ["http://[::1]:4200/x", { stack: "staging", isLocal: true }],
    ["http://192.0.2.1/x"],
  ])("takes the URL %s", async (url, options = {}) => {
    expect(await loweredWebhook(`${head}webhook: { url: "${url}" }`, options)).toMatchObject({ url });
  });

  test.each([
    ["localhost", "http://LOCALHOST:3000"],
    ["a name of this machine", "http://api.internal/x"],
    ["10.0.0.8", "https://10.0.0.8"],
    ["a link-local address", "http://169.254.169.254/latest/meta-data"],
    ["IPv6", "http://[::1]/"],
    ["IPv6 that stands for IPv4", "http://[::ffff:10.0.0.1]/"],
    ["a number that is an address", "http://2130706433/"],
    ["a dot at the end", "http://localhost./"],
  ])("does not send to %s, which is not on the public internet", async (_what, url) => {
    const { diagnostics } = await lowerText(`${head}webhook: { url: "${url}" }`, { stack: "prod" });
    expect(diagnostics.map(({ code }) => code)).toEqual(["HW050"]);
    expect(diagnostics[0]?.message).toMatch(/^PostHog does not send to `.*`, which is not on the public/);
  });

  test.each([
    ["24 bytes", `whsec_${"A".repeat(32)}`, true],
    ["23 bytes", `whsec_${"A".repeat(31)}=`, false],
    ["no prefix", "A".repeat(32), false],
    ["half a group", `whsec_${"A".repeat(33)}`, false],
    ["base64url", `whsec_${"_".repeat(32)}`, false],
  ])("a signing secret: %s", async (_what, secret, isGood) => {
    const resolver: Resolver = { config: () => undefined, secret: () => secret, isSecret: () => true };
    const { diagnostics } = await lowerText(webhook('  signing_secret: "${secret:signing}"\n'), { resolver });
    expect(diagnostics.map(({ code }) => code)).toEqual(isGood ? [] : ["HW024"]);
    expect(JSON.stringify(diagnostics)).not.toContain(secret);
  });

  test.each(["{event.uuid ${secret:text} }", "{${secret:text}}", "{person.${secret:text}()}"])(
    "a secret in the middle of a template, %s, is quoted neither whole nor up to where the template broke",
    async (template) => {
      for (const secret of ["sk_live{rest", "sk_live.rest", "sk_live-rest"]) {
        const resolver: Resolver = { config: () => undefined, secret: () => secret, isSecret: () => true };
        const headers = `  headers: { X: ${JSON.stringify(template)} }\n`;
        const { diagnostics } = await lowerText(webhook(headers), { resolver });
        expect(diagnostics.some(({ code }) => code === "HW040" || code === "HW042")).toBe(true);
        expect(JSON.stringify(diagnostics.map(({ message, hint }) => [message, hint]))).not.toContain(
          "sk_live",
        );
      }
    },
  );
});

describe("references", () => {
  const config: Record<string, unknown> = {
    on: false,
    host: "a.example",
    count: 5,
    tree: { a: "{x}", b: [1] },
  };
  const secrets: Record<string, string> = { token: "t{o}k\\en", signing: `whsec_${"A".repeat(32)}` };
  const resolver: Resolver = {
    config: (key) => config[key],
    secret: (key) => secrets[key],
    isSecret: (key) => key in secrets,
  };

  test("keep their type alone, are inserted in text, and are never templates", async () => {
    const text = `
name: "N on \${config:host}"
enabled: "\${config:on}"
filters: { events: [e], properties: { n: "\${config:count}" } }
webhook:
  url: "https://\${config:host}/{event.uuid}"
  headers: { X-Count: "\${config:count}" }
  body: { tree: "\${config:tree}", count: "\${config:count}" }
`;
    expect(await lowered(text, { resolver, without: ["HW076"] })).toEqual({
      slug: "example",
      name: "N on a.example",
      enabled: false,
      filters: { events: [{ id: "e" }], properties: [{ key: "n", value: 5 }] },
      webhook: {
        url: "https://a.example/{event.uuid}",
        headers: { "X-Count": "5" },
        body: { tree: { a: "\\{x}", b: [1] }, count: 5 },
      },
    });
  });

  test("to secrets make their inputs secret, and arrive as they are", async () => {
    const text = webhook(
      '  headers: { X-Token: "Bearer ${secret:token}" }\n  signing_secret: "${secret:signing}"\n',
    );
    expect(await loweredWebhook(text, { resolver, without: ["HW076"] })).toMatchObject({
      headers: { "X-Token": "Bearer t\\{o}k\\\\en" },
      signing_secret: secrets.signing,
      secret_inputs: ["headers"],
    });
  });

  test("to a URL that is a secret", async () => {
    const secretUrl: Resolver = {
      config: () => undefined,
      secret: () => "https://hooks.example/T0/B0",
      isSecret: () => false,
    };
    const text = `${head}webhook: { url: "\${secret:hook}" }\n`;
    expect(await loweredWebhook(text, { resolver: secretUrl })).toMatchObject({
      url: "https://hooks.example/T0/B0",
      secret_inputs: ["url"],
    });
  });

  test("stand for themselves offline, whatever their place wants", async () => {
    const text = `
name: N
enabled: "\${config:on}"
filters: { events: [e] }
webhook: { url: "\${config:url}/x", method: "\${config:method}", signing_secret: "\${secret:signing}" }
`;
    expect(await lowered(text)).toMatchObject({ enabled: true, webhook: { url: "config:url/x" } });
  });

  test("of other environments are not looked up", async () => {
    const text = `${head}handlers: [crm]\nenvironments:\n  prod: { name: "\${config:nowhere}" }\n`;
    expect((await lowered(text, { stack: "dev", resolver })).name).toBe("N");
  });
});

describe("environments", () => {
  const text = `
name: N
description: gone in prod
filters:
  events: [a, b]
  properties: { x: 1, y: { gte: 1, lt: 9 } }
handlers: [crm]
environments:
  dev: absent
  prod:
    enabled: false
    description: null
    filters: { events: [c], properties: { y: { lt: null, lte: 5 }, z: 3 } }
    handlers: null
    webhook: { url: https://a.example }
`;

  test("maps merge, lists replace and null removes", async () => {
    expect(await lowered(text, { stack: "prod" })).toEqual({
      slug: "example",
      name: "N",
      enabled: false,
      filters: {
        events: [{ id: "c" }],
        properties: [
          { key: "x", value: 1 },
          { key: "y", value: 1, operator: "gte" },
          { key: "y", value: 5, operator: "lte" },
          { key: "z", value: 3 },
        ],
      },
      webhook: { url: "https://a.example", body: { event: "{event}", person: "{person}" } },
    });
  });

  test("absent is not in this stack", async () => {
    expect(await lowerText(text, { stack: "dev" })).toMatchObject({ absent: true, diagnostics: [] });
    expect(await lowerText(text, { stack: "dev" })).not.toHaveProperty("lowered");
  });

  test("an environment that is nearly the stack's name is warned of, and the file is not held back", async () => {
    const { lowered, diagnostics } = await lowerText(
      `${head}handlers: [crm]\nenvironments: { prdo: absent }\n`,
      {
        stack: "prod",
      },
    );
    expect(diagnostics).toMatchObject([
      { code: "HW016", severity: "warning", span: { line: 4, column: 17 } },
    ]);
    expect(lowered).toBeDefined();
  });

  test("a stack that is not named has the file as it stands", async () => {
    expect(await lowered(text, { stack: "constructor" })).toEqual(await lowered(text));
  });
});

test("anchors are followed, and what is wrong behind one is shown where it stands", async () => {
  const shared = `${head}webhook: { url: https://a.example, body: { a: &a "{event.uuid}", b: *a } }\n`;
  expect((await loweredWebhook(shared))?.body).toEqual({ a: "{event.uuid}", b: "{event.uuid}" });
  const { diagnostics } = await lowerText(shared.replace("event.uuid", "uuid"));
  expect(diagnostics.map(({ code, span }) => [code, span?.column])).toEqual([
    ["HW042", 52],
    ["HW042", 63],
  ]);
});

test("a receiver without address is said with the command that sets it", async () => {
  const text = `${head}handlers: [crm]\n`;
  for (const receiverUrl of [undefined, "localhost:4200"]) {
    const { lowered, diagnostics } = await lowerText(text, { receiverUrl });
    expect(diagnostics.map(({ code, hint }) => [code, hint])).toEqual([
      ["HW053", expect.stringContaining("npx pulumi config set hogwire:receiverUrl")],
    ]);
    expect(lowered).toBeUndefined();
  }
});
