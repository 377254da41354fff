import { expect, test } from "vitest";
import { loadProject } from "../load.ts";
import { lowerProject } from "../project.ts";
import { checkFiles, inOneLine, writeProject } from "../test-support.ts";

const to = (more = "") => `name: N\nfilters: { events: [e] }\nhandlers: [crm]\n${more}`;
const filter = (name: string, more = "") => `name: ${name}\nevent: e\n${more}`;
const id = "0195f3a1-7c2e-0000-8d1f-2b6a9c3e5f70";
const inProd = "is there: an alias is what a file was called before (Remove that file, or the alias.)";

const CASES: [what: string, files: Record<string, string>, lines: string[]][] = [
  [
    "an alias that is another file's name",
    { "old.yaml": to(), "new.yaml": to("aliases: [older, old]\n") },
    [`new.yaml: HW017 4:18-21 destinations/old.yaml ${inProd}`],
  ],
  [
    "the same where only one stack has it",
    {
      "old.yaml": to("environments: { dev: absent }\n"),
      "new.yaml": to("environments:\n  dev: { aliases: [old] }\n  prod: { aliases: [old] }\n"),
    },
    [`new.yaml: HW017 6:21-24 destinations/old.yaml ${inProd}`],
  ],
  [
    "the same where another file names the stack",
    {
      "old.yaml": to("environments: { dev: absent }\n"),
      "new.yaml": to("environments: { dev: { aliases: [old] } }\n"),
      "third.yaml": to("environments: { prod: { aliases: [new] } }\n"),
    },
    [`third.yaml: HW017 4:35-38 destinations/new.yaml ${inProd}`],
  ],
  [
    "an alias that two files have",
    { "a.yaml": to("aliases: [old]\n"), "b.yaml": to("aliases: [older, old]\n") },
    [
      "b.yaml: HW017 4:18-21 destinations/a.yaml has the alias `old` as well (Leave it to the one that was renamed.)",
    ],
  ],
  [
    "an object that two files adopt",
    { "a.yaml": to(`adopt: ${id}\n`), "b.yaml": to(`adopt: "${id.toUpperCase()}"\n`) },
    ["b.yaml: HW017 4:8-46 destinations/a.yaml adopts it as well (One object has one file.)"],
  ],
  [
    "the same in stacks of their own",
    {
      "a.yaml": to(`environments: { dev: { adopt: ${id}, aliases: [old] } }\n`),
      "b.yaml": to(`environments: { prod: { adopt: ${id}, aliases: [old] } }\n`),
    },
    [],
  ],
  [
    "of event filters",
    {
      "filters/a.yaml": filter("A", "adopt: 12\naliases: [old]\n"),
      "filters/b.yaml": filter("B", 'adopt: "12"\naliases: [old, a]\n'),
    },
    [
      "filters/b.yaml: HW017 3:8-12 destinations/filters/a.yaml adopts it as well (One object has one file.)",
      "filters/b.yaml: HW017 4:11-14 destinations/filters/a.yaml has the alias `old` as well (Leave it to the one that was renamed.)",
      "filters/b.yaml: HW017 4:16-17 destinations/filters/a.yaml is there: an alias is what a file was called before (Remove that file, or the alias.)",
    ],
  ],
  [
    "a destination and an event filter of one name are two objects",
    { "a.yaml": to("aliases: [old]\n"), "filters/old.yaml": filter("Old"), "filters/b.yaml": filter("B") },
    [],
  ],
];

test.each(CASES)("%s", async (_what, files, expected) => {
  const project = Object.fromEntries(
    Object.entries(files).map(([name, text]) => [`destinations/${name}`, text]),
  );
  const { lines } = await checkFiles(project, { without: ["HW063", "HW072"] });
  expect(lines).toEqual(expected);
});

test("the program refuses them in its stack", async () => {
  const root = await writeProject({
    "destinations/handlers/crm.ts": "",
    "destinations/old.yaml": to("environments: { dev: absent }\n"),
    "destinations/new.yaml": to("aliases: [old]\n"),
  });
  const project = await loadProject(root);
  const inStack = (stack: string) =>
    lowerProject(project, {
      stack,
      receiverUrl: "https://receiver.example",
      signingSecret: () => `whsec_${"A".repeat(32)}`,
    }).diagnostics.map(inOneLine);
  expect(inStack("dev")).toEqual([]);
  expect(inStack("prod")).toEqual([`HW017 4:11-14 destinations/old.yaml ${inProd}`]);
});
