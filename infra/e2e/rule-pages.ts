import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { CODES } from "../spec/codes.ts";

/** `docs/rules/<code>.md`: a title, why, an example that the rule finds, and one that it does not. */
export type RulePage = {
  code: string;
  text: string;
  title: string;
  /** What both examples have: files that are not the point. */
  given: ExampleFile[];
  /** The heading of the bad example says what is done about it. */
  verdict: string;
  bad: ExampleFile[];
  /** The whole output for the bad example. */
  output: string;
  good: ExampleFile[];
  /** Whether the page says that `--fix` turns the bad example into the good one. */
  isFixed: boolean;
};

/** `text` has the line with the file's name, as the page shows it: so the lines of an output can be counted. */
export type ExampleFile = { file: string; text: string; encoding: "utf8" | "latin1" };

export const rulesFolder = resolve(import.meta.dirname, "../../docs/rules");
export const VERDICTS = { error: "Refused", warning: "Warned about", note: "Noted" } as const;
const FIXED = "`npx hogwire check --fix` mends it.";

export function readPages(): RulePage[] {
  const files = readdirSync(rulesFolder).filter((name) => name !== "README.md");
  return files
    .sort()
    .map((name) => parsePage(name.replace(/\.md$/, ""), readFileSync(join(rulesFolder, name), "utf8")));
}

function parsePage(code: string, text: string): RulePage {
  const [head = "", ...parts] = text.split(/^## /m);
  const sections = new Map(parts.map((part) => [/^.*/.exec(part)?.[0] ?? "", part] as const));
  const verdict = Object.values(VERDICTS).find((heading) => sections.has(heading)) ?? "";
  const bad = sections.get(verdict) ?? "";
  return {
    code,
    text,
    title: /^.*/.exec(head)?.[0] ?? "",
    given: filesIn(sections.get("Given") ?? ""),
    verdict,
    bad: filesIn(bad),
    output: /^```text\n(.*?)\n```$/ms.exec(bad)?.[1] ?? "",
    good: filesIn(sections.get("Instead") ?? ""),
    isFixed: text.includes(FIXED),
  };
}

/** Each block begins with a comment that names its file, and its encoding where that is not UTF-8. */
function filesIn(section: string): ExampleFile[] {
  const blocks = section.matchAll(
    /^```(?:yaml|ts|hog)\n((?:#|\/\/) ([\w./-]+)(, saved as ISO-8859-1)?\n.*?)^```$/gms,
  );
  return [...blocks].map(([, text = "", file = "", latin]) => ({
    file,
    text,
    encoding: latin === undefined ? "utf8" : "latin1",
  }));
}

/** The page with another output for its bad example. */
export function withOutput({ text }: RulePage, output: string): string {
  return text.replace(/^```text\n.*?^```$/ms, () => `\`\`\`text\n${output}\n\`\`\``);
}

/** `docs/rules/README.md`. */
export function rulesIndex(pages: RulePage[]): string {
  const rows = Object.entries(CODES).map(([code, sentence]) => {
    const page = pages.find((one) => one.code === code);
    const severity = Object.entries(VERDICTS).find(([, verdict]) => verdict === page?.verdict)?.[0] ?? "";
    return `| [${code}](${code}.md) | ${sentence} | ${severity} | ${page?.isFixed ? "yes" : ""} |`;
  });
  return [HEAD, "| code | what it stands for | | `--fix` |", "|---|---|---|---|", ...rows, ""].join("\n");
}

const HEAD = `# Rules

What \`npx hogwire check\` and \`npx pulumi up\` say about your files, by code. An error stops both, but
for those of samples (HW060 to HW062), which stop a check alone; a warning or a note stops neither. Each page says why, and shows an example with the whole output and one without fault. The tests run them all.

The examples stand in a project with the handlers \`crm\` and \`notify\`. Where \`Pulumi.prod.yaml\` is shown, the output is that
of \`npx pulumi up --stack prod\`, and a value behind \`secure\` is shown decrypted; elsewhere it is that of \`npx hogwire check\`. To keep the
examples short they have no samples, and [HW063](HW063.md), which would ask for them, is left out.

This page is generated: \`npm run generate\`.
`;
