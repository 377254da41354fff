// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like that
import { describe, expect, test } from "vitest";
import type { Policy } from "../model/policy.ts";
import { createSource } from "../source.ts";
import { type Case, inOneLine, lowerText, testDiagnostics } from "../test-support.ts";

const FILE = "destinations/example.yaml";
const file = (lines: string) => `name: N\nfilters: { events: [e] }\n${lines}`;
const url = (address: string) => file(`webhook: { url: '${address}' }\n`);
const SECRET = "https://evil.example/hook";
const resolver = { config: () => "hooks.example", secret: () => SECRET, isSecret: () => false };
const without = ["HW059", "HW047"] as const;

const code = new Map(
  Object.entries({
    "good.hog": "fetch('https://hooks.example/a', {'body': event})",
    "evil.hog":
      "fetch('https://evil.example:8443/a'); fetch(f'https://{inputs.host}/b'); fetch('https://hooks.example@evil.example')",
    "inputs.hog": "fetch(inputs.url)",
    "phone.hog": "fetch('https://hooks.example', {'body': person.properties.phone})",
  }).map(([name, text]) => [name, createSource(`destinations/${name}`, text)]),
);

describe("hosts", () => {
  const policy: Policy = { hosts: ["hooks.example", "*.Acme.example", "template-zendesk", "slack.com"] };

  const CASES: Case[] = [
    ["an address that is allowed", url("https://hooks.example/x"), []],
    ["its port and case, which do not matter", url("https://HOOKS.example:8443/x?y"), []],
    ["a host below one that is allowed", url("https://eu.hooks.acme.example"), []],
    [
      "the host itself is not below it",
      url("https://acme.example"),
      [
        "HW080 3:17-39 policy.yaml does not allow to send to `acme.example` (It allows hooks.example, *.Acme.example, template-zendesk, slack.com.)",
      ],
    ],
    [
      "a host that only ends like one",
      url("https://evilacme.example"),
      [
        "HW080 3:17-43 policy.yaml does not allow to send to `evilacme.example` (It allows hooks.example, *.Acme.example, template-zendesk, slack.com.)",
      ],
    ],
    [
      "another host",
      url("https://evil.example/hooks.example"),
      [
        "HW080 3:17-53 policy.yaml does not allow to send to `evil.example` (It allows hooks.example, *.Acme.example, template-zendesk, slack.com.)",
      ],
    ],
    [
      "a host before an @",
      url("https://hooks.example@evil.example/"),
      [
        "HW080 3:17-54 policy.yaml does not allow to send to a host that is not written out (It allows hooks.example, *.Acme.example, template-zendesk, slack.com.)",
      ],
    ],
    [
      "a host behind a backslash, which ends the host for a browser",
      url("https://evil.example\\\\@eu.acme.example"),
      [
        "HW080 3:17-57 policy.yaml does not allow to send to `evil.example` (It allows hooks.example, *.Acme.example, template-zendesk, slack.com.)",
      ],
    ],
    [
      "a host that the event would choose",
      url("https://{event.properties.a}.acme.example/"),
      [
        "HW080 3:17-61 policy.yaml does not allow to send to a host that is not written out (It allows hooks.example, *.Acme.example, template-zendesk, slack.com.)",
      ],
    ],
    [
      "an address that the person would choose",
      url("{person.properties.hook}"),
      [
        "HW080 3:17-43 policy.yaml does not allow to send to a host that is not written out (It allows hooks.example, *.Acme.example, template-zendesk, slack.com.)",
      ],
    ],
    [
      "an address that a template would make",
      url('{concat("https://hooks.example", event.uuid)}'),
      [
        "HW080 3:17-64 policy.yaml does not allow to send to a host that is not written out (It allows hooks.example, *.Acme.example, template-zendesk, slack.com.)",
        "HW042 3:26-49 there is no `{https://hooks.example}` in a template (A property of the event is {event.properties.https://hooks.example}, of the person {person.properties.https://hooks.example}.)",
      ],
    ],
    ["a host from the configuration", url("https://${config:host}/x"), []],
    [
      "an address that is secret, which is not shown",
      url("${secret:url}"),
      [
        "HW080 3:17-32 policy.yaml does not allow to send to this secret address (It allows hooks.example, *.Acme.example, template-zendesk, slack.com.)",
      ],
    ],
    ["this project's own receiver", file("handlers: [crm]\n"), []],
    ["Slack", file("slack: { integration: 1, channel: C1, text: Hi }\n"), []],
    [
      "a template that is allowed by its id",
      file(
        "template: { id: template-zendesk, inputs: { subdomain: a, token: b, admin_email: c, email: d, name: e, attributes: {} } }\n",
      ),
      [],
    ],
    [
      "a template that is not",
      file("template: { id: template-acme-only }\n"),
      [
        "HW080 3:17-35 policy.yaml does not allow to send to `template-acme-only` (It allows hooks.example, *.Acme.example, template-zendesk, slack.com.)",
      ],
    ],
    ["code with its addresses in it", file("hog: { code: good.hog }\n"), []],
    [
      "code with others",
      file("hog: { code: evil.hog }\n"),
      [
        "HW080 3:14-22 policy.yaml does not allow to send to `evil.example` (It allows hooks.example, *.Acme.example, template-zendesk, slack.com.)",
        "HW080 3:14-22 policy.yaml does not allow to send to a host that is not written out (It allows hooks.example, *.Acme.example, template-zendesk, slack.com.)",
      ],
    ],
    [
      "code with others in its inputs",
      file(
        "hog: { code: inputs.hog, inputs_schema: [{ key: url, type: string }], inputs: { url: https://evil.example } }\n",
      ),
      [
        "HW080 3:14-24 policy.yaml does not allow to send to `evil.example` (It allows hooks.example, *.Acme.example, template-zendesk, slack.com.)",
      ],
    ],
  ];

  testDiagnostics(CASES, FILE, (text) => lowerText(text, { resolver, without }, { policy, code }));

  test("offline nothing is said of an address that only the stack knows", async () => {
    for (const text of [url("${secret:url}"), url("https://${config:host}/x")]) {
      const { diagnostics } = await lowerText(text, {}, { policy });
      expect(diagnostics.map(inOneLine)).toEqual([]);
    }
  });

  test("nothing may be sent where no host is allowed", async () => {
    const texts = [url("https://hooks.example"), file("slack: { integration: 1, channel: C1, text: Hi }\n")];
    for (const text of texts) {
      const { diagnostics } = await lowerText(text, {}, { policy: { hosts: [] } });
      expect(diagnostics.map(({ code, hint }) => [code, hint])).toEqual([["HW080", "It allows nothing."]]);
    }
  });
});

describe("fields", () => {
  const policy: Policy = { forbidden_fields: ["person.properties.phone", "event.properties.$ip"] };
  const body = (text: string) => file(`webhook:\n  url: https://a.example\n  body: { a: "${text}" }\n`);

  const CASES: Case[] = [
    ["another field", body("{person.properties.phones}"), []],
    [
      "the field",
      body("{person.properties.phone}"),
      [
        "HW081 5:16-39 `{person.properties.phone}` carries `person.properties.phone`, which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
      ],
    ],
    [
      "the field in brackets",
      body("{person.properties['phone']}"),
      [
        "HW081 5:16-42 `{person.properties.phone}` carries `person.properties.phone`, which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
      ],
    ],
    [
      "a part of the field",
      body("{person.properties.phone.number}"),
      [
        "HW081 5:16-46 `{person.properties.phone.number}` carries `person.properties.phone`, which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
      ],
    ],
    [
      "the field inside text and a function",
      body("tel: {upper(person.properties.phone ?? '')}"),
      [
        "HW081 5:27-50 `{person.properties.phone}` carries `person.properties.phone`, which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
      ],
    ],
    [
      "all that it is a part of",
      body("{person}"),
      [
        "HW081 5:16-22 `{person}` carries `person.properties.phone`, which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
      ],
    ],
    [
      "all properties",
      body("{jsonStringify(person.properties)} {event.properties}"),
      [
        "HW081 5:30-47 `{person.properties}` carries `person.properties.phone`, which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
        "HW081 5:51-67 `{event.properties}` carries `event.properties.$ip`, which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
      ],
    ],
    [
      "a property by a name that only the event knows",
      body("{person.properties[event.event]}"),
      [
        "HW081 5:16-33 `{person.properties}` carries `person.properties.phone`, which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
      ],
    ],
    [
      "PostHog's default body",
      file("webhook: { url: https://a.example }\n"),
      [
        "HW081 3:1-8 `{event}` carries `event.properties.$ip`, which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
        "HW081 3:1-8 `{person}` carries `person.properties.phone`, which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
      ],
    ],
    [
      "the flat body",
      file("webhook: { url: https://a.example, body: flat }\n"),
      [
        "HW081 3:42-46 `{person}` carries `person.properties.phone`, which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
        "HW081 3:42-46 `{event.properties}` carries `event.properties.$ip`, which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
      ],
    ],
    ["a request that has no body", file("webhook: { url: https://a.example, method: GET }\n"), []],
    [
      "an address and a header",
      file(
        'webhook:\n  url: "https://a.example/{person.properties.phone}"\n  headers: { Content-Type: application/json, X-IP: "{event.properties.$ip}" }\n  body: {}\n',
      ),
      [
        "HW081 4:28-51 `{person.properties.phone}` carries `person.properties.phone`, which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
        "HW081 5:54-74 `{event.properties.$ip}` carries `event.properties.$ip`, which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
      ],
    ],
    [
      "an input of a template",
      file('template: { id: template-acme-only, inputs: { a: { b: ["{event}"] } } }\n'),
      [
        "HW081 3:58-63 `{event}` carries `event.properties.$ip`, which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
      ],
    ],
    [
      "Liquid",
      file(
        'template: { id: template-acme-only, inputs: { a: { value: "{{ person.properties.phone | raw }}", templating: liquid } } }\n',
      ),
      [
        "HW081 3:59-96 this Liquid template reads `person.properties.phone`, which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
      ],
    ],
    [
      "a Slack message",
      file('slack: { integration: 1, channel: C1, text: "{person.properties.phone}" }\n'),
      [
        "HW081 3:47-70 `{person.properties.phone}` carries `person.properties.phone`, which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
      ],
    ],
    [
      "code",
      file("hog: { code: phone.hog }\n"),
      [
        "HW081 3:14-23 the code reads `person.properties.phone`, which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
      ],
    ],
    [
      "a mask, which is not sent",
      file(
        'webhook: { url: https://a.example, body: {} }\nmasking: { ttl: 60, hash: "{person.properties.phone}" }\n',
      ),
      [],
    ],
    [
      "a condition, which is not sent",
      "name: N\nfilters: { events: [e], person: { phone: { is_set: true } } }\nwebhook: { url: https://a.example, body: {} }\n",
      [],
    ],
    ["this project's own receiver", file("handlers: [crm]\n"), []],
  ];

  testDiagnostics(CASES, FILE, (text) => lowerText(text, { without }, { policy, code }));
});
