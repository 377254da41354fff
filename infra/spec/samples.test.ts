import { expect, test } from "vitest";
import { createCompiler } from "../hog/compile.ts";
import { parseYaml } from "./parse.ts";
import { runSamples } from "./samples.ts";
import { inOneLine, lowerText } from "./test-support.ts";

const DESTINATION = `
name: N
filters:
  events: [signed_up]
  person: { email: { not_icontains: "@acme.example" } }
  filter_test_accounts: true
webhook:
  url: "https://a.example/{event.properties.path}"
  body:
    event: "{event}"
    who: "{person.properties.email}"
    list: [1, "{event.distinct_id}"]
    tier: "{groups.company.properties.tier}"
environments:
  prod: { filters: { events: [bought] } }
  dev: absent
`;

async function run(samples: string) {
  const environments = new Map();
  for (const stack of [undefined, "prod", "dev"])
    environments.set(stack, await lowerText(DESTINATION, { stack }));
  const parsed = parseYaml("destinations/example.test.yaml", new TextEncoder().encode(samples));
  const { passed, failed, diagnostics } = runSamples(
    { slug: "example", ...parsed },
    environments,
    await createCompiler(),
  );
  return { passed, failed, lines: diagnostics.map(inOneLine) };
}

test("runs the filter and the templates that would be applied", async () => {
  const samples = `
- name: matched, with its body
  event: { event: signed_up, distinct_id: d, properties: { path: x } }
  person: { properties: { email: a@b.example } }
  groups: { company: { properties: { tier: gold } } }
  expect:
    sent: true
    body: { event: { distinct_id: d, properties: { path: x } }, who: a@b.example, list: [1, d], tier: gold }
- { name: another event, event: bought, expect: { sent: false } }
- { name: our own, event: signed_up, person: { properties: { email: a@ACME.example } }, expect: { sent: false } }
- { name: personless, event: signed_up, expect: { sent: true, body: { who: null, tier: null } } }
- { name: in prod, event: bought, environment: prod, expect: { sent: true } }
- { name: not in dev, event: signed_up, environment: dev, expect: { sent: false } }
`;
  expect(await run(samples)).toEqual({ passed: 6, failed: 0, lines: [] });
});

test.each([
  [
    "an event that should not be sent",
    "- { name: s, event: signed_up, expect: { sent: false } }",
    ["HW060 1:48-53 sample `s`: expected the event not to be sent, but it is (The filter matches it.)"],
  ],
  [
    "an event that should be sent",
    "- { name: s, event: nope, expect: { sent: true } }",
    [
      "HW060 1:43-47 sample `s`: expected the event to be sent, but it is not (The filter does not match it.)",
    ],
  ],
  [
    "each difference of a body, where it is expected",
    "- { name: s, event: signed_up, expect: { sent: true, body: { who: x, list: [1], event: { nope: 1 } } } }",
    [
      'HW060 1:67-68 sample `s`: `body.who` is not what is expected (expected "x"\n      but sent null)',
      'HW060 1:76-79 sample `s`: `body.list` is not what is expected (expected [1]\n      but sent [1,"sample-user"])',
      "HW060 1:96-97 sample `s`: `body.event.nope` is not what is expected (expected 1\n      but sent nothing)",
    ],
  ],
  [
    "an environment that is not there",
    "- { name: s, event: signed_up, environment: prd, expect: { sent: true } }",
    ["HW061 1:45-48 the destination has no environment `prd` (Did you mean `prod`?)"],
  ],
  [
    "a body where nothing is sent",
    "- { name: s, event: x, expect: { sent: false, body: {} } }",
    ["HW061 1:47-51 sample `s` expects a body where nothing is sent"],
  ],
  [
    "samples of the wrong shape",
    "- { name: s, evnt: x, expect: { sent: maybe } }\n",
    [
      "HW010 1:14-18 unknown key `evnt` in `[0]` (Did you mean `event`?)",
      'HW011 1:39-44 `[0].expect.sent` must be true or false, not the text "maybe"',
    ],
  ],
])("shows %s", async (_what, samples, lines) => {
  expect((await run(samples)).lines).toEqual(lines);
});

test("says which samples need the stack's configuration, and counts them neither way", async () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference looks like that
  const text = 'name: N\nfilters: { events: "${config:events}" }\nhandlers: [crm]\n';
  const parsed = parseYaml(
    "a.test.yaml",
    new TextEncoder().encode("- { name: s, event: e, expect: { sent: true } }"),
  );
  const environments = new Map([[undefined, await lowerText(text)]]);
  const run = runSamples({ slug: "a", ...parsed }, environments, await createCompiler());
  expect(run).toMatchObject({ passed: 0, failed: 0, diagnostics: [{ code: "HW061", severity: "note" }] });
});

test("says nothing about samples of a destination that is wrong itself", async () => {
  const broken = await lowerText("name: N\n");
  const parsed = parseYaml(
    "a.test.yaml",
    new TextEncoder().encode("- { name: s, event: e, expect: { sent: true } }"),
  );
  expect(
    runSamples({ slug: "a", ...parsed }, new Map([[undefined, broken]]), await createCompiler()),
  ).toEqual({
    passed: 0,
    failed: 0,
    diagnostics: [],
  });
});
