import { type Case, lowerText, testDiagnostics } from "../test-support.ts";

const file = (lines: string, filters = "{ events: [e] }") => `name: N\nfilters: ${filters}\n${lines}`;
const hook = 'webhook: { url: "{person.properties.hook}" }\n';
const zendesk = (inputs: string) =>
  `template:\n  id: template-zendesk\n  inputs: { subdomain: a, token: b, admin_email: c, attributes: {}, ${inputs} }\n`;

const CASES: Case[] = [
  [
    "an address that a person may not have",
    file(hook),
    [
      "warning HW047 3:17-43 `webhook.url` is required, and a person may have no `hook` (Send only where it is there: `person: { hook: { is_set: true } }` under `filters`.)",
    ],
  ],
  [
    "an address that every person who is sent has",
    file(hook, "{ events: [e], person: { hook: { is_set: true } } }"),
    [],
  ],
  [
    "an address that each event asks for",
    file(hook, "{ events: [{ id: a, person: { hook: { icontains: x } } }, { id: b, person: { hook: y } }] }"),
    [],
  ],
  [
    "an address that one event does not ask for",
    file(hook, "{ events: [{ id: a, person: { hook: { is_set: true } } }, b] }"),
    [
      "warning HW047 3:17-43 `webhook.url` is required, and a person may have no `hook` (Send only where it is there: `person: { hook: { is_set: true } }` under `filters`.)",
    ],
  ],
  [
    "an address of which only a negative condition speaks",
    file(hook, "{ events: [e], person: { hook: { is_not: x, missing: send } } }"),
    [
      "warning HW047 3:17-43 `webhook.url` is required, and a person may have no `hook` (Send only where it is there: `person: { hook: { is_set: true } }` under `filters`.)",
    ],
  ],
  [
    "an event's own property of that name",
    file(hook, "{ events: [e], properties: { hook: { is_set: true } } }"),
    [
      "warning HW047 3:17-43 `webhook.url` is required, and a person may have no `hook` (Send only where it is there: `person: { hook: { is_set: true } }` under `filters`.)",
    ],
  ],
  ["a part of an address", file('webhook: { url: "https://a.example/{person.properties.hook}" }\n'), []],
  [
    "a required input of a template",
    file(zendesk('email: "{person.properties.email}", name: { value: "{person.properties.name}" }')),
    [
      "warning HW047 5:76-103 `template.inputs.email` is required, and a person may have no `email` (Send only where it is there: `person: { email: { is_set: true } }` under `filters`.)",
      "warning HW047 5:111-148 `template.inputs.name` is required, and a person may have no `name` (Send only where it is there: `person: { name: { is_set: true } }` under `filters`.)",
    ],
  ],
  [
    "a required input with something to fall back on",
    file(zendesk("email: \"{person.properties.email ?? 'none'}\", name: n")),
    [],
  ],
  [
    "inputs of own code, of which one is required",
    file(
      'hog:\n  code: ./lib/custom.hog\n  inputs_schema: [{ key: a, type: string, required: true }, { key: b, type: string }]\n  inputs: { a: "{person.properties.x}", b: "{person.properties.y}" }\n',
    ),
    [
      "warning HW047 6:16-39 `hog.inputs.a` is required, and a person may have no `x` (Send only where it is there: `person: { x: { is_set: true } }` under `filters`.)",
    ],
  ],
  [
    "a default that PostHog's editor would fill in",
    file(
      "template:\n  id: template-zendesk\n  inputs: { subdomain: a, token: b, admin_email: c, email: d, name: e }\n",
    ),
    [
      "note HW078 3:1-9 `attributes` stays empty: PostHog's editor would fill in a default, the API does not (If that is meant, nothing is to be done.)",
    ],
  ],
  ["defaults that are said", file(zendesk("email: d, name: e")), []],
  [
    "several defaults",
    file("template: { id: template-webhook, inputs: { url: https://a.example } }\n"),
    [
      'note HW078 3:1-9 `method`, `body`, `headers` stay empty: PostHog\'s editor would fill in a default, the API does not (If that is meant, nothing is to be done. Otherwise write for example `method: "POST"`.)',
    ],
  ],
];

testDiagnostics(CASES, "destinations/example.yaml", (text) => lowerText(text));
