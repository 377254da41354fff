import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCompiler } from "../compile.ts";
import { maskingWords } from "./masking.ts";
import { payloadWords } from "./payload.ts";
import { personalKind } from "./personal.ts";

const compiler = await createCompiler();

describe("a payload in words", () => {
  it.each<[string, unknown]>([
    ["nothing of the event or the person", {}],
    ["nothing of the event or the person", { a: 1, b: "x", c: null, d: "{project.name} {inputs.a}" }],
    ["the whole event and the person with all properties", { event: "{event}", person: "{person}" }],
    ["the whole event", { a: "{event}", b: "{event.properties}" }],
    [
      "all event properties, the person with all properties and 3 more fields (the event's name, the distinct ID and the time)",
      {
        event: "{event.event}",
        distinct_id: "{event.distinct_id}",
        person: "{person}",
        properties: "{event.properties}",
        timestamp: "{event.timestamp}",
      },
    ],
    ["1 field (plan)", "{event.properties.plan}"],
    ["1 field (plan)", ["x", { y: ["{event.properties['plan']}"] }]],
    ["2 fields (a link to the event and the person's plan)", ["{event.url}", "{person.properties.plan}"]],
    ["4 fields", ["a", "b", "c", "d"].map((key) => `{event.properties.${key}}`)],
    ["1 field (the company's tier)", "{groups.company.properties.tier}"],
    ["the company with all properties", "{groups.company}"],
    ["all groups with their properties", "{groups}"],
    ["the person with all properties", "{keys(person?.properties)}"],
    ["1 text that cannot be read", "{a b}"],
  ])("Sends %s", (expected, tree) => {
    expect(payloadWords({ tree, compiler })).toBe(`Sends ${expected}.`);
    expect(payloadWords({ tree, compiler, to: "a.example" })).toBe(`Sends ${expected} to a.example.`);
  });

  it.each<[string, unknown]>([
    ["1 field, the person's email", "{person.properties.email}"],
    ["2 fields, among them the person's email", ["{event.uuid}", "Hi {lower(person.properties.email)}"]],
    [
      "3 fields, among them the person's email, name and phone",
      ["{person.properties.phone}", "{person.name}", "{person.properties.email ?? ''}"],
    ],
    [
      "3 fields, among them the person's firstName and the event's properties delivery_address and $ip",
      ["{person.properties.firstName}", "{event.properties.delivery_address} {event.properties['$ip']}"],
    ],
    ["the whole event and 1 more field, the person's email", ["{event}", "{person.properties.email}"]],
  ])("names personal data first: %s", (expected, tree) => {
    expect(payloadWords({ tree, compiler })).toBe(`Sends ${expected}.`);
    expect(payloadWords({ tree, compiler, to: "a.example" })).toBe(`Sends ${expected}, to a.example.`);
  });

  it("has a sentence for any tree", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (tree, to) => {
        const words = payloadWords({ tree: [tree, `{${to}}`, `{event.properties['${to}']}`], compiler, to });
        expect(words).toMatch(/^Sends .*\.$/);
        expect(words).not.toMatch(/\s\s/);
      }),
    );
  });
});

describe("the kind of personal data, by a key", () => {
  it.each([
    ["email", "person.properties.work_email"],
    ["email", "event.properties.$set.email"],
    ["name", "person.name"],
    ["name", "person.properties.name"],
    ["name", "person.properties.first_name"],
    ["name", "event.properties.fullName"],
    ["phone", "person.properties.phoneNumber"],
    ["address", "person.properties.$geoip_city_name"],
    ["IP address", "event.properties.$ip"],
    ["IP address", "event.properties.ip_address"],
    ["date of birth", "person.properties.birthday"],
    [undefined, "event.properties.plan_name"],
    [undefined, "event.properties.ship"],
    [undefined, "event.event"],
    [undefined, "event.properties"],
    [undefined, "groups.company.properties.name"],
  ])("%s: %s", (kind, read) => {
    const [name = "", ...path] = read.split(".");
    expect(personalKind({ name, path })).toBe(kind);
  });
});

describe("a mask in words", () => {
  it.each<[string, number, string, number?]>([
    ["an hour for each person and event", 3600, "{person.id}-{event.event}"],
    ["a day for each person", 86_400, "{person.id}"],
    ["a minute for each single event", 60, "{event.uuid}"],
    ["every 90 seconds for each distinct ID", 90, "{event.distinct_id}"],
    ["every 30 minutes in all", 1800, "all"],
    [
      "every 2 hours for each plan, person's email and company",
      7200,
      "{event.properties.plan}{person.properties.email}{groups.company.id}",
    ],
    ["an hour for each value of `{a b}`", 3600, "{a b}"],
    ["an hour for each person, and again after every 100", 3600, "{person.id}", 100],
  ])("At most once %s", (expected, ttl, hash, threshold) => {
    expect(maskingWords({ ttl, hash, ...(threshold && { threshold }) }, compiler)).toBe(
      `At most once ${expected}.`,
    );
  });
});
