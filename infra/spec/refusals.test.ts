// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like that
import type { Resolver } from "./lowering/references.ts";
import { type Case, lowerText, testDiagnostics } from "./test-support.ts";

const named = "name: N\n";
const events = "filters: { events: [e] }\n";
const toCrm = "handlers: [crm]\n";
const webhook = (lines: string) => `${named}${events}webhook:\n  url: https://a.example\n${lines}`;

const config: Record<string, unknown> = { list: [1], number: 5, host: "a-long-name.example" };
const secrets: Record<string, string> = {
  short: "whsec_c2hvcnQ=",
  text: "s3cr3t",
  hook: "https://10.0.0.5/h",
  empty: "",
  masked: "********",
};
const resolver: Resolver = {
  config: (key) => config[key],
  secret: (key) => secrets[key],
  isSecret: (key) => key in secrets,
};

const REFUSED: Case[] = [
  [
    "a secret of the stack as if it were none, and Hogwire's own secrets anywhere",
    webhook('  headers: { A: "${config:text}", B: "${secret:apiKey}" }\n'),
    [
      "HW022 5:17-33 `text` is a secret in this stack: `${config:}` would put it where everybody can read it (Write `${secret:text}`. A secret can stand in `webhook.url`, `headers` and `signing_secret`, in an input of a `template`, and in one of `hog` that its schema calls secret: those are kept encrypted.)",
      "HW021 5:38-56 `apiKey` is what Hogwire itself works with: it is not sent anywhere (Set a secret of its own for this.)",
    ],
  ],
  [
    "a misspelt key, once",
    `nmae: N\n${events}${toCrm}`,
    ["HW010 1:1-5 unknown key `nmae` (Did you mean `name`?) [fix]"],
  ],
  [
    "an unknown key, with those that are known",
    `${named}${events}${toCrm}colour: blue\n`,
    [
      "HW010 4:1-7 unknown key `colour` (Known here: name, description, enabled, filters, once, masking, handlers, webhook, slack, template, hog, overlaps, adopt, aliases, lifecycle, environments.)",
    ],
  ],
  [
    "values of the wrong type",
    `name: 5\nenabled: yes\nfilters: { events: e }\n${toCrm}`,
    [
      'HW011 1:7-8 `name` must be text, not the number 5 (Put it in quotes: "5") [fix]',
      'HW011 2:10-13 `enabled` must be true or false, not the text "yes" (Write `true`.) [fix]',
      'HW011 3:20-21 `filters.events` must be `all` or a list, not the text "e"',
    ],
  ],
  [
    "an empty file",
    "# nothing\n",
    ["HW012 1:1-1 the file is empty (Write what it is to hold, or remove the file.)"],
  ],
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
      "HW013 1:1-8 the destination does not say where to send (Add `handlers: [name]`, for code in destinations/handlers/, or one of `webhook`, `slack`, `template`, `hog`.)",
    ],
  ],
  [
    "a webhook without URL",
    `${named}${events}webhook: { method: PUT }\n`,
    ["HW012 3:1-8 `webhook.url` is missing (Add `url: …`.)"],
  ],
  ["a blank name", `name: ' '\n${events}${toCrm}`, ["HW015 1:7-10 `name` is empty (Give it a value.)"]],
  [
    "another tool's marker",
    `${named}description: 'x <!-- iac:a -->'\n${events}${toCrm}`,
    [
      "HW015 2:14-32 `description` holds the marker by which a tool knows what it manages (Take the marker out: the destination would be taken for that one's.)",
    ],
  ],
  [
    "our own marker",
    `${named}description: 'x [hogwire:a]'\n${events}${toCrm}`,
    [
      "HW015 2:14-29 `description` holds the marker by which a tool knows what it manages (Take the marker out: the destination would be taken for that one's.)",
    ],
  ],
  [
    "a value that is not one of those allowed",
    webhook("  method: post\n  debug: 1\n"),
    [
      'HW015 5:11-15 `webhook.method` must be `POST`, `PUT`, `PATCH`, `GET` or `DELETE`, not the text "post" (Did you mean `POST`?) [fix]',
      "HW011 6:10-11 `webhook.debug` must be true or false, not the number 1",
    ],
  ],
  [
    "a handler that does not exist, or comes twice",
    `${named}${events}handlers: [crn, notify, notify]\n`,
    [
      "HW052 3:12-15 there is no destinations/handlers/crn.ts (Did you mean `crm`?)",
      "HW015 3:25-31 the handler `notify` is named twice (Remove one of the two.)",
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
    "the placeholders of old guides",
    webhook('  body: { id: "{distinct_id}", when: "{timestamp}", plan: "{properties.plan}" }\n'),
    [
      "HW042 5:17-28 there is no `{distinct_id}` in a template (Did you mean {event.distinct_id}?) [fix]",
      "HW042 5:40-49 there is no `{timestamp}` in a template (Did you mean {event.timestamp}?) [fix]",
      "HW042 5:61-76 there is no `{properties}` in a template (Did you mean {event.properties.plan}?) [fix]",
    ],
  ],
  [
    "fields that are not there",
    webhook('  body: { email: "{person.email}", x: "{project.nmae}" }\n'),
    [
      "HW042 5:20-32 `person` has no `email`, so PostHog would send null (Did you mean {person.properties.email}?)",
      "HW042 5:41-53 `project` has no `nmae`, so PostHog would send null (Did you mean {project.name}?) [fix]",
    ],
  ],
  [
    "globals that are not there",
    webhook('  body: { event: "{evnt.event}", x: "hello {customer_tier}" }\n'),
    [
      "HW042 5:20-30 there is no `{evnt}` in a template (Did you mean {event.event}?) [fix]",
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
    [
      "HW041 5:16-32 double braces are not a Hog template (Hog templates have single braces: {event.uuid}) [fix]",
    ],
  ],
  [
    "a brace that is not closed",
    webhook('  body: { id: "from {event.uuid", text: "a { b" }\n'),
    [
      "HW040 5:21-22 this brace is not closed (A brace that is only text is written `\\{` (in double quotes `\\\\{`).)",
      "HW040 5:44-45 this brace is not closed (A brace that is only text is written `\\{` (in double quotes `\\\\{`).) [fix]",
    ],
  ],
  [
    "Hog that is not supported",
    webhook(`  body: { a: "{(select 1)}", b: "{${"x + ".repeat(200)}1}" }\n`),
    [
      "HW043 5:17-25 a subquery (`select`) cannot be used here: it is not supported (Write it more simply, with fields, operators and functions, or work it out in a handler.)",
      "HW043 5:34-836 an expression of more than 600 characters (Write it more simply, with fields, operators and functions, or work it out in a handler.)",
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
    [
      'HW006 5:15-27 YAML reads a template without quotes as a map (Write it in quotes: "{event.uuid}") [fix]',
    ],
  ],
  [
    "a misspelt preset",
    webhook("  body: falt\n"),
    ["HW015 5:9-13 there is no body `falt` (Did you mean `flat`?) [fix]"],
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
    "a secret URL that is not on the internet, without a part of it",
    `${named}${events}webhook: { url: "\${secret:hook}" }\n`,
    [
      "HW050 3:17-33 PostHog does not send to this secret address, which is not on the public internet (For the sandbox, write it under `environments: { dev: … }`.)",
    ],
  ],
  [
    "a URL with a wrong template",
    `${named}${events}webhook: { url: "https://a.example/{evnt}" }\n`,
    ["HW042 3:37-41 there is no `{evnt}` in a template (Did you mean {event}?) [fix]"],
  ],
  [
    "headers that cannot be sent",
    webhook('  headers: { "X Y": a, X-N: 5, x-a: "1", X-A: "2", X-B: "a\\nb" }\n'),
    [
      "HW051 5:14-19 `X Y` is not a header's name (Write letters, digits and hyphens, such as `X-Source`.)",
      'HW011 5:29-30 `webhook.headers.X-N` must be text, not the number 5 (Put it in quotes: "5") [fix]',
      "HW051 5:42-45 the header `X-A` is given twice: case does not matter (Remove one of the two.)",
      "HW051 5:57-63 the value of `X-B` has characters that a header cannot hold (Write it in one line of Latin letters, or send it in the body.)",
    ],
  ],
  [
    "a header that the signature sets, and a key too short to sign",
    webhook('  headers: { Webhook-Id: a }\n  signing_secret: "${secret:short}"\n'),
    [
      "HW051 5:14-24 PostHog would drop `Webhook-Id`: it comes from the signature (Remove it.)",
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
      "HW022 5:14-30 `${secret:text}` stands in `webhook.body.a`, which PostHog shows to everyone who may read destinations (A secret can stand in `webhook.url`, `headers` and `signing_secret`, in an input of a `template`, and in one of `hog` that its schema calls secret: those are kept encrypted.)",
    ],
  ],
  [
    "a secret where only certain words are allowed, without quoting it",
    webhook('  method: "${secret:text}"\n'),
    [
      "HW022 5:11-27 `${secret:text}` stands in `webhook.method`, which PostHog shows to everyone who may read destinations (A secret can stand in `webhook.url`, `headers` and `signing_secret`, in an input of a `template`, and in one of `hog` that its schema calls secret: those are kept encrypted.)",
    ],
  ],
  [
    "a template error next to a secret, without quoting it",
    webhook('  headers: { A: "{event.uuid ${secret:text} }" }\n'),
    [
      "HW040 5:17-47 not a Hog template: cannot read 'event.uuid …' (A brace that is only text is written `\\{` (in double quotes `\\\\{`).)",
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
    "secrets that are none",
    webhook('  headers: { A: "x ${secret:empty}", B: "${secret:masked}" }\n'),
    [
      "HW020 5:17-36 `${secret:empty}` is empty (Set it: npx pulumi config set --secret hogwire:empty --stack prod)",
      "HW020 5:41-59 `${secret:masked}` is only the mask that PostHog shows in place of a secret (Set it: npx pulumi config set --secret hogwire:masked --stack prod)",
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
    ["HW011 5:9-15 `environments.prod` must be `absent` or a map (Did you mean `absent`?)"],
  ],
  [
    "what an environment makes wrong, in the environment",
    `${named}${events}${toCrm}environments:\n  prod: { filters: { events: null }, handlers: [crm, x] }\n`,
    [
      "HW030 5:30-34 the filter names no event, which PostHog takes for every event (List the events under `filters.events`. If every event is meant, write `events: all`.)",
      "HW052 5:54-55 there is no destinations/handlers/x.ts (Write that file, or name another handler.)",
    ],
  ],
  [
    "a word where a list of handlers is wanted",
    `${named}${events}handlers: crm\n`,
    ['HW011 3:11-14 `handlers` must be a list, not the text "crm"'],
  ],
  [
    "a key with nothing behind it",
    `name:\n${events}${toCrm}`,
    ["HW011 1:1-5 `name` must be text, but has no value"],
  ],
  [
    "a key that every object has",
    `${named}${events}${toCrm}hasOwnProperty: 1\n`,
    [
      "HW010 4:1-15 unknown key `hasOwnProperty` (Known here: name, description, enabled, filters, once, masking, handlers, webhook, slack, template, hog, overlaps, adopt, aliases, lifecycle, environments.)",
    ],
  ],
  [
    "the keys of old guides",
    `${named}${events}type: webhook\nconfig: { url: https://a.example }\n`,
    [
      "HW010 3:1-5 unknown key `type` (The key that says where to send says what it is: remove this one.) [fix]",
      "HW010 4:1-7 unknown key `config` (Its place is `webhook`.) [fix]",
    ],
  ],
  [
    "a merge key",
    `x: &x { enabled: false }\n<<: *x\n${named}${events}${toCrm}`,
    [
      "HW010 1:1-2 unknown key `x` (Known here: name, description, enabled, filters, once, masking, handlers, webhook, slack, template, hog, overlaps, adopt, aliases, lifecycle, environments.)",
      "HW010 2:1-3 `<<` merges nothing: YAML 1.2 has no merge keys (Write the keys out; what differs in a stack stands under `environments`.)",
    ],
  ],
  [
    "a merge key in a body",
    webhook("  body: { a: &a { b: 1 }, c: { <<: *a } }\n"),
    [
      "HW010 5:32-34 `<<` merges nothing: YAML 1.2 has no merge keys (Write the keys out; what differs in a stack stands under `environments`.)",
    ],
  ],
  [
    "a name of more than 400 characters",
    `name: ${"n".repeat(401)}\n${events}${toCrm}`,
    ["HW015 1:7-408 `name` has more than 400 characters (Make it shorter.)"],
  ],
  [
    "a mistake behind a value from the configuration, without a place in the text or a fix: offsets differ",
    webhook('  body: { a: "${config:host} {evnt}", b: "{evnt}" }\n'),
    [
      "HW042 5:14-37 there is no `{evnt}` in a template (Did you mean {event}?)",
      "HW042 5:44-48 there is no `{evnt}` in a template (Did you mean {event}?) [fix]",
    ],
  ],
  [
    "addresses on this machine and in private networks",
    `${named}${events}webhook: { url: "http://localhost:3000/hook" }\nenvironments: { prod: { webhook: { url: "https://10.0.0.8/x" } } }\n`,
    [
      "HW050 4:41-61 PostHog does not send to `10.0.0.8`, which is not on the public internet (For the sandbox, write it under `environments: { dev: … }`.)",
    ],
  ],
  [
    "environments that are no map",
    `${named}${events}${toCrm}environments: [prod]\n`,
    ["HW011 4:15-21 `environments` must be a map of stack names (Write `environments: { prod: … }`.)"],
  ],
  [
    "an environment that is a list",
    `${named}${events}${toCrm}environments: { dev: [], prod: true }\n`,
    [
      "HW011 4:22-24 `environments.dev` must be `absent` or a map (The keys of the map are laid over the file.)",
      "HW011 4:32-36 `environments.prod` must be `absent` or a map (The keys of the map are laid over the file.)",
    ],
  ],
  [
    "more environments than can be checked",
    `${named}${events}${toCrm}environments:\n${Array.from({ length: 51 }, (_, n) => `  e${n}: absent\n`).join("")}`,
    ["HW003 4:1-13 there are 51 environments: at most 50 are checked"],
  ],
  [
    "a stack that is nearly named",
    `${named}${events}${toCrm}environments: { prdo: absent, staging: {} }\n`,
    [
      "warning HW016 4:17-21 this stack is `prod`, so the environment `prdo` has no effect here (If `prod` is meant, mend the name.)",
    ],
  ],
  [
    "a mistake that only an environment makes, to be mended there alone",
    webhook("  body: { a: 1 }\nenvironments:\n  prod: { webhook: { method: GET } }\n"),
    ["HW054 5:3-7 PostHog would drop the body: a GET request has none (Remove the body, or use POST.)"],
  ],
  [
    "a mistake in an environment, where it stands",
    webhook("environments:\n  prod: { webhook: { body: falt } }\n"),
    ["HW015 6:28-32 there is no body `falt` (Did you mean `flat`?) [fix]"],
  ],
];

testDiagnostics(REFUSED, "destinations/example.yaml", (text) =>
  lowerText(text, { stack: "prod", resolver, without: ["HW076"] }),
);
