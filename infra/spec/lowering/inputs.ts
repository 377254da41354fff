import type { HogCompiler } from "../../hog/compile.ts";
import { isMap, type Path } from "../path.ts";
import type { Fix, Tools } from "../report.ts";
import { editDistance, nearest, slipOf } from "../suggest.ts";
import { type InputItem, isOwnForm, isTemplated, isWrapped, unwrap } from "./input-schema.ts";
import { checkTemplates } from "./templates.ts";

/**
 * The inputs of a template or of one's own code: each its bare value, or exactly `{ value, templating }`. `schema` is left
 * out where only PostHog knows it; `name` says whose it is.
 */
export function lowerInputs(
  inputs: Record<string, unknown>,
  schema: ReadonlyMap<string, InputItem> | undefined,
  path: Path,
  name: string,
  tools: Tools,
): Record<string, unknown> {
  const lowered: Record<string, unknown> = {};
  const reads = new Map<string, string[]>();
  for (const [key, written] of Object.entries(inputs)) {
    const at = [...path, key];
    const item = schema?.get(key);
    if (schema !== undefined && item === undefined) {
      refuseUnknown(key, at, [...schema.keys()], inputs, name, tools);
      continue;
    }
    const { value, templating } = unwrap(written);
    const valuePath = isOwnForm(written) ? [...at, "value"] : at;
    checkTemplating(templating, [...at, "templating"], tools);
    if (value === null || value === undefined) {
      const hint = "Give it a value, or leave it out.";
      tools.report({ code: "HW012", path: at, message: `the input \`${key}\` has no value`, hint });
      continue;
    }
    if (item && !(item.type === "boolean" && typeof value === "string" && templating !== "liquid"))
      checkType(item, value, valuePath, tools);
    if (item?.secret && typeof value === "string" && TOKEN.test(value)) checkSecret(key, at, tools);
    const isLiquid = (item?.templating === undefined ? templating : item.templating) === "liquid";
    if (isLiquid) collectLiquid(value, valuePath, tools);
    else if (isTemplated(item) && checkTemplates(value, valuePath, tools))
      reads.set(key, readsOf(value, tools.compiler));
    lowered[key] = isLiquid || isWrapped(value) ? { value, templating: isLiquid ? "liquid" : "hog" } : value;
  }
  // `contnt` is one mistake, not an unknown input and a missing one.
  const unknown = Object.keys(inputs).filter((key) => schema?.has(key) === false);
  const meant = new Set(unknown.map((key) => nearest(key, schema?.keys() ?? [])));
  for (const item of schema?.values() ?? [])
    if (!meant.has(item.key)) checkRequired(item, inputs, path, name, tools);
  const { circle } = inReadingOrder(reads);
  const [first] = circle;
  if (first !== undefined) {
    const names = circle.map((key) => `\`${key}\``).join(", ");
    const message = `inputs read each other in a circle, which PostHog refuses: ${names}`;
    const hint = "Let one of them read the event or the person, and no other input.";
    tools.report({ code: "HW015", path: [...path, first], message, hint });
  }
  return lowered;
}

/** The other inputs that an input's templates read. */
export function readsOf(value: unknown, compiler: HogCompiler): string[] {
  if (typeof value === "string") {
    const reads = value.includes("inputs") ? compiler.globals(value) : [];
    return reads.flatMap(({ name, path: [key] }) => (name === "inputs" && key !== undefined ? key : []));
  }
  return typeof value === "object" && value !== null
    ? Object.values(value).flatMap((one) => readsOf(one, compiler))
    : [];
}

/** PostHog fills in each input after those that it reads (contract §1.5, rule 9). */
export function inReadingOrder(reads: ReadonlyMap<string, string[]>): {
  ordered: string[];
  circle: string[];
} {
  const ordered: string[] = [];
  const waiting = new Map(reads);
  for (let ready = [""]; ready.length > 0; ) {
    ready = [...waiting].flatMap(([key, others]) => (others.some((one) => waiting.has(one)) ? [] : key));
    for (const key of ready) waiting.delete(key);
    ordered.push(...ready);
  }
  return { ordered, circle: [...waiting.keys()] };
}

// An account's name or address may be written out, a token never.
const TOKEN = /^[^\s{@]{16,}$/;

/** A value that is neither a reference nor worked out from the event stands in the repository for everybody to read. */
function checkSecret(key: string, path: Path, { secrets, report }: Tools): void {
  if (secrets.some((secret) => path.every((step, index) => secret[index] === step))) return;
  report({
    code: "HW023",
    severity: "warning",
    path,
    part: "key",
    message: `\`${key}\` is a secret, and its value is not`,
    hint: `Write \`${key}: "\${secret:${key}}"\`, then: npx pulumi config set --secret hogwire:${key}`,
  });
}

function checkTemplating(templating: unknown, path: Path, { report }: Tools): void {
  if (templating === undefined || templating === "hog" || templating === "liquid") return;
  const near = typeof templating === "string" ? slipOf(templating, ["hog", "liquid"]) : undefined;
  report({
    code: "HW015",
    path,
    message: "`templating` must be `hog` or `liquid`",
    hint: near === undefined ? "Leave it out for Hog." : `Did you mean \`${near}\`?`,
    ...(near === undefined ? {} : { fix: { kind: "set", value: near } }),
  });
}

/** PostHog would drop it and say nothing (contract §9.8). */
function refuseUnknown(
  key: string,
  path: Path,
  known: string[],
  given: object,
  name: string,
  { report }: Tools,
): void {
  const near = nearest(key, known);
  const list = known.length === 0 ? "It has none." : `It has ${known.join(", ")}.`;
  report({
    code: "HW056",
    path,
    part: "key",
    message: `${name} has no input \`${key}\`, so PostHog would drop it`,
    hint: near === undefined ? list : `Did you mean \`${near}\`?`,
    // `first_name` may be near `last_name`: one letter, or nothing.
    ...(near !== undefined && editDistance(key, near) === 1 && !Object.hasOwn(given, near)
      ? { fix: { kind: "rename", key: near } }
      : {}),
  });
}

/** A default is filled in by PostHog's editor, and by the server only where the input is required (contract §1.5). */
function checkRequired(
  item: InputItem,
  inputs: Record<string, unknown>,
  path: Path,
  name: string,
  { report }: Tools,
): void {
  const given = unwrap(Object.hasOwn(inputs, item.key) ? inputs[item.key] : undefined).value;
  if (!item.required || (given !== undefined && given !== "")) return;
  const fix: Fix | undefined =
    item.default === undefined || item.default === null || given === ""
      ? undefined
      : { kind: "set", path: [...path, item.key], value: item.default };
  report({
    code: "HW057",
    path: given === "" ? [...path, item.key] : path,
    part: given === "" ? "value" : "key",
    message: `${name} wants the input \`${item.key}\``,
    hint:
      fix === undefined
        ? "PostHog refuses to save it without."
        : "PostHog would fill in its default: say so.",
    ...(fix === undefined ? {} : { fix }),
  });
}

/** Contract §1.5, rule 7; PostHog does not compare a choice with its choices, but the code does. */
function checkType(
  { key, type, choices = [] }: InputItem,
  value: unknown,
  path: Path,
  { report }: Tools,
): void {
  if (value === "" || value === false || value === 0) return;
  const wanted = Object.hasOwn(WANTED, type) ? WANTED[type] : undefined;
  if (wanted !== undefined && !wanted.fits(value)) {
    const message = `the input \`${key}\` must be ${wanted.name}`;
    report({ code: "HW058", path, message, hint: `Write ${wanted.example}.` });
  }
  const known = choices.map((choice) => (isMap(choice) ? choice.value : choice));
  if (type !== "choice" || known.length === 0 || known.includes(value)) return;
  const near = typeof value === "string" ? nearest(value, known.map(String)) : undefined;
  report({
    code: "HW058",
    severity: "warning",
    path,
    message: `the input \`${key}\` has no choice \`${String(value)}\``,
    hint: near === undefined ? `There are ${known.join(", ")}.` : `Did you mean \`${near}\`?`,
  });
}

const isText = (value: unknown) => typeof value === "string";
const WANTED: Record<string, { name: string; example: string; fits: (value: unknown) => boolean }> = {
  string: { name: "text", example: "it in quotes, as one text", fits: isText },
  number: { name: "a number", example: "it without quotes", fits: (value) => typeof value === "number" },
  boolean: {
    name: "true or false",
    example: "`true` or `false`",
    fits: (value) => typeof value === "boolean",
  },
  dictionary: { name: "a map", example: "a map, such as `{ name: value }`", fits: isMap },
  integration: {
    name: "the number of an integration in PostHog",
    example: "its number, from PostHog's settings",
    fits: Number.isInteger,
  },
  integration_multi: {
    name: "a list of numbers of integrations",
    example: "the numbers as a list, such as `[1, 2]`",
    fits: (value) => Array.isArray(value) && value.every(Number.isInteger),
  },
};

function collectLiquid(value: unknown, path: Path, tools: Tools): void {
  if (typeof value === "string") tools.texts.push({ text: value, path, liquid: true });
  else if (typeof value === "object" && value !== null)
    for (const [key, item] of Array.isArray(value) ? value.entries() : Object.entries(value))
      collectLiquid(item, [...path, key], tools);
}
