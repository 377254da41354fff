import { readdirSync, writeFileSync } from "node:fs";
import { type Fact, facts } from "./contract.ts";

/** `docs/contract.md`: which facts of the contract are tested, and which are not and why. Runs none of them. */
async function contractTable(): Promise<string> {
  const files = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" });
  for (const file of files.filter((name) => name.endsWith(".contract.ts")).sort()) await import(`./${file}`);
  const sorted = facts.toSorted((a, b) => compareSections(a.section, b.section));
  const sections = Map.groupBy(sorted, ({ section }) => section.split(".")[0] ?? section);
  return [
    intro,
    "| § | About | Facts | Tested against the sandbox | Of these also against a PostHog | Not tested |",
    "|---|---|--:|--:|--:|--:|",
    ...[...sections].map(([section, of]) => countRow(section, titles[section] ?? "", of)),
    countRow("", "**All**", sorted),
    ...[...sections].flatMap(([section, of]) => ["", `## ${section}. ${titles[section]}`, "", ...rowsOf(of)]),
    "",
  ].join("\n");
}

const titles: Record<string, string> = {
  1: "Hog functions",
  2: "Templates",
  3: "Tests, logs, metrics and other parts of a hog function",
  4: "The runtime",
  5: "Templating and the standard library",
  6: "Actions, events, queries, definitions, users, access",
  7: "Capture",
  8: "Hog outside PostHog",
  11: "Newer facts and corrections",
};

const intro = `# What PostHog does, fact by fact

Made by \`npm run generate\` from the contract suite, \`infra/sandbox/contract/\`: each line is a sentence about PostHog's API
and runtime, from its source, with the section of the working contract that it is from. \`npm run test:contract\` holds them
against the sandbox; given a host, a project and a key, against a PostHog ([how](5-how-it-works.md#tests)).

*(inferred)* was concluded from the source, *(unverified)* could not be confirmed there: when one of these fails against a
PostHog, the sentence is wrong rather than PostHog.
`;

function rowsOf(facts: Fact[]): string[] {
  return ["| § | Fact | Sandbox | PostHog |", "|---|---|---|---|", ...facts.map(factRow)];
}

function factRow({ section, says, certainty, needs, untested }: Fact): string {
  const sentence = certainty === "read" ? cell(says) : `${cell(says)} *(${certainty})*`;
  if (untested !== undefined) return `| ${section} | ${sentence} | not tested: ${cell(untested)} | |`;
  const remotely = { sandbox: "", token: "with a token" };
  return `| ${section} | ${sentence} | tested | ${needs ? remotely[needs] : "too"} |`;
}

function countRow(section: string, about: string, facts: Fact[]): string {
  const tested = facts.filter(({ untested }) => untested === undefined);
  const remote = tested.filter(({ needs }) => needs !== "sandbox");
  const counts = [facts.length, tested.length, remote.length, facts.length - tested.length];
  return `| ${[section, about, ...counts].join(" | ")} |`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("\n", " ");
}

function compareSections(a: string, b: string): number {
  const [left, right] = [a, b].map((section) => section.split(".").map(Number));
  return (left?.[0] ?? 0) - (right?.[0] ?? 0) || (left?.[1] ?? 0) - (right?.[1] ?? 0);
}

if (import.meta.main) {
  const table = await contractTable();
  if (process.argv[2] === undefined) process.stdout.write(table);
  else writeFileSync(process.argv[2], table);
}
