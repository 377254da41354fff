// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like that
import { describe, expect, test } from "vitest";
import { checkFiles } from "../test-support.ts";

// The rules over the whole project, as `check` runs them.

type Files = Record<string, string>;
const to = (filters: string, more = "") => `name: N\nfilters: ${filters}\nhandlers: [crm]\n${more}`;
const hook = (filters: string, more = "", url = "https://a.example") =>
  `name: N\nfilters: ${filters}\nwebhook: { url: "${url}" }\n${more}`;
const template = (id: string, inputs: string) =>
  `name: N\nfilters: { events: [a] }\ntemplate: { id: ${id}, inputs: { ${inputs} } }\n`;

function table(
  cases: [what: string, files: Files, lines: string[]][],
  code: "HW072" | "HW073" | "HW074",
): void {
  test.each(cases)("%s", async (_what, files, expected) => {
    const named = Object.entries(files).map(([name, text]) => [
      name.startsWith("/") ? name.slice(1) : `destinations/${name}`,
      text,
    ]);
    const others = ["HW059", "HW063", "HW075", "HW072", "HW073", "HW074", "HW078"] as const;
    const { lines } = await checkFiles(Object.fromEntries(named), {
      without: others.filter((one) => one !== code),
    });
    expect(lines).toEqual(expected);
  });
}

describe("event names", () => {
  table(
    [
      [
        "nearly one of PostHog's",
        { "a.yaml": to("{ events: [$pagview, pageview, $pageview] }") },
        [
          "a.yaml: warning HW073 2:21-29 `$pagview` is nearly `$pageview`, and no other file knows it (If it is right, a sample with this event says so; otherwise write `$pageview`.)",
          "a.yaml: warning HW073 2:31-39 `pageview` is nearly `$pageview`, and no other file knows it (If it is right, a sample with this event says so; otherwise write `$pageview`.)",
        ],
      ],
      [
        "nearly one that a sample has",
        {
          "a.yaml": to("{ events: [user_sgned_up, { id: User-Signed-Up }] }"),
          "a.test.yaml": "- { name: s, event: { event: user_signed_up }, expect: { sent: false } }\n",
        },
        [
          "a.yaml: warning HW073 2:21-34 `user_sgned_up` is nearly `user_signed_up`, and no other file knows it (If it is right, a sample with this event says so; otherwise write `user_signed_up`.)",
          "a.yaml: warning HW073 2:36-58 `User-Signed-Up` is nearly `user_signed_up`, and no other file knows it (If it is right, a sample with this event says so; otherwise write `user_signed_up`.)",
        ],
      ],
      [
        "nearly one that two other files have",
        {
          "a.yaml": to("{ events: [checkout_done] }"),
          "b.yaml": to("{ events: [checkout_done] }"),
          "c.yaml": to("{ events: [checkout_dne, checkout_started] }"),
        },
        [
          "c.yaml: warning HW073 2:21-33 `checkout_dne` is nearly `checkout_done`, and no other file knows it (If it is right, a sample with this event says so; otherwise write `checkout_done`.)",
        ],
      ],
      [
        "nearly one that only one file has, or that an event filter has as well",
        {
          "a.yaml": to("{ events: [checkout_done, basket_filled] }"),
          "b.yaml": to("{ events: [checkout_dne, basket_filed, { filter: f }] }"),
          "filters/f.yaml": "name: F\nsteps: [{ event: basket_filled }]\n",
        },
        [
          "b.yaml: warning HW073 2:35-47 `basket_filed` is nearly `basket_filled`, and no other file knows it (If it is right, a sample with this event says so; otherwise write `basket_filled`.)",
        ],
      ],
      [
        "in an environment, where it stands",
        {
          "a.yaml": to(
            "{ events: [$pageview] }",
            "environments: { prod: { filters: { events: [$pagevew] } } }\n",
          ),
        },
        [
          "a.yaml: warning HW073 4:45-53 `$pagevew` is nearly `$pageview`, and no other file knows it (If it is right, a sample with this event says so; otherwise write `$pageview`.)",
        ],
      ],
      ["short names, which may all be meant", { "a.yaml": to("{ events: [$sets, sed] }") }, []],
      [
        "the same misspelling in the sample, which knows it",
        {
          "a.yaml": to("{ events: [$pagevew] }"),
          "a.test.yaml": "- { name: s, event: $pagevew, expect: { sent: true } }\n",
        },
        [],
      ],
      ["every event", { "a.yaml": to("{ events: all }") }, []],
    ],
    "HW073",
  );
});

describe("group indexes", () => {
  const tier = (index: number) => `{ key: tier, value: gold, type: group, group_type_index: ${index} }`;
  table(
    [
      [
        "another number in an environment",
        {
          "a.yaml": to(
            `{ events: [e], properties: [${tier(0)}] }`,
            `environments:\n  dev: { filters: { properties: [${tier(0)}] } }\n  prod:\n    filters:\n      properties:\n        - ${tier(1)}\n`,
          ),
        },
        [
          "a.yaml: warning HW074 9:68-69 the group that `tier` belongs to is number 0 elsewhere in this file, and 1 here (Name it, and each project's own number is looked up: `group: { company: { tier: … } }`.)",
        ],
      ],
      [
        "two numbers that two environments have",
        {
          "a.yaml": to(
            "{ events: [e] }",
            `environments:\n  dev: { filters: { properties: [${tier(0)}] } }\n  prod: { filters: { events: [{ id: e, properties: [${tier(2)}] }] } }\n`,
          ),
        },
        [
          "a.yaml: warning HW074 6:110-111 the group that `tier` belongs to is number 0 elsewhere in this file, and 2 here (Name it, and each project's own number is looked up: `group: { company: { tier: … } }`.)",
        ],
      ],
      [
        "two group types that have a property of one name",
        {
          "a.yaml": to(
            `{ events: [e], properties: [${tier(0)}, ${tier(1)}] }`,
            "environments: { prod: { enabled: false } }\n",
          ),
        },
        [],
      ],
      [
        "a group by its name, which is looked up",
        {
          "a.yaml": to("{ events: [e], group: { company: { tier: gold } } }", "environments: { prod: {} }\n"),
        },
        [],
      ],
    ],
    "HW074",
  );
});

describe("overlaps", () => {
  table(
    [
      [
        "one event to one address",
        { "a.yaml": hook("{ events: [a, b] }"), "b.yaml": hook("{ events: [b, c] }") },
        [
          'b.yaml: warning HW072 3:17-36 `a` sends the same events to `https://a.example`, for example {"event":"b"} (If that is meant, write `overlaps: [a]`.)',
        ],
      ],
      [
        "one event to one handler",
        { "a.yaml": to("{ events: [a] }"), "b.yaml": to("{ events: [a] }") },
        [
          'b.yaml: warning HW072 3:12-15 `a` sends the same events to the handler `crm`, for example {"event":"a"} (If that is meant, write `overlaps: [a]`.)',
        ],
      ],
      [
        "one event to one Slack channel, and to two",
        {
          "a.yaml": "name: N\nfilters: { events: [a] }\nslack: { integration: 1, channel: C1, text: A }\n",
          "b.yaml": "name: N\nfilters: { events: [a] }\nslack: { integration: 1, channel: C1, text: B }\n",
          "c.yaml": "name: N\nfilters: { events: [a] }\nslack: { integration: 1, channel: C2, text: B }\n",
          "d.yaml": "name: N\nfilters: { events: [a] }\nslack: { integration: 2, channel: C1, text: B }\n",
        },
        [
          'b.yaml: warning HW072 3:35-37 `a` sends the same events to the channel `C1`, for example {"event":"a"} (If that is meant, write `overlaps: [a]`.)',
        ],
      ],
      [
        "another event, another address, or switched off",
        {
          "a.yaml": hook("{ events: [a] }"),
          "b.yaml": hook("{ events: [b] }"),
          "c.yaml": hook("{ events: [a] }", "", "https://b.example"),
          "d.yaml": hook("{ events: [a] }", "enabled: false\n"),
        },
        [],
      ],
      [
        "conditions that one event meets, which is shown",
        {
          "a.yaml": hook("{ events: [a], properties: { plan: [pro, team] }, person: { vip: true } }"),
          "b.yaml": hook("{ events: all, properties: { plan: team, seats: { gte: 5 } } }"),
        },
        [
          'b.yaml: warning HW072 3:17-36 `a` sends the same events to `https://a.example`, for example {"event":"a","properties":{"plan":"team","seats":6},"person":{"vip":true}} (If that is meant, write `overlaps: [a]`.)',
        ],
      ],
      [
        "conditions that no event meets",
        {
          "a.yaml": hook("{ events: [a], properties: { plan: pro } }"),
          "b.yaml": hook("{ events: [a], properties: { plan: free } }"),
          "c.yaml": hook("{ events: [a], properties: { plan: { is_not_set: true } } }"),
        },
        [],
      ],
      [
        "an event filter",
        {
          "a.yaml": hook("{ events: [{ filter: f }] }"),
          "b.yaml": hook("{ events: [a], properties: { plan: pro } }"),
          "filters/f.yaml": "name: F\nevent: a\nproperties: { plan: [pro, team] }\n",
        },
        [
          'b.yaml: warning HW072 3:17-36 `a` sends the same events to `https://a.example`, for example {"event":"a","properties":{"plan":"pro"}} (If that is meant, write `overlaps: [a]`.)',
        ],
      ],
      [
        "an event filter's group, which is another than the destination's",
        {
          "a.yaml": hook("{ events: [{ filter: f }] }"),
          "b.yaml": hook("{ events: [a], group: { company: { tier: free } } }"),
          "c.yaml": hook("{ events: [a], group: { project: { tier: free } } }"),
          "d.yaml": hook("{ events: [a], group: { project: { tier: gold } } }", "overlaps: [b]\n"),
          "filters/f.yaml": "name: F\nevent: a\ngroup: { project: { tier: gold } }\n",
        },
        [
          'b.yaml: warning HW072 3:17-36 `a` sends the same events to `https://a.example`, for example {"event":"a","groups":{"company":{"tier":"free"},"project":{"tier":"gold"}}} (If that is meant, write `overlaps: [a]`.)',
          'c.yaml: warning HW072 3:17-36 `b` sends the same events to `https://a.example`, for example {"event":"a","groups":{"company":{"tier":"free"},"project":{"tier":"free"}}} (If that is meant, write `overlaps: [b]`.)',
          'd.yaml: warning HW072 3:17-36 `a` sends the same events to `https://a.example`, for example {"event":"a","groups":{"project":{"tier":"gold"}}} (If that is meant, write `overlaps: [a]`.)',
        ],
      ],
      [
        "an event filter's group in an environment",
        {
          "a.yaml": hook("{ events: [{ filter: f }] }"),
          "b.yaml": hook("{ events: [a], group: { company: { tier: free } } }"),
          "filters/f.yaml":
            "name: F\nevent: b\nenvironments: { prod: { event: a, group: { project: { tier: gold } } } }\n",
        },
        [
          'b.yaml: warning HW072 3:17-36 `a` sends the same events to `https://a.example`, for example {"event":"a","groups":{"company":{"tier":"free"},"project":{"tier":"gold"}}} (If that is meant, write `overlaps: [a]`.)',
        ],
      ],
      [
        "one event to one address, short and as PostHog's template",
        {
          "a.yaml": hook("{ events: [a] }"),
          "b.yaml": template("template-webhook", "url: https://a.example, method: PUT"),
          "c.yaml": template("template-webhook", "url: https://b.example"),
        },
        [
          'b.yaml: warning HW072 3:50-67 `a` sends the same events to `https://a.example`, for example {"event":"a"} (If that is meant, write `overlaps: [a]`.)',
        ],
      ],
      [
        "one event to one secret address of a template",
        {
          "a.yaml": hook("{ events: [a] }", "", "${secret:hook}"),
          "b.yaml": template("template-webhook", 'url: "${secret:hook}"'),
        },
        [
          'b.yaml: warning HW072 3:50-66 `a` sends the same events to the same secret address, for example {"event":"a"} (If that is meant, write `overlaps: [a]`.)',
        ],
      ],
      [
        "one event to one template with the same inputs, in any order",
        {
          "a.yaml": template("template-acme", "list: 1, email: e"),
          "b.yaml": template("template-acme", "email: e, list: 1"),
          "c.yaml": template("template-acme", "email: e, list: 2"),
          "d.yaml": template("template-other", "email: e, list: 1"),
        },
        [
          'b.yaml: warning HW072 3:17-30 `a` sends the same events to `template-acme` with the same inputs, for example {"event":"a"} (If that is meant, write `overlaps: [a]`.)',
        ],
      ],
      [
        "one event to one channel, short and as PostHog's template",
        {
          "a.yaml": "name: N\nfilters: { events: [a] }\nslack: { integration: 1, channel: C1, text: A }\n",
          "b.yaml": template("template-slack", "slack_workspace: 1, channel: C1, text: B"),
        },
        [
          'b.yaml: warning HW072 3:72-74 `a` sends the same events to the channel `C1`, for example {"event":"a"} (If that is meant, write `overlaps: [a]`.)',
        ],
      ],
      [
        "said in either file",
        {
          "a.yaml": hook("{ events: [a] }", "overlaps: [b]\n"),
          "b.yaml": hook("{ events: [a] }"),
          "c.yaml": hook("{ events: [a] }", "overlaps: [a, b]\n"),
        },
        [],
      ],
      [
        "said of what is not there, or of itself",
        { "sign-ups.yaml": hook("{ events: [a] }", "overlaps: [sign-ups, sing-ups, signups, other]\n") },
        [
          "sign-ups.yaml: HW015 4:12-20 a destination always overlaps itself (Remove it from the list.)",
          "sign-ups.yaml: HW015 4:22-30 there is no destination `sing-ups` (Did you mean `sign-ups`?)",
          "sign-ups.yaml: HW015 4:32-39 there is no destination `signups` (Did you mean `sign-ups`?)",
          "sign-ups.yaml: HW015 4:41-46 there is no destination `other` (Remove it from the list.)",
        ],
      ],
      [
        "in one stack only, where it stands",
        {
          "a.yaml": hook("{ events: [a] }", "environments: { dev: absent }\n"),
          "b.yaml": hook(
            "{ events: [b] }",
            "environments:\n  dev: { filters: { events: [a] } }\n  prod: { webhook: { url: https://b.example }, filters: { events: [a] } }\n",
          ),
          "c.yaml": hook("{ events: [c] }", "environments:\n  prod: { filters: { events: [a] } }\n"),
        },
        [
          'c.yaml: warning HW072 3:17-36 `a` sends the same events to `https://a.example`, for example {"event":"a"} (If that is meant, write `overlaps: [a]`.)',
        ],
      ],
      [
        "in a stack that no file names",
        {
          "a.yaml": hook("{ events: [a] }", "environments: { dev: absent }\n"),
          "b.yaml": hook("{ events: [a] }", "environments: { prod: absent }\n"),
        },
        [
          'b.yaml: warning HW072 3:17-36 `a` sends the same events to `https://a.example`, for example {"event":"a"} (If that is meant, write `overlaps: [a]`.)',
        ],
      ],
      [
        "in no stack",
        {
          "/Pulumi.dev.yaml": "",
          "/Pulumi.prod.yaml": "",
          "a.yaml": hook("{ events: [a] }", "environments: { dev: absent }\n"),
          "b.yaml": hook("{ events: [a] }", "environments: { prod: absent }\n"),
        },
        [],
      ],
    ],
    "HW072",
  );
});
