import { type Case, lowerText, testDiagnostics } from "../test-support.ts";

const webhook = (lines: string) =>
  `name: N\nfilters: { events: [e] }\nwebhook:\n  url: https://a.example\n${lines}`;
const filters = (lines: string) => `name: N\nhandlers: [crm]\nfilters:\n  events: [e]\n${lines}`;

const CASES: Case[] = [
  [
    "the whole event where its name is meant, beside the flat fields of old guides",
    webhook('  body: { event: "{event}", distinct_id: "{event.distinct_id}" }\n'),
    ["warning HW044 5:19-26 `{event}` is the whole event, not its name (The name is {event.event}.) [fix]"],
  ],
  [
    "the same with blanks inside the braces",
    webhook('  body: { event: "{ event }", timestamp: "{event.timestamp}" }\n'),
    ["warning HW044 5:19-28 `{event}` is the whole event, not its name (The name is {event.event}.) [fix]"],
  ],
  [
    "the whole event or person inside text",
    webhook('  body: { text: "{event} by {person}!" }\n'),
    [
      "warning HW044 5:18-25 `{event}` is the whole event, not its name (The name is {event.event}.) [fix]",
      "warning HW044 5:29-37 `{person}` is the whole person, not its name (The name is {person.name}.) [fix]",
    ],
  ],
  [
    "in a header",
    webhook('  headers: { Content-Type: application/json, X-Event: "is {event}" }\n'),
    ["warning HW044 5:59-66 `{event}` is the whole event, not its name (The name is {event.event}.) [fix]"],
  ],
  [
    "in a Slack message",
    'name: N\nfilters: { events: [e] }\nslack: { integration: 1, channel: C1, text: "New: {event}" }\n',
    ["warning HW044 3:51-58 `{event}` is the whole event, not its name (The name is {event.event}.) [fix]"],
  ],
  [
    "PostHog's default body, and the whole event as a value",
    webhook('  body: { event: "{event}", person: "{person}", e: "{event}" }\n'),
    [],
  ],
  [
    "a function that takes the whole event",
    webhook('  body: { text: "is {jsonStringify(event)}", n: "a {keys(person)}" }\n'),
    [],
  ],
  [
    "what PostHog is withdrawing, in templates",
    webhook(
      '  body: { a: "{event.properties.$set.email}", b: "x {event.properties.$set}", c: "{event.properties.$set_once.a}" }\n',
    ),
    [
      "warning HW045 5:16-43 PostHog is withdrawing `event.properties.$set` from destinations (Read the person's property: {person.properties.…}.)",
      "warning HW045 5:54-75 PostHog is withdrawing `event.properties.$set` from destinations (Read the person's property: {person.properties.…}.)",
    ],
  ],
  [
    "what PostHog is withdrawing, in conditions",
    filters("  properties: { $set: { is_set: true } }\n  person: { $set: 1 }\n"),
    [
      "warning HW045 5:33-37 PostHog is withdrawing `event.properties.$set` from destinations (Ask for the person's property, under `person:`.)",
    ],
  ],
  [
    "beside an event, in PostHog's own JSON",
    "name: N\nhandlers: [crm]\nfilters:\n  events: [{ id: e, properties: [{ key: $set, value: a }] }]\n",
    [
      "warning HW045 4:34-57 PostHog is withdrawing `event.properties.$set` from destinations (Ask for the person's property, under `person:`.)",
    ],
  ],
  [
    "Liquid that escapes, but for what is raw or no output",
    `name: N
filters: { events: [e] }
template:
  id: template-acme-only
  inputs:
    a: { value: "{{ event.url }} {{ event.url | raw }} {{- x|raw -}} {% if a %}{{ b }}{% endif %} {{ open", templating: liquid }
    b: { value: { c: ["{{ d | upcase }}"] }, templating: liquid }
`,
    [
      "warning HW046 6:18-33 Liquid escapes this as HTML: `&` becomes `&amp;`, and quotes `&quot;` (End it in `| raw`, or write a Hog template: single braces, without `templating`.)",
      "warning HW046 6:80-87 Liquid escapes this as HTML: `&` becomes `&amp;`, and quotes `&quot;` (End it in `| raw`, or write a Hog template: single braces, without `templating`.)",
      "warning HW046 7:24-40 Liquid escapes this as HTML: `&` becomes `&amp;`, and quotes `&quot;` (End it in `| raw`, or write a Hog template: single braces, without `templating`.)",
    ],
  ],
];

testDiagnostics(CASES, "destinations/example.yaml", (text) => lowerText(text, { without: ["HW059"] }));
