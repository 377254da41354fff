// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like that
import { expect, test } from "vitest";
import { createCompiler } from "../../hog/compile.ts";
import type { LoweredProperty } from "../lowered.ts";
import { OPERATORS, type Operator } from "../model/conditions.ts";
import { type Case, lowered, lowerText, testDiagnostics } from "../test-support.ts";

const filter = (lines: string) => `name: N\nhandlers: [crm]\nfilters:\n  events: [e]\n${lines}`;

async function conditions(lines: string): Promise<LoweredProperty[] | undefined> {
  return (await lowered(filter(lines), { without: ["HW075"] })).filters.properties;
}

// What is written behind each operator's name, and the value that PostHog gets.
const SHORT: Record<Operator, [written: string, value: unknown]> = {
  exact: ["pro", "pro"],
  is_not: ["[free, 5]", ["free", 5]],
  is_set: ["true", "is_set"],
  is_not_set: ["true", "is_not_set"],
  in: ["[pro, team]", ["pro", "team"]],
  not_in: ["[free, trial]", ["free", "trial"]],
  icontains: ["[acme, globex]", ["acme", "globex"]],
  not_icontains: ["acme", "acme"],
  icontains_multi: ["[acme, globex]", ["acme", "globex"]],
  not_icontains_multi: ["[acme]", ["acme"]],
  regex: ["^/pricing", "^/pricing"],
  not_regex: ["'[0-9]'", "[0-9]"],
  gt: ["1.5", 1.5],
  gte: ["-1", -1],
  lt: ["500", 500],
  lte: ["0", 0],
  min: ["5", 5],
  max: ["5", 5],
  between: ["[10, 20]", [10, 20]],
  not_between: ["[10, 20]", [10, 20]],
  is_date_exact: ["2026-09-01", "2026-09-01"],
  is_date_before: ["-7d", "-7d"],
  is_date_after: ["-1m", "-1m"],
  semver_eq: ["1.2.3", "1.2.3"],
  semver_neq: ["1.2.3", "1.2.3"],
  semver_gt: ["1.2.3", "1.2.3"],
  semver_gte: ["1.2.3", "1.2.3"],
  semver_lt: ["1.2.3", "1.2.3"],
  semver_lte: ["1.2.3", "1.2.3"],
  semver_tilde: ["1.2.3", "1.2.3"],
  semver_caret: ["1.2.3", "1.2.3"],
  semver_wildcard: ["1.2.*", "1.2.*"],
  is_cleaned_path_exact: ["/pricing", "/pricing"],
};

test.each(OPERATORS)("the short form of %s", async (operator) => {
  const [written, value] = SHORT[operator];
  const alone = operator === "exact" ? {} : { operator };
  const found = await conditions(`  properties: { a: { ${operator}: ${written} } }\n`);
  expect(found).toEqual([{ key: "a", value, ...alone }]);
});

test("scalars and lists are equality, and several operators hold together", async () => {
  const found = await conditions(`
  properties: { $host: www.acme.example, seats: 5, trial: false, plan: [pro, team], n: { gte: 5, lt: 500 } }
`);
  expect(found).toEqual([
    { key: "$host", value: "www.acme.example" },
    { key: "seats", value: 5 },
    { key: "trial", value: false },
    { key: "plan", value: ["pro", "team"] },
    { key: "n", value: 5, operator: "gte" },
    { key: "n", value: 500, operator: "lt" },
  ] satisfies LoweredProperty[]);
});

test("missing: skip asks for the property as well; send is PostHog's way", async () => {
  const found = await conditions(`
  properties: { plan: { is_not: free, missing: send } }
  person: { email: { not_icontains: "@acme.example", missing: skip } }
  group: { company: { tier: { is_not: free, missing: skip } } }
`);
  expect(found).toEqual([
    { key: "plan", value: "free", operator: "is_not" },
    { key: "email", value: "@acme.example", operator: "not_icontains", type: "person" },
    { key: "email", value: "is_set", operator: "is_set", type: "person" },
    { key: "tier", value: "free", operator: "is_not", type: "group", group_type: "company" },
    { key: "tier", value: "is_set", operator: "is_set", type: "group", group_type: "company" },
  ] satisfies LoweredProperty[]);
});

test("a group by its name, an element, and HogQL, beside an event and beside all", async () => {
  const { filters } = await lowered(`
name: N
handlers: [crm]
filters:
  events:
    - id: $autocapture
      group: { company: { tier: enterprise }, project: { name: [a, b] } }
      element: { tag_name: button, text: { icontains: buy }, href: { regex: ^/a }, selector: form > button }
      hogql: properties.a > 1
  group: { company: { seats: { gt: 10 } } }
  element: { text: Buy }
  hogql: [properties.b > 1, "person.properties.c = 'x'"]
`);
  expect(filters).toEqual({
    events: [
      {
        id: "$autocapture",
        properties: [
          { key: "tier", value: "enterprise", type: "group", group_type: "company" },
          { key: "name", value: ["a", "b"], type: "group", group_type: "project" },
          { key: "tag_name", value: "button", type: "element" },
          { key: "text", value: "buy", operator: "icontains", type: "element" },
          { key: "href", value: "^/a", operator: "regex", type: "element" },
          { key: "selector", value: "form > button", type: "element" },
          { key: "properties.a > 1", type: "hogql" },
        ],
      },
    ],
    properties: [
      { key: "seats", value: 10, operator: "gt", type: "group", group_type: "company" },
      { key: "text", value: "Buy", type: "element" },
      { key: "properties.b > 1", type: "hogql" },
      { key: "person.properties.c = 'x'", type: "hogql" },
    ],
  });
});

test("PostHog's own JSON of each type is valid where it stands", async () => {
  const found = await conditions(`
  properties:
    - { key: plan, value: [pro], operator: exact, type: event }
    - { key: email, value: is_set, operator: is_set, type: person }
    - { key: tier, value: gold, type: group, group_type_index: 0 }
    - { key: text, value: Buy, operator: exact, type: element }
    - { key: distinct_id, value: a, type: event_metadata }
    - { key: "properties.a > 1", value: null, type: hogql }
    - { key: severity, value: critical, type: error_tracking_issue }
  person:
    - { key: email, value: x, operator: icontains }
    - { key: vip, operator: is_not_set }
`);
  expect(found).toEqual([
    { key: "plan", value: ["pro"] },
    { key: "email", value: "is_set", operator: "is_set", type: "person" },
    { key: "tier", value: "gold", type: "group", group_type_index: 0 },
    { key: "text", value: "Buy", type: "element" },
    { key: "distinct_id", value: "a", type: "event_metadata" },
    { key: "properties.a > 1", value: null, type: "hogql" },
    { key: "severity", value: "critical", type: "error_tracking_issue" },
    { key: "email", value: "x", operator: "icontains", type: "person" },
    { key: "vip", value: "is_not_set", operator: "is_not_set", type: "person" },
  ] satisfies LoweredProperty[]);
});

test.each(OPERATORS)("the compiler knows the operator %s", async (operator) => {
  const compiler = await createCompiler();
  try {
    compiler.filters({ events: [{ id: null }], properties: [{ key: "k", value: ["1", "2"], operator }] });
  } catch (error) {
    expect(String(error)).not.toContain("does not exist");
  }
});

const CASES: Case[] = [
  [
    "a list of short forms, with both ways to write it",
    filter("  properties: [{ plan: pro }]\n"),
    [
      "HW012 5:16-29 `filters.properties[0].key` is missing (Add `key: …`.)",
      "HW010 5:18-22 unknown key `plan` in `filters.properties[0]` (Write a map, `{ plan: … }`, or PostHog's own form: `- { key: plan, value: … }`.)",
    ],
  ],
  [
    "an empty list of values",
    filter("  properties: { plan: [] }\n"),
    [
      "HW031 5:23-25 PostHog would drop the condition on `plan`: its list of values is empty (Give it a value, or remove it if every event is meant.)",
    ],
  ],
  [
    "a condition without value",
    filter("  properties:\n    - { key: plan, operator: icontains }\n"),
    [
      "HW031 6:7-41 PostHog would drop the condition on `plan`: it has no `value` (Give it a value, or remove it if every event is meant.)",
    ],
  ],
  [
    "a condition without operator",
    filter("  properties: { plan: { missing: skip } }\n"),
    [
      "HW031 5:23-40 the condition on `plan` has no operator, so it would hold for every event (Write for example `{ is_set: true }`, or remove it.)",
    ],
  ],
  [
    "a condition that is an empty map",
    filter("  person: { plan: {} }\n"),
    [
      "HW031 5:19-21 the condition on `plan` has no operator, so it would hold for every event (Write for example `{ is_set: true }`, or remove it.)",
    ],
  ],
  [
    "a property with nothing behind it",
    filter("  properties: { plan: }\n"),
    [
      "HW011 5:17-21 `filters.properties.plan` must be text, a number, true or false, a list or a map, but has no value",
    ],
  ],
  [
    "an operator with nothing behind it",
    filter("  properties: { plan: { is_not: } }\n"),
    [
      "HW011 5:25-31 `filters.properties.plan.is_not` must be text, a number, true or false or a list, but has no value",
    ],
  ],
  [
    "a list with a hole",
    filter("  properties: { plan: [a, null] }\n"),
    ["HW011 5:27-31 `filters.properties.plan[1]` must be text, a number or true or false, but has no value"],
  ],
  [
    "a cohort",
    filter("  person:\n    - { key: id, value: 5, type: cohort }\n"),
    [
      "HW032 6:7-42 PostHog refuses a cohort in a destination (Write the person properties that make the cohort, under `person:`.)",
    ],
  ],
  [
    "a static cohort",
    filter("  properties:\n    - { key: id, value: 5, type: static-cohort }\n"),
    [
      "HW032 6:7-49 PostHog refuses a cohort in a destination (Write the person properties that make the cohort, under `person:`.)",
    ],
  ],
  [
    "an unknown operator, nearly one",
    filter("  properties: { plan: { is_nto: pro } }\n"),
    ["HW033 5:25-31 unknown operator `is_nto` (Did you mean `is_not`?) [fix]"],
  ],
  [
    "a misspelt missing",
    filter("  properties: { plan: { is_not: a, mising: skip } }\n"),
    [
      "note HW075 5:17-21 the condition on `plan` also holds where `plan` is missing (Say what is meant: `missing: send` (PostHog's way) or `missing: skip`.)",
      "HW033 5:36-42 unknown operator `mising` (Did you mean `missing`?) [fix]",
    ],
  ],
  [
    "an operator beside the one that it nearly is",
    filter("  properties: { plan: { is_not: a, is_nto: b } }\n"),
    [
      "note HW075 5:17-21 the condition on `plan` also holds where `plan` is missing (Say what is meant: `missing: send` (PostHog's way) or `missing: skip`.)",
      "HW033 5:36-42 unknown operator `is_nto` (Did you mean `is_not`?)",
    ],
  ],
  [
    "an unknown operator, in words",
    filter("  properties: { plan: { equals: pro } }\n"),
    [
      "HW033 5:25-31 unknown operator `equals` (There are exact, is_not, is_set, is_not_set, in, not_in, icontains, not_icontains, icontains_multi, not_icontains_multi, regex, not_regex, gt, gte, lt, lte, min, max, between, not_between, is_date_exact, is_date_before, is_date_after, semver_eq, semver_neq, semver_gt, semver_gte, semver_lt, semver_lte, semver_tilde, semver_caret, semver_wildcard, is_cleaned_path_exact.)",
    ],
  ],
  [
    "an unknown operator in PostHog's own JSON",
    filter("  properties:\n    - { key: plan, value: a, operator: icontain }\n"),
    ["HW033 6:40-48 unknown operator `icontain` (Did you mean `icontains`?) [fix]"],
  ],
  [
    "an unknown type",
    filter("  properties:\n    - { key: plan, value: a, type: persn }\n"),
    ["HW034 6:7-43 a destination has no conditions of type `persn` (Did you mean `person`?) [fix]"],
  ],
  [
    "a type that only queries have",
    filter("  properties:\n    - { key: $start, value: a, type: session }\n"),
    [
      "HW034 6:7-47 a destination has no conditions of type `session` (There are event, person, group, element, event_metadata, hogql, error_tracking_issue.)",
    ],
  ],
  [
    "a feature flag's own type",
    filter("  properties:\n    - { key: a, value: b, type: feature }\n"),
    [
      "HW031 6:7-42 PostHog would drop a condition of type `feature`: it is a property of the event (Write `type: event`, with the same key.) [fix]",
    ],
  ],
  [
    "a group without its index",
    filter("  properties:\n    - { key: plan, value: a, type: group }\n"),
    [
      "HW031 6:7-43 PostHog would drop the condition on `plan`: it has no `group_type_index` (Write it under `group:`, by the group type's name, and each project's own number is looked up.)",
    ],
  ],
  [
    "a sixth group",
    filter("  properties:\n    - { key: a, value: b, type: group, group_type_index: 5 }\n"),
    [
      "HW031 6:7-61 PostHog would drop the condition on `a`: it has no `group_type_index` (Write it under `group:`, by the group type's name, and each project's own number is looked up.)",
      "HW015 6:58-59 `filters.properties[0].group_type_index` must be at most 4, not the number 5",
    ],
  ],
  [
    "another type under person, group and element",
    filter("  person:\n    - { key: plan, value: a, type: event }\n"),
    ["HW034 6:7-43 a condition of type `event` stands under `person` (Move it to `properties:`.)"],
  ],
  [
    "PostHog's list under group, which is by name",
    filter("  group: [{ key: tier, value: a }]\n"),
    ["HW011 5:10-35 `filters.group` must be a map, not a list"],
  ],
  [
    "a group type without conditions",
    filter("  group: { company: enterprise }\n"),
    ['HW011 5:21-31 `filters.group.company` must be a map, not the text "enterprise"'],
  ],
  [
    "PostHog's form without its list",
    filter("  properties: { key: plan, value: a, operator: exact }\n"),
    [
      "HW011 5:15-55 `filters.properties` is one of PostHog's conditions without its list (Put it in a list: `- { key: …, value: …, operator: … }`.)",
    ],
  ],
  [
    "a regular expression that is not RE2",
    filter("  properties: { $host: { regex: 'a(?=b)' } }\n"),
    [
      "HW035 5:33-41 not an RE2 regular expression: error parsing regexp: invalid or unsupported Perl syntax: `(?=` (PostHog uses RE2: no look-ahead, look-behind or back-references.)",
    ],
  ],
  [
    "the second of two that is none",
    filter("  properties: { $host: { not_regex: [a, '('] } }\n"),
    [
      "HW035 5:37-45 not an RE2 regular expression: error parsing regexp: missing closing ): `(` (PostHog uses RE2: no look-ahead, look-behind or back-references.)",
    ],
  ],
  [
    "one value where two are wanted",
    filter("  properties: { n: { between: [5] } }\n"),
    ["HW036 5:31-34 `between` wants two values, [from, to]"],
  ],
  [
    "a date that is none",
    filter("  properties: { at: { is_date_after: soon } }\n"),
    ["HW036 5:38-42 `soon` is no date: write `2026-09-01`, `2026-09-01T12:00:00` or `-7d`"],
  ],
  [
    "conditions that hold whatever the value",
    filter("  properties: { a: { icontains: '' } }\n"),
    [
      "note HW075 5:17-18 the condition on `a` also holds where `a` is missing (Say what is meant: `missing: send` (PostHog's way) or `missing: skip`.)",
      "HW031 5:33-35 the condition on `a` holds for every event (Give it a value that tells events apart, or remove it.)",
    ],
  ],
  [
    "sections without a condition",
    filter("  properties: {}\n  group: { company: {} }\n  hogql: []\n"),
    [
      "HW031 5:15-17 `filters.properties` holds no condition, so it holds for every event (Write a condition, or remove it.)",
      "HW031 6:21-23 `filters.group.company` holds no condition, so it holds for every event (Write a condition, or remove it.)",
      "HW031 7:10-12 `filters.hogql` holds no condition, so it holds for every event (Write a condition, or remove it.)",
    ],
  ],
  [
    "`missing` under an element, which is never missing",
    filter("  element: { tag_name: { is_not: button, missing: skip } }\n"),
    [
      "HW037 5:42-49 `missing` has no effect under `element`: an event without one has an empty text (Name the event: `- { id: $autocapture, element: … }`.) [fix]",
    ],
  ],
  [
    "a group's number beside another type, and a regular expression that is no text",
    filter(
      "  properties:\n    - { key: a, value: b, group_type_index: 0 }\n    - { key: c, value: 5, operator: regex }\n",
    ),
    [
      "HW034 6:7-48 `group_type_index` stands in a condition of type `event` (Write `type: group`, or `group: { company: … }` by the group type's name.)",
      "HW035 7:7-44 not an RE2 regular expression: it must be text, in quotes (PostHog uses RE2: no look-ahead, look-behind or back-references.)",
    ],
  ],
  [
    "references in keys, and nearly references",
    filter("  properties: { '${config:a}': x, b: '${ config:c }', d: '${secret.e}' }\n"),
    [
      "HW021 5:17-30 a key is not filled in from the configuration (Write the key out.)",
      "HW021 5:38-53 a reference is not written as one, so it would stay as it is (A reference has a colon and no blanks: ${config:key}, ${secret:key}.)",
      "HW021 5:58-71 a reference is not written as one, so it would stay as it is (A reference has a colon and no blanks: ${config:key}, ${secret:key}.)",
    ],
  ],
  [
    "HogQL that sees the event as a template does",
    filter("  hogql: event.properties.plan = 'pro'\n"),
    ["HW042 5:10-31 in a condition `event` is the event's name (Write `properties.plan`.)"],
  ],
  [
    "HogQL with names that are not there",
    filter("  hogql: [plan = 'pro', person.email = 'x', groups.company.id = 'x']\n"),
    [
      "HW042 5:11-15 a condition sees no `plan` (A property of the event is `properties.plan`, of the person `person.properties.plan`.)",
      "HW042 5:25-37 a condition sees no `person.email` (Write `person.properties.email`.)",
      "HW042 5:45-62 a condition sees no `groups` (A group's properties stand under `group:`.)",
    ],
  ],
  [
    "a version that is none",
    filter("  properties: { v: { semver_gte: newest } }\n"),
    ["HW036 5:34-40 a version must be text of at least two numbers, such as `1.2.3`"],
  ],
  [
    "a version that is a number",
    filter("  properties: { v: { semver_lt: 2.0 } }\n"),
    ["HW036 5:33-36 a version must be text of at least two numbers, such as `1.2.3`"],
  ],
  [
    "is_set: false",
    filter("  properties: { n: { is_set: false } }\n"),
    ["HW015 5:30-35 `is_set` is `true` or left out (The opposite is `is_not_set: true`.) [fix]"],
  ],
  [
    "is_not_set: false",
    filter("  properties: { n: { is_not_set: false } }\n"),
    ["HW015 5:34-39 `is_not_set` is `true` or left out (The opposite is `is_set: true`.) [fix]"],
  ],
  [
    "is_set with a word",
    filter("  properties: { n: { is_set: yes } }\n"),
    ["HW015 5:30-33 `is_set` is `true` or left out (The opposite is `is_not_set: true`.)"],
  ],
  [
    "missing where it has no effect",
    filter("  properties: { n: { icontains: a, missing: skip } }\n"),
    [
      "note HW037 5:36-43 `missing` has no effect: without the property the condition is false (It belongs to negative conditions such as `is_not`.) [fix]",
    ],
  ],
  [
    "missing: send where it has no effect",
    filter("  person: { n: { is_set: true, missing: send } }\n"),
    [
      "note HW037 5:32-39 `missing` has no effect: without the property the condition is false (It belongs to negative conditions such as `is_not`.) [fix]",
    ],
  ],
  [
    "missing with another word",
    filter("  properties: { n: { is_not: a, missing: maybe } }\n"),
    [
      "note HW075 5:17-18 the condition on `n` also holds where `n` is missing (Say what is meant: `missing: send` (PostHog's way) or `missing: skip`.)",
      'HW015 5:42-47 `filters.properties.n.missing` must be `send` or `skip`, not the text "maybe"',
    ],
  ],
  [
    "negative conditions without missing, once",
    filter("  properties: { a: { is_not: x }, b: { lt: 5 } }\n  person: { c: { not_regex: x } }\n"),
    [
      "note HW075 5:17-18 the condition on `a` also holds where `a` is missing (Say what is meant: `missing: send` (PostHog's way) or `missing: skip`.)",
    ],
  ],
  [
    "negative conditions that say it, or cannot mean it",
    filter(
      "  properties: { a: { is_not: x, missing: send }, b: { is_not: x, gt: 1 }, c: { is_not_set: true } }\n",
    ),
    [],
  ],
  [
    "an element key that PostHog has not",
    filter("  element: { id: x }\n"),
    ["HW010 5:14-16 unknown key `id` in `filters.element` (Known here: tag_name, text, href, selector.)"],
  ],
  [
    "an element's selector with another operator",
    filter("  element: { selector: { icontains: x } }\n"),
    ["HW036 5:37-38 element `selector` takes exact and is_not, not `icontains`"],
  ],
  [
    "HogQL that is none",
    filter("  hogql: 'properties.a >'\n"),
    ["HW036 5:25-25 not a HogQL expression: unexpected the end of the text"],
  ],
  [
    "the second of two",
    filter("  hogql: [properties.a, 'frobnicate(1) = 1']\n"),
    ["HW036 5:25-44 function `frobnicate` does not exist"],
  ],
  [
    "a query",
    filter("  hogql: (select 1)\n"),
    ["HW036 5:11-19 a subquery (`select`) cannot be used here: it is not supported"],
  ],
  [
    "keys that are empty",
    filter("  properties: { '': 1 }\n  group: { '': 0 }\n"),
    [
      "HW015 5:17-19 a key in `filters.properties` is empty (Write a name before the colon, or remove the line.)",
      "HW015 6:12-14 a key in `filters.group` is empty (Write a name before the colon, or remove the line.)",
    ],
  ],
  ["no HogQL", filter("  hogql: ''\n"), ["HW015 5:10-12 `filters.hogql` is empty (Give it a value.)"]],
  [
    "a virtual property",
    filter("  person: { $virt_revenue: { gt: 1 } }\n"),
    [
      "HW036 5:34-35 property `$virt_revenue` of type `person`: virtual properties do not exist in a destination",
    ],
  ],
];

testDiagnostics(CASES, "destinations/example.yaml", (text) => lowerText(text));
