import { FUNCTIONS } from "../../hog/functions.ts";
import { HogError } from "../../hog/hog-error.ts";
import type { LoweredHog, LoweredSchemaItem, LoweredTemplate, LoweredWay } from "../lowered.ts";
import type { DestinationParts, HogFile, Incomplete, SlackFile, TemplateFile } from "../model/destination.ts";
import { isMap, type Path } from "../path.ts";
import { sentence, type Tools } from "../report.ts";
import type { SourceFile } from "../source.ts";
import { nearest, slipOf } from "../suggest.ts";
import { inputItems, TEMPLATE_IDS, templateSchema } from "./input-schema.ts";
import { lowerInputs } from "./inputs.ts";
import { lowerWebhook } from "./webhook.ts";

export const WAYS = ["handlers", "webhook", "slack", "template", "hog"] as const;

/** Exactly one way to send; a misspelt one is reported as such. */
export function checkWays(file: unknown, { report }: Tools): void {
  if (!isMap(file)) return;
  const [first, second] = WAYS.filter((way) => Object.hasOwn(file, way));
  if (second !== undefined) {
    const hint = "Keep one, and make a second file for the other.";
    const message = `a destination has \`${first}\` or \`${second}\`, not both`;
    report({ code: "HW013", path: [second], part: "key", message, hint });
  } else if (
    first === undefined &&
    !Object.keys(file).some((key) => key === "config" || nearest(key, WAYS))
  ) {
    const hint =
      "Add `handlers: [name]`, for code in destinations/handlers/, or one of `webhook`, `slack`, `template`, `hog`.";
    report({ code: "HW013", path: [], message: "the destination does not say where to send", hint });
  }
}

/** The files of Hog code, by their path from `destinations/`; `undefined` for one that cannot be read, which is reported. */
export type CodeFiles = ReadonlyMap<string, SourceFile | undefined>;

/** How a destination sends, but for `handlers`. `isUnknown` tells where a value is known only to the stack. */
export function lowerWay(
  { webhook, slack, template, hog }: DestinationParts,
  {
    secrets,
    code,
    isUnknown,
    isLocal,
  }: { secrets: Path[]; code: CodeFiles; isUnknown: (path: Path) => boolean; isLocal: boolean },
  tools: Tools,
): LoweredWay | undefined {
  if (webhook) return { webhook: lowerWebhook(webhook, { secrets, isLocal }, tools) };
  if (slack) return { template: lowerSlack(slack, isUnknown, tools) };
  if (template) return { template: lowerTemplate(template, secrets, tools) };
  if (hog) return { hog: lowerHog(hog, code, tools) };
  return undefined;
}

// The template's own names (contract §2.4).
const SLACK_INPUTS = {
  integration: "slack_workspace",
  channel: "channel",
  text: "text",
  blocks: "blocks",
  username: "username",
  icon_emoji: "icon_emoji",
  thread_ts: "thread_ts",
} as const;

function lowerSlack(
  slack: Incomplete<SlackFile>,
  isUnknown: (path: Path) => boolean,
  tools: Tools,
): LoweredTemplate {
  if (slack.text === undefined && (slack.blocks === undefined || slack.blocks.length === 0)) {
    const hint = "Add `text`, which a notification shows, or `blocks`.";
    tools.report({
      code: "HW057",
      path: ["slack"],
      part: "key",
      message: "Slack takes no message without `text` and `blocks`",
      hint,
    });
  }
  const inputs: Record<string, unknown> = {};
  const texts: Record<string, unknown> = {};
  for (const [key, name] of Object.entries(SLACK_INPUTS)) {
    const value = slack[key as keyof SlackFile]; // the keys of a constant
    if (value === undefined) continue;
    inputs[name] = value;
    if (key !== "integration") texts[key] = value;
  }
  // Offline the number is not known, and decides nothing.
  if (isUnknown(["slack", "integration"])) inputs.slack_workspace = 1;
  lowerInputs(texts, undefined, ["slack"], "Slack", tools);
  return { id: "template-slack", inputs };
}

function lowerTemplate(
  { id = "", inputs = {} }: Incomplete<TemplateFile>,
  secrets: Path[],
  tools: Tools,
): LoweredTemplate {
  const schema = templateSchema(id);
  if (schema === undefined && id !== "") noteUnknownTemplate(id, tools);
  const secret = new Set(
    secrets.flatMap(([way, section, key]) =>
      way === "template" && section === "inputs" && typeof key === "string" ? key : [],
    ),
  );
  const items = schema && inputItems({ template: { id } });
  return {
    id,
    inputs: lowerInputs(inputs, items, ["template", "inputs"], `\`${id}\``, tools),
    ...(secret.size > 0 ? { secret_inputs: [...secret] } : {}),
  };
}

function noteUnknownTemplate(id: string, { report }: Tools): void {
  // What all ids begin with says nothing.
  const short = (one: string) => one.replace(/^template-/, "");
  const near = TEMPLATE_IDS.find((one) => short(one) === nearest(short(id), TEMPLATE_IDS.map(short)));
  const path = ["template", "id"];
  if (near !== undefined) {
    const message = `the template \`${id}\` is not one of PostHog's that are known here`;
    report({ code: "HW059", severity: "warning", path, message, hint: `Did you mean \`${near}\`?` });
    return;
  }
  const message = `the template \`${id}\` is not known offline: PostHog checks its inputs at \`up\``;
  report({
    code: "HW059",
    severity: "note",
    path,
    message,
    hint: "If the id is right, nothing is to be done.",
  });
}

function lowerHog(
  { code = "", inputs_schema = [], inputs = {} }: Incomplete<HogFile>,
  files: CodeFiles,
  tools: Tools,
): LoweredHog {
  const name = code.replace(/^\.\//, "");
  const file = files.get(name);
  if (code !== "" && !files.has(name)) {
    const near = nearest(name, files.keys());
    const hint =
      near === undefined
        ? "Code stands in destinations/ or a folder of it, and its name ends in `.hog`."
        : `Did you mean \`./${near}\`?`;
    tools.report({
      code: "HW067",
      path: ["hog", "code"],
      message: `there is no file destinations/${name}`,
      hint,
    });
  } else if (file)
    checkCode(
      file,
      inputs_schema.map(({ key }) => key),
      tools,
    );
  const keys = inputs_schema.map(({ key }) => key);
  for (const [index, key] of keys.entries()) {
    if (keys.indexOf(key) === index) continue;
    const path = ["hog", "inputs_schema", index, "key"];
    const message = `the input \`${key}\` is in the schema twice`;
    tools.report({ code: "HW015", path, message, hint: "Remove one of the two items." });
  }
  const lowered = lowerInputs(
    inputs,
    inputItems({ hog: { inputs_schema } }),
    ["hog", "inputs"],
    "`inputs_schema`",
    tools,
  );
  return {
    code: file?.text.trim() ?? "",
    ...(keys.length > 0 ? { inputs_schema: inputs_schema.map(lowerSchemaItem) } : {}),
    ...(Object.keys(lowered).length > 0 ? { inputs: lowered } : {}),
  };
}

/** What PostHog would add on its own is left out (contract §1.14). */
function lowerSchemaItem(item: NonNullable<HogFile["inputs_schema"]>[number]): LoweredSchemaItem {
  const { required, secret, hidden, ...rest } = item;
  return {
    ...rest,
    ...(required ? { required } : {}),
    ...(secret ? { secret } : {}),
    ...(hidden ? { hidden } : {}),
  } as LoweredSchemaItem; // zod's optional keys are `undefined` at most
}

const MAX_CODE_BYTES = 100 * 1024; // contract §1.4

/** `inputs`: the keys of its schema. */
function checkCode(source: SourceFile, inputs: string[], { compiler, report }: Tools): void {
  const path = ["hog", "code"];
  const bytes = Buffer.byteLength(source.text);
  if (bytes > MAX_CODE_BYTES) {
    report({
      code: "HW015",
      path,
      source,
      message: `the code has ${bytes} bytes: PostHog takes ${MAX_CODE_BYTES}`,
      hint: "Make it shorter, or do the work in a handler: `handlers: [name]`.",
    });
    return;
  }
  if (source.text.trim() === "") {
    const hint = "Write code that calls `fetch`, or send with `webhook` in place of `hog`.";
    report({ code: "HW068", path, source, message: "there is no code, which PostHog refuses", hint });
    return;
  }
  try {
    compiler.program(source.text);
    checkReads(source, inputs, { compiler, report });
  } catch (error) {
    if (!(error instanceof HogError)) throw error;
    report({
      code: "HW068",
      path,
      source,
      message: `not a Hog program: ${sentence(error.message)}`,
      hint: "Mend the code there. Hog's language: https://posthog.com/docs/hog",
      ...within(error),
    });
  }
}

// Contract §4.4; `fetch` may be handed on by its name.
const CODE_GLOBALS = ["event", "person", "groups", "project", "source", "inputs", "fetch"];

/** A global that is not there fails on every event; an input that is not there is null. */
function checkReads(
  source: SourceFile,
  inputs: string[],
  { compiler, report }: Pick<Tools, "compiler" | "report">,
): void {
  for (const {
    name,
    path: [key = ""],
    start,
    end,
  } of compiler.programGlobals(source.text)) {
    const at = { path: ["hog", "code"], source, within: { start, end } };
    const meant = name === "inputs" && !inputs.includes(key) ? slipOf(key, inputs) : undefined;
    if (meant !== undefined) {
      const message = `\`inputs_schema\` has no input \`${key}\`, which the code reads`;
      report({ ...at, code: "HW056", message, hint: `Did you mean \`inputs.${meant}\`?` });
    }
    if (CODE_GLOBALS.includes(name) || FUNCTIONS.has(name)) continue;
    const near = nearest(name, CODE_GLOBALS);
    const hint = near === undefined ? `There are ${CODE_GLOBALS.join(", ")}.` : `Did you mean \`${near}\`?`;
    report({ ...at, code: "HW042", message: `there is no \`${name}\` in Hog code`, hint });
  }
}

function within({ start, end }: HogError): { within?: { start: number; end: number } } {
  return start === undefined ? {} : { within: { start, end: Math.max(end ?? start, start + 1) } };
}
