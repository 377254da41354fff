import { expect, test } from "vitest";
import type { LoweredFilters } from "../lowered.ts";
import { type Case, lowered, lowerText, testDiagnostics } from "../test-support.ts";

const file = (filters: string, more = "") => `name: N\nhandlers: [crm]\n${more}filters:\n${filters}`;

test.each<[what: string, filters: string, lowered: LoweredFilters]>([
  ["events by name", "  events: [a, $pageview]\n", { events: [{ id: "a" }, { id: "$pageview" }] }],
  ["every event", "  events: all\n", { events: "all" }],
  [
    "an event in PostHog's own JSON, its defaults left out",
    "  source: events\n  events: [{ id: a, name: A, type: events, order: 0, properties: [] }]\n  filter_test_accounts: false\n",
    { events: [{ id: "a" }] },
  ],
  [
    "an event filter, with conditions of its own",
    "  events:\n    - { filter: paying-signup, properties: { plan: pro }, hogql: properties.a > 1 }\n",
    {
      events: [
        {
          filter: "paying-signup",
          properties: [
            { key: "plan", value: "pro" },
            { key: "properties.a > 1", type: "hogql" },
          ],
        },
      ],
    },
  ],
  [
    "somebody else's action, with conditions of its own",
    "  events: [a, { action: 123, person: { vip: true } }]\n",
    {
      events: [{ id: "a" }, { action: 123, properties: [{ key: "vip", value: true, type: "person" }] }],
    },
  ],
  [
    "PostHog's own list of actions, after the events",
    "  events: [a]\n  actions:\n    - { id: '123', name: Buys, type: actions, order: 1, properties: { a: 1 } }\n    - { id: 7 }\n",
    { events: [{ id: "a" }, { action: 123, properties: [{ key: "a", value: 1 }] }, { action: 7 }] },
  ],
  ["actions alone", "  actions: [{ id: '123' }]\n", { events: [{ action: 123 }] }],
  [
    "internal events",
    "  source: internal-events\n  events: [$error_tracking_issue_created]\n  properties: { name: TypeError }\n",
    {
      source: "internal-events",
      events: [{ id: "$error_tracking_issue_created" }],
      properties: [{ key: "name", value: "TypeError" }],
    },
  ],
  [
    "person updates, which have no events",
    "  source: person-updates\n  person: { plan: pro }\n  filter_test_accounts: true\n",
    {
      source: "person-updates",
      properties: [{ key: "plan", value: "pro", type: "person" }],
      filter_test_accounts: true,
    },
  ],
  [
    "every change of a person, said",
    "  source: person-updates\n  hogql: 'true'\n",
    { source: "person-updates", properties: [{ key: "true", type: "hogql" }] },
  ],
])("%s", async (_what, filters, expected) => {
  expect((await lowered(file(filters))).filters).toEqual(expected);
});

const CASES: Case[] = [
  [
    "every change of a person, not said",
    file("  source: person-updates\n"),
    [
      'HW030 4:11-25 the filter holds for every change of every person (Add a condition under `person:`. If every change is meant, write `hogql: "true"`.)',
    ],
  ],
  [
    "no events, but conditions",
    file("  person: { a: 1 }\n"),
    [
      "HW030 3:1-8 the filter names no event, which PostHog takes for every event (List the events under `filters.events`. If every event is meant, write `events: all`.)",
    ],
  ],
  [
    "no events in an environment",
    file("  events: [a]\n", "environments: { prod: { filters: { events: [] } } }\n"),
    [
      "HW030 3:44-46 the filter names no event, which PostHog takes for every event (List the events under `filters.events`. If every event is meant, write `events: all`.)",
    ],
  ],
  [
    "two empty lists",
    file("  events: []\n  actions: []\n"),
    [
      "HW030 4:11-13 the filter names no event, which PostHog takes for every event (List the events under `filters.events`. If every event is meant, write `events: all`.)",
    ],
  ],
  [
    "events with nothing behind it",
    file("  events:\n"),
    [
      "HW030 4:3-9 the filter names no event, which PostHog takes for every event (List the events under `filters.events`. If every event is meant, write `events: all`.)",
    ],
  ],
  [
    "filters with nothing behind it",
    "name: N\nhandlers: [crm]\nfilters:\n",
    [
      "HW030 3:1-8 the filter names no event, which PostHog takes for every event (List the events under `filters.events`. If every event is meant, write `events: all`.)",
    ],
  ],
  [
    "filters that are a list",
    "name: N\nhandlers: [crm]\nfilters: [a]\n",
    ["HW011 3:10-13 `filters` must be a map, not a list"],
  ],
  [
    "PostHog's own form of every event",
    file("  events: [{ id: null, name: All events }]\n"),
    [
      "HW030 4:18-22 the filter names no event, which PostHog takes for every event (List the events under `filters.events`. If every event is meant, write `events: all`.)",
    ],
  ],
  [
    "a misspelt events, once",
    file("  evnts: [a]\n"),
    ["HW010 4:3-8 unknown key `evnts` in `filters` (Did you mean `events`?) [fix]"],
  ],
  [
    "an event without a name",
    file("  events: [{ properties: { a: 1 } }]\n"),
    [
      "HW012 4:12-36 `filters.events[0]` names no event (Write `id` for an event's name, `filter` for an event filter, `action` for an action in PostHog.)",
    ],
  ],
  [
    "an event with two names",
    file("  events: [{ id: a, filter: paying-signup, action: 5 }]\n"),
    [
      "HW015 4:12-55 `filters.events[0]` has `id` and `filter` and `action`, which are different events (Write `id` for an event's name, `filter` for an event filter, `action` for an action in PostHog.)",
    ],
  ],
  [
    "an event that is empty, or no text",
    file("  events: ['', 5, null, { id: '' }]\n"),
    [
      "HW015 4:12-14 `filters.events[0]` is empty (Give it a value.)",
      "HW011 4:16-17 `filters.events[1]` must be text or a map, not the number 5",
      "HW011 4:19-23 `filters.events[2]` must be text or a map, but has no value",
      "HW015 4:31-33 `filters.events[3].id` is empty (Give it a value.)",
    ],
  ],
  [
    "an action among the events",
    file("  events: [{ id: '1', type: actions }]\n"),
    ['HW015 4:29-36 `filters.events[0].type` must be `events`, not the text "actions"'],
  ],
  [
    "an action that is no number",
    file("  events: [{ action: signup }, { action: 0 }, { action: 1.5 }]\n"),
    [
      'HW011 4:22-28 `filters.events[0].action` must be a number, not the text "signup"',
      "HW015 4:42-43 `filters.events[1].action` must be at least 1, not the number 0",
      "HW011 4:57-60 `filters.events[2].action` must be a whole number, not the number 1.5",
    ],
  ],
  [
    "PostHog's action that is no number",
    file("  actions: [{ id: signup }]\n"),
    ['HW015 4:19-25 `filters.actions[0].id` must be the number of an action, not the text "signup"'],
  ],
  [
    "a key that events have not",
    file("  events: [{ id: a, propertys: { a: 1 }, math: total }]\n"),
    [
      "HW010 4:21-30 unknown key `propertys` in `filters.events[0]` (Did you mean `properties`?) [fix]",
      "HW010 4:42-46 unknown key `math` in `filters.events[0]` (Known here: id, filter, action, type, name, order, properties, person, group, element, hogql.)",
    ],
  ],
  [
    "an event filter that is not there",
    file("  events: [{ filter: paying-sign-up }, { filter: other }]\n"),
    [
      "HW038 4:22-36 there is no destinations/filters/paying-sign-up.yaml (Did you mean `paying-signup`?)",
      "HW038 4:50-55 there is no destinations/filters/other.yaml (Write that file, or name another event filter.)",
    ],
  ],
  [
    "an event filter that is not in this stack",
    file("  events: [{ filter: gone }]\n"),
    [
      "HW038 4:22-26 the event filter `gone` is absent from this stack (Make the destination absent as well, or the filter not.)",
    ],
  ],
  [
    "a source that there is not",
    file("  source: event\n  events: [a]\n"),
    [
      'HW015 4:11-16 `filters.source` must be `events`, `internal-events` or `person-updates`, not the text "event" (Did you mean `events`?) [fix]',
    ],
  ],
  [
    "a source of warehouses",
    file("  source: data-warehouse-table\n  events: [a]\n"),
    [
      'HW015 4:11-31 `filters.source` must be `events`, `internal-events` or `person-updates`, not the text "data-warehouse-table"',
    ],
  ],
  [
    "events and their properties where persons change",
    file("  source: person-updates\n  events: [a]\n  properties: { a: 1 }\n  group: { company: { a: 1 } }\n"),
    [
      "HW034 5:3-9 `person-updates` are no events, so there is no `events` (Write conditions under `person:`, or leave `source` out.)",
      "HW034 6:3-13 `person-updates` are no events, so there is no `properties` (Write conditions under `person:`, or leave `source` out.)",
      "HW034 7:3-8 `person-updates` are no events, so there is no `group` (Write conditions under `person:`, or leave `source` out.)",
    ],
  ],
];

testDiagnostics(CASES, "destinations/example.yaml", (text) => lowerText(text, { stack: "prod" }));
