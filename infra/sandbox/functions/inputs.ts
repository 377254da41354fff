import type { HogCompiler } from "../../hog/compile.ts";
import { HogError } from "../../hog/hog-error.ts";
import { invalid, notInSandbox } from "../http/api-error.ts";
import { choiceField, dictionaryField, isEmpty, isObject, objectField, textsOf } from "../http/fields.ts";
import { shapeOf } from "./input-types.ts";
import type { InputSchema } from "./inputs-schema.ts";

/** An input as stored and read back (contract §1.5). */
export type Input = { value: unknown; templating?: string; bytecode?: unknown; order: number };
export type Inputs = Record<string, Input>;

export type InputsContext = {
  compiler: HogCompiler;
  /** What PostHog does with `{distinct_id}` in an input: save it, to fail at run time, or refuse it (contract §11.8). */
  unknownGlobals: "accept" | "refuse";
  /** Values already held for secret inputs. */
  secrets: Inputs;
};

/** What PostHog's own page shows in the place of a secret. */
export const damagedSecret = "********";
const globalNames = new Set([
  "event",
  "groups",
  "inputs",
  "person",
  "project",
  "request",
  "source",
  "unsubscribe_url",
  "variables",
]);

/** Goes through the schema, not the inputs: what the schema does not name is dropped (contract §1.5). */
export function readInputs(
  attr: string,
  value: unknown,
  schema: InputSchema[],
  context: InputsContext,
): Inputs {
  const given = dictionaryField(attr, value);
  const inputs: Inputs = {};
  const dependencies = new Map<string, string[]>();
  for (const item of schema) {
    const at = `${attr}__${item.key}`;
    const raw = withDefault(item, withSecret(at, item, given[item.key], context.secrets[item.key]));
    const input = readInput(at, item, raw);
    if (input === undefined) continue;
    if (isCompiled(item, input)) {
      const template = withoutDesign(item, input.value);
      input.bytecode = compile(at, template, context.compiler);
      dependencies.set(item.key, checkGlobals(at, template, context));
    }
    inputs[item.key] = input;
  }
  return inOrder(attr, inputs, dependencies);
}

/** Contract §1.7. A secret that was sent as `{ "secret": true }`, or not at all, is the one already held. */
function withSecret(at: string, item: InputSchema, value: unknown, held: Input | undefined): unknown {
  if (!item.secret) return value;
  const raw = isEmpty(value) ? {} : objectField(at, value);
  if (raw.secret) {
    if (held) return held;
    throw invalid(at, "No value is saved for this secret input. Enter the value again.");
  }
  if (raw.value === damagedSecret) {
    throw invalid(at, "This secret input was not updated correctly. Enter the value again.");
  }
  return isEmpty(raw) ? held : raw;
}

/** Only a required input gets its default; any other stays absent, at save and at run time (contract §1.5). */
function withDefault(item: InputSchema, raw: unknown): unknown {
  const isDefaulted = isEmpty(raw) && item.required && item.default !== undefined && item.default !== null;
  return isDefaulted ? { value: item.default } : raw;
}

function readInput(at: string, item: InputSchema, value: unknown): Input | undefined {
  const raw = isEmpty(value) ? {} : objectField(at, value);
  if (raw.value === null) throw invalid(`${at}__value`, "This field may not be null.", "null");
  const templating = readTemplating(at, item, raw.templating);
  if (item.required && (raw.value === undefined || raw.value === ""))
    throw invalid(at, "This field is required.");
  if (raw.value === undefined) return undefined;
  const { complaint } = shapeOf(item.type);
  const wrong = isEmpty(raw.value)
    ? undefined
    : complaint?.(raw.value, item.templating === false ? false : templating);
  if (wrong) throw invalid(at, wrong);
  refuseBareHtml(item, raw.value);
  return { value: raw.value, ...(templating && { templating }), order: 0 };
}

function readTemplating(at: string, item: InputSchema, own: unknown): string | undefined {
  if (item.templating === false) return undefined;
  if (item.templating === true) return "hog";
  if (item.templating) return item.templating;
  return own === undefined ? undefined : choiceField(`${at}__templating`, own, ["hog", "liquid"]);
}

/** PostHog writes a design around the HTML of an email that has none. */
function refuseBareHtml({ type }: InputSchema, value: unknown): void {
  const isEmail = type === "email" || type === "native_email";
  if (isEmail && isObject(value) && value.html && !value.design) {
    throw notInSandbox("the design of an email that comes as HTML only");
  }
}

/** An empty value has nothing to compile, and Liquid is not looked at. */
function isCompiled(item: InputSchema, input: Input): boolean {
  const isTemplate = shapeOf(item.type).isTemplate === true;
  return isTemplate && item.templating !== false && input.templating !== "liquid" && !isEmpty(input.value);
}

function withoutDesign({ type }: InputSchema, value: unknown): unknown {
  if ((type !== "email" && type !== "native_email") || !isObject(value)) return value;
  const { design: _, ...rest } = value;
  return rest;
}

function compile(at: string, value: unknown, compiler: HogCompiler): unknown {
  try {
    return compiler.templateTree(value);
  } catch (error) {
    if (!(error instanceof HogError)) throw error;
    if (textsOf(value).some((text) => text.includes("{{"))) {
      throw invalid(
        at,
        "Invalid template: Hog templates take single braces, as in {event.event}, not {{ }}.",
      );
    }
    if (error.kind === "unsupported") throw notInSandbox(`the Hog of this template: ${error.message}`);
    throw invalid(at, `Invalid template: ${error.message}`);
  }
}

/** The inputs that the templates in `value` read, as `{inputs.other}`. */
function checkGlobals(at: string, value: unknown, context: InputsContext): string[] {
  const globals = textsOf(value).flatMap((text) => context.compiler.globals(text));
  const unknown = globals.find((global) => !globalNames.has(global.name));
  if (unknown && context.unknownGlobals === "refuse") {
    throw invalid(at, `Variable not available in inputs: ${unknown.name}`);
  }
  return globals.flatMap(({ name, path }) => (name === "inputs" && path[0] !== undefined ? [path[0]] : []));
}

/** An input comes after those it reads; `order` and the order of the keys say so. */
function inOrder(attr: string, inputs: Inputs, dependencies: Map<string, string[]>): Inputs {
  const sorted: Inputs = {};
  let waiting = Object.keys(inputs);
  while (waiting.length > 0) {
    const ready = waiting.filter((key) =>
      (dependencies.get(key) ?? []).every((other) => !(other in inputs) || other in sorted),
    );
    if (ready.length === 0) throw invalid(attr, "Circular dependency detected in input_deps.");
    for (const key of ready) {
      const input = inputs[key];
      if (input) sorted[key] = { ...input, order: Object.keys(sorted).length };
    }
    waiting = waiting.filter((key) => !(key in sorted));
  }
  return sorted;
}
