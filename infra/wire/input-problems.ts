import type { InputSchemaItem } from "../posthog/hog-functions.ts";
import type { LoweredWay } from "../spec/lowered.ts";
import { isMap } from "./json.ts";
import { isWithTemplating, type Made, remoteInputs, secretInputs, templateOf } from "./ways.ts";

/**
 * What PostHog would refuse or drop of the inputs (contract §1.5), in words that never hold a value: it may be a secret.
 * Empty values are not looked at, as PostHog does not look at them; templates are for PostHog to compile.
 */
export function inputProblems(way: LoweredWay, made: Made): string[] {
  const inputs = remoteInputs(way, made);
  const unknown = unknownInputs(way, made);
  const secret = Object.keys(secretInputs(way));
  const wrong = made.inputs_schema.flatMap((item) => {
    const input = Object.hasOwn(inputs, item.key) ? inputs[item.key] : undefined;
    const isSecret = item.secret === true || secret.includes(item.key);
    const problem = problemOf(item, input) ?? (isSecret ? wrongSecret(input?.value) : undefined);
    return problem === undefined ? [] : [`the input \`${item.key}\` ${problem}`];
  });
  return unknown.length > 0 ? [dropped(unknown, way, made), ...wrong] : wrong;
}

/** Inputs that the schema does not name: PostHog drops them and says nothing (contract §9.8). */
export function unknownInputs(way: LoweredWay, made: Made): string[] {
  const known = made.inputs_schema.map((item) => item.key);
  return Object.keys(remoteInputs(way, made)).filter((key) => !known.includes(key));
}

function dropped(unknown: string[], way: LoweredWay, made: Made): string {
  const template = templateOf(way);
  const where = template === undefined ? "its `inputs_schema`" : `the template \`${template}\``;
  const known = made.inputs_schema.map((item) => `\`${item.key}\``);
  const old = unknown.includes("signing_secret") && "webhook" in way;
  return (
    `${where} has no input ${unknown.map((key) => `\`${key}\``).join(", ")}, which PostHog would drop without a word; ` +
    `it has ${known.length > 0 ? known.join(", ") : "none"}` +
    (old ? ". PostHog signs webhooks since August 2026: update PostHog, or leave the input out" : "")
  );
}

function problemOf(item: InputSchemaItem, input: { value?: unknown; templating?: unknown } | undefined) {
  const value = input?.value;
  if (item.required && (value === undefined || value === ""))
    return input === undefined ? "is required and missing" : "is required and empty";
  if (input === undefined) return undefined;
  if (value === null) return "is null, which PostHog refuses: leave it out instead";
  if (item.templating != null && isWithTemplating(input) && input.templating !== schemaTemplating(item))
    return `has its templating set by the schema, to ${schemaTemplating(item)}`;
  return isEmpty(value) ? undefined : wrongType(item, value, schemaTemplating(item) ?? input.templating);
}

/** PostHog takes its own mask for a word to keep what it has, and an empty text for nothing at all (contract §1.7). */
function wrongSecret(value: unknown): string | undefined {
  if (value === "") return "is a secret and empty: leave it out instead";
  const isMasked = JSON.stringify(value ?? null).includes('"********"');
  return isMasked
    ? "is `********`, which PostHog shows in place of a secret: give the secret itself"
    : undefined;
}

function schemaTemplating({ templating }: InputSchemaItem): unknown {
  return templating === true ? "hog" : templating;
}

/** PostHog's own checks, and one it does not make: a choice that is none goes to the receiver as it stands. */
function wrongType(item: InputSchemaItem, value: unknown, templating: unknown): string | undefined {
  const isTemplate = typeof value === "string" && templating !== false && templating !== "liquid";
  const isRight: Record<string, [boolean, string]> = {
    string: [typeof value === "string", "must be a text"],
    number: [typeof value === "number", "must be a number"],
    boolean: [typeof value === "boolean" || isTemplate, "must be true, false or a Hog template"],
    dictionary: [isMap(value), "must be a map"],
    integration: [Number.isInteger(value), "must be the number of an integration"],
    integration_multi: [
      Array.isArray(value) && value.every(Number.isInteger),
      "must be a list of the numbers of integrations",
    ],
  };
  const [right, wanted] = isRight[String(item.type)] ?? [true, ""];
  return right ? undefined : wanted;
}

/** As Python has it: these skip PostHog's checks (contract §1.5). */
function isEmpty(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length === 0;
  return !value;
}
