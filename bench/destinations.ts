import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A project of `count` destinations, each with its samples, of the kinds that people write; no two are the same. */
export function writeProject(count: number): { root: string; files: string[]; remove: () => void } {
  const root = mkdtempSync(join(tmpdir(), "hogwire-bench-"));
  const files = writeDestinations(root, count);
  return { root, files, remove: () => rmSync(root, { recursive: true }) };
}

/** The same into a project that is there; the handlers do nothing. */
export function writeDestinations(root: string, count: number): string[] {
  mkdirSync(join(root, "destinations/handlers"), { recursive: true });
  for (const handler of ["crm", "notify"])
    writeFileSync(join(root, `destinations/handlers/${handler}.ts`), idleHandler);
  const files: string[] = [];
  const write = (name: string, text: string) => {
    writeFileSync(join(root, "destinations", name), text);
    files.push(join(root, "destinations", name));
  };
  for (let index = 0; index < count; index++) {
    const kind = KINDS[index % KINDS.length] ?? handlers;
    const { destination, samples } = kind(index);
    write(`destination-${index}.yaml`, destination);
    write(`destination-${index}.test.yaml`, samples);
  }
  return files;
}

const idleHandler = `import { defineHandler } from "../../infra/receiver/define-handler.ts";
export default defineHandler({ on: { "*": async () => {} } });
`;

type Kind = (index: number) => { destination: string; samples: string };

const KINDS: Kind[] = [handlers, webhook, slack, template];

function samplesOf(event: string, properties: string, expectation: string): string {
  return `
- name: it is sent
  event: { event: ${event}, distinct_id: user-1, properties: ${properties} }
  person: { properties: { email: someone@example.com, plan: pro } }
  expect: { sent: true, ${expectation} }
- name: our own people are not
  event: { event: ${event}, properties: ${properties} }
  person: { properties: { email: tester@acme.example } }
  expect: { sent: false }
- name: another event is not
  event: $pageleave
  expect: { sent: false }
- name: nor is one without its properties
  event: ${event}
  person: { properties: { email: someone@example.com } }
  expect: { sent: false }
- name: nor the same for somebody of another plan
  event: { event: ${event}, properties: { plan: none } }
  person: { properties: { email: other@example.com } }
  expect: { sent: false }
`;
}

function handlers(index: number) {
  return {
    destination: `
name: Sign-ups of region ${index}
description: Tell the CRM and the team
filters:
  events: # any of these
    - id: user_signed_up_${index}
      properties: { plan: [pro, team], region: r-${index} }
    - id: subscription_started_${index}
      properties: { plan: [pro, team], region: r-${index}, seats: { gte: ${1 + (index % 9)}, lt: 500 } }
  person:
    email: { not_icontains: "@acme.example", missing: send }
  filter_test_accounts: true
handlers: [crm, notify]
environments:
  prod: { enabled: false }
`,
    samples: samplesOf(
      `user_signed_up_${index}`,
      `{ plan: pro, region: r-${index} }`,
      `body: { event: { event: user_signed_up_${index} }, person: { properties: { plan: pro } } }`,
    ),
  };
}

function webhook(index: number) {
  return {
    destination: `
name: Orders of shop ${index}
filters:
  events:
    - id: order_placed_${index}
      properties: { amount: { gt: ${index} } }
  properties: { $host: shop-${index}.acme.example }
  person: { email: { not_icontains: "@acme.example", missing: skip } }
once: { per: [person, event], within: 1h }
webhook:
  url: https://your-app.example/webhooks/${index}
  headers: { Content-Type: application/json, X-Secret: "\${secret:webhookSecret}" }
  body:
    event: "{event.event}"
    amount: "{event.properties.amount}"
    shop: "shop-${index}: {event.properties.$host}"
    who: { email: "{person.properties.email}", name: "{person.name}" }
    items: ["{event.uuid}", "{event.timestamp}"]
  signing_secret: "\${secret:signing}"
environments:
  dev: absent
`,
    samples: samplesOf(
      `order_placed_${index}`,
      `{ amount: ${index + 1}, $host: shop-${index}.acme.example }`,
      `body: { amount: ${index + 1}, who: { email: someone@example.com } }`,
    ),
  };
}

function slack(index: number) {
  return {
    destination: `
name: Alert ${index}
filters:
  events:
    - id: purchase_completed_${index}
      properties: { amount: { gte: 1000 } }
  person: { email: { not_icontains: "@acme.example", missing: send } }
  hogql: toFloat(properties.amount) > ${index}
slack:
  integration: 1
  channel: C${index}
  text: "{person.name} paid {event.properties.amount} in shop ${index}"
  blocks:
    - { type: section, text: { type: mrkdwn, text: "*{event.event}* of {person.properties.email}" } }
`,
    samples: samplesOf(
      `purchase_completed_${index}`,
      "{ amount: 5000 }",
      `inputs: { text: someone@example.com paid 5000 in shop ${index} }`,
    ),
  };
}

function template(index: number) {
  return {
    destination: `
name: Contact ${index}
filters:
  events:
    - id: contact_made_${index}
      properties: { source: [ads, mail-${index}] }
  person: { email: { not_icontains: "@acme.example", is_set: true } }
template:
  id: template-hubspot
  inputs:
    oauth: 2
    email: "{person.properties.email}"
    properties: { firstname: "{person.properties.first_name}", source: "list ${index}, {event.properties.source}" }
`,
    samples: samplesOf(
      `contact_made_${index}`,
      "{ source: ads }",
      `inputs: { email: someone@example.com, properties: { source: "list ${index}, ads" } }`,
    ),
  };
}
