// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like that
import { expect, test } from "vitest";
import { createCompiler } from "../hog/compile.ts";
import { fixProject } from "./fix.ts";
import { lowerEventFilter } from "./lowering/event-filter.ts";
import { lowerText, mend, parseText, writeProject } from "./test-support.ts";

// What has one right answer, to the letter; comments, quotes and order stay.

const named = "name: N # the label\n";
const events = "filters: { events: [e] }\n";
const filter = (lines: string) => `${named}handlers: [crm]\nfilters:\n  events: [e] # all\n${lines}`;
const webhook = (lines: string) =>
  `${named}${events}webhook:\n  url: https://a.example # the address\n${lines}`;
const zendesk = (inputs: string) =>
  `${named}${events}template:\n  id: template-zendesk\n  inputs: { subdomain: acme, token: a, admin_email: b, attributes: {}, ${inputs} }\n`;

test.each<[what: string, before: string, after: string]>([
  [
    "HW006: a template without quotes",
    webhook("  body: { id: {event.uuid} } # id\n"),
    webhook('  body: { id: "{event.uuid}" } # id\n'),
  ],
  [
    "HW010: a slip in a key",
    `nmae: N # the label\n${events}handlers: [crm]\n`,
    `${named}${events}handlers: [crm]\n`,
  ],
  [
    "HW010: a slip in a section's key",
    webhook("  headrs: { Content-Type: text/plain } # h\n"),
    webhook("  headers: { Content-Type: text/plain } # h\n"),
  ],
  [
    "HW011: a number where text is meant",
    `name: 5 # the label\n${events}handlers: [crm]\n`,
    `name: "5" # the label\n${events}handlers: [crm]\n`,
  ],
  [
    "HW011: YAML 1.1's yes and no",
    webhook("  debug: No # log\nenabled: 'yes'\n"),
    webhook("  debug: false # log\nenabled: true\n"),
  ],
  [
    "HW011: a slip in absent",
    `${named}${events}handlers: [crm]\nenvironments: { dev: abset }\n`,
    `${named}${events}handlers: [crm]\nenvironments: { dev: absent }\n`,
  ],
  [
    "HW015: a slip in one of a few words",
    webhook("  method: post\n  body: falt\n"),
    webhook("  method: POST\n  body: flat\n"),
  ],
  [
    "HW015: is_set and its opposite",
    filter("  person: { a: { is_set: false }, b: { is_not_set: false } } # known\n"),
    filter("  person: { a: { is_not_set: true }, b: { is_set: true } } # known\n"),
  ],
  [
    "HW015: something nearly there to count by",
    `${named}${events}handlers: [crm]\nonce: { per: [persn], within: 1h }\n`,
    `${named}${events}handlers: [crm]\nonce: { per: [person], within: 1h }\n`,
  ],
  [
    "HW031: a feature flag's own type",
    filter("  properties:\n    - { key: a, value: b, type: feature } # flag\n"),
    filter("  properties:\n    - { key: a, value: b, type: event } # flag\n"),
  ],
  [
    "HW033: a slip in an operator",
    filter("  person: { a: { iss_set: true } } # known\n"),
    filter("  person: { a: { is_set: true } } # known\n"),
  ],
  [
    "HW034: a slip in a type",
    filter("  properties:\n    - { key: a, value: b, type: persn } # vip\n"),
    filter("  properties:\n    - { key: a, value: b, type: person } # vip\n"),
  ],
  [
    "HW037: missing without effect",
    filter("  person: { a: { icontains: b, missing: skip } }\n"),
    filter("  person: { a: { icontains: b } }\n"),
  ],
  [
    "HW040: a brace that is only text",
    webhook("  body: { a: 'if (x) {', b: \"y {\" } # code\n"),
    webhook("  body: { a: 'if (x) \\{', b: \"y \\\\{\" } # code\n"),
  ],
  [
    "HW041: double braces, all of a text",
    webhook('  body: { a: "{{ event.uuid }} and {{person.name}}" }\n'),
    webhook('  body: { a: "{event.uuid} and {person.name}" }\n'),
  ],
  [
    "HW042: what old guides write",
    webhook('  body: { a: "{distinct_id} {timestamp}", b: {properties.plan}, c: "{evnt.uuid}" }\n'),
    webhook(
      '  body: { a: "{event.distinct_id} {event.timestamp}", b: "{event.properties.plan}", c: "{event.uuid}" }\n',
    ),
  ],
  [
    "HW044: the event's name",
    webhook('  body: { event: "{event}", distinct_id: "{event.distinct_id}" }\n'),
    webhook('  body: { event: "{event.event}", distinct_id: "{event.distinct_id}" }\n'),
  ],
  ["HW056: a slip in an input", zendesk("name: d, emial: c"), zendesk("name: d, email: c")],
  [
    "HW057: a default that PostHog fills in",
    zendesk("name: d"),
    zendesk('name: d, email: "{person.properties.email}"'),
  ],
  [
    "HW071: an event that swallows another",
    `${named}filters: { events: [a, b] }\nhandlers: [crm]\nonce:\n  within: 1h\n  per:\n    - person # each\n`,
    `${named}filters: { events: [a, b] }\nhandlers: [crm]\nonce:\n  within: 1h\n  per:\n    - person # each\n    - event\n`,
  ],
  [
    "HW076: a Content-Type",
    webhook("  headers:\n    X-Plan: pro # plan\n"),
    webhook("  headers:\n    X-Plan: pro # plan\n    Content-Type: application/json\n"),
  ],
])("%s", async (_what, before, after) => {
  const check = (text: string) => lowerText(text, { without: ["HW047"] });
  expect(await mend(before, "destinations/example.yaml", check)).toBe(after);
});

test("HW012: an event filter's matching without what it matches", async () => {
  const compiler = await createCompiler();
  const file = "destinations/filters/f.yaml";
  const check = async (text: string) =>
    lowerEventFilter({ slug: "f", ...parseText(file, text) }, {}, compiler);
  expect(await mend("name: F # f\nurl_matching: regex # any\nevent: e\n", file, check)).toBe(
    "name: F # f\nevent: e\n",
  );
});

test("nothing is mended of which the file has not the one right answer", async () => {
  const texts = [
    webhook('  body: { a: "{customer_tier}", b: "from {event.uuid", c: "{person.emial}" }\n'),
    // In one stack only it is wrong, and in another it has an effect.
    webhook("  body: { a: 1 }\nenvironments: { prod: { webhook: { method: GET } } }\n"),
    webhook("  body: { a: 1 }\n  method: GET\nenvironments: { prod: { webhook: { method: POST } } }\n"),
    filter(
      "  person: { a: { icontains: b, missing: skip } }\nenvironments: { prod: { filters: { person: { a: { icontains: null, not_icontains: c } } } } }\n",
    ),
    `${named}${events}handlers: [crm]\nwebhook: { url: https://a.example }\n`,
    filter("  person: { a: { is_nto: b, is_not: c, missing: send } }\n"),
  ];
  for (const text of texts) {
    const found = await Promise.all([undefined, "prod"].map(async (stack) => lowerText(text, { stack })));
    const diagnostics = found.flatMap(({ diagnostics }) => diagnostics);
    expect(diagnostics, text).not.toEqual([]);
    expect(
      diagnostics.flatMap(({ fix = [] }) => fix),
      text,
    ).toEqual([]);
  }
});

test("an old guide's destination becomes one that works, with its samples", async () => {
  const root = await writeProject({
    "destinations/old.yaml": `# from a blog
name: Old guide
type: webhook
enabled: yes
filters: { events: [user_signed_up] }
config:
  url: https://your-app.example/hook # ours
  method: post
  headers: { X-Source: posthog }
  body:
    event: "{event}"
    distinct_id: "{distinct_id}"
    properties: {properties}
    timestamp: '{timestamp}' # when
`,
    "destinations/old.test.yaml": `- name: a signup
  event: { event: user_signed_up, distinct_id: d, properties: { plan: pro } }
  person: ada
  expect: { sent: yes, body: { event: user_signed_up, distinct_id: d, properties: { plan: pro } } }
`,
    "destinations/fixtures.test.yaml": "persons: { ada: { properties: {} } }\n",
  });
  const { result, changed } = await fixProject(root);
  expect(result.diagnostics).toEqual([]);
  expect(result.samples).toEqual({ passed: 1, failed: 0 });
  expect(changed.get("destinations/old.yaml")?.after).toBe(`# from a blog
name: Old guide
enabled: true
filters: { events: [user_signed_up] }
webhook:
  url: https://your-app.example/hook # ours
  method: POST
  headers: { X-Source: posthog, Content-Type: application/json }
  body:
    event: "{event.event}"
    distinct_id: "{event.distinct_id}"
    properties: "{event.properties}"
    timestamp: '{event.timestamp}' # when
`);
});
