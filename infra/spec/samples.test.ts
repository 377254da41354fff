import { expect, test } from "vitest";
import { checkFiles } from "./test-support.ts";

// Samples as `check` runs them: on real Hog, through the filter and the templates that would be applied.

const HOOK = `
name: N
filters:
  events: [signed_up, { filter: paying }, { id: bought, properties: { amount: { gt: 100 } } }]
  person: { email: { not_icontains: "@acme.example", missing: send } }
  group: { company: { tier: { is_not: free, missing: send } } }
  filter_test_accounts: true
webhook:
  url: "https://a.example/{event.properties.path}"
  headers: { Content-Type: application/json, X-Plan: "{person.properties.plan}" }
  body:
    event: "{event}"
    who: "{person.properties.email}"
    list: [1, "{event.distinct_id}"]
    tier: "{groups.company.properties.tier}"
environments:
  prod: { filters: { events: [renewed] }, webhook: { url: https://prod.example } }
  dev: absent
`;

const FIXTURES = `
persons:
  ada: { id: 0190-ada, properties: { email: ada@b.example, plan: pro } }
  us: { properties: { email: us@ACME.example } }
groups:
  acme: { type: company, id: acme, properties: { tier: enterprise } }
  small: { type: company, properties: { tier: free } }
  apollo: { type: project }
`;

const FILES = {
  "destinations/a.yaml": HOOK,
  "destinations/filters/paying.yaml": "name: P\nevent: paid\nproperties: { plan: [pro, team] }\n",
  "destinations/fixtures.test.yaml": FIXTURES,
};

async function run(samples: string, files: Record<string, string> = {}) {
  const { lines, ...counts } = await checkFiles(
    { ...FILES, ...files, "destinations/a.test.yaml": samples },
    { without: ["HW063"] },
  );
  return { ...counts, lines: lines.map((line) => line.replace(/^a\.test\.yaml: /, "")) };
}

test("run the filter and the templates that would be applied", async () => {
  const samples = `
- name: matched, with all that is sent
  event: { event: signed_up, distinct_id: d, properties: { path: x } }
  person: { properties: { email: a@b.example, plan: pro } }
  groups: { company: { properties: { tier: gold } } }
  expect:
    sent: true
    because: filters.events[0]
    url: https://a.example/x
    headers: { x-plan: pro }
    body: { event: { distinct_id: d, properties: { path: x } }, who: a@b.example, list: [1, d], tier: gold }
- { name: another event, event: other, expect: { sent: false, because: filters.events } }
- { name: our own, event: signed_up, person: us, expect: { sent: false, because: filters.person.email } }
- { name: the beginning of a place, event: signed_up, person: us, expect: { sent: false, because: filters } }
- { name: no person, event: signed_up, person: null, expect: { sent: true, body: { who: null } } }
- { name: an empty person, event: signed_up, expect: { sent: true, body: { who: null, tier: null } } }
- { name: a person by name, event: signed_up, person: ada, expect: { sent: true, headers: { X-Plan: pro } } }
- { name: a group by name, event: signed_up, groups: { company: acme }, expect: { sent: true, body: { tier: enterprise } } }
- { name: a group that is free, event: signed_up, groups: { company: small }, expect: { sent: false, because: filters.group.company.tier } }
- { name: a group without conditions, event: signed_up, groups: { project: apollo }, expect: { sent: true } }
- { name: an event filter, event: { event: paid, properties: { plan: pro } }, expect: { sent: true, because: "filters.events[1]" } }
- { name: its condition, event: { event: paid, properties: { plan: free } }, expect: { sent: false } }
- { name: an event's condition, event: { event: bought, properties: { amount: 5 } }, expect: { sent: false, because: "filters.events[2].properties.amount" } }
- { name: in prod, event: renewed, environment: prod, expect: { sent: true, url: https://prod.example } }
- { name: not in dev, event: signed_up, environment: dev, expect: { sent: false, because: environments.dev } }
`;
  expect(await run(samples)).toEqual({ passed: 15, failed: 0, lines: [] });
});

test.each<[what: string, samples: string, counts: [passed: number, failed: number], lines: string[]]>([
  [
    "an event that should not be sent",
    "- { name: s, event: signed_up, expect: { sent: false } }",
    [0, 1],
    [
      "HW060 1:48-53 sample `s`: expected the event not to be sent, but it is (`filters.events[0]` matches it.)",
    ],
  ],
  [
    "an event that should be sent",
    "- { name: s, event: nope, expect: { sent: true } }",
    [0, 1],
    [
      "HW060 1:43-47 sample `s`: expected the event to be sent, but it is not (No item of `filters.events` is this event.)",
    ],
  ],
  [
    "the condition that is not met",
    "- { name: s, event: signed_up, person: us, expect: { sent: true } }",
    [0, 1],
    [
      "HW060 1:60-64 sample `s`: expected the event to be sent, but it is not (`filters.person.email.not_icontains` does not hold.)",
    ],
  ],
  [
    "that it is not in the stack",
    "- { name: s, event: signed_up, environment: dev, expect: { sent: true } }",
    [0, 1],
    [
      "HW060 1:66-70 sample `s`: expected the event to be sent, but it is not (`environments.dev` is `absent`.)",
    ],
  ],
  [
    "that something else decides",
    "- { name: s, event: signed_up, person: us, expect: { sent: false, because: filters.events } }",
    [0, 1],
    [
      "HW060 1:76-90 sample `s`: something else decides (expected filters.events\n      but it is filters.person.email.not_icontains)",
    ],
  ],
  [
    "that something else decides, though its name begins the same",
    "- { name: s, event: signed_up, person: us, expect: { sent: false, because: filters.person.e } }",
    [0, 1],
    [
      "HW060 1:76-92 sample `s`: something else decides (expected filters.person.e\n      but it is filters.person.email.not_icontains)",
    ],
  ],
  [
    "each difference, where it is expected",
    "- { name: s, event: signed_up, person: ada, expect: { sent: true, url: https://a.example, headers: { X-Plan: free, Accept: x }, body: { who: x, list: [1], event: { nope: 1 }, tier: {} } } }",
    [0, 1],
    [
      'HW060 1:72-89 sample `s`: `url` is not what is expected (expected "https://a.example"\n      but sent "https://a.example/")',
      'HW060 1:110-114 sample `s`: `headers.X-Plan` is not what is expected (expected "free"\n      but sent "pro")',
      'HW060 1:124-125 sample `s`: `headers.Accept` is not what is expected (expected "x"\n      but sent nothing (there: Content-Type, X-Plan))',
      'HW060 1:142-143 sample `s`: `body.who` is not what is expected (expected "x"\n      but sent "ada@b.example")',
      'HW060 1:151-154 sample `s`: `body.list` is not what is expected (expected [1]\n      but sent [1,"sample-user"])',
      "HW060 1:171-172 sample `s`: `body.event.nope` is not what is expected (expected 1\n      but sent nothing (there: uuid, event, elements_chain, distinct_id, properties, timestamp, url))",
      "HW060 1:182-184 sample `s`: `body.tier` is not what is expected (expected {}\n      but sent null)",
    ],
  ],
  [
    "a header that is no text, which PostHog drops",
    "- { name: s, event: signed_up, person: { properties: { plan: 5 } }, expect: { sent: true, headers: { X-Plan: 5 } } }",
    [0, 1],
    [
      "HW060 1:110-111 sample `s`: `headers.X-Plan` is not what is expected (expected 5\n      but sent nothing (there: Content-Type))",
    ],
  ],
  [
    "an environment that is not there",
    "- { name: s, event: signed_up, environment: prd, expect: { sent: true } }",
    [0, 1],
    ["HW061 1:45-48 the destination has no environment `prd` (Did you mean `prod`?)"],
  ],
  [
    "what is expected of what is not sent",
    "- { name: s, event: x, expect: { sent: false, body: {} } }",
    [0, 1],
    ["HW061 1:47-51 sample `s` expects `body` where nothing is sent"],
  ],
  [
    "inputs where there are none",
    "- { name: s, event: signed_up, expect: { sent: true, inputs: { a: 1 } } }",
    [0, 1],
    ["HW061 1:54-60 sample `s`: `inputs` is not known offline (Expect `url`, `headers` and `body`.)"],
  ],
  [
    "people and groups that are not in the fixtures",
    "- { name: s, event: x, person: adda, groups: { company: acmee, project: other }, expect: { sent: false } }",
    [0, 1],
    [
      "HW062 1:32-36 destinations/fixtures.test.yaml has no person `adda` (Did you mean `ada`?)",
      "HW062 1:57-62 destinations/fixtures.test.yaml has no group `acmee` (Did you mean `acme`?)",
      "HW062 1:73-78 destinations/fixtures.test.yaml has no group `other` (Add it there, under `groups`.)",
    ],
  ],
  [
    "a group of another type",
    "- { name: s, event: x, groups: { company: apollo }, expect: { sent: false } }",
    [0, 1],
    ["HW062 1:43-49 the group `apollo` of the fixtures is of type `project`, not `company`"],
  ],
  [
    "samples of the wrong shape, and none of them is run",
    "- { name: s, evnt: x, expect: { sent: maybe } }\n- { name: t, event: x, expect: { sent: true } }\n",
    [0, 0],
    [
      "HW010 1:14-18 unknown key `evnt` in `[0]` (Did you mean `event`?) [fix]",
      'HW011 1:39-44 `[0].expect.sent` must be true or false, not the text "maybe"',
    ],
  ],
  ["samples that are no list", "name: s\n", [0, 0], ["HW011 1:1-8 the file must be a list, not a map"]],
  [
    "samples that are no YAML",
    "- [\n",
    [0, 0],
    ["HW001 1:3-4 the closing `]` is missing (Add it, or put a text that has the sign in quotes.)"],
  ],
  [
    "a failure beside a success",
    "- { name: s, event: signed_up, expect: { sent: true } }\n- { name: t, event: x, expect: { sent: true } }\n",
    [1, 1],
    [
      "HW060 2:40-44 sample `t`: expected the event to be sent, but it is not (No item of `filters.events` is this event.)",
    ],
  ],
])("shows %s", async (_what, samples, [passed, failed], lines) => {
  expect(await run(samples)).toEqual({ passed, failed, lines });
});

const sample = (expectation: string, event = "e") =>
  `- { name: s, event: ${event}, expect: ${expectation} }\n`;
const slack =
  'name: N\nfilters: { events: [e] }\nslack: { integration: 1, channel: C1, text: "New {event.event}" }\n';
const zendesk = `
name: N
filters: { events: [e] }
template:
  id: template-zendesk
  inputs:
    subdomain: acme
    token: t
    admin_email: "{inputs.email}"
    email: "{event.distinct_id}@b.example"
    name: { value: "{{ person.name | raw }}", templating: liquid }
    attributes: {}
`;
const code = `
name: N
filters: { events: [e] }
hog:
  code: ./lib/a.hog
  inputs_schema: [{ key: url, type: string }]
  inputs: { url: "https://a.example/{event.event}" }
`;
const program = `
if (event.properties.quiet) { return }
let answer := fetch(inputs.url, {'method': 'POST', 'headers': {'X-A': 'b'}, 'body': jsonStringify({'who': event.distinct_id})})
fetch('https://b.example', {'body': answer.body})
`;

test.each<
  [what: string, files: Record<string, string>, samples: string, counts: [number, number], lines: string[]]
>([
  [
    "the inputs of a Slack message",
    { "a.yaml": slack },
    sample("{ sent: true, inputs: { text: New e, channel: C1 } }"),
    [1, 0],
    [],
  ],
  [
    "other inputs of a Slack message",
    { "a.yaml": slack },
    sample("{ sent: true, inputs: { text: New f } }"),
    [0, 1],
    [
      'HW060 1:62-67 sample `s`: `inputs.text` is not what is expected (expected "New f"\n      but sent "New e")',
    ],
  ],
  [
    "the body of a Slack message, which is PostHog's",
    { "a.yaml": slack },
    sample("{ sent: true, body: { text: New e } }"),
    [0, 1],
    [
      "HW061 1:46-50 sample `s`: `body` is not known offline (What a template makes of its inputs is PostHog's: expect `inputs`.)",
    ],
  ],
  [
    "inputs that read others, and Liquid as it stands",
    { "a.yaml": zendesk },
    sample(
      "{ sent: true, inputs: { admin_email: d@b.example, name: '{{ person.name | raw }}' } }",
      "{ event: e, distinct_id: d }",
    ),
    [1, 0],
    [],
  ],
  [
    "inputs that read each other",
    { "a.yaml": zendesk.replace("{event.distinct_id}", "{inputs.admin_email}") },
    sample("{ sent: true }"),
    [0, 0],
    [
      "a.yaml: HW015 9:18-34 inputs read each other in a circle, which PostHog refuses: `admin_email`, `email` (Let one of them read the event or the person, and no other input.)",
    ],
  ],
  [
    "the first request of own code",
    { "a.yaml": code, "lib/a.hog": program },
    sample(
      "{ sent: true, url: https://a.example/e, headers: { x-a: b }, body: { who: d } }",
      "{ event: e, distinct_id: d }",
    ),
    [1, 0],
    [],
  ],
  [
    "own code that makes no request",
    { "a.yaml": code, "lib/a.hog": program },
    `${sample("{ sent: false, because: hog.code }", "{ event: e, properties: { quiet: true } }")}${sample("{ sent: true }", "{ event: e, properties: { quiet: true } }")}`,
    [1, 1],
    [
      "HW060 2:80-84 sample `s`: expected the event to be sent, but it is not (The filter matches it, but the code makes no request.)",
    ],
  ],
  [
    "own code that fails",
    { "a.yaml": code, "lib/a.hog": "throw Error('no')" },
    sample("{ sent: true }"),
    [0, 1],
    ["HW061 1:11-12 sample `s`: making the request fails: no"],
  ],
  [
    "a template that fails",
    {
      "a.yaml":
        'name: N\nfilters: { events: [e] }\nwebhook: { url: https://a.example, body: "{jsonParse(event.properties.x)}" }\n',
    },
    sample("{ sent: true }", "{ event: e, properties: { x: nope } }"),
    [0, 1],
    ["HW061 1:11-12 sample `s`: making the request fails: Unexpected token 'o', \"nope\" is not valid JSON"],
  ],
  [
    "a filter that fails",
    { "a.yaml": "name: N\nhandlers: [crm]\nfilters: { events: [e], hogql: jsonParse(properties.x) }\n" },
    sample("{ sent: false }", "{ event: e, properties: { x: nope } }"),
    [0, 1],
    ["HW061 1:11-12 sample `s`: the filter fails: Unexpected token 'o', \"nope\" is not valid JSON"],
  ],
  [
    "somebody else's action, which only PostHog knows, beside an event and a condition",
    {
      "a.yaml": "name: N\nhandlers: [crm]\nfilters: { events: [e, { action: 5 }], person: { vip: true } }\n",
    },
    "- { name: s, event: x, person: { properties: { vip: true } }, expect: { sent: true } }\n- { name: t, event: e, person: { properties: { vip: true } }, expect: { sent: true } }\n- { name: u, event: x, expect: { sent: false } }\n",
    [2, 0],
    [
      "note HW061 1:11-12 sample `s` cannot run offline: it depends on an action or a selector that only PostHog evaluates",
    ],
  ],
  [
    "a selector in an event filter",
    {
      "a.yaml": "name: N\nhandlers: [crm]\nfilters: { events: [{ filter: f }] }\n",
      "filters/f.yaml": "name: F\nevent: $autocapture\nselector: form > button\n",
    },
    "- { name: s, event: { event: $autocapture, elements_chain: 'button:text=\"Buy\"' }, expect: { sent: false } }\n",
    [0, 0],
    [
      "note HW061 1:11-12 sample `s` cannot run offline: it depends on an action or a selector that only PostHog evaluates",
    ],
  ],
  [
    "a selector beside an event, where the event's name decides, and where it does not",
    {
      "a.yaml":
        "name: N\nhandlers: [crm]\nfilters: { events: [{ id: $autocapture, element: { selector: 'form > button' } }, e] }\n",
    },
    "- { name: s, event: $autocapture, expect: { sent: false } }\n- { name: t, event: x, expect: { sent: false } }\n- { name: u, event: e, expect: { sent: true } }\n",
    [2, 0],
    [
      "note HW061 1:11-12 sample `s` cannot run offline: it depends on an action or a selector that only PostHog evaluates",
    ],
  ],
  [
    "a clicked element",
    { "a.yaml": "name: N\nhandlers: [crm]\nfilters: { events: [$autocapture], element: { text: Buy } }\n" },
    "- { name: s, event: { event: $autocapture, elements_chain: 'button:text=\"Buy\"' }, expect: { sent: true } }\n- { name: t, event: $autocapture, expect: { sent: false, because: filters.element.text } }\n",
    [2, 0],
    [],
  ],
  [
    "an event filter that is another in a stack",
    {
      "a.yaml": "name: N\nhandlers: [crm]\nfilters: { events: [{ filter: f }] }\n",
      "filters/f.yaml": "name: F\nevent: e\nenvironments: { prod: { event: f } }\n",
    },
    "- { name: s, event: e, expect: { sent: true } }\n- { name: t, event: e, environment: prod, expect: { sent: false } }\n",
    [2, 0],
    [],
  ],
  [
    "changes of a person",
    { "a.yaml": "name: N\nhandlers: [crm]\nfilters: { source: person-updates, person: { plan: pro } }\n" },
    "- { name: s, event: $set, person: { properties: { plan: pro } }, expect: { sent: true } }\n- { name: t, event: $set, expect: { sent: false, because: filters.person.plan } }\n",
    [2, 0],
    [],
  ],
  [
    "a value from the configuration, which decides",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference looks like that
    { "a.yaml": 'name: N\nhandlers: [crm]\nfilters: { events: "${config:events}", person: { a: 1 } }\n' },
    sample("{ sent: true }"),
    [0, 0],
    ["note HW061 1:11-12 sample `s` cannot run offline: what is sent depends on the stack's configuration"],
  ],
  [
    "nothing of a destination that is wrong itself",
    { "a.yaml": "name: N\nhandlers: [crm]\n" },
    sample("{ sent: true }"),
    [0, 0],
    [
      "a.yaml: HW030 1:1-8 the filter names no event, which PostHog takes for every event (List the events under `filters.events`. If every event is meant, write `events: all`.)",
    ],
  ],
  [
    "nothing of an event filter that is wrong itself",
    {
      "a.yaml": "name: N\nhandlers: [crm]\nfilters: { events: [{ filter: f }] }\n",
      "filters/f.yaml": "name: F\n",
    },
    sample("{ sent: true }"),
    [0, 0],
    ["filters/f.yaml: HW039 1:1-8 this step matches every event (Write which `event` it is.)"],
  ],
  [
    "fixtures of the wrong shape",
    {
      "a.yaml": slack,
      "fixtures.test.yaml": "persons: { ada: { email: x } }\ngroups: { acme: {} }\npeople: {}\n",
    },
    sample("{ sent: true }"),
    [1, 0],
    [
      "fixtures.test.yaml: HW010 1:19-24 unknown key `email` in `persons.ada` (Known here: id, properties.)",
      "fixtures.test.yaml: HW012 2:11-15 `groups.acme.type` is missing (Add `type: …`.)",
      "fixtures.test.yaml: HW010 3:1-7 unknown key `people` (Known here: persons, groups.)",
    ],
  ],
  [
    "an empty file of fixtures",
    { "a.yaml": slack, "fixtures.test.yaml": "" },
    sample("{ sent: true }"),
    [1, 0],
    [],
  ],
])("shows %s", async (_what, files, samples, [passed, failed], lines) => {
  const named = Object.entries(files).map(([name, text]) => [`destinations/${name}`, text]);
  expect(await run(samples, Object.fromEntries(named))).toEqual({ passed, failed, lines });
});
