// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like that
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Editor, startEditor } from "./fixtures/editor.ts";
import type { KINDS } from "./json-schema.ts";

const root = resolve(import.meta.dirname, "../..");

let editor: Editor;
beforeAll(async () => {
  editor = await startEditor(root);
});
afterAll(() => editor.close());

function file(kind: keyof typeof KINDS, yaml: string): string {
  return `# yaml-language-server: $schema=../infra/spec/schemas/${kind}.schema.json\n${yaml}`;
}

test.each<[string, string, Record<string, string>]>([
  [
    "the keys of a destination",
    file("destination", "name: Sign-ups\n¦"),
    {
      filters: "which events",
      handlers: "to this project's receiver, which calls destinations/handlers/<name>.ts",
      once: "send only the first in a while",
    },
  ],
  [
    "the operators of a condition",
    file("destination", "filters:\n  person:\n    email:\n      ¦"),
    {
      not_icontains: "does not contain the text, in any case; true when the property is missing",
      missing: expect.stringContaining("whether an event without the property is sent"),
    },
  ],
  [
    "the operators of a condition in braces",
    file("destination", "filters:\n  events:\n    - { id: a, properties: { plan: { i¦ } } }\n"),
    { icontains: "contains the text, in any case", is_not: expect.any(String) },
  ],
  [
    "PostHog's own form of a condition",
    file("destination", "filters:\n  properties:\n    - key: plan\n      ¦"),
    { operator: "how it is compared; exact unless given" },
  ],
  ["words", file("destination", "filters:\n  source: ¦"), { "person-updates": "" }],
  [
    "the keys of a destination in an environment",
    file("destination", "name: Sign-ups\nenvironments:\n  prod:\n    ¦"),
    { enabled: "true unless given", filters: "which events", webhook: "to any address" },
  ],
  [
    "what may become of a destination, in an environment",
    file("destination", "environments:\n  prod:\n    lifecycle:\n      ¦"),
    {
      protect: "refuse every run that would delete it",
      retain: "leave it in PostHog when it goes from here",
      upgrade: expect.stringContaining("follow the template as PostHog serves it today"),
    },
  ],
  [
    "the keys of a section in an environment",
    file("destination", "environments:\n  prod:\n    filters:\n      ¦"),
    { filter_test_accounts: expect.stringContaining("leave out the project's internal and test accounts") },
  ],
  ["an environment that is not there", file("destination", "environments:\n  prod: ¦"), { absent: "" }],
  [
    "the keys of an event filter",
    file("event-filter", "name: Paying\n¦"),
    { url_matching: "how `url` is compared; contains unless given", steps: expect.any(String) },
  ],
  [
    "what a sample expects",
    file("samples", "- name: sent\n  event: user_signed_up\n  expect:\n    ¦"),
    { because: expect.stringContaining("which condition decides"), sent: expect.any(String) },
  ],
  [
    "the policy's keys",
    file("policy", "hosts: [hooks.example]\n¦"),
    { forbidden_fields: "fields that may not be sent" },
  ],
])("proposes %s", async (_what, text, proposed) => {
  expect(await editor.propose(text)).toMatchObject(proposed);
});

test("proposes nothing that is there already", async () => {
  const keys = Object.keys(await editor.propose(file("destination", "name: Sign-ups\nenabled: true\n¦")));
  expect(keys).toContain("filters");
  expect(keys).not.toContain("enabled");
});

test.each([
  [
    "a key",
    file("destination", "name: Sign-ups\nfilters:\n  filter_test_¦accounts: true\n"),
    "leave out the project's internal and test accounts, as set in PostHog",
    "```yaml\ntrue\n```",
  ],
  [
    "a section",
    file("destination", "onc¦e: { per: [person], within: 1h }\n"),
    "send only the first in a while",
    "```yaml\nper:\n  - person\n  - event\nwithin: 1h\n```",
  ],
  [
    "a key whose value is a reference",
    file("destination", "slack:\n  integ¦ration: ${config:slack}\n  channel: C1\n"),
    "the id of the Slack integration in PostHog",
    "a value of the stack's configuration",
  ],
  [
    "an operator in an environment",
    file("destination", "environments: { prod: { filters: { person: { email: { not_¦regex: a } } } } }\n"),
    "the RE2 regular expression is not found in it; true when the property is missing",
    "```yaml\n^/admin\n```",
  ],
])("shows the description and an example on %s", async (_what, text, description, more) => {
  const shown = await editor.hover(text);
  expect(shown).toContain(description);
  expect(shown).toContain(more);
});

test.each([
  [
    "a key of a destination",
    file("destination", "name: A\nfilters: { events: all }\nhandlrs: [a]\n"),
    "handlrs",
    4,
  ],
  ["a key of an event", file("destination", "name: A\nfilters: { events: [{ idd: a }] }\n"), "idd", 3],
  [
    "an operator",
    file("destination", "name: A\nfilters: { events: all, person: { email: { not_icontain: a } } }\n"),
    "not_icontain",
    3,
  ],
  [
    "a key in an environment",
    file("destination", "name: A\nfilters: { events: all }\nenvironments:\n  prod: { enabld: false }\n"),
    "enabld",
    5,
  ],
  ["a key of an event filter", file("event-filter", "name: A\nevnt: a\n"), "evnt", 3],
  [
    "a key of a sample",
    file("samples", "- { name: a, event: a, expect: { snt: true, sent: true } }\n"),
    "snt",
    2,
  ],
])("underlines a slip in %s", async (_what, text, key, line) => {
  expect(await editor.diagnose(text)).toEqual([`${line}: Property ${key} is not allowed.`]);
});

test("knows nothing of a file that names no schema", async () => {
  expect(await editor.diagnose("nmae: Sign-ups\n")).toEqual([]);
});

test("each example names its schema, and nothing in it is underlined", async () => {
  const files = globSync(
    ["destinations/signup-notifications*.yaml", "docs/examples/destinations/**/*.yaml"],
    {
      cwd: root,
    },
  );
  expect(files.length).toBeGreaterThan(25);
  const found = await Promise.all(
    files.map(async (name) => {
      const text = readFileSync(join(root, name), "utf8");
      expect(text, name).toMatch(
        /^# yaml-language-server: \$schema=(\.\.\/)+infra\/spec\/schemas\/[a-z-]+\.schema\.json\n/,
      );
      return (await editor.diagnose(text, name)).map((line) => `${name}:${line}`);
    }),
  );
  expect(found.flat()).toEqual([]);
});
