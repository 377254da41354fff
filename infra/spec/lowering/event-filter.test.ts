// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like that
import { expect, test } from "vitest";
import { createCompiler } from "../../hog/compile.ts";
import type { LoweredEventFilter } from "../lowered.ts";
import { type Case, checkFiles, inOneLine, parseText, testDiagnostics } from "../test-support.ts";
import { lowerEventFilter } from "./event-filter.ts";
import type { LayerOptions } from "./layer.ts";

const FILE = "destinations/filters/paying.yaml";

async function lower(text: string, options: LayerOptions = {}) {
  return lowerEventFilter({ slug: "paying", ...parseText(FILE, text) }, options, await createCompiler());
}

test.each<[what: string, text: string, lowered: Omit<LoweredEventFilter, "slug">]>([
  [
    "one step at the top",
    "name: ' Paying sign-up '\ndescription: |\n  Signed up and pays\nevent: user_signed_up\nproperties: { plan: [pro, team] }\n",
    {
      name: "Paying sign-up",
      description: "Signed up and pays",
      steps: [{ event: "user_signed_up", properties: [{ key: "plan", value: ["pro", "team"] }] }],
    },
  ],
  [
    "steps, of which PostHog's own matching is left out",
    `
name: P
steps:
  - { event: $autocapture, url: /pricing, url_matching: contains, href: /x, href_matching: exact, text: Buy, text_matching: exact }
  - { event: $autocapture, url: ^/a, url_matching: regex, href: /x, href_matching: contains, text: B, text_matching: regex }
  - { event: $autocapture, tag_name: button, selector: form > button }
  - { event: $pageview, url: https://a.example, url_matching: exact }
`,
    {
      name: "P",
      steps: [
        { event: "$autocapture", url: "/pricing", href: "/x", text: "Buy" },
        {
          event: "$autocapture",
          url: "^/a",
          url_matching: "regex",
          href: "/x",
          href_matching: "contains",
          text: "B",
          text_matching: "regex",
        },
        { event: "$autocapture", tag_name: "button", selector: "form > button" },
        { event: "$pageview", url: "https://a.example", url_matching: "exact" },
      ],
    },
  ],
  [
    "every kind of condition",
    `
name: P
event: e
person: { email: { is_set: true } }
group: { company: { tier: gold } }
element: { text: Buy }
hogql: properties.a > 1
`,
    {
      name: "P",
      steps: [
        {
          event: "e",
          properties: [
            { key: "email", value: "is_set", operator: "is_set", type: "person" },
            { key: "tier", value: "gold", type: "group", group_type: "company" },
            { key: "text", value: "Buy", type: "element" },
            { key: "properties.a > 1", type: "hogql" },
          ],
        },
      ],
    },
  ],
  [
    "conditions without an event",
    "name: P\nproperties: { plan: pro }\n",
    { name: "P", steps: [{ properties: [{ key: "plan", value: "pro" }] }] },
  ],
])("%s", async (_what, text, expected) => {
  const { lowered, absent, diagnostics } = await lower(text);
  expect(diagnostics.map(inOneLine)).toEqual([]);
  expect({ lowered, absent }).toEqual({ lowered: { slug: "paying", ...expected }, absent: false });
});

test("is another in a stack, or not there", async () => {
  const text = `
name: P
event: a
properties: { x: 1, y: 2 }
environments:
  dev: absent
  prod: { event: b, properties: { x: null, z: 3 } }
`;
  expect(await lower(text, { stack: "dev" })).toEqual({ absent: true, diagnostics: [] });
  expect((await lower(text, { stack: "prod" })).lowered?.steps).toEqual([
    {
      event: "b",
      properties: [
        { key: "y", value: 2 },
        { key: "z", value: 3 },
      ],
    },
  ]);
});

test("takes values from the configuration, and no secret", async () => {
  const resolver = {
    config: (key: string) => ({ event: "bought", name: 5 })[key],
    secret: () => "s3cr3t",
    isSecret: () => false,
  };
  const text = 'name: "${config:name}"\nevent: "${config:event}"\n';
  expect((await lower(text, { resolver })).lowered).toEqual({
    slug: "paying",
    name: "5",
    steps: [{ event: "bought" }],
  });
  const { diagnostics } = await lower('name: P\nevent: "${secret:a}"\n', { resolver });
  expect(diagnostics.map(inOneLine)).toEqual([
    "HW022 2:8-21 `${secret:a}` stands in `event`, which PostHog shows to everyone who may read destinations (An event filter has no place that PostHog keeps encrypted.)",
  ]);
});

const CASES: Case[] = [
  ["an empty file", "", ["HW012 1:1-1 the file is empty (Write what it is to hold, or remove the file.)"]],
  [
    "a step that matches everything",
    "name: P\n",
    ["HW039 1:1-8 this step matches every event (Write which `event` it is.)"],
  ],
  [
    "steps of which one matches everything",
    "name: P\nsteps: [{ event: a }, {}]\n",
    ["HW039 2:23-25 this step matches every event (Write which `event` it is.)"],
  ],
  ["no steps", "name: P\nsteps: []\n", ["HW015 2:8-10 `steps` is empty (Give it a value.)"]],
  ["no name", "event: a\n", ["HW012 1:1-9 `name` is missing (Add `name: …`.)"]],
  [
    "a step beside steps",
    "name: P\nevent: a\nproperties: { a: 1 }\nsteps: [{ event: b }]\n",
    ["HW015 2:1-6 `event` stands beside `steps` (Move it into `steps`, where each step stands for itself.)"],
  ],
  [
    "a matching without what it matches",
    "name: P\nevent: a\nurl_matching: regex\n",
    ["HW012 3:1-13 `url_matching` has no effect without `url` [fix]"],
  ],
  [
    "a matching that there is not",
    "name: P\nevent: a\nurl: /x\nurl_matching: prefix\n",
    ['HW015 4:15-21 `url_matching` must be `contains`, `regex` or `exact`, not the text "prefix"'],
  ],
  [
    "expressions that are not RE2",
    "name: P\nsteps:\n  - { url: 'a(?=b)', url_matching: regex }\n  - { event: $autocapture, text: '(', text_matching: regex }\n",
    [
      "HW035 3:12-20 not an RE2 regular expression: error parsing regexp: invalid or unsupported Perl syntax: `(?=` (PostHog uses RE2: no look-ahead, look-behind or back-references.)",
      "HW035 4:34-37 not an RE2 regular expression: error parsing regexp: missing closing ): `(` (PostHog uses RE2: no look-ahead, look-behind or back-references.)",
    ],
  ],
  [
    "a clicked element where nothing is clicked",
    "name: P\nevent: bought\ntext: Buy\nselector: form\n",
    [
      "HW031 3:1-5 PostHog reads `text` only where the event is `$autocapture`, so this step matches without it (Write `event: $autocapture`.)",
      "HW031 4:1-9 PostHog reads `selector` only where the event is `$autocapture`, so this step matches without it (Write `event: $autocapture`.)",
    ],
  ],
  [
    "a condition that PostHog would drop",
    "name: P\nevent: a\nproperties: { plan: [] }\n",
    [
      "HW031 3:21-23 PostHog would drop the condition on `plan`: its list of values is empty (Give it a value, or remove it if every event is meant.)",
    ],
  ],
  [
    "a negative condition that does not say it",
    "name: P\nevent: a\nperson: { plan: { is_not: a } }\n",
    [
      "note HW075 3:11-15 the condition on `plan` also holds where `plan` is missing (Say what is meant: `missing: send` (PostHog's way) or `missing: skip`.)",
    ],
  ],
  [
    "keys of a destination",
    "name: P\nevent: a\nenabled: true\nfilters: { events: [a] }\n",
    [
      "HW010 3:1-8 unknown key `enabled` (Known here: name, description, event, properties, person, group, element, hogql, url, url_matching, href, href_matching, text, text_matching, tag_name, selector, steps, adopt, aliases, lifecycle, environments.)",
      "HW010 4:1-8 unknown key `filters` (Known here: name, description, event, properties, person, group, element, hogql, url, url_matching, href, href_matching, text, text_matching, tag_name, selector, steps, adopt, aliases, lifecycle, environments.)",
    ],
  ],
  ["a misspelt key", "name: P\nevnt: a\n", ["HW010 2:1-5 unknown key `evnt` (Did you mean `event`?) [fix]"]],
  [
    "values of the wrong type",
    "name: 5\nevent: [a]\ndescription: 7\n",
    [
      'HW011 1:7-8 `name` must be text, not the number 5 (Put it in quotes: "5") [fix]',
      "HW011 2:8-11 `event` must be text, not a list",
      'HW011 3:14-15 `description` must be text, not the number 7 (Put it in quotes: "7") [fix]',
    ],
  ],
  [
    "an environment that is not one",
    "name: P\nevent: a\nenvironments: { prod: absnt }\n",
    ["HW011 3:23-28 `environments.prod` must be `absent` or a map (Did you mean `absent`?) [fix]"],
  ],
];

testDiagnostics(CASES, FILE, (text) => lower(text));

test("two event filters of one name, which PostHog refuses", async () => {
  const filter = "name: Paying\nevent: e\n";
  const { lines } = await checkFiles({
    "destinations/filters/a.yaml": filter,
    "destinations/filters/b.yaml": `${filter}environments: { prod: { name: Other } }\n`,
    "destinations/filters/c.yaml": "name: Third\nevent: e\nenvironments: { prod: { name: Paying } }\n",
  });
  expect(lines).toEqual([
    "filters/b.yaml: HW015 1:7-13 destinations/filters/a.yaml has the same name, and PostHog refuses a second action of one name (Give one of them another name.)",
    "filters/c.yaml: HW015 3:31-37 destinations/filters/a.yaml has the same name, and PostHog refuses a second action of one name (Give one of them another name.)",
  ]);
});
