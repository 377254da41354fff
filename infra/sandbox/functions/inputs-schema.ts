import { invalid, notInSandbox } from "../http/api-error.ts";
import {
  booleanField,
  choiceField,
  dictionaryField,
  type Json,
  listField,
  objectField,
  required,
  textField,
  textOf,
} from "../http/fields.ts";
import { type InputType, inputTypes } from "./input-types.ts";

/** One item of a function's `inputs_schema` as PostHog stores it (contract §1.5). */
export type InputSchema = Json & {
  key: string;
  type: InputType;
  required: boolean;
  secret: boolean;
  hidden: boolean;
  default?: unknown;
  templating?: boolean | "hog" | "liquid";
};

const types = Object.keys(inputTypes) as InputType[]; // its keys are exactly these

/** For PostHog's own tasks. */
const absentTypes = ["task_model", "task_repository", "task_mcp_installations"];

const texts = [
  "integration",
  "integration_key",
  "requires_field",
  "integration_field",
  "requiredScopes",
] as const;

/** Fills the defaults in and drops unknown keys without a word (contract §1.5). */
export function readInputsSchema(attr: string, value: unknown): InputSchema[] {
  return listField(attr, value).map((item, index) => readItem(`${attr}__${index}`, item));
}

function readItem(attr: string, value: unknown): InputSchema {
  const item = objectField(attr, value);
  if (absentTypes.some((type) => type === item.type)) throw notInSandbox(`inputs of type ${item.type}`);
  for (const key of ["type", "key"]) if (item[key] === undefined) throw required(`${attr}__${key}`);
  return {
    type: choiceField(`${attr}__type`, item.type, types),
    key: textField(`${attr}__key`, item.key),
    ...(item.label !== undefined && { label: textField(`${attr}__label`, item.label, { blank: true }) }),
    ...(item.choices !== undefined && { choices: readChoices(`${attr}__choices`, item.choices) }),
    ...(item.searchable !== undefined && {
      searchable: booleanField(`${attr}__searchable`, item.searchable),
    }),
    required: booleanField(`${attr}__required`, item.required ?? false),
    ...(item.default !== undefined && { default: item.default }),
    secret: booleanField(`${attr}__secret`, item.secret ?? false),
    hidden: booleanField(`${attr}__hidden`, item.hidden ?? false),
    ...(item.description !== undefined && {
      description: textField(`${attr}__description`, item.description),
    }),
    ...Object.fromEntries(
      texts
        .filter((key) => item[key] !== undefined)
        .map((key) => [key, textField(`${attr}__${key}`, item[key])]),
    ),
    ...(item.templating !== undefined && {
      templating: readTemplating(`${attr}__templating`, item.templating),
    }),
  };
}

function readChoices(attr: string, value: unknown): Json[] {
  return listField(attr, value).map((choice, index) => dictionaryField(`${attr}__${index}`, choice));
}

function readTemplating(attr: string, value: unknown): boolean | "hog" | "liquid" {
  if (value === true || value === false || value === "hog" || value === "liquid") return value;
  throw invalid(attr, `"${textOf(value)}" is not a valid choice.`, "invalid_choice");
}
