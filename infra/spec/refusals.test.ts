// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like that
import { expect, test } from "vitest";
import { CODES } from "./codes.ts";
import type { Resolver } from "./references.ts";
import { inOneLine, lowerText } from "./test-support.ts";

// What is written, and every diagnostic it gets, to the letter: code, line:column-end, message, (hint).

const named = "name: N\n";
const events = "filters: { events: [e] }\n";
const toCrm = "handlers: [crm]\n";
const filter = (lines: string) => `${named}${toCrm}filters:\n  events: [e]\n${lines}`;
const webhook = (lines: string) => `${named}${events}webhook:\n  url: https://a.example\n${lines}`;

const config: Record<string, unknown> = { list: [1], number: 5 };
const secrets: Record<string, string> = { short: "whsec_c2hvcnQ=", text: "s3cr3t" };
const resolver: Resolver = {
  config: (key) => config[key],
  secret: (key) => secrets[key],
  isSecret: (key) => key in secrets,
};

const REFUSED: [what: string, text: string, diagnostics: string[]][] = [
  [
    "a secret of the stack as if it were none, and Hogwire's own secrets anywhere",
    webhook('  headers: { A: "${config:text}", B: "${secret:apiKey}" }\n'),
    [
      "HW022 5:17-33 `text` is a secret in this stack: `${config:}` would put it where everybody can read it (Write `${secret:text}`. A secret can stand in `webhook.url`, in `webhook.headers` and in `webhook.signing_secret`: those are kept encrypted.)",
      "HW021 5:38-56 `apiKey` is what Hogwire itself works with: it is not sent anywhere (Set a secret of its own for this.)",
    ],
  ],
  [
    "a list of short forms, with both ways to write it",
    filter("  properties: [{ plan: pro }]\n"),
    [
      "HW012 5:16-29 `filters.properties[0].key` is missing",
      "HW010 5:18-22 unknown key `plan` in `filters.properties[0]` (Write a map, `{ plan: … }`, or PostHog's own form: `- { key: plan, value: … }`.)",
    ],
  ],
  [
    "a misspelt key, once",
    `nmae: N\n${events}${toCrm}`,
    ["HW010 1:1-5 unknown key `nmae` (Did you mean `name`?)"],
  ],
  [
    "an unknown key, with those that are known",
    `${named}${events}${toCrm}colour: blue\n`,
    [
      "HW010 4:1-7 unknown key `colour` (Known here: name, description, enabled, filters, handlers, webhook, environments.)",
    ],
  ],
  [
    "a part of the design that is not built, by its name",
    `${named}${events}slack: { channel: C1 }\nonce: { per: [event] }\n`,
    ["HW014 3:1-6 `slack` is not supported yet", "HW014 4:1-5 `once` is not supported yet"],
  ],
  [
    "the same inside filters",
    filter("  hogql: 1 = 1\n"),
    ["HW014 5:3-8 `hogql` in `filters` is not supported yet"],
  ],
  [
    "values of the wrong type",
    `name: 5\nenabled: yes\nfilters: { events: e }\n${toCrm}`,
    [
      'HW011 1:7-8 `name` must be text, not the number 5 (Put it in quotes: "5")',
      'HW011 2:10-13 `enabled` must be true or false, not the text "yes" (Write `true`.)',
      'HW011 3:20-21 `filters.events` must be `all` or a list, not the text "e"',
    ],
  ],
  ["an empty file", "# nothing\n", ["HW012 1:1-1 the file is empty"]],
  ["a list where a destination is wanted", "- a\n", ["HW011 1:1-4 the file must be a map, not a list"]],
  [
    "two ways to send",
    `${named}${events}${toCrm}webhook: { url: https://a.example }\n`,
    [
      "HW013 4:1-8 a destination has `handlers` or `webhook`, not both (Keep one, and make a second file for the other.)",
    ],
  ],
  [
    "no way to send",
    `${named}${events}`,
    [
      "HW013 1:1-8 the destination does not say where to send (Add `handlers: [name]`, for code in destinations/handlers/, or `webhook: { url: … }`.)",
    ],
  ],
  [
    "a webhook without URL",
    `${named}${events}webhook: { method: PUT }\n`,
    ["HW012 3:1-8 `webhook.url` is missing"],
  ],
  ["a blank name", `name: ' '\n${events}${toCrm}`, ["HW015 1:7-10 `name` is empty"]],
  [
    "a value that is not one of those allowed",
    webhook("  method: post\n  debug: 1\n"),
    [
      'HW015 5:11-15 `webhook.method` must be `POST`, `PUT`, `PATCH`, `GET` or `DELETE`, not the text "post" (Did you mean `POST`?)',
      "HW011 6:10-11 `webhook.debug` must be true or false, not the number 1",
    ],
  ],
  [
    "a handler that does not exist, or comes twice",
    `${named}${events}handlers: [crn, notify, notify]\n`,
    [
      "HW052 3:12-15 there is no destinations/handlers/crn.ts (Did you mean `crm`?)",
      "HW015 3:25-31 the handler `notify` is named twice",
    ],
  ],
  [
    "no filter",
    `${named}${toCrm}`,
    [
      "HW030 1:1-8 the filter names no event, which PostHog takes for every event (List the events under `filters.events`. If every event is meant, write `events: all`.)",
    ],
  ],
  [
    "an empty list of events",
    `${named}filters: { events: [] }\n${toCrm}`,
    [
      "HW030 2:20-22 the filter names no event, which PostHog takes for every event (List the events under `filters.events`. If every event is meant, write `events: all`.)",
    ],
  ],
  [
    "conditions without events",
    `${named}filters: { properties: { a: 1 } }\n${toCrm}`,
    [
      "HW030 2:1-8 the filter names no event, which PostHog takes for every event (List the events under `filters.events`. If every event is meant, write `events: all`.)",
    ],
  ],
  [
    "PostHog's own form of every event",
    `${named}filters: { events: [{ id: null }] }\n${toCrm}`,
    [
      "HW030 2:27-31 the filter names no event, which PostHog takes for every event (List the events under `filters.events`. If every event is meant, write `events: all`.)",
    ],
  ],
  [
    "an action",
    `${named}filters: { events: [{ id: '1', type: actions }] }\n${toCrm}`,
    ["HW014 2:38-45 an action in a filter is not supported yet"],
  ],
  [
    "an empty list of values",
    filter("  properties: { plan: [] }\n"),
    [
      "HW031 5:17-21 PostHog would drop the condition on `plan`: its list of values is empty (Give it a value, or remove it if every event is meant.)",
    ],
  ],
  [
    "a condition without value",
    filter("  properties:\n    - { key: plan, operator: icontains }\n"),
    [
      "HW031 6:7-41 PostHog would drop the condition on `plan`: it has no `value` (Give it a value, or remove it if every event is meant.)",
    ],
  ],
  [
    "a condition without operator",
    filter("  properties: { plan: { missing: skip } }\n"),
    [
      "HW031 5:23-40 the condition on `plan` has no operator, so it would hold for every event (Write for example `{ is_set: true }`, or remove it.)",
    ],
  ],
  [
    "a property with nothing behind it",
    filter("  properties: { plan: }\n"),
    [
      "HW011 5:17-21 `filters.properties.plan` must be text, a number, true or false, a list or a map, but has no value",
    ],
  ],
  [
    "a cohort",
    filter("  person:\n    - { key: id, value: 5, type: cohort }\n"),
    [
      "HW032 6:7-42 PostHog refuses a cohort in a destination (Write the person properties that make the cohort, under `person:`.)",
    ],
  ],
  [
    "an unknown operator",
    filter("  properties: { plan: { is_nto: pro } }\n"),
    ["HW033 5:25-31 unknown operator `is_nto` (Did you mean `is_not`?)"],
  ],
  [
    "an unknown type",
    filter("  properties:\n    - { key: plan, value: a, type: persn }\n"),
    ["HW034 6:7-43 a destination has no conditions of type `persn` (Did you mean `person`?)"],
  ],
  [
    "a type that is not built",
    filter("  properties:\n    - { key: plan, value: a, type: group }\n"),
    ["HW014 6:7-43 a condition of type `group` is not supported yet"],
  ],
  [
    "a condition on the event under person",
    filter("  person:\n    - { key: plan, value: a, type: event }\n"),
    ["HW034 6:7-43 a condition on the event stands under `person` (Move it to `properties:`.)"],
  ],
  [
    "PostHog's form without its list",
    filter("  properties: { key: plan, value: a, operator: exact }\n"),
    [
      "HW011 5:15-55 `filters.properties` is one of PostHog's conditions without its list (Put it in a list: `- { key: …, value: …, operator: … }`.)",
    ],
  ],
  [
    "a regular expression that is not RE2",
    filter("  properties: { $host: { regex: 'a(?=b)' } }\n"),
    [
      "HW035 5:33-41 not an RE2 regular expression: error parsing regexp: invalid or unsupported Perl syntax: `(?=` (PostHog uses RE2: no look-ahead, look-behind or back-references.)",
    ],
  ],
  [
    "a value that its operator cannot take",
    filter("  properties: { n: { between: [5] } }\n"),
    ["HW036 5:31-34 `between` wants two values, [from, to]"],
  ],
  [
    "is_set: false",
    filter("  properties: { n: { is_set: false } }\n"),
    ["HW015 5:30-35 `is_set` is `true` or left out (The opposite is `is_not_set: true`.)"],
  ],
  [
    "missing where it has no effect",
    filter("  properties: { n: { icontains: a, missing: skip } }\n"),
    [
      "HW037 5:36-43 `missing` has no effect: without the property the condition is false (It belongs to negative conditions such as `is_not`.)",
    ],
  ],
  [
    "missing with another word",
    filter("  properties: { n: { is_not: a, missing: maybe } }\n"),
    ["HW015 5:42-47 `missing` must be `skip` or `send`"],
  ],
  [
    "the placeholders of old guides",
    webhook('  body: { id: "{distinct_id}", when: "{timestamp}", plan: "{properties.plan}" }\n'),
    [
      "HW042 5:17-28 there is no `{distinct_id}` in a template (Did you mean {event.distinct_id}?)",
      "HW042 5:40-49 there is no `{timestamp}` in a template (Did you mean {event.timestamp}?)",
      "HW042 5:61-76 there is no `{properties}` in a template (Did you mean {event.properties.plan}?)",
    ],
  ],
  [
    "fields that are not there",
    webhook('  body: { email: "{person.email}", x: "{project.nmae}" }\n'),
    [
      "HW042 5:20-32 `person` has no `email`, so PostHog would send null (Did you mean {person.properties.email}?)",
      "HW042 5:41-53 `project` has no `nmae`, so PostHog would send null (Did you mean {project.name}?)",
    ],
  ],
  [
    "globals that are not there",
    webhook('  body: { event: "{evnt.event}", x: "hello {customer_tier}" }\n'),
    [
      "HW042 5:20-30 there is no `{evnt}` in a template (Did you mean {event.event}?)",
      "HW042 5:45-58 there is no `{customer_tier}` in a template (A property of the event is {event.properties.customer_tier}, of the person {person.properties.customer_tier}.)",
    ],
  ],
  [
    "functions that are not there",
    webhook('  body: { a: "{lowr(event.event)} {frobnicate(1)} {upper(person.id)}" }\n'),
    [
      "HW042 5:14-70 there is no function `lowr` in Hog (Did you mean `lower`?)",
      "HW042 5:14-70 there is no function `frobnicate` in Hog (Hog's functions: https://posthog.com/docs/hog)",
    ],
  ],
  [
    "double braces",
    webhook('  body: { id: "{{ event.uuid }}" }\n'),
    ["HW041 5:16-32 double braces are not a Hog template (Hog templates have single braces: {event.uuid})"],
  ],
  [
    "a brace that is not closed",
    webhook('  body: { id: "from {event.uuid" }\n'),
    [
      "HW040 5:21-22 this brace is not closed (A brace that is only text is written `\\{` (in double quotes `\\\\{`).)",
    ],
  ],
  [
    "a body in JSON text",
    webhook('  body: \'{"id": "{event.uuid}"}\'\n'),
    [
      "HW040 5:9-33 the body is JSON text, which Hog reads as a template (Write the body as a YAML map: it is sent as JSON.)",
    ],
  ],
  [
    "a template without quotes",
    webhook("  body: { id: {event.uuid} }\n"),
    ['HW006 5:15-27 YAML reads a template without quotes as a map (Write it in quotes: "{event.uuid}")'],
  ],
  [
    "a misspelt preset",
    webhook("  body: falt\n"),
    ["HW015 5:9-13 there is no body `falt` (Did you mean `flat`?)"],
  ],
  [
    "a body that would not be sent",
    webhook("  method: GET\n  body: flat\n"),
    ["HW054 6:3-7 PostHog would drop the body: a GET request has none (Remove the body, or use POST.)"],
  ],
  [
    "a URL without scheme",
    `${named}${events}webhook: { url: your-app.example/hook }\n`,
    [
      "HW050 3:17-38 the URL is not an http or https address (Write it whole: https://your-app.example/webhooks/posthog)",
    ],
  ],
  [
    "a URL with a wrong template",
    `${named}${events}webhook: { url: "https://a.example/{evnt}" }\n`,
    ["HW042 3:37-41 there is no `{evnt}` in a template (Did you mean {event}?)"],
  ],
  [
    "headers that cannot be sent",
    webhook('  headers: { "X Y": a, X-N: 5, x-a: "1", X-A: "2", X-B: "a\\nb" }\n'),
    [
      "HW051 5:14-19 `X Y` is not a header's name",
      'HW011 5:29-30 `webhook.headers.X-N` must be text, not the number 5 (Put it in quotes: "5")',
      "HW051 5:42-45 the header `X-A` is given twice: case does not matter",
      "HW051 5:57-63 the value of `X-B` has characters that a header cannot hold",
    ],
  ],
  [
    "a header that the signature sets, and a key too short to sign",
    webhook('  headers: { Webhook-Id: a }\n  signing_secret: "${secret:short}"\n'),
    [
      "HW051 5:14-24 PostHog would drop `Webhook-Id`: it comes from the signature",
      "HW024 6:19-36 a signing secret is `whsec_` and at least 24 bytes in base64 (Make one: node -p \"'whsec_' + crypto.randomBytes(32).toString('base64')\")",
    ],
  ],
  [
    "a signing secret in the file",
    webhook("  signing_secret: whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"),
    [
      'HW023 5:19-57 a signing secret must be a ${secret:}: it is neither for files nor for plain configuration (Write "${secret:signing}", then: npx pulumi config set --secret hogwire:signing)',
    ],
  ],
  [
    "a signing secret in plain configuration",
    webhook('  signing_secret: "${config:number}"\n'),
    [
      'HW023 5:19-37 a signing secret must be a ${secret:}: it is neither for files nor for plain configuration (Write "${secret:signing}", then: npx pulumi config set --secret hogwire:signing)',
    ],
  ],
  [
    "a secret where PostHog shows it",
    webhook('  body: { a: "${secret:text}" }\n'),
    [
      "HW022 5:14-30 `${secret:text}` stands in `webhook.body.a`, which PostHog shows to everyone who may read destinations (A secret can stand in `webhook.url`, in `webhook.headers` and in `webhook.signing_secret`: those are kept encrypted.)",
    ],
  ],
  [
    "a secret where only certain words are allowed, without quoting it",
    webhook('  method: "${secret:text}"\n'),
    [
      "HW022 5:11-27 `${secret:text}` stands in `webhook.method`, which PostHog shows to everyone who may read destinations (A secret can stand in `webhook.url`, in `webhook.headers` and in `webhook.signing_secret`: those are kept encrypted.)",
    ],
  ],
  [
    "a template error next to a secret, without quoting it",
    webhook('  headers: { A: "{event.uuid ${secret:text} }" }\n'),
    [
      "HW040 5:30-38 not a Hog template: cannot read 'event.uuid …' (A brace that is only text is written `\\{` (in double quotes `\\\\{`).)",
    ],
  ],
  [
    "references to what is not set",
    webhook('  headers: { A: "${config:none}", B: "${secret:none}" }\n'),
    [
      "HW020 5:17-33 `${config:none}` is not set (Set it: npx pulumi config set hogwire:none VALUE --stack prod)",
      "HW020 5:38-54 `${secret:none}` is not set (Set it: npx pulumi config set --secret hogwire:none --stack prod)",
    ],
  ],
  [
    "references that are none",
    webhook('  body: { a: "${env:HOME}", b: "${config:a b}", c: "x ${config:list}" }\n'),
    [
      "HW021 5:14-27 there is no reference `${env:HOME}` (There are ${config:key} and ${secret:key}, both from `npx pulumi config`.)",
      "HW021 5:32-47 `a b` is not a configuration key (A key starts with a letter; letters, digits, `_`, `-` and `.` follow.)",
      "HW021 5:52-70 `${config:list}` is not a single value, so it cannot stand inside text",
    ],
  ],
  [
    "environments inside an environment",
    `${named}${events}${toCrm}environments:\n  prod: { environments: {} }\n`,
    ["HW010 5:11-23 an environment cannot have `environments`"],
  ],
  [
    "an environment that is neither absent nor a map",
    `${named}${events}${toCrm}environments:\n  prod: absnet\n`,
    [
      'HW011 5:9-15 `environments.prod` must be `absent` or a map, not the text "absnet" (Did you mean `absent`?)',
    ],
  ],
  [
    "what an environment makes wrong, in the environment",
    `${named}${events}${toCrm}environments:\n  prod: { filters: { events: null }, handlers: [crm, x] }\n`,
    [
      "HW030 5:30-34 the filter names no event, which PostHog takes for every event (List the events under `filters.events`. If every event is meant, write `events: all`.)",
      "HW052 5:54-55 there is no destinations/handlers/x.ts (Write that file, or name another handler.)",
    ],
  ],
];

test.each(REFUSED)("refuses %s", async (_what, text, expected) => {
  const { lowered, diagnostics } = await lowerText(text, { stack: "prod", resolver });
  expect(diagnostics.map(inOneLine)).toEqual(expected);
  expect(lowered).toBeUndefined();
});

test("every code that a destination can have is in the table", () => {
  // YAML itself, files, samples, and what the program says about a stack.
  const elsewhere = [
    "HW001",
    "HW002",
    "HW003",
    "HW004",
    "HW005",
    "HW007",
    "HW008",
    "HW016",
    "HW025",
    "HW043",
    "HW053",
    "HW055",
    "HW060",
    "HW061",
  ];
  const seen = new Set(REFUSED.flatMap(([, , lines]) => lines.map((line) => line.slice(0, 5))));
  expect([...seen, ...elsewhere].sort()).toEqual(Object.keys(CODES));
});
