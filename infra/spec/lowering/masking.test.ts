// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like that
import { expect, test } from "vitest";
import type { LoweredMasking } from "../lowered.ts";
import { type Case, lowered, lowerText, mend, testDiagnostics } from "../test-support.ts";

const FILE = "destinations/example.yaml";
const one = (lines: string) => `name: N\nfilters: { events: [a] }\nhandlers: [crm]\n${lines}`;
const two = (lines: string) => `name: N\nfilters: { events: [a, b] }\nhandlers: [crm]\n${lines}`;
const once = (per: string, within = "1h") => `once: { per: [${per}], within: ${within} }\n`;
const hour = (hash: string) => ({ ttl: 3600, hash });

test.each<[what: string, text: string, masking: LoweredMasking | undefined]>([
  ["none", one(""), undefined],
  ["once a person", one(once("person")), hour("{person.id}")],
  ["once a person and event", two(once("person, event")), hour("{person.id}/{event.event}")],
  ["once a distinct id", one(once("distinct_id")), hour("{event.distinct_id}")],
  ["once an event, of any person", two(once("event")), hour("{event.event}")],
  ["once a group", one(once("group.company")), hour("{groups.company.id}")],
  [
    "once a group whose type is no identifier",
    one(once("group.my company")),
    hour("{groups['my company'].id}"),
  ],
  ["once a value of the event", one(once("event.properties.$ip")), hour("{event.properties.$ip}")],
  [
    "once a value whose key is no identifier",
    one(once(`"event.properties.order's id"`)),
    hour("{event.properties['order\\'s id']}"),
  ],
  ["once a value of the person", one(once("person.properties.email")), hour("{person.properties.email}")],
  ["seconds", one(once("person", "90s")), { ttl: 90, hash: "{person.id}" }],
  ["minutes", one(once("person", "30m")), { ttl: 1800, hash: "{person.id}" }],
  ["a day, which is the longest", one(once("person", "1d")), { ttl: 86_400, hash: "{person.id}" }],
  ["a minute, which is the shortest", one(once("person", "1m")), { ttl: 60, hash: "{person.id}" }],
  ["a blank before the unit", one(once("person", "24 h")), { ttl: 86_400, hash: "{person.id}" }],
  [
    "PostHog's own form",
    one("masking: { ttl: 60, hash: '{person.properties.email}', threshold: 5 }\n"),
    { ttl: 60, hash: "{person.properties.email}", threshold: 5 },
  ],
  [
    "PostHog's own form as PostHog gives it, without a threshold",
    two("masking: { ttl: 86400, hash: '{person.id}/{event.event}', threshold: null }\n"),
    { ttl: 86_400, hash: "{person.id}/{event.event}" },
  ],
  [
    "the whole event in the hash",
    two("masking: { ttl: 60, hash: '{event}' }\n"),
    { ttl: 60, hash: "{event}" },
  ],
  [
    "one event named twice",
    "name: N\nfilters: { events: [a, { id: a, properties: { x: 1 } }] }\nhandlers: [crm]\nonce: { per: [person], within: 1h }\n",
    hour("{person.id}"),
  ],
  [
    "changes of a person, which have no events",
    "name: N\nfilters: { source: person-updates, person: { vip: true } }\nhandlers: [crm]\nonce: { per: [person], within: 1h }\n",
    hour("{person.id}"),
  ],
])("%s", async (_what, text, masking) => {
  expect((await lowered(text)).masking).toEqual(masking);
});

const CASES: Case[] = [
  [
    "less than a minute",
    one(once("person", "59s")),
    [
      "HW070 4:32-35 `once.within` is 59 seconds: PostHog takes 60 to 86400 (Write from `60s` to `24h`: `90s`, `30m`, `1h`, `1d`.)",
    ],
  ],
  [
    "more than a day",
    one(once("person", "25h")),
    [
      "HW070 4:32-35 `once.within` is 90000 seconds: PostHog takes 60 to 86400 (Write from `60s` to `24h`: `90s`, `30m`, `1h`, `1d`.)",
    ],
  ],
  [
    "more than a number can say",
    one(once("person", `${"9".repeat(400)}d`)),
    [
      "HW070 4:32-433 `once.within` is Infinity seconds: PostHog takes 60 to 86400 (Write from `60s` to `24h`: `90s`, `30m`, `1h`, `1d`.)",
    ],
  ],
  [
    "a time that is none",
    one(once("person", "soon")),
    [
      "HW070 4:32-36 `once.within` is not a time: `soon` (Write from `60s` to `24h`: `90s`, `30m`, `1h`, `1d`.)",
    ],
  ],
  [
    "a time without a unit",
    one(once("person", "'60'")),
    [
      "HW070 4:32-36 `once.within` is not a time: `60` (Write from `60s` to `24h`: `90s`, `30m`, `1h`, `1d`.)",
    ],
  ],
  [
    "a threshold that holds nothing back",
    one("masking: { ttl: 60, hash: '{person.id}', threshold: 1 }\n"),
    [
      "HW070 4:53-54 `masking.threshold` is 1: after fewer than 2, every event would be sent (Leave it out, or write 2 or more.)",
    ],
  ],
  [
    "a number for a time",
    one(once("person", "60")),
    ['HW011 4:32-34 `once.within` must be text, not the number 60 (Put it in quotes: "60") [fix]'],
  ],
  [
    "a unit that there is not",
    one(once("person", "1w")),
    [
      "HW070 4:32-34 `once.within` is not a time: `1w` (Write from `60s` to `24h`: `90s`, `30m`, `1h`, `1d`.)",
    ],
  ],
  [
    "PostHog's own form out of range",
    one("masking: { ttl: 59, hash: '{person.id}' }\n"),
    ["HW070 4:17-19 `masking.ttl` is 59 seconds: PostHog takes 60 to 86400"],
  ],
  [
    "PostHog's own form of the wrong types",
    one("masking: { ttl: 1.5, hash: '', threshold: a }\n"),
    [
      "HW011 4:17-20 `masking.ttl` must be a whole number, not the number 1.5",
      "HW015 4:28-30 `masking.hash` is empty (Give it a value.)",
      'HW011 4:43-44 `masking.threshold` must be a number, not the text "a"',
    ],
  ],
  [
    "a template that is none",
    one("masking: { ttl: 60, hash: '{distinct_id}' }\n"),
    ["HW042 4:29-40 there is no `{distinct_id}` in a template (Did you mean {event.distinct_id}?) [fix]"],
  ],
  [
    "nothing to count by",
    one("once: { per: [], within: 1h }\n"),
    ["HW015 4:14-16 `once.per` is empty (Give it a value.)"],
  ],
  [
    "something there is not to count by",
    one(once("persn, company, group., event.properties., constructor")),
    [
      "HW015 4:15-20 `once.per` has no `persn` (Did you mean `person`?) [fix]",
      "HW015 4:22-29 `once.per` has no `company` (There are person, event, distinct_id, group.<type>, event.properties.<name>, person.properties.<name>.)",
      "HW015 4:31-37 `once.per` has no `group.` (There are person, event, distinct_id, group.<type>, event.properties.<name>, person.properties.<name>.)",
      "HW015 4:39-56 `once.per` has no `event.properties.` (There are person, event, distinct_id, group.<type>, event.properties.<name>, person.properties.<name>.)",
      "HW015 4:58-69 `once.per` has no `constructor` (There are person, event, distinct_id, group.<type>, event.properties.<name>, person.properties.<name>.)",
    ],
  ],
  [
    "both forms",
    one(`${once("person")}masking: { ttl: 60, hash: "{person.id}" }\n`),
    [
      "HW015 5:1-8 a destination has `once` or `masking`, not both (Keep one: `once` is the short form of `masking`.)",
    ],
  ],
  [
    "one event that swallows another",
    two(once("person")),
    [
      "HW071 4:14-22 events of this destination are counted together, so one would swallow another (Add `event` to `per`.) [fix]",
    ],
  ],
  [
    "the same in PostHog's own form",
    two("masking: { ttl: 60, hash: '{person.id}' }\n"),
    [
      "HW071 4:27-40 events of this destination are counted together, so one would swallow another (Put {event.event} into the hash.) [fix]",
    ],
  ],
  [
    "every event counted together",
    `name: N\nfilters: { events: all }\nhandlers: [crm]\n${once("person")}`,
    [
      "HW071 4:14-22 events of this destination are counted together, so one would swallow another (Add `event` to `per`.) [fix]",
    ],
  ],
  [
    "an event filter, which may be several events",
    `name: N\nfilters: { events: [{ filter: paying-signup }] }\nhandlers: [crm]\n${once("person")}`,
    [
      "HW071 4:14-22 events of this destination are counted together, so one would swallow another (Add `event` to `per`.) [fix]",
    ],
  ],
  [
    "an action beside an event",
    `name: N\nfilters: { events: [a], actions: [{ id: 1 }] }\nhandlers: [crm]\n${once("person")}`,
    [
      "HW071 4:14-22 events of this destination are counted together, so one would swallow another (Add `event` to `per`.) [fix]",
    ],
  ],
  [
    "a secret in the hash, which PostHog shows",
    one("masking: { ttl: 60, hash: '${secret:salt}' }\n"),
    [
      "HW022 4:27-43 `${secret:salt}` stands in `masking.hash`, which PostHog shows to everyone who may read destinations (A secret can stand in `webhook.url`, `headers` and `signing_secret`, in an input of a `template`, and in one of `hog` that its schema calls secret: those are kept encrypted.)",
    ],
  ],
];

testDiagnostics(CASES, FILE, (text) => lowerText(text));

test.each([
  ["once", once("person, distinct_id"), once("person, distinct_id, event")],
  [
    "masking",
    "masking: { ttl: 60, hash: '{person.id}' } # salted\n",
    "masking: { ttl: 60, hash: '{person.id}/{event.event}' } # salted\n",
  ],
])("swallowing is mended in %s", async (_what, before, after) => {
  expect(await mend(two(before), FILE, (text) => lowerText(text))).toBe(two(after));
});
