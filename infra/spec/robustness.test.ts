// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like that
import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { checkProject } from "./check.ts";
import { CODES } from "./codes.ts";
import { type Diagnostic, hasErrors, renderDiagnostics } from "./diagnostic.ts";
import { applyEdits } from "./edit.ts";
import { documentsOf } from "./fixtures/model-documents.ts";
import { brokenTexts, changedDocuments, writtenDocuments } from "./fixtures/mutations.ts";
import { loadProject } from "./load.ts";
import type { Resolver } from "./lowering/references.ts";
import { policyModel } from "./model/policy.ts";
import { fixturesModel, samplesModel } from "./model/samples.ts";
import { destinationModel, eventFilterModel } from "./model/with-environments.ts";
import { lowerProject } from "./project.ts";
import { createSource, spanOf } from "./source.ts";
import { lowerText, parseText, writeProject } from "./test-support.ts";

// `npm test` tries a few thousand inputs, always the same; `LONG=1` many more, each time others.
const LONG = process.env.LONG === "1";
const runs = (numRuns: number) => (LONG ? { numRuns: numRuns * 40 } : { numRuns, seed: 20_260_922 });
const timeout = LONG ? 3_600_000 : 60_000;

let tried = 0;
afterAll(() => console.log(`robustness: ${tried} inputs tried`));

const EXAMPLES = new URL("../../docs/examples/", import.meta.url);
const example = (name: string) => readFileSync(new URL(name, EXAMPLES), "utf8");
const inFolder = readdirSync(new URL("destinations/", EXAMPLES)).filter((name) => name.endsWith(".yaml"));

// Every key of the language that the examples have not.
const REST = `
name: Everything else
description: &text Tell the team
enabled: true
filters:
  source: events
  events:
    - { id: a, name: A, type: events, order: 0, properties: [{ key: p, value: [x], operator: exact, type: event }] }
    - { filter: pricing-visit, person: { email: { not_icontains: "@acme.example", missing: skip } } }
    - { action: 123, element: { tag_name: a, href: { regex: ^/x }, selector: form > a }, hogql: [properties.a > 1] }
  actions: [{ id: "7", properties: { a: { between: [1, 2] } } }]
  properties: { at: { is_date_after: -7d }, v: { semver_caret: 1.2.3 }, n: { is_set: true }, m: { not_in: [a, b] } }
  group: { company: { tier: { is_not: free, missing: send } } }
  hogql: toFloat(properties.amount) > 100
  filter_test_accounts: true
masking: { ttl: 3600, hash: "{person.id}/{event.event}", threshold: 5 }
webhook:
  url: "https://a.example/{event.uuid}"
  method: PUT
  headers: { Content-Type: application/json, X-Token: "Bearer \${secret:token}", X-Text: *text }
  body: { a: "{event.properties.a ?? 'none'}", b: [1, "{person.name}"], c: "\${config:text}" }
  signing_secret: "\${secret:signing}"
  debug: false
overlaps: [other]
adopt: 0195f3a1-7c2e-0000-8d1f-2b6a9c3e5f70
aliases: [former, b]
lifecycle: { protect: true, retain: false, upgrade: true }
environments:
  dev: absent
  prod: { aliases: [older], lifecycle: { protect: null }, enabled: false, webhook: { body: event }, masking: null, once: { per: [person, event], within: 1h } }
`;
const POLICY =
  'hosts: [your-app.example, "*.acme.example", slack.com]\nforbidden_fields: [person.properties.phone]\n';
const DESTINATIONS = [
  REST,
  example("old-guide.yaml"),
  ...inFolder.filter((name) => !name.endsWith(".test.yaml")).map((name) => example(`destinations/${name}`)),
];
const SAMPLES = inFolder
  .filter((name) => name.endsWith(".test.yaml") && name !== "fixtures.test.yaml")
  .map((name) => example(`destinations/${name}`));
const FIXTURES = example("destinations/fixtures.test.yaml");
const FILTER = `${example("destinations/filters/pricing-visit.yaml")}adopt: 7\naliases: [former]\nenvironments: { dev: absent, prod: { url: /x } }\n`;
const CODE = example("destinations/lib/score-lead.hog");

const SECRET = "s3cr3t{Value}\\";
const KNOWN: Resolver = {
  config: (key) =>
    ({ a: "{x} \\ 'y'", text: "{{", hubspotIntegration: 7, list: [1, { b: null }] })[key] ?? key,
  secret: () => SECRET,
  isSecret: (key) => key === "b",
};
const EMPTY: Resolver = { config: () => undefined, secret: () => undefined, isSecret: () => false };

/** Of any diagnostic: a code, words without a stack or a secret, a place in its file. */
function expectSound(diagnostics: Diagnostic[], textOf: (file: string) => string | undefined): void {
  for (const { code, message, hint = "", span, fix = [] } of diagnostics) {
    expect(CODES).toHaveProperty(code);
    expect(message).not.toBe("");
    expect(message.length + hint.length).toBeLessThanOrEqual(2100);
    expect(`${message} ${hint}`).not.toMatch(/\n\s+at |node:|file:\/\/|undefined|\[object |s3cr3t/);
    expect(JSON.stringify(fix)).not.toContain("s3cr3t");
    expect(span).toBeDefined();
    if (span === undefined) continue;
    const text = textOf(span.file);
    if (text === undefined) continue;
    const { line, column } = spanOf(createSource(span.file, text), text.length);
    expect([span.line >= 1, span.column >= 1, span.endLine >= span.line]).toEqual([true, true, true]);
    expect(span.endLine < line || (span.endLine === line && span.endColumn <= column)).toBe(true);
    expect(span.endLine > span.line || span.endColumn >= span.column).toBe(true);
    if (span.source !== undefined) expect(span.column).toBeLessThanOrEqual(span.source.length + 2);
  }
  expect(renderDiagnostics(diagnostics).length).toBeLessThanOrEqual(3000 * (diagnostics.length + 1));
}

/** A destination as its file stands and in a stack, with values and without. */
async function survives(text: string | Uint8Array): Promise<void> {
  tried += 1;
  const file = parseText("destinations/example.yaml", text);
  const policy = { hosts: ["a.example"], forbidden_fields: ["person.properties.phone"] };
  for (const options of [{}, { stack: "prod", resolver: KNOWN }, { stack: "prod", resolver: EMPTY }]) {
    const { lowered, absent, diagnostics } = await lowerText(
      text,
      options,
      tried % 2 === 0 ? { policy } : {},
    );
    expectSound(diagnostics, () => file.source.text);
    if (hasErrors(diagnostics) || absent) expect(lowered).toBeUndefined();
    if (lowered === undefined) continue;
    expect(JSON.parse(JSON.stringify(lowered))).toStrictEqual(lowered);
    // Law 1: never a filter that matches what it does not name.
    const { source, events = [] } = lowered.filters;
    expect(source === "person-updates" || events.length > 0).toBe(true);
    if (events === "all") expect(file.source.text).toMatch(/\ball\b/);
  }
  const { diagnostics } = await lowerText(text);
  const { text: mended } = applyEdits(
    file,
    diagnostics.map(({ fix = [] }) => fix),
  );
  expect(parseText("destinations/example.yaml", mended).diagnostics.length).toBeLessThanOrEqual(
    file.diagnostics.length,
  );
}

const oneOf = <T>(list: readonly T[], make: (item: T) => fc.Arbitrary<string | Uint8Array>) =>
  fc.oneof(...list.map(make));
const broken = (texts: readonly string[]) => oneOf(texts, brokenTexts);
const changed = (texts: readonly string[]) =>
  oneOf(texts, (text) => writtenDocuments(changedDocuments(parse(text))));

describe("a destination", () => {
  test.each<[what: string, numRuns: number, inputs: fc.Arbitrary<string | Uint8Array>]>([
    [
      "random bytes and random text",
      300,
      fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.string({ unit: "grapheme" })),
    ],
    [
      "random YAML",
      300,
      fc
        .array(
          fc.constantFrom(..."\t\n {}[]:,-?!&*'\"|>%@#~a1\\$", "name", "filters", "${secret:a}", ": ", "- "),
          { maxLength: 60 },
        )
        .map((pieces) => pieces.join("")),
    ],
    ["the examples, their text broken", 700, broken(DESTINATIONS)],
    ["the examples, their nodes changed", 800, changed(DESTINATIONS)],
    ["whatever the model accepts", 300, writtenDocuments(documentsOf(destinationModel))],
    [
      "nothing but random keys and values",
      200,
      writtenDocuments(changedDocuments({ name: "N", filters: {}, hog: {}, template: {} })),
    ],
  ])("%s", { timeout }, async (_what, numRuns, inputs) => {
    await fc.assert(fc.asyncProperty(inputs, survives), runs(numRuns));
  });

  test("the examples themselves are lowered in each stack", async () => {
    for (const text of DESTINATIONS) await survives(text);
  });
});

test("a project of broken files, checked and lowered", { timeout }, async () => {
  const maybe = (text: string, model: Parameters<typeof documentsOf>[0]) =>
    fc.oneof(
      { weight: 3, arbitrary: fc.constant(text) },
      { weight: 2, arbitrary: broken([text]) },
      { weight: 3, arbitrary: changed([text]) },
      { weight: 1, arbitrary: writtenDocuments(documentsOf(model)) },
    );
  const files = fc.record({
    "destinations/a.yaml": fc.oneof(
      fc.constantFrom(...DESTINATIONS),
      changed(DESTINATIONS),
      broken(DESTINATIONS),
    ),
    "destinations/b.yaml": fc.oneof(fc.constantFrom(...DESTINATIONS), changed(DESTINATIONS)),
    "destinations/a.test.yaml": fc.oneof(...SAMPLES.map((text) => maybe(text, samplesModel))),
    "destinations/filters/pricing-visit.yaml": maybe(FILTER, eventFilterModel),
    "destinations/fixtures.test.yaml": maybe(FIXTURES, fixturesModel),
    "policy.yaml": maybe(POLICY, policyModel),
    "destinations/lib/score-lead.hog": fc.oneof(fc.constant(CODE), brokenTexts(CODE)),
  });
  const root = await writeProject({
    "destinations/handlers/crm.ts": "",
    "Pulumi.prod.yaml": "",
    "destinations/lib/x": "",
    "destinations/filters/x": "",
  });
  await fc.assert(
    fc.asyncProperty(files, async (files) => {
      tried += 1;
      for (const [name, content] of Object.entries(files)) await writeFile(join(root, name), content);
      const texts = new Map(
        Object.entries(files).map(([name, content]) => [name, parseText(name, content).source.text]),
      );
      const textOf = (file: string) => (file.endsWith(".hog") ? undefined : texts.get(file));
      const { diagnostics } = await checkProject(root);
      expectSound(diagnostics, textOf);
      const options = {
        stack: "prod",
        resolver: KNOWN,
        receiverUrl: "https://r.example",
        signingSecret: () => SECRET,
      };
      const project = lowerProject(await loadProject(root), options);
      expectSound(project.diagnostics, textOf);
      expect(JSON.parse(JSON.stringify(project.destinations))).toStrictEqual(project.destinations);
    }),
    runs(150),
  );
});
