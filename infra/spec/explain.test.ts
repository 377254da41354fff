import { describe, expect, it } from "vitest";
import { checkProject } from "./check.ts";
import { explainProject } from "./explain.ts";
import { writeProject } from "./test-support.ts";

const handler = { "destinations/handlers/crm.ts": "" };
const destination = (filters: string, more = "") => `name: N\nfilters: ${filters}\nhandlers: [crm]\n${more}`;

async function explained(files: Record<string, string>, picked?: string[]): Promise<string[]> {
  const found = await explainProject(await writeProject({ ...handler, ...files }), picked);
  return found.map(({ file, environment, text }) => {
    return `${file.replace("destinations/", "")}${environment ? ` in ${environment}` : ""}: ${text}`;
  });
}

/** What a destination says of when it fires. */
async function occasion(filters: string, files: Record<string, string> = {}): Promise<string | undefined> {
  const [text] = await explained({ ...files, "destinations/a.yaml": destination(filters) }, [
    "destinations/a.yaml",
  ]);
  return /^a\.yaml: (.*?\.) Sends /.exec(text ?? "")?.[1];
}

const pricing = `
name: Pricing page visit
event: $pageview
url: acme.example/pricing
environments: { dev: { url: dev.example/pricing }, old: absent }
`;
const buys = `
name: Buys
steps:
  - { event: bought, group: { company: { tier: enterprise } } }
  - { event: $autocapture, tag_name: button, text: Buy, text_matching: contains }
`;
const filterFiles = {
  "destinations/filters/pricing.yaml": pricing,
  "destinations/filters/buys.yaml": buys,
};

describe("a destination", () => {
  it.each([
    [
      "{ events: [{ filter: pricing }] }",
      "Fires when *Pricing page visit* (*$pageview* where the page contains acme.example/pricing).",
    ],
    [
      "{ events: [a, { filter: buys, group: { project: { plan: pro } } }] }",
      "Fires when *a*; or *Buys* (*bought* where the company's tier is enterprise, or *$autocapture* where the clicked " +
        "element is a button with a text containing Buy) where the project's plan is pro.",
    ],
    ["{ events: [{ action: 123 }] }", "Fires when the action 123."],
    [
      '{ events: [a], properties: { path: { regex: "^[a-z]+$" }, v: { semver_lt: 2.0.0 } } }',
      "Fires when *a* with path matching `^[a-z]+$` (or without path) and v below version 2.0.0 (or without v).",
    ],
  ])("with the filters %s", async (filters, expected) => {
    expect(await occasion(filters, filterFiles)).toBe(expected);
  });

  it("names an event filter that has errors by its file", async () => {
    const files = { "destinations/filters/broken.yaml": "name: B\nurl: [\n" };
    expect(await occasion("{ events: [{ filter: broken }] }", files)).toBe("Fires when *broken*.");
  });

  it("is explained for each environment where it does something else, and by its samples' name", async () => {
    const files = {
      "destinations/a.yaml": destination(
        "{ events: [{ filter: pricing }] }",
        "environments: { prod: { enabled: false }, test: absent, same: { name: M } }\n",
      ),
      "destinations/filters/pricing.yaml": pricing.replace(", old: absent", ""),
    };
    const texts = await explained(files, ["destinations/a.test.yaml"]);
    expect(texts.map((text) => text.replace(/ Sends .*/, ""))).toEqual([
      "a.yaml: Fires when *Pricing page visit* (*$pageview* where the page contains acme.example/pricing).",
      expect.stringMatching(/^a\.yaml in prod: Is switched off\. Fires when/),
      "a.yaml in test: Is not there.",
      expect.stringMatching(/^a\.yaml in dev: .* where the page contains dev\.example\/pricing\)\.$/),
    ]);
  });
});

describe("an event filter", () => {
  it("is explained by itself, also where no destination uses it", async () => {
    expect(await explained(filterFiles, ["destinations/filters/pricing.yaml"])).toEqual([
      "filters/pricing.yaml: Matches *$pageview* where the page contains acme.example/pricing.",
      "filters/pricing.yaml in dev: Matches *$pageview* where the page contains dev.example/pricing.",
      "filters/pricing.yaml in old: Is not there.",
    ]);
  });

  it("stands after the destinations where all files are explained", async () => {
    const texts = await explained({ ...filterFiles, "destinations/z.yaml": destination("{ events: [e] }") });
    expect(texts.map((text) => text.replace(/[ :].*/, ""))).toEqual([
      ...["z.yaml", "filters/buys.yaml"],
      ...["filters/pricing.yaml", "filters/pricing.yaml", "filters/pricing.yaml"],
    ]);
  });
});

it.each([
  ["a destination that is not there", "destinations/gone.yaml", {}],
  ["an event filter that is not there", "destinations/filters/gone.yaml", {}],
  ["a destination with errors", "destinations/a.yaml", { "destinations/a.yaml": "name: N\nfilters: {}\n" }],
  [
    "an event filter with errors",
    "destinations/filters/f.yaml",
    { "destinations/filters/f.yaml": "name: N\n" },
  ],
])("%s is not explained, and check says why", async (_what, picked, files) => {
  const root = await writeProject({ ...handler, ...files });
  expect(await explainProject(root, [picked])).toEqual([]);
  const { diagnostics } = await checkProject(root, [picked]);
  expect(diagnostics.map(({ severity, span }) => `${severity} ${span?.file}`)).toContain(`error ${picked}`);
});
