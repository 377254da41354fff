import { expect, test } from "vitest";
import { receiver, sandbox, until } from "../sandbox/test-support.ts";
import { createSource } from "../spec/source.ts";
import { lowered } from "../spec/test-support.ts";
import { createEngine } from "./testing.ts";

/** From the file and the configuration through PostHog to whom it is sent. */
async function sent(text: string, secret: string) {
  const posthog = await sandbox();
  const { url, received } = await receiver();
  const secrets: Record<string, string> = { url: `${url}/${secret}`, key: secret };
  const code = "fetch(inputs.url, {'headers': {'X-Key': inputs.key, 'X-Raw': inputs.raw}})";
  const destination = await lowered(
    text.replaceAll("URL", url),
    {
      stack: "dev",
      resolver: { config: () => undefined, secret: (key) => secrets[key], isSecret: () => true },
    },
    { code: new Map([["lib/keyed.hog", createSource("destinations/lib/keyed.hog", code)]]) },
  );
  const place = { host: posthog.url, project: "1", managed_by: "hogwire/dev/example" };
  await createEngine().up({ kind: "destination", ...destination, ...place, __provider: "loader" });
  await posthog.capture("signup");
  return until(() => received[0]);
}

const webhook = `
name: Example
filters: { events: [signup] }
webhook:
  url: "\${secret:url}"
  headers: { X-Key: "\${secret:key}", X-Text: "Bearer \${secret:key} for {event.event}", Content-Type: text/plain }
  body: x
`;
const hog = `
name: Example
filters: { events: [signup] }
hog:
  code: ./lib/keyed.hog
  inputs_schema:
    - { key: url, type: string, secret: true }
    - { key: key, type: string, secret: true }
    - { key: raw, type: string, secret: true, templating: false }
  inputs: { url: "\${secret:url}", key: "\${secret:key}", raw: "\${secret:key}" }
`;

// Secrets are Hog templates too, unless the schema says otherwise (contract §1.7).
test.each(["a{b}c", "{event.event}", "}{", "{{x}}", "back\\slash\\{n}", `'\${x}'`, "f'{1}'"])(
  "a secret arrives as it is: %s",
  async (secret) => {
    const first = await sent(webhook, secret);
    expect(first.headers).toMatchObject({ "x-key": secret, "x-text": `Bearer ${secret} for signup` });
    expect(decodeURIComponent(first.url).replaceAll("\\", "/")).toBe(
      `/hook/${secret}`.replaceAll("\\", "/"), // which is the same in an address
    );
    const second = await sent(hog, secret);
    expect(second.headers).toMatchObject({ "x-key": secret, "x-raw": secret });
  },
);
