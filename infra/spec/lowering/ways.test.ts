// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like that
import { expect, test } from "vitest";
import type { LoweredDestination, LoweredHog, LoweredTemplate } from "../lowered.ts";
import { type Case, lowered, lowerText, testDiagnostics } from "../test-support.ts";
import type { Resolver } from "./references.ts";

const FILE = "destinations/example.yaml";
const file = (lines: string) => `name: N\nfilters: { events: [e] }\n${lines}`;

const config: Record<string, unknown> = { workspace: 7, text: "5 {braces}", number: 5, map: { a: "{b}" } };
const secrets: Record<string, string> = { key: "k{e}y" };
const resolver: Resolver = {
  config: (key) => config[key],
  secret: (key) => secrets[key],
  isSecret: (key) => key in secrets,
};

async function way(
  text: string,
  options: Parameters<typeof lowered>[1] = {},
): Promise<Partial<LoweredDestination>> {
  const { slug, name, enabled, filters, ...way } = await lowered(file(text), {
    resolver,
    without: ["HW078"],
    ...options,
  });
  return way;
}

test.each<[what: string, text: string, template: LoweredTemplate]>([
  [
    "a Slack message",
    'slack: { integration: "${config:workspace}", channel: C0123, text: "{person.name} signed up" }\n',
    {
      id: "template-slack",
      inputs: { slack_workspace: 7, channel: "C0123", text: "{person.name} signed up" },
    },
  ],
  [
    "a Slack message with all that it can have",
    `
slack:
  integration: 1
  channel: C0123
  text: Hi
  blocks: [{ type: section, text: { type: mrkdwn, text: "*{event.event}*" } }]
  username: Hedgehog
  icon_emoji: ":hedgehog:"
  thread_ts: "{event.properties.ts}"
`,
    {
      id: "template-slack",
      inputs: {
        slack_workspace: 1,
        channel: "C0123",
        text: "Hi",
        blocks: [{ type: "section", text: { type: "mrkdwn", text: "*{event.event}*" } }],
        username: "Hedgehog",
        icon_emoji: ":hedgehog:",
        thread_ts: "{event.properties.ts}",
      },
    },
  ],
  [
    "a Slack message of blocks alone",
    "slack: { integration: 1, channel: '#sales', blocks: [{ type: divider }] }\n",
    {
      id: "template-slack",
      inputs: { slack_workspace: 1, channel: "#sales", blocks: [{ type: "divider" }] },
    },
  ],
  [
    "a template that is known, its inputs bare",
    "template: { id: template-zendesk, inputs: { subdomain: acme, token: a, admin_email: b, email: c, name: d } }\n",
    {
      id: "template-zendesk",
      inputs: { subdomain: "acme", token: "a", admin_email: "b", email: "c", name: "d" },
    },
  ],
  [
    "PostHog's own form of an input",
    "template: { id: template-zendesk, inputs: { subdomain: { value: acme, templating: hog }, token: { value: a }, admin_email: b, email: c, name: d } }\n",
    {
      id: "template-zendesk",
      inputs: { subdomain: "acme", token: "a", admin_email: "b", email: "c", name: "d" },
    },
  ],
  [
    "a number from the configuration where text is wanted",
    'template: { id: template-zendesk, inputs: { subdomain: "${config:number}", token: a, admin_email: b, email: c, name: d } }\n',
    {
      id: "template-zendesk",
      inputs: { subdomain: "5", token: "a", admin_email: "b", email: "c", name: "d" },
    },
  ],
  [
    "Liquid, which stays in PostHog's own form",
    "template: { id: template-zendesk, inputs: { subdomain: acme, token: a, admin_email: b, email: c, name: { value: '{{ person.name | raw }}', templating: liquid } } }\n",
    {
      id: "template-zendesk",
      inputs: {
        subdomain: "acme",
        token: "a",
        admin_email: "b",
        email: "c",
        name: { value: "{{ person.name | raw }}", templating: "liquid" },
      },
    },
  ],
  [
    "secrets in any input, which is marked",
    'template: { id: template-zendesk, inputs: { subdomain: "${secret:key}", token: "Bearer ${secret:key}", admin_email: b, email: c, name: d } }\n',
    {
      id: "template-zendesk",
      inputs: { subdomain: "k\\{e}y", token: "Bearer k\\{e}y", admin_email: "b", email: "c", name: "d" },
      secret_inputs: ["subdomain", "token"],
    },
  ],
])("%s", async (_what, text, template) => {
  expect(await way(text)).toEqual({ template });
});

test("the inputs of a template that only PostHog knows are taken as they are, with a note", async () => {
  const text = `
template:
  id: template-acme-only
  inputs:
    a: "{event.event}"
    n: 5
    secret: { nested: { deep: "\${secret:key}" } }
    own: { value: { x: 1 }, templating: liquid }
    dictionary: { value: x, templating: y, more: z }
`;
  const { lowered, diagnostics } = await lowerText(file(text), { resolver });
  expect(diagnostics).toMatchObject([{ code: "HW059", severity: "note" }]);
  expect(lowered).toMatchObject({
    template: {
      id: "template-acme-only",
      inputs: {
        a: "{event.event}",
        n: 5,
        secret: { nested: { deep: "k\\{e}y" } },
        own: { value: { x: 1 }, templating: "liquid" },
        dictionary: { value: "x", templating: "y", more: "z" },
      },
      secret_inputs: ["secret"],
    },
  });
});

test("offline a Slack integration from the configuration is any number", async () => {
  const text = 'slack: { integration: "${config:workspace}", channel: C1, text: Hi }\n';
  expect(await way(text, { resolver: undefined })).toMatchObject({
    template: { inputs: { slack_workspace: expect.any(Number) } },
  });
});

const code = "let res := fetch(inputs.url, {'body': event})";

test.each<[what: string, text: string, hog: LoweredHog]>([
  ["code without inputs", "hog: { code: ./lib/custom.hog }\n", { code }],
  ["code without the dot", "hog: { code: lib/custom.hog }\n", { code }],
  [
    "code with a schema, of which PostHog's own defaults are left out, and inputs",
    `
hog:
  code: ./lib/custom.hog
  inputs_schema:
    - { key: url, type: string, label: URL, required: true, secret: false, hidden: false }
    - { key: key, type: string, secret: true, required: false }
    - { key: debug, type: boolean, default: false, description: "" }
    - { key: size, type: choice, choices: [{ label: S, value: s }], templating: false }
    - { key: fields, type: json }
  inputs:
    url: "https://a.example/{event.uuid}"
    key: "\${secret:key}"
    debug: "{event.properties.debug}"
    size: s
    fields: { value: { n: 1 }, templating: hog }
`,
    {
      code,
      inputs_schema: [
        { key: "url", type: "string", label: "URL", required: true },
        { key: "key", type: "string", secret: true },
        { key: "debug", type: "boolean", default: false, description: "" },
        { key: "size", type: "choice", choices: [{ label: "S", value: "s" }], templating: false },
        { key: "fields", type: "json" },
      ],
      inputs: {
        url: "https://a.example/{event.uuid}",
        key: "k\\{e}y",
        debug: "{event.properties.debug}",
        size: "s",
        fields: { n: 1 },
      },
    },
  ],
  [
    "Liquid where the schema says so",
    "hog: { code: ./lib/custom.hog, inputs_schema: [{ key: a, type: string, templating: liquid }], inputs: { a: '{{ event.url | raw }}' } }\n",
    {
      code,
      inputs_schema: [{ key: "a", type: "string", templating: "liquid" }],
      inputs: { a: { value: "{{ event.url | raw }}", templating: "liquid" } },
    },
  ],
  [
    "a value that looks like PostHog's own form, wrapped",
    "hog: { code: ./lib/custom.hog, inputs_schema: [{ key: a, type: json }], inputs: { a: { value: { value: 1, templating: hog } } } }\n",
    {
      code,
      inputs_schema: [{ key: "a", type: "json" }],
      inputs: { a: { value: { value: 1, templating: "hog" }, templating: "hog" } },
    },
  ],
  [
    "configuration: text where text is wanted, never a template, and untouched where nothing is filled in",
    `
hog:
  code: ./lib/custom.hog
  inputs_schema:
    - { key: a, type: string }
    - { key: b, type: number }
    - { key: c, type: json }
    - { key: d, type: string, templating: false }
  inputs: { a: "\${config:number}", b: "\${config:number}", c: "\${config:map}", d: "\${config:text}" }
`,
    {
      code,
      inputs_schema: [
        { key: "a", type: "string" },
        { key: "b", type: "number" },
        { key: "c", type: "json" },
        { key: "d", type: "string", templating: false },
      ],
      inputs: { a: "5", b: 5, c: { a: "\\{b}" }, d: "5 {braces}" },
    },
  ],
])("%s", async (_what, text, hog) => {
  expect(await way(text)).toEqual({ hog });
});

const zendesk = (inputs: string) =>
  file(
    `template:\n  id: template-zendesk\n  inputs: { subdomain: acme, token: a, admin_email: b, ${inputs} }\n`,
  );
const own = (schema: string, inputs: string) =>
  file(`hog:\n  code: ./lib/custom.hog\n  inputs_schema: [${schema}]\n  inputs: { ${inputs} }\n`);

const CASES: Case[] = [
  [
    "Slack without a message",
    file("slack: { integration: 1, channel: C1, blocks: [] }\n"),
    [
      "HW057 3:1-6 Slack takes no message without `text` and `blocks` (Add `text`, which a notification shows, or `blocks`.)",
    ],
  ],
  [
    "Slack without channel and integration",
    file("slack: { text: Hi }\n"),
    [
      "HW012 3:1-6 `slack.integration` is missing (Add `integration: …`.)",
      "HW012 3:1-6 `slack.channel` is missing (Add `channel: …`.)",
    ],
  ],
  [
    "Slack with its own names of the template",
    file("slack: { slack_workspace: 1, chanel: C1, text: Hi }\n"),
    [
      "HW012 3:1-6 `slack.integration` is missing (Add `integration: …`.)",
      "HW010 3:10-25 unknown key `slack_workspace` in `slack` (Known here: integration, channel, text, blocks, username, icon_emoji, thread_ts.)",
      "HW010 3:30-36 unknown key `chanel` in `slack` (Did you mean `channel`?) [fix]",
    ],
  ],
  [
    "Slack with a word for the integration",
    file("slack: { integration: acme, channel: C1, text: Hi }\n"),
    ['HW011 3:23-27 `slack.integration` must be a number, not the text "acme"'],
  ],
  [
    "a wrong template in a block",
    file('slack: { integration: 1, channel: C1, blocks: [{ text: "{{person.name}}" }] }\n'),
    [
      "HW041 3:57-72 double braces are not a Hog template (Hog templates have single braces: {person.name}) [fix]",
    ],
  ],
  [
    "a secret in a Slack message",
    file('slack: { integration: 1, channel: C1, text: "${secret:key}" }\n'),
    [
      "HW022 3:45-60 `${secret:key}` stands in `slack.text`, which PostHog shows to everyone who may read destinations (A secret can stand in `webhook.url`, `headers` and `signing_secret`, in an input of a `template`, and in one of `hog` that its schema calls secret: those are kept encrypted.)",
    ],
  ],
  [
    "a template without id",
    file("template: { inputs: {} }\n"),
    ["HW012 3:1-9 `template.id` is missing (Add `id: …`.)"],
  ],
  [
    "a template that is nearly known",
    file("template: { id: template-zendesc }\n"),
    [
      "warning HW059 3:17-33 the template `template-zendesc` is not one of PostHog's that are known here (Did you mean `template-zendesk`?)",
    ],
  ],
  [
    "a template that is not known",
    file("template: { id: template-acme-only }\n"),
    [
      "note HW059 3:17-35 the template `template-acme-only` is not known offline: PostHog checks its inputs at `up` (If the id is right, nothing is to be done.)",
    ],
  ],
  [
    "an input that the template has not",
    zendesk("name: d, emial: e, colour: g"),
    [
      "HW056 5:65-70 `template-zendesk` has no input `emial`, so PostHog would drop it (Did you mean `email`?) [fix]",
      "HW056 5:75-81 `template-zendesk` has no input `colour`, so PostHog would drop it (It has subdomain, admin_email, token, email, name, attributes.)",
    ],
  ],
  [
    "an input nearly like another that is there",
    zendesk("name: d, email: e, emails: f"),
    [
      "HW056 5:75-81 `template-zendesk` has no input `emails`, so PostHog would drop it (Did you mean `email`?)",
    ],
  ],
  [
    "required inputs that are missing, have a default, or are empty",
    zendesk("name: ''"),
    [
      "HW057 5:3-9 `template-zendesk` wants the input `email` (PostHog would fill in its default: say so.) [fix]",
      "HW057 5:62-64 `template-zendesk` wants the input `name` (PostHog refuses to save it without.)",
    ],
  ],
  [
    "inputs of the wrong type",
    zendesk("email: [c], name: 5"),
    [
      "HW058 5:63-66 the input `email` must be text (Write it in quotes, as one text.)",
      "HW058 5:74-75 the input `name` must be text (Write it in quotes, as one text.)",
    ],
  ],
  [
    "an input with nothing behind it",
    zendesk("email: c, name: d, external_id:"),
    [
      "HW056 5:75-86 `template-zendesk` has no input `external_id`, so PostHog would drop it (It has subdomain, admin_email, token, email, name, attributes.)",
    ],
  ],
  [
    "templating that there is not",
    zendesk("email: c, name: { value: d, templating: liqid }"),
    ["HW015 5:96-101 `templating` must be `hog` or `liquid` (Did you mean `liquid`?) [fix]"],
  ],
  [
    "a placeholder of old guides in an input",
    zendesk('email: "{email}", name: "{distinct_id}"'),
    [
      "HW042 5:65-70 there is no `{email}` in a template (A property of the event is {event.properties.email}, of the person {person.properties.email}.)",
      "HW042 5:82-93 there is no `{distinct_id}` in a template (Did you mean {event.distinct_id}?) [fix]",
    ],
  ],
  [
    "Liquid that escapes",
    zendesk("email: c, name: { value: '{{ person.name }} {{ x | raw }}', templating: liquid }"),
    [
      "warning HW046 5:82-99 Liquid escapes this as HTML: `&` becomes `&amp;`, and quotes `&quot;` (End it in `| raw`, or write a Hog template: single braces, without `templating`.)",
    ],
  ],
  [
    "a file of code that is not there",
    file("hog: { code: ./lib/costum.hog }\n"),
    ["HW067 3:14-30 there is no file destinations/lib/costum.hog (Did you mean `./lib/custom.hog`?)"],
  ],
  [
    "a file of code of another kind",
    file("hog: { code: /etc/passwd }\n"),
    [
      "HW067 3:14-25 there is no file destinations//etc/passwd (Code stands in destinations/ or a folder of it, and its name ends in `.hog`.)",
    ],
  ],
  ["no code", file("hog: { inputs: {} }\n"), ["HW012 3:1-4 `hog.code` is missing (Add `code: …`.)"]],
  [
    "code that is empty",
    file("hog: { code: ./lib/empty.hog }\n"),
    [
      "HW068 destinations/lib/empty.hog:1:1-1 there is no code, which PostHog refuses (Write code that calls `fetch`, or send with `webhook` in place of `hog`.)",
    ],
  ],
  [
    "code that cannot be read, where it stands",
    file("hog: { code: ./lib/broken.hog }\n"),
    [
      "HW068 destinations/lib/broken.hog:2:7-3:1 not a Hog program: cannot read '(x {' (Mend the code there. Hog's language: https://posthog.com/docs/hog)",
    ],
  ],
  [
    "code that is too large",
    file("hog: { code: ./lib/large.hog }\n"),
    [
      "HW015 destinations/lib/large.hog:1:1-1 the code has 102404 bytes: PostHog takes 102400 (Make it shorter, or do the work in a handler: `handlers: [name]`.)",
    ],
  ],
  [
    "an input without schema",
    file("hog: { code: ./lib/custom.hog, inputs: { url: a } }\n"),
    ["HW056 3:42-45 `inputs_schema` has no input `url`, so PostHog would drop it (It has none.)"],
  ],
  [
    "an input nearly in the schema",
    own("{ key: url, type: string }", "urll: a"),
    [
      "HW056 6:13-17 `inputs_schema` has no input `urll`, so PostHog would drop it (Did you mean `url`?) [fix]",
    ],
  ],
  [
    "a required input that is missing",
    own("{ key: a, type: string, required: true }", ""),
    ["HW057 6:3-9 `inputs_schema` wants the input `a` (PostHog refuses to save it without.)"],
  ],
  [
    "a required input with a default, which PostHog would fill in",
    own("{ key: a, type: string, required: true, default: x }", ""),
    ["HW057 6:3-9 `inputs_schema` wants the input `a` (PostHog would fill in its default: say so.) [fix]"],
  ],
  [
    "a required input whose key every object has",
    own("{ key: toString, type: string, required: true }", ""),
    ["HW057 6:3-9 `inputs_schema` wants the input `toString` (PostHog refuses to save it without.)"],
  ],
  ["a type whose name every object has", own("{ key: a, type: constructor }", "a: 1"), []],
  [
    "inputs of the wrong types",
    own(
      "{ key: s, type: string }, { key: n, type: number }, { key: b, type: boolean }, { key: d, type: dictionary }, { key: i, type: integration }, { key: m, type: integration_multi }",
      "s: 1, n: '1', b: 1, d: [1], i: 1.5, m: [a]",
    ),
    [
      "HW058 6:16-17 the input `s` must be text (Write it in quotes, as one text.)",
      "HW058 6:22-25 the input `n` must be a number (Write it without quotes.)",
      "HW058 6:30-31 the input `b` must be true or false (Write `true` or `false`.)",
      "HW058 6:36-39 the input `d` must be a map (Write a map, such as `{ name: value }`.)",
      "HW058 6:44-47 the input `i` must be the number of an integration in PostHog (Write its number, from PostHog's settings.)",
      "HW058 6:52-55 the input `m` must be a list of numbers of integrations (Write the numbers as a list, such as `[1, 2]`.)",
    ],
  ],
  [
    "nothing, which PostHog does not look at",
    own("{ key: n, type: number }, { key: d, type: dictionary }", "n: 0, d: ''"),
    [],
  ],
  [
    "choices that there are not",
    own("{ key: c, type: choice, choices: [{ value: small }] }", "c: smal"),
    ["warning HW058 6:16-20 the input `c` has no choice `smal` (Did you mean `small`?)"],
  ],
  [
    "a choice far from all",
    own("{ key: c, type: choice, choices: [{ value: small }, { value: big }] }", "c: 7"),
    ["warning HW058 6:16-17 the input `c` has no choice `7` (There are small, big.)"],
  ],
  [
    "a secret where the schema does not say so",
    own("{ key: a, type: string }", 'a: "${secret:key}"'),
    [
      "HW022 6:16-31 `${secret:key}` stands in `hog.inputs.a`, which PostHog shows to everyone who may read destinations (A secret can stand in `webhook.url`, `headers` and `signing_secret`, in an input of a `template`, and in one of `hog` that its schema calls secret: those are kept encrypted.)",
    ],
  ],
  [
    "a schema of the wrong shape",
    own("{ key: a }, { type: string }, { key: b, type: string, secrit: true }", ""),
    [
      "HW012 5:19-29 `hog.inputs_schema[0].type` is missing (Add `type: …`.)",
      "HW012 5:31-47 `hog.inputs_schema[1].key` is missing (Add `key: …`.)",
      "HW010 5:73-79 unknown key `secrit` in `hog.inputs_schema[2]` (Did you mean `secret`?) [fix]",
    ],
  ],
  [
    "a schema with a key twice",
    own("{ key: a, type: string }, { key: a, type: number }", "a: 1"),
    ["HW015 5:52-53 the input `a` is in the schema twice (Remove one of the two items.)"],
  ],
];

testDiagnostics(CASES, FILE, (text) => lowerText(text, { resolver, without: ["HW047", "HW078"] }));
