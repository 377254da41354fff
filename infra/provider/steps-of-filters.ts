import type { Life } from "./steps.ts";

const signUps = { events: [{ id: "user_signed_up" }] };
const pro = { key: "plan", value: ["pro", "team"] };
const gold = { key: "tier", value: "gold", type: "group" };
const webhook = { url: "https://acme.example/hook", body: { event: "{event}" } };

const seats = { key: "seats", value: 5, operator: "gte", type: "person" };
const onGold = { ...gold, group_type_index: 0 };
const x = { id: "x", name: "x", type: "events", order: 0, properties: [{ ...onGold, operator: "exact" }] };
/** Made of the event `x` with its condition on a group, and what is seen of each. */
const byHand: [step: string, filters: object, shows: object][] = [
  [
    "a condition more",
    { events: [{ ...x, properties: [...x.properties, seats] }] },
    { events: [{ id: "x", properties: [onGold, seats] }] },
  ],
  [
    "a key of a condition",
    { events: [{ ...x, properties: [{ ...x.properties[0], negation: true }] }] },
    { events: [{ id: "x", properties: [{ ...onGold, negation: true }] }] },
  ],
  ["no conditions", { events: [{ ...x, properties: [] }] }, { events: [{ id: "x" }] }],
  [
    "a condition on all",
    { events: [x], properties: [seats] },
    { events: [{ id: "x", properties: [onGold] }], properties: [seats] },
  ],
  [
    "an event more",
    { events: [x, { id: null, name: "All events", type: "events", order: 1 }] },
    {
      events: [
        { id: "x", properties: [onGold] },
        { id: null, name: "All events" },
      ],
    },
  ],
  [
    "an event's label and type, without which it is every event",
    { events: [{ ...x, name: "Mine", type: undefined }] },
    { events: [{ id: "x", properties: [onGold], name: "Mine", type: null }] },
  ],
  [
    "a key of an event",
    { events: [{ ...x, by_hand: 1 }] },
    { events: [{ id: "x", properties: [onGold], by_hand: 1 }] },
  ],
  [
    "test accounts left out",
    { events: [x], filter_test_accounts: true },
    { events: [{ id: "x", properties: [onGold] }], filter_test_accounts: true },
  ],
  [
    "another source",
    { source: "data-warehouse-table", data_warehouse: [{ table_name: "t" }] },
    { source: "data-warehouse-table", data_warehouse: [{ table_name: "t" }], events: [] },
  ],
];

/** For tests: which events, and how often. */
export const filters: Life[] = [
  [
    "masking",
    "destination",
    { filters: signUps, webhook, masking: { ttl: 3600, hash: "{person.id}{event.event}" } },
    [
      {
        step: "another time",
        change: { masking: { ttl: 60, hash: "{person.id}{event.event}" } },
        has: { masking: { ttl: 60 } },
      },
      {
        step: "a threshold",
        change: { masking: { ttl: 60, hash: "{person.id}", threshold: 5 } },
        has: { masking: { threshold: 5 } },
      },
      {
        step: "no threshold",
        change: { masking: { ttl: 60, hash: "{person.id}" } },
        has: { masking: { threshold: null } },
      },
      { step: "by hand", byHand: () => ({ masking: null }), shows: { masking: undefined } },
      {
        step: "a threshold by hand",
        byHand: ({ masking }) => ({ masking: { ...(masking as object), threshold: 9 } }),
        shows: { masking: { ttl: 60, hash: "{person.id}", threshold: 9 } },
      },
      { step: "cleared", change: { masking: undefined }, has: { masking: null } },
      {
        step: "added by hand",
        byHand: () => ({ masking: { ttl: 60, hash: "x" } }),
        shows: { masking: { ttl: 60, hash: "x" } },
      },
      { step: "set again", change: { masking: { ttl: 86_400, hash: "{event.uuid}" } } },
    ],
  ],
  [
    "filters",
    "destination",
    { filters: signUps, webhook },
    [
      {
        step: "conditions of an event",
        change: { filters: { events: [{ id: "user_signed_up", properties: [pro] }, { id: "$pageview" }] } },
        has: { filters: { events: [{ properties: [{ operator: "exact", type: "event" }] }, { order: 1 }] } },
      },
      {
        step: "conditions of a person, an element, an expression",
        change: {
          filters: {
            events: [{ id: "$autocapture" }],
            properties: [
              { key: "email", value: "@acme.example", operator: "not_icontains", type: "person" },
              { key: "text", value: "Buy", type: "element" },
              { key: "toFloat(properties.amount) > 100", type: "hogql" },
              { key: "utm", operator: "is_set" },
            ],
          },
        },
      },
      {
        step: "a group by its name",
        change: { filters: { ...signUps, properties: [{ ...gold, group_type: "team" }] } },
        has: { filters: { properties: [{ type: "group", group_type_index: 1 }] } },
      },
      {
        step: "another group by its name",
        change: { filters: { events: [{ id: "x", properties: [{ ...gold, group_type: "company" }] }] } },
        has: { filters: { events: [{ properties: [{ group_type_index: 0 }] }] } },
      },
      {
        step: "the group by hand",
        byHand: () => ({
          filters: {
            events: [
              {
                id: "x",
                name: "x",
                type: "events",
                order: 0,
                properties: [{ ...gold, operator: "exact", group_type_index: 1 }],
              },
            ],
          },
        }),
        shows: { filters: { events: [{ id: "x", properties: [{ ...gold, group_type_index: 1 }] }] } },
      },
      {
        step: "the same group by its number",
        change: { filters: { events: [{ id: "x", properties: [{ ...gold, group_type_index: 0 }] }] } },
      },
      ...byHand.map(([step, filters, shows]) => ({
        step: `${step}, by hand`,
        byHand: () => ({ filters }),
        shows: { filters: shows },
      })),
      { step: "test accounts", change: { filters: { ...signUps, filter_test_accounts: true } } },
      {
        step: "every event",
        change: { filters: { events: "all" } },
        has: { filters: { events: [{ id: null }] } },
      },
      {
        step: "no events by hand, which is every event",
        byHand: () => ({ filters: { events: [], properties: [{ key: "a", value: "b", type: "person" }] } }),
        shows: { filters: { events: "all", properties: [{ key: "a", value: "b", type: "person" }] } },
      },
      {
        step: "persons' updates",
        change: {
          filters: { source: "person-updates", properties: [{ key: "plan", value: "pro", type: "person" }] },
        },
        has: { type: "destination", filters: { source: "person-updates" } },
      },
      {
        step: "PostHog's own alerts",
        change: { filters: { source: "internal-events", events: [{ id: "$error_tracking_issue_created" }] } },
        does: "replace",
        has: { type: "internal_destination", filters: { source: "internal-events" } },
      },
      {
        step: "a condition of theirs",
        change: {
          filters: {
            source: "internal-events",
            events: [{ id: "$error_tracking_issue_created", properties: [pro] }],
          },
        },
      },
      { step: "events again", change: { filters: signUps }, does: "replace", has: { type: "destination" } },
      {
        step: "mappings by hand",
        byHand: () => ({ mappings: [{ name: "m" }] }),
        shows: { filters: { events: "all" }, mappings: [{ name: "m" }] },
      },
    ],
  ],
];

/** For tests: event filters. */
export const eventFilters: Life[] = [
  [
    "an event filter",
    "event-filter",
    { name: "Paying sign-up", steps: [{ event: "user_signed_up", properties: [pro] }] },
    [
      { step: "name", change: { name: "Paid sign-up" }, has: { name: "Paid sign-up" } },
      { step: "description", change: { description: "Of the paid plans" } },
      { step: "no description", change: { description: undefined } },
      {
        step: "every field of a step",
        change: {
          steps: [
            {
              event: "$autocapture",
              properties: [{ key: "email", operator: "is_set", type: "person" }],
              selector: "form > button.primary",
              tag_name: "button",
              text: "Buy ",
              text_matching: "contains",
              href: "/buy",
              href_matching: "regex",
              url: "https://acme.example/pricing",
              url_matching: "exact",
            },
          ],
        },
        has: { steps: [{ text: "Buy ", text_matching: "contains", url_matching: "exact" }] },
      },
      {
        step: "fields less, matchings their defaults",
        change: { steps: [{ event: "$autocapture", text: "Buy", url: "/pricing" }] },
        has: { steps: [{ selector: null, href: null, text_matching: "exact", url_matching: "contains" }] },
      },
      {
        step: "more steps, a group by its name",
        change: {
          steps: [{ url: "/pricing" }, { event: "x", properties: [{ ...gold, group_type: "team" }] }],
        },
        has: { steps: [{ event: null }, { properties: [{ group_type_index: 1 }] }] },
      },
      { step: "one step", change: { steps: [{ event: "x" }] }, has: { steps: [{ event: "x" }] } },
      {
        step: "a step by hand",
        byHand: () => ({ steps: [{ event: "x", url: "/evil" }, { event: "y" }] }),
        shows: { steps: [{ event: "x", url: "/evil" }, { event: "y" }] },
      },
      {
        step: "a condition, a matching and an address of a step by hand",
        byHand: () => ({
          steps: [{ event: "x", url: "/y", url_matching: "regex", properties: [{ key: "a", value: "b" }] }],
        }),
        shows: {
          steps: [{ event: "x", url: "/y", url_matching: "regex", properties: [{ key: "a", value: "b" }] }],
        },
      },
      { step: "no steps by hand", byHand: () => ({ steps: [] }), shows: { steps: [] } },
      { step: "the name by hand", byHand: () => ({ name: "Mine" }), shows: { name: "Mine" } },
      { step: "the marker by hand", byHand: () => ({ description: "" }), shows: { managed_by: null } },
    ],
  ],
];
