import { isMap, valueAt } from "../path.ts";
import catalogue from "./template-catalogue.json" with { type: "json" };

/** What an item of an `inputs_schema` says of its input (contract §1.5). */
export type InputItem = {
  key: string;
  type: string;
  required?: boolean;
  secret?: boolean;
  default?: unknown;
  choices?: readonly unknown[];
  templating?: boolean | "hog" | "liquid";
};

type Catalogue = Readonly<Record<string, { name: string; inputs_schema: readonly InputItem[] }>>;

/** PostHog's common destination templates, as committed; `up` asks PostHog itself. */
const TEMPLATES: Catalogue = catalogue;

export const TEMPLATE_IDS = Object.keys(TEMPLATES);

/** `undefined` for a template that is not in the committed copy. */
export function templateSchema(id: string): readonly InputItem[] | undefined {
  return Object.hasOwn(TEMPLATES, id) ? TEMPLATES[id]?.inputs_schema : undefined;
}

/** The schema of a destination's inputs, by key; empty where it is not known. Takes any data. */
export function inputItems(file: unknown): Map<string, InputItem> {
  const id = valueAt(file, ["template", "id"]);
  const own = valueAt(file, ["hog", "inputs_schema"]);
  const schema =
    typeof id === "string" ? templateSchema(id) : Array.isArray(own) ? own.filter(isItem) : undefined;
  return new Map(schema?.map((item) => [item.key, item]));
}

function isItem(value: unknown): value is InputItem {
  return isMap(value) && typeof value.key === "string" && typeof value.type === "string";
}

const TEMPLATED = ["string", "boolean", "dictionary", "json", "email", "native_email"];

/** Whether PostHog compiles its value as a Hog template; numbers, choices and integrations are sent as they stand. */
export function isTemplated(item: InputItem | undefined): boolean {
  if (item === undefined) return true;
  return item.templating !== false && item.templating !== "liquid" && TEMPLATED.includes(item.type);
}

/** PostHog's own form of an input (contract §1.5), as it may stand in a file. */
export function isOwnForm(input: unknown): input is { value: unknown; templating?: unknown } {
  return (
    isMap(input) &&
    "value" in input &&
    Object.keys(input).every((key) => key === "value" || key === "templating")
  );
}

/** An input as written: its value, and its templating if it says so. */
export function unwrap(input: unknown): { value: unknown; templating?: unknown } {
  return isOwnForm(input) ? input : { value: input };
}

/** Whether a lowered input has PostHog's own form; a value that looks like it is put into it. */
export function isWrapped(input: unknown): input is { value: unknown; templating: unknown } {
  return isOwnForm(input) && "templating" in input;
}
