import { describe, expect, it } from "vitest";
import { createCompiler } from "./compile.ts";
import { render } from "./evaluate.ts";
import delivery from "./fixtures/08-webhook-delivery.json" with { type: "json" };
import { filterGlobals, inputGlobals } from "./globals.ts";
import { checkRegex } from "./regex.ts";

const event = {
  uuid: "b3a1fe86",
  event: "$autocapture",
  distinct_id: "user 1",
  timestamp: "2026-09-10T12:00:00.000Z",
  properties: { plan: "pro" },
  elements_chain:
    'button:text="Buy"attr_id="b";a.x:href="/buy?a=1"text="Buy";span:text="Now";div:attr_id="b"',
};
const person = { id: "p1", properties: { email: "", name: " Zoë " } };
const groups = [{ type: "company", index: 2, id: "acme inc", properties: { tier: 1 } }];
const place = {
  project: { id: 7, name: "Main", url: "https://us.posthog.com/project/7" },
  source: { name: "Hook", url: "https://us.posthog.com/project/7/functions/f/configuration/" },
};

describe("a filter's globals", () => {
  it("are the event's columns, the person and the groups by index", () => {
    expect(filterGlobals({ event, person, groups })).toMatchObject({
      event: "$autocapture",
      uuid: "b3a1fe86",
      distinct_id: "user 1",
      timestamp: "2026-09-10T12:00:00.000Z",
      properties: { plan: "pro" },
      person,
      pdi: { distinct_id: "user 1", person_id: "p1", person },
      $group_2: "acme inc",
      group_2: { properties: { tier: 1 } },
      $group_0: null,
      group_0: { properties: {} },
      variables: {},
    });
  });

  it("have the elements of the chain apart, each once", () => {
    expect(filterGlobals({ event, person })).toMatchObject({
      elements_chain: event.elements_chain,
      elements_chain_href: "/buy?a=1",
      elements_chain_texts: ["Buy", "Now"],
      elements_chain_ids: ["b"],
      elements_chain_elements: ["button", "a"],
    });
  });

  it("have the same names for a bare event, with the chain from its properties if need be", () => {
    const { elements_chain, ...bare } = { ...event, properties: { $elements_chain: 'a:text="x"' } };
    const globals = filterGlobals({ event: bare, person: null });
    expect(Object.keys(globals)).toEqual(Object.keys(filterGlobals({ event, person, groups })));
    expect(globals).toMatchObject({ person: null, pdi: null, elements_chain_texts: ["x"] });
  });
});

describe("a template's globals", () => {
  it("carry addresses in PostHog, encoded", () => {
    expect(inputGlobals({ event, person, groups, ...place })).toEqual({
      ...place,
      event: { ...event, url: `${place.project.url}/events/b3a1fe86/2026-09-10T12%3A00%3A00.000Z` },
      person: { ...person, name: "Zoë", url: `${place.project.url}/person/user%201` },
      groups: {
        company: {
          ...{ id: "acme inc", type: "company", index: 2, properties: { tier: 1 } },
          url: `${place.project.url}/groups/2/acme%20inc`,
        },
      },
    });
  });

  it.each([
    [{ email: "a@b.example", name: "A" }, "a@b.example"],
    [{ username: "a" }, "a"],
    [{ name: { first: "A" } }, '{"first":"A"}'],
    [{ email: null }, "user 1"],
    [{}, "user 1"],
  ])("name a person with %j: %s", (properties, name) => {
    const globals = inputGlobals({ event, person: { id: "p1", properties }, ...place });
    expect(globals.person).toMatchObject({ name });
  });

  it("make the default body, whose keys are PostHog's (contract §4.5)", async () => {
    const compiler = await createCompiler();
    const body = compiler.templateTree({ event: "{event}", person: "{person}" });
    const rendered = render(body, inputGlobals({ event, person, ...place }));
    expect(keysOf(rendered)).toEqual(keysOf(JSON.parse(delivery.data.body)));
    expect(render(body, inputGlobals({ event, person: null, ...place }))).toMatchObject({ person: null });
  });
});

it.each([
  ["^a.*(b|c)$", null],
  ["(?i)abc\\d+", null],
  ["(?=a)b", "(?="],
  ["(a)\\1", "\\1"],
  ["a(", "missing"],
])("checks the pattern %s", (pattern, error) => {
  if (error === null) expect(checkRegex(pattern)).toBeNull();
  else expect(checkRegex(pattern)).toContain(error);
});

function keysOf(body: unknown): unknown {
  return Object.entries(body as Record<string, object>).map(([key, value]) => [
    key,
    Object.keys(value).sort(),
  ]);
}
