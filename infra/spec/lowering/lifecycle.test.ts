// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like that
import { describe, expect, test } from "vitest";
import { createCompiler } from "../../hog/compile.ts";
import type { LoweredLifecycle } from "../lowered.ts";
import { type Case, inOneLine, lowered, lowerText, parseText, testDiagnostics } from "../test-support.ts";
import { lowerEventFilter } from "./event-filter.ts";

const head = "name: N\nfilters: { events: [e] }\nhandlers: [crm]\n";
const id = "0195f3a1-7c2e-0000-8d1f-2b6a9c3e5f70";
const compiler = await createCompiler();

function lowerFilter(text: string, stack?: string) {
  const file = parseText("destinations/filters/paying.yaml", text);
  return lowerEventFilter({ slug: "paying", ...file }, { stack }, compiler);
}

describe("a destination's", () => {
  test.each<[text: string, expected: LoweredLifecycle, stack?: string]>([
    ["", {}],
    [`adopt: ${id.toUpperCase()}\n`, { adopt: id }],
    ["aliases: [old, older]\n", { aliases: ["old", "older"] }],
    ["aliases: []\nlifecycle: { protect: false, retain: false, upgrade: false }\n", {}],
    [
      "lifecycle: { protect: true, retain: true, upgrade: true }\n",
      { lifecycle: { protect: true, retain: true, upgrade: true } },
    ],
    [
      `lifecycle: { protect: true }\naliases: [old]\nenvironments:\n  prod: { adopt: ${id}, aliases: [x], lifecycle: { protect: false, retain: true } }\n`,
      { adopt: id, aliases: ["x"], lifecycle: { retain: true } },
      "prod",
    ],
    [`adopt: ${id}\naliases: [old]\nenvironments: { dev: { adopt: null, aliases: null } }\n`, {}, "dev"],
  ])("%j", async (text, expected, stack) => {
    const { adopt, aliases, lifecycle } = await lowered(head + text, { stack });
    expect(JSON.parse(JSON.stringify({ adopt, aliases, lifecycle }))).toEqual(expected);
  });

  test("`adopt` may be each stack's own", async () => {
    const resolver = { config: () => id, secret: () => undefined, isSecret: () => false };
    expect(await lowered(`${head}adopt: "\${config:formerId}"\n`, { resolver })).toMatchObject({ adopt: id });
  });
});

test.each<[text: string, expected: LoweredLifecycle]>([
  ["adopt: 12\n", { adopt: "12" }],
  ['adopt: "12"\n', { adopt: "12" }],
  [
    "aliases: [old]\nlifecycle: { protect: true, retain: true }\n",
    { aliases: ["old"], lifecycle: { protect: true, retain: true } },
  ],
])("an event filter's %j, and no step of its own", (text, expected) => {
  const { lowered, diagnostics } = lowerFilter(`name: P\nsteps: [{ event: a }]\n${text}`);
  expect(diagnostics.map(inOneLine)).toEqual([]);
  expect(lowered).toEqual({ slug: "paying", name: "P", steps: [{ event: "a" }], ...expected });
});

const DESTINATIONS: Case[] = [
  [
    "an id that is none",
    `${head}adopt: signup\n`,
    ['HW015 4:8-14 `adopt` must be the id of a destination in PostHog, a UUID, not the text "signup"'],
  ],
  [
    "an action's number",
    `${head}adopt: 12\n`,
    ['HW011 4:8-10 `adopt` must be text, not the number 12 (Put it in quotes: "12") [fix]'],
  ],
  [
    "aliases that no file can have been called",
    `${head}aliases: [Old_Name, old.yaml, "", fine]\n`,
    [
      'HW015 4:11-19 `aliases[0]` must be a file\'s name without `.yaml`, not the text "Old_Name"',
      'HW015 4:21-29 `aliases[1]` must be a file\'s name without `.yaml`, not the text "old.yaml"',
      "HW015 4:31-33 `aliases[2]` is empty (Give it a value.)",
    ],
  ],
  [
    "its own name, and one twice",
    `${head}aliases: [example, old, old]\n`,
    [
      "HW015 4:11-18 `example` is what the file is called: an alias is what it was called before (Remove it.)",
      "HW015 4:25-28 the alias `old` is named twice (Remove one of the two.)",
    ],
  ],
  [
    "what may become of it, misspelt and of the wrong type",
    `${head}lifecycle: { protected: true, retain: yes }\n`,
    [
      "HW010 4:14-23 unknown key `protected` in `lifecycle` (Did you mean `protect`?) [fix]",
      'HW011 4:39-42 `lifecycle.retain` must be true or false, not the text "yes" (Write `true`.) [fix]',
    ],
  ],
  [
    "an upgrade of code of one's own",
    "name: A\nfilters: { events: [a] }\nhog: { code: ./lib/a.hog }\nlifecycle: { upgrade: true }\n",
    [
      "HW067 3:14-25 there is no file destinations/lib/a.hog (Code stands in destinations/ or a folder of it, and its name ends in `.hog`.)",
      "HW015 4:23-27 code of one's own has no template that it could follow (Remove it.)",
    ],
  ],
];
describe("refuses of a destination", () =>
  testDiagnostics(DESTINATIONS, "destinations/example.yaml", lowerText));

const filter = "name: P\nevent: a\n";
const EVENT_FILTERS: Case[] = [
  [
    "an id that is none",
    `${filter}adopt: ${id}\n`,
    [`HW015 3:8-44 \`adopt\` must be the number of an action in PostHog, not the text "${id}"`],
  ],
  ["no number", `${filter}adopt: 0\n`, ["HW015 3:8-9 `adopt` must be at least 1, not the number 0"]],
  [
    "a template to follow, which an action has not",
    `${filter}lifecycle: { upgrade: true }\n`,
    ["HW010 3:14-21 unknown key `upgrade` in `lifecycle` (Known here: protect, retain.)"],
  ],
  [
    "its own name",
    `${filter}aliases: [paying]\n`,
    ["HW015 3:11-17 `paying` is what the file is called: an alias is what it was called before (Remove it.)"],
  ],
];
describe("refuses of an event filter", () =>
  testDiagnostics(EVENT_FILTERS, "destinations/filters/paying.yaml", async (text) => lowerFilter(text)));
