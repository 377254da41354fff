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
    "good.hog": "print('https://evil.example'); fetch('https://hooks.example/a', {'body': event})",
    "evil.hog":
      "fetch('https://evil.example:8443/a'); fetch(f'https://{inputs.host}/b'); fetch('https://hooks.example@evil.example')",
    "inputs.hog": "fetch(inputs.url)",
    "event.hog": "fetch(event.properties.url, {'body': {'event': event, 'p': person}})",
    "built.hog": "fetch(concat('http','s://',inputs.base))",
    "handed.hog": "let f := fetch; f('https://hooks.example')",
    "own.hog": "let inputs := {'url': event.properties.url}; fetch(inputs.url)",
    "broken.hog": "fetch(",
    "phone.hog": "fun f() { fetch('https://hooks.example', {'body': () -> person?.properties['phone']}) }",
    "email.hog":
      "let person := {'properties': event.event}; fetch('https://hooks.example', person.properties)",
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
        "HW080 3:17-57 policy.yaml does not allow to send to a host that is not written out (It allows hooks.example, *.Acme.example, template-zendesk, slack.com.)",
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
        "HW080 3:14-22 policy.yaml does not allow to send to an address that the code decides (Write it into `fetch('https://…')`, or make it all of an input: `fetch(inputs.url)`.)",
        "HW080 3:14-22 policy.yaml does not allow to send to a host that is not written out (It allows hooks.example, *.Acme.example, template-zendesk, slack.com.)",
      ],
    ],
    [
      "code with an address of its inputs that is allowed",
      file(
        "hog: { code: inputs.hog, inputs_schema: [{ key: url, type: string }], inputs: { url: 'https://hooks.example/{event.uuid}' } }\n",
      ),
      [],
    ],
    [
      "one that is not",
      file(
        "hog: { code: inputs.hog, inputs_schema: [{ key: url, type: string }], inputs: { url: https://evil.example } }\n",
      ),
      [
        "HW080 3:86-106 policy.yaml does not allow to send to `evil.example` (It allows hooks.example, *.Acme.example, template-zendesk, slack.com.)",
      ],
    ],
    [
      "one that the event would choose",
      file(
        "hog: { code: inputs.hog, inputs_schema: [{ key: url, type: string }], inputs: { url: '{event.properties.url}' } }\n",
      ),
      [
        "HW080 3:86-110 policy.yaml does not allow to send to a host that is not written out (It allows hooks.example, *.Acme.example, template-zendesk, slack.com.)",
      ],
    ],
    [
      "one that Liquid would make",
      file(
        "hog: { code: inputs.hog, inputs_schema: [{ key: url, type: string }], inputs: { url: { value: https://hooks.example, templating: liquid } } }\n",
      ),
      [
        "HW080 3:95-116 policy.yaml does not allow to send to a host that is not written out (It allows hooks.example, *.Acme.example, template-zendesk, slack.com.)",
      ],
    ],
    [
      "one that is secret, which is not shown",
      file(
        "hog: { code: inputs.hog, inputs_schema: [{ key: url, type: string, secret: true }], inputs: { url: '${secret:url}' } }\n",
      ),
      [
        "HW080 3:100-115 policy.yaml does not allow to send to this secret address (It allows hooks.example, *.Acme.example, template-zendesk, slack.com.)",
      ],
    ],
    [
      "one that only PostHog knows",
      file("hog: { code: inputs.hog, inputs_schema: [{ key: url, type: string }] }\n"),
      [
        "HW080 3:1-4 policy.yaml does not allow to send to a host that is not written out (It allows hooks.example, *.Acme.example, template-zendesk, slack.com.)",
      ],
    ],
    [
      "code that takes its address from the event",
      file("hog: { code: event.hog }\n"),
      [
        "HW080 3:14-23 policy.yaml does not allow to send to an address that the code decides (Write it into `fetch('https://…')`, or make it all of an input: `fetch(inputs.url)`.)",
      ],
    ],
    [
      "code that puts its address together",
      file(
        "hog: { code: built.hog, inputs_schema: [{ key: base, type: string }], inputs: { base: evil.example } }\n",
      ),
      [
        "HW080 3:14-23 policy.yaml does not allow to send to an address that the code decides (Write it into `fetch('https://…')`, or make it all of an input: `fetch(inputs.url)`.)",
      ],
    ],
    [
      "code that calls `fetch` by another name",
      file("hog: { code: handed.hog }\n"),
      [
        "HW080 3:14-24 policy.yaml does not allow to send to an address that the code decides (Write it into `fetch('https://…')`, or make it all of an input: `fetch(inputs.url)`.)",
      ],
    ],
    [
      "code whose `inputs` are its own",
      file("hog: { code: own.hog }\n"),
      [
        "HW080 3:14-21 policy.yaml does not allow to send to an address that the code decides (Write it into `fetch('https://…')`, or make it all of an input: `fetch(inputs.url)`.)",
      ],
    ],
    [
      "an address without its slashes",
      url("https:evil.example/https://hooks.example"),
      [
        "HW050 3:17-59 the URL is not an http or https address (Write it whole: https://your-app.example/webhooks/posthog)",
        "HW080 3:17-59 policy.yaml does not allow to send to a host that is not written out (It allows hooks.example, *.Acme.example, template-zendesk, slack.com.)",
      ],
    ],
    [
      "a line break in the host, which a browser leaves out",
      file('webhook: { url: "https://hooks.example\\n.evil.example" }\n'),
      [
        "HW050 3:17-55 the URL is not an http or https address (Write it whole: https://your-app.example/webhooks/posthog)",
        "HW080 3:17-55 policy.yaml does not allow to send to a host that is not written out (It allows hooks.example, *.Acme.example, template-zendesk, slack.com.)",
      ],
    ],
  ];

  testDiagnostics(CASES, FILE, (text) => lowerText(text, { resolver, without }, { policy, code }));

  test("offline nothing is said of an address that only the stack knows", async () => {
    const ownCode = (value: string) =>
      file(
        `hog: { code: inputs.hog, inputs_schema: [{ key: url, type: string, secret: true }], inputs: { url: ${value} } }\n`,
      );
    const inputs = ["'${secret:url}'", "{ value: '${secret:url}', templating: hog }"].map(ownCode);
    for (const text of [url("${secret:url}"), url("https://${config:host}/x"), ...inputs]) {
      const { diagnostics } = await lowerText(text, {}, { policy, code });
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

test("of code that is no program nothing else is said", async () => {
  const policy: Policy = { hosts: [], forbidden_fields: ["person.properties.phone"] };
  const { diagnostics } = await lowerText(file("hog: { code: broken.hog }\n"), {}, { policy, code });
  expect(diagnostics.map(({ code }) => code)).toEqual(["HW068"]);
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
        "HW081 3:59-96 this Liquid template may read `person.properties.phone`, which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
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
      "Liquid in other words",
      file(
        'template: { id: template-acme-only, inputs: { a: { value: "{% assign p = person.properties %}{{ p.phone }}", templating: liquid } } }\n',
      ),
      [
        "HW081 3:59-108 this Liquid template may read `person.properties.phone`, which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
        "warning HW046 3:94-107 Liquid escapes this as HTML: `&` becomes `&amp;`, and quotes `&quot;` (End it in `| raw`, or write a Hog template: single braces, without `templating`.)",
      ],
    ],
    [
      "Liquid that picks what it reads when it runs",
      file(
        "template: { id: template-acme-only, inputs: { a: { value: \"{% assign k = 'per' | append: 'son' %}{{ [k] }}\", templating: liquid } } }\n",
      ),
      [
        "HW081 3:59-108 this Liquid template may read `person.properties.phone`, which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
        "warning HW046 3:98-107 Liquid escapes this as HTML: `&` becomes `&amp;`, and quotes `&quot;` (End it in `| raw`, or write a Hog template: single braces, without `templating`.)",
      ],
    ],
    [
      "Liquid that reads neither event, person nor groups",
      file(
        'template: { id: template-acme-only, inputs: { a: { value: "An event [1] of {{ project.name | raw }}", templating: liquid } } }\n',
      ),
      [],
    ],
    [
      "code, in a function and in brackets",
      file("hog: { code: phone.hog }\n"),
      [
        "HW081 3:14-23 `person.properties.phone` in the code carries `person.properties.phone`, which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
      ],
    ],
    [
      "code that sends all",
      file("hog: { code: event.hog }\n"),
      [
        "HW081 3:14-23 `event` in the code carries `event.properties.$ip`, which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
        "HW081 3:14-23 `person` in the code carries `person.properties.phone`, which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
      ],
    ],
    ["code whose `person` is its own", file("hog: { code: email.hog }\n"), []],
    [
      "an input of code",
      file(
        "hog: { code: inputs.hog, inputs_schema: [{ key: url, type: string }], inputs: { url: '{person.properties}' } }\n",
      ),
      [
        "HW081 3:88-105 `{person.properties}` carries `person.properties.phone`, which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
      ],
    ],
    [
      "what the event sets on the person",
      body("{event.properties.$set.phone} {event.properties.$set_once} {event.properties.$set.plan}"),
      [
        "warning HW045 5:16-43 PostHog is withdrawing `event.properties.$set` from destinations (Read the person's property: {person.properties.…}.)",
        "HW081 5:16-43 `{event.properties.$set.phone}` carries `person.properties.phone` (as `event.properties.$set.phone`), which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
        "HW081 5:46-72 `{event.properties.$set_once}` carries `person.properties.phone` (as `event.properties.$set_once.phone`), which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
        "warning HW045 5:75-101 PostHog is withdrawing `event.properties.$set` from destinations (Read the person's property: {person.properties.…}.)",
      ],
    ],
    ["the person's name, which is none of these", body("{person.name}"), []],
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

  describe("of a person are also in its name and in what an event sets", () => {
    const email: Policy = { forbidden_fields: ["person.properties.email"] };
    const ROWS: Case[] = [
      [
        "its name",
        body("{person.name}"),
        [
          "HW081 5:16-27 `{person.name}` carries `person.properties.email` (as `person.name`), which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
        ],
      ],
      [
        "what is set",
        body("{event.properties.$set.email} {event.properties.$set_once.email}"),
        [
          "warning HW045 5:16-43 PostHog is withdrawing `event.properties.$set` from destinations (Read the person's property: {person.properties.…}.)",
          "HW081 5:16-43 `{event.properties.$set.email}` carries `person.properties.email` (as `event.properties.$set.email`), which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
          "HW081 5:46-78 `{event.properties.$set_once.email}` carries `person.properties.email` (as `event.properties.$set_once.email`), which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
        ],
      ],
      [
        "all that is set",
        body("{event.properties['$set']}"),
        [
          "warning HW045 5:16-40 PostHog is withdrawing `event.properties.$set` from destinations (Read the person's property: {person.properties.…}.)",
          "HW081 5:16-40 `{event.properties.$set}` carries `person.properties.email` (as `event.properties.$set.email`), which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
        ],
      ],
      [
        "all properties of the event",
        body("{event.properties}"),
        [
          "HW081 5:16-32 `{event.properties}` carries `person.properties.email` (as `event.properties.$set.email`), which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
        ],
      ],
      [
        "the event",
        body("{event}"),
        [
          "HW081 5:16-21 `{event}` carries `person.properties.email` (as `event.properties.$set.email`), which policy.yaml forbids to send (Send only the fields that are needed, each by its name.)",
        ],
      ],
      [
        "another property of these",
        body("{event.properties.$set_once.plan} {event.properties.email} {person.id}"),
        [],
      ],
    ];
    testDiagnostics(ROWS, FILE, (text) => lowerText(text, { without }, { policy: email }));

    test("a name with dots in it is the same", async () => {
      const policy: Policy = { forbidden_fields: ["event.properties.utm.source"] };
      const { diagnostics } = await lowerText(
        body("{event.properties['utm.source']}"),
        { without },
        { policy },
      );
      expect(diagnostics.map(({ code }) => code)).toEqual(["HW081"]);
    });

    test.each(["name", "username", "address.city"])("whichever it is: %s", async (field) => {
      const policy: Policy = { forbidden_fields: [`person.properties.${field}`] };
      const { diagnostics } = await lowerText(body("{person.name}"), { without }, { policy });
      expect(diagnostics.map(({ code }) => code)).toEqual(field === "address.city" ? [] : ["HW081"]);
    });
  });
});
