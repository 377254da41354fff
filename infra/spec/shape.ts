import { z } from "zod";
import type { Code } from "./codes.ts";
import { OPERATORS } from "./model/conditions.ts";
import { dotted, isMap, type Path, valueAt } from "./path.ts";
import type { Fix, Problem, Report } from "./report.ts";
import { nearest, slipOf } from "./suggest.ts";

/** Keys that other guides write for a model's, at its top. */
export type OldKeys = Readonly<Record<string, { hint: string; fix?: Fix }>>;

/** Checks data against a model. What is wrong is reported in plain words; the data comes back when nothing is. */
export function checkShape<T>(
  model: z.ZodType<T>,
  value: unknown,
  report: Report,
  oldKeys: OldKeys = {},
): T | undefined {
  const checked = model.safeParse(value);
  if (checked.success) return checked.data;
  const issues = issuesOf(checked);
  // `nmae` is one mistake, not an unknown key and a missing `name`.
  const misspelt = new Set(
    issues.flatMap((issue) => issue.keys?.map((key) => meantKey(issue.path, key, model)) ?? []),
  );
  for (const issue of issues) {
    if (valueAt(value, issue.path) === undefined && misspelt.has(dotted(issue.path))) continue;
    for (const problem of explain(issue, model, value, oldKeys)) report(problem);
  }
  return undefined;
}

function meantKey(parent: Path, key: string, model: z.ZodType): string {
  return dotted([...parent, nearest(key, keysAt(model, parent)) ?? key]);
}

/**
 * What of a file can still be used where `checkShape` refused it: wrong keys and values are taken out, and whole sections
 * where that is not enough. So one mistake does not hide the next.
 */
export function salvage<T>(value: unknown, sections: z.ZodType<T>): T | undefined {
  const copy: unknown = structuredClone(value);
  const left: Left = new Map();
  for (const depth of [undefined, 1]) {
    for (const issue of issuesOf(sections.safeParse(copy))) {
      const paths = issue.keys?.map((key) => [...issue.path, key]) ?? [issue.path];
      for (const path of paths) remove(copy, path.slice(0, depth), left);
    }
  }
  return sections.safeParse(copy).data;
}

/** How many keys a map still has: counting a large one for each of its mistakes would take minutes. */
type Left = Map<object, number>;

function remove(root: unknown, path: Path, left: Left): void {
  const parent = valueAt(root, path.slice(0, -1));
  const key = String(path.at(-1));
  if (isMap(parent) && Object.hasOwn(parent, key)) {
    left.set(parent, (left.get(parent) ?? Object.keys(parent).length) - 1);
    delete parent[key];
  }
  // A list without one of its items is another list; a map without any key has been looked at already.
  const isSpent = !isMap(parent) || (left.get(parent) ?? Object.keys(parent).length) === 0;
  if (isSpent && path.length > 1) remove(root, path.slice(0, -1), left);
}

function issuesOf(checked: z.ZodSafeParseResult<unknown>): Issue[] {
  return checked.success ? [] : checked.error.issues.flatMap((issue) => flatten(issue));
}

/** zod's issue, out of its unions: the branch that was meant, or all that would have been taken. */
type Issue = {
  code: string;
  path: Path;
  expected: string[];
  keys?: string[];
  values?: unknown[];
  /** The bound that a number is beyond, or a text longer than. */
  maximum?: unknown;
  minimum?: unknown;
};

function flatten(issue: z.core.$ZodIssue, parent: Path = []): Issue[] {
  const path = [
    ...parent,
    ...issue.path.map((segment) => (typeof segment === "symbol" ? String(segment) : segment)),
  ];
  const { code } = issue;
  switch (code) {
    case "invalid_union": {
      const branches = issue.errors.map((branch) => branch.flatMap((inner) => flatten(inner, path)));
      // A branch that fails at its very top is not the one that was meant.
      const isOther = (branch: Issue[]) =>
        branch.some((inner) => inner.path.length === path.length && isMismatch(inner));
      const [meant] = branches.filter((branch) => !isOther(branch)).sort((a, b) => a.length - b.length);
      if (meant) return meant;
      const mismatches = branches.flat().filter((inner) => inner.path.length === path.length);
      const expected = [...new Set(mismatches.flatMap((inner) => inner.expected))];
      return [
        { code: "invalid_type", path, expected, values: mismatches.flatMap((inner) => inner.values ?? []) },
      ];
    }
    case "unrecognized_keys":
      return [{ code, path, expected: [], keys: issue.keys }];
    case "invalid_type":
      return [{ code, path, expected: [KINDS[issue.expected] ?? issue.expected] }];
    case "invalid_value":
      return [
        { code, path, expected: issue.values.map((value) => `\`${String(value)}\``), values: issue.values },
      ];
    case "too_big":
      return [{ code, path, expected: [], maximum: issue.maximum }];
    case "too_small":
      return [{ code, path, expected: [], minimum: issue.minimum }];
    case "invalid_format":
      return [{ code, path, expected: [issue.message] }]; // each pattern of the model says what it is
    default:
      return [{ code, path, expected: [] }];
  }
}

function isMismatch({ code }: Issue): boolean {
  return code === "invalid_type" || code === "invalid_value";
}

const KINDS: Record<string, string> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map",
  record: "a map",
  null: "null",
};

function explain(issue: Issue, model: z.ZodType, root: unknown, oldKeys: OldKeys): Problem[] {
  const { path, expected } = issue;
  const value = valueAt(root, path);
  const place = path.length === 0 ? "the file" : `\`${dotted(path)}\``;
  if (issue.keys) {
    const known = keysAt(model, path);
    const free = known.filter((key) => valueAt(value, [key]) === undefined);
    return issue.keys.map((key): Problem => {
      const old = path.length === 0 && Object.hasOwn(oldKeys, key) ? oldKeys[key] : undefined;
      return { ...unknownKey(path, key, known, free), ...old };
    });
  }
  if (isEmptyFilter(path, value)) return [matchesEverything(path)];
  if (path.length === 0 && value === null)
    return [problem("HW012", path, "the file is empty", "Write what it is to hold, or remove the file.")];
  if (value === undefined && isMismatch(issue))
    return [problem("HW012", path, `${place} is missing`, `Add \`${String(path.at(-1))}: …\`.`)];
  if (path.at(-1) === "operator" && typeof value === "string") {
    const slip = slipOf(value, OPERATORS);
    const fix: Fix | undefined = slip === undefined ? undefined : { kind: "set", value: slip };
    return [{ ...unknownOperator(path, value, OPERATORS), ...(fix ? { fix } : {}) }];
  }
  if (issue.code === "invalid_key") {
    const map = path.length === 1 ? "the file" : `\`${dotted(path.slice(0, -1))}\``;
    const hint = "Write a name before the colon, or remove the line.";
    return [{ ...problem("HW015", path, `a key in ${map} is empty`, hint), part: "key" }];
  }
  if (typeof value === "number" && (issue.code === "too_big" || issue.code === "too_small")) {
    const bound = issue.code === "too_big" ? `at most ${issue.maximum}` : `at least ${issue.minimum}`;
    return [problem("HW015", path, `${place} must be ${bound}, not ${describe(value)}`)];
  }
  if (issue.code === "too_big") {
    const message = `${place} has more than ${String(issue.maximum)} characters`;
    return [problem("HW015", path, message, "Make it shorter.")];
  }
  if (issue.code === "invalid_format" && typeof value === "string" && value.trim() !== "")
    return [problem("HW015", path, `${place} must be ${either(expected)}, not ${describe(value)}`)];
  // too_small, and the pattern that wants more than blanks
  if (!isMismatch(issue)) return [problem("HW015", path, `${place} is empty`, "Give it a value.")];
  const found = value === null ? "but has no value" : `not ${describe(value)}`;
  const code = issue.code === "invalid_value" ? "HW015" : "HW011";
  const fix = fixFor(value, issue);
  const mismatch = problem(
    code,
    path,
    `${place} must be ${either(expected)}, ${found}`,
    hintFor(value, issue),
  );
  return [{ ...mismatch, ...(fix ? { fix } : {}) }];
}

function hintFor(value: unknown, issue: Issue): string {
  const fix = fixFor(value, issue);
  if (fix?.kind === "set" && typeof value !== "string") return `Put it in quotes: "${value}"`;
  if (fix?.kind === "set" && typeof fix.value === "boolean") return `Write \`${fix.value}\`.`;
  const near = typeof value === "string" ? nearest(value, (issue.values ?? []).map(String)) : undefined;
  return near === undefined ? "" : `Did you mean \`${near}\`?`;
}

/** A number where only text can stand, YAML 1.1's yes and no, a slip in one of a few words. */
function fixFor(value: unknown, { expected, values = [] }: Issue): Fix | undefined {
  const wantsText = expected.length === 1 && expected[0] === "text";
  if (wantsText && (typeof value === "number" || typeof value === "boolean"))
    return { kind: "set", value: String(value) };
  if (typeof value !== "string") return undefined;
  const wantsBoolean = expected.includes("true or false");
  if (wantsBoolean && /^(?:yes|on|true)$/i.test(value)) return { kind: "set", value: true };
  if (wantsBoolean && /^(?:no|off|false)$/i.test(value)) return { kind: "set", value: false };
  const slip = slipOf(value, values.map(String));
  return slip === undefined ? undefined : { kind: "set", value: slip };
}

function problem(code: Code, path: Path, message: string, hint = ""): Problem {
  return { code, path, message, ...(hint === "" ? {} : { hint }) };
}

/** `free`: those of the known keys that the map has not yet. */
function unknownKey(parent: Path, key: string, known: string[], free: string[]): Problem {
  const path = [...parent, key];
  const where = parent.length === 0 ? "" : ` in \`${dotted(parent)}\``;
  if (known.includes("missing") && typeof parent.at(-1) === "number") {
    const hint = `Write a map, \`{ ${key}: … }\`, or PostHog's own form: \`- { key: ${key}, value: … }\`.`;
    return { ...problem("HW010", path, `unknown key \`${key}\`${where}`, hint), part: "key" };
  }
  if (known.includes("missing"))
    return { ...unknownOperator(path, key, known), part: "key", ...renamed(key, nearest(key, known), free) };
  const near = nearest(key, known);
  const hint = near === undefined ? `Known here: ${known.join(", ")}.` : `Did you mean \`${near}\`?`;
  return {
    ...problem("HW010", path, `unknown key \`${key}\`${where}`, hint),
    part: "key",
    ...renamed(key, near, free),
  };
}

function renamed(written: string, near: string | undefined, free: string[]): { fix?: Fix } {
  const isMeant = near !== undefined && free.includes(near) && slipOf(written, free) === near;
  return isMeant ? { fix: { kind: "rename", key: near } } : {};
}

function unknownOperator(path: Path, written: string, candidates: string[]): Problem {
  const near = nearest(written, candidates);
  const hint = near === undefined ? `There are ${OPERATORS.join(", ")}.` : `Did you mean \`${near}\`?`;
  return problem("HW033", path, `unknown operator \`${written}\``, hint);
}

function isEmptyFilter(path: Path, value: unknown): boolean {
  const isFilter =
    path[0] === "filters" && (path.length === 1 || (path.length === 2 && path[1] === "events"));
  const isEmpty = value === undefined || value === null || (Array.isArray(value) && value.length === 0);
  return isFilter && isEmpty;
}

/** Law 1: what PostHog takes for "every event" has to be said. */
export function matchesEverything(path: Path): Problem {
  const hint = "List the events under `filters.events`. If every event is meant, write `events: all`.";
  return problem("HW030", path, "the filter names no event, which PostHog takes for every event", hint);
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a map";
  if (typeof value === "string") return `the text "${value.length > 40 ? `${value.slice(0, 40)}…` : value}"`;
  return `${typeof value === "number" ? "the number " : ""}${String(value)}`;
}

function either(words: string[]): string {
  return words.length < 2
    ? (words[0] ?? "something else")
    : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** The keys that a model knows at a path, all branches of its unions together. */
function keysAt(schema: z.core.$ZodType, path: Path): string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
    return keysAt(schema.unwrap(), path);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => keysAt(option, path));
  const [first, ...rest] = path;
  if (schema instanceof z.ZodObject) {
    if (first === undefined) return Object.keys(schema.shape);
    const inner: z.core.$ZodType | undefined = schema.shape[first];
    return inner ? keysAt(inner, rest) : [];
  }
  if (schema instanceof z.ZodArray) return typeof first === "number" ? keysAt(schema.element, rest) : [];
  if (schema instanceof z.ZodRecord) {
    if (first !== undefined) return keysAt(schema.valueType, rest);
    return schema.keyType instanceof z.ZodEnum ? schema.keyType.options.map(String) : [];
  }
  return [];
}
