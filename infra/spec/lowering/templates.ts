import { FUNCTIONS } from "../../hog/functions.ts";
import { HogError } from "../../hog/hog-error.ts";
import type { Path } from "../path.ts";
import { type Report, sentence, type Tools } from "../report.ts";
import { isSlip, nearest } from "../suggest.ts";

/** What a template can read (contract §4.4, the newest fields included); a group's name is the project's own. */
const GLOBALS: Record<string, readonly string[] | undefined> = {
  event: ["uuid", "event", "elements_chain", "distinct_id", "properties", "timestamp", "captured_at", "url"],
  person: ["id", "properties", "name", "url", "distinct_id"],
  project: ["id", "name", "url"],
  source: ["name", "url"],
  groups: undefined,
  inputs: undefined,
};

/** Checks every text of a tree of Hog templates. True when PostHog can compile and fill them all. */
export function checkTemplates(tree: unknown, path: Path, tools: Tools): boolean {
  if (typeof tree === "string") return checkTemplate(tree, path, tools);
  if (typeof tree !== "object" || tree === null) return true;
  // `Object.entries` of a list gives its indexes as text.
  const entries = Array.isArray(tree) ? [...tree.entries()] : Object.entries(tree);
  return entries.map(([key, value]) => checkTemplates(value, [...path, key], tools)).every(Boolean);
}

function checkTemplate(text: string, path: Path, tools: Tools): boolean {
  if (!/[{\\]/.test(text)) return true;
  const { compiler, report } = tools;
  const within = doubleBraces(text);
  if (within) {
    const inner = text.slice(within.start + 2, within.end - 2).trim();
    report({
      code: "HW041",
      path,
      message: "double braces are not a Hog template",
      hint: `Hog templates have single braces: {${inner}}`,
      within,
      fix: { kind: "splice", ...within, text: `{${inner}}` },
    });
    return false;
  }
  try {
    compiler.template(text);
  } catch (error) {
    if (!(error instanceof HogError)) throw error;
    reportHogError(error, text, path, report);
    return false;
  }
  tools.texts.push({ text, path });
  let good = true;
  for (const read of compiler.globals(text)) {
    const unknown = explainGlobal([read.name, ...read.path]);
    if (unknown === undefined) continue;
    const { meant, ...problem } = unknown;
    const within = { start: read.start, end: read.end };
    const fix = meant === undefined ? {} : { fix: { kind: "splice", ...within, text: meant } as const };
    report({ code: "HW042", path, ...problem, within, ...fix });
    good = false;
  }
  for (const name of compiler.unknownFunctions(text)) {
    const near = nearest(name, FUNCTIONS);
    const hint =
      near === undefined ? "Hog's functions: https://posthog.com/docs/hog" : `Did you mean \`${near}\`?`;
    report({ code: "HW042", path, message: `there is no function \`${name}\` in Hog`, hint });
    good = false;
  }
  return good;
}

/** The first pair. No regular expression: on many braces or blanks one would take for ever. */
function doubleBraces(text: string): { start: number; end: number } | undefined {
  const start = text.search(/(?<!\\)\{\{/);
  const end = start === -1 ? -1 : text.indexOf("}}", start + 2);
  return end === -1 ? undefined : { start, end: end + 2 };
}

function reportHogError(error: HogError, text: string, path: Path, report: Report): void {
  const { start, end } = error;
  const within = start === undefined ? {} : { within: { start, end: Math.max(end ?? start, start + 1) } };
  if (error.kind === "unsupported") {
    const hint = "Write it more simply, with fields, operators and functions, or work it out in a handler.";
    report({ code: "HW043", path, message: sentence(error.message), hint, ...within });
    return;
  }
  if (path.length === 2 && /^\s*\{\s*"/.test(text)) {
    const hint = "Write the body as a YAML map: it is sent as JSON.";
    report({ code: "HW040", path, message: "the body is JSON text, which Hog reads as a template", hint });
    return;
  }
  const hint = "A brace that is only text is written `\\{` (in double quotes `\\\\{`).";
  const open = unclosedBrace(text);
  if (open !== undefined) {
    // Before `event.…` it may as well be the closing one that is missing.
    const [, name = ""] = /^\{\s*(\w*)/.exec(text.slice(open)) ?? [];
    const isText = !Object.hasOwn(GLOBALS, name);
    report({
      code: "HW040",
      path,
      message: "this brace is not closed",
      hint,
      within: { start: open, end: open + 1 },
      ...(isText ? { fix: { kind: "splice", start: open, end: open, text: "\\" } } : {}),
    });
  } else {
    report({
      code: "HW040",
      path,
      message: `not a Hog template: ${sentence(error.message)}`,
      hint,
      ...within,
    });
  }
}

function unclosedBrace(text: string): number | undefined {
  const open: number[] = [];
  for (const { 0: match, index } of text.matchAll(/\\.|[{}]/gs)) {
    if (match === "{") open.push(index);
    else if (match === "}") open.pop();
  }
  return open[0];
}

/**
 * PostHog saves these and fails on every event (contract §11.8), or fills in null without a word. `meant` is the one
 * right answer: what old guides write, or a slip of one letter.
 */
function explainGlobal(path: string[]): { message: string; hint: string; meant?: string } | undefined {
  const [name = "", field] = path;
  if (!Object.hasOwn(GLOBALS, name)) {
    const message = `there is no \`{${name}}\` in a template`;
    const owner = ["event", "person"].find((global) => GLOBALS[global]?.includes(name));
    if (owner) {
      const meant = [owner, ...path].join(".");
      return { message, hint: `Did you mean {${meant}}?`, meant };
    }
    const near = nearest(name, Object.keys(GLOBALS));
    if (near) return { message, ...suggestion([near, ...path.slice(1)], name, near) };
    return {
      message,
      hint: `A property of the event is {event.properties.${name}}, of the person {person.properties.${name}}.`,
    };
  }
  const fields = GLOBALS[name];
  if (fields === undefined || field === undefined || fields.includes(field)) return undefined;
  const message = `\`${name}\` has no \`${field}\`, so PostHog would send null`;
  const near = nearest(field, fields);
  if (near) return { message, ...suggestion([name, near, ...path.slice(2)], field, near) };
  if (!fields.includes("properties")) return { message, hint: `It has ${fields.join(", ")}.` };
  return { message, hint: `Did you mean {${[name, "properties", ...path.slice(1)].join(".")}}?` };
}

function suggestion(path: string[], written: string, near: string): { hint: string; meant?: string } {
  const meant = path.join(".");
  return { hint: `Did you mean {${meant}}?`, ...(isSlip(written, near) ? { meant } : {}) };
}
