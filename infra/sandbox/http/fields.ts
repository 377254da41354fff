import { invalid } from "./api-error.ts";

// The fields of Django REST framework, in whose words PostHog complains (contract §1.13).

export type Json = Record<string, unknown>;

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Falsy as Python has it: also `[]` and `{}`. */
export function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) ? Object.keys(value).length === 0 : !value;
}

/** Every text in a tree. */
export function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

/** Any value as a text: `String` would call a `toString` that came with an object. */
export function textOf(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** A nested serializer. */
export function objectField(attr: string | null, value: unknown): Json {
  if (value === null && attr !== null) throw notNull(attr);
  if (isObject(value)) return value;
  const at = attr === null ? null : `${attr}__non_field_errors`;
  throw invalid(at, `Invalid data. Expected a dictionary, but got ${pythonType(value)}.`);
}

export function listField(attr: string, value: unknown): unknown[] {
  if (value === null) throw notNull(attr);
  if (Array.isArray(value)) return value;
  throw invalid(attr, `Expected a list of items but got type "${pythonType(value)}".`, "not_a_list");
}

export function dictionaryField(attr: string, value: unknown): Json {
  if (value === null) throw notNull(attr);
  if (isObject(value)) return value;
  throw invalid(attr, `Expected a dictionary of items but got type "${pythonType(value)}".`, "not_a_dict");
}

/** Trims unless told not to; numbers become text. */
export function textField(
  attr: string,
  value: unknown,
  options: { max?: number; blank?: boolean; trim?: boolean } = {},
): string {
  if (value === null) throw notNull(attr);
  if (typeof value !== "string" && typeof value !== "number") throw invalid(attr, "Not a valid string.");
  const text = options.trim === false ? String(value) : String(value).trim();
  if (text === "" && !options.blank) throw invalid(attr, "This field may not be blank.", "blank");
  if (options.max !== undefined && text.length > options.max) {
    throw invalid(attr, `Ensure this field has no more than ${options.max} characters.`, "max_length");
  }
  return text;
}

export function booleanField(attr: string, value: unknown): boolean {
  if (value === null) throw notNull(attr);
  const word = textOf(value).toLowerCase();
  if (["true", "t", "1", "yes", "y", "on"].includes(word)) return true;
  if (["false", "f", "0", "no", "n", "off"].includes(word)) return false;
  throw invalid(attr, "Must be a valid boolean.");
}

export function integerField(
  attr: string,
  value: unknown,
  limits: { min?: number; max?: number } = {},
): number {
  if (value === null) throw notNull(attr);
  const isNumeric = typeof value === "number" || (typeof value === "string" && value.trim() !== "");
  const number = isNumeric ? Number(value) : Number.NaN;
  if (!Number.isInteger(number)) throw invalid(attr, "A valid integer is required.");
  if (limits.min !== undefined && number < limits.min) {
    throw invalid(attr, `Ensure this value is greater than or equal to ${limits.min}.`, "min_value");
  }
  if (limits.max !== undefined && number > limits.max) {
    throw invalid(attr, `Ensure this value is less than or equal to ${limits.max}.`, "max_value");
  }
  return number;
}

export function choiceField<Choice extends string>(
  attr: string,
  value: unknown,
  choices: readonly Choice[],
): Choice {
  if (value === null) throw notNull(attr);
  const choice = choices.find((one) => one === value);
  if (choice !== undefined) return choice;
  throw invalid(attr, `"${textOf(value)}" is not a valid choice.`, "invalid_choice");
}

/** ISO 8601, in UTC. */
export function dateTimeField(attr: string, value: unknown): string {
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  if (!Number.isNaN(time)) return new Date(time).toISOString();
  const formats = "YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]";
  throw invalid(attr, `Datetime has wrong format. Use one of these formats instead: ${formats}.`);
}

export function required(attr: string): Error {
  return invalid(attr, "This field is required.", "required");
}

function notNull(attr: string): Error {
  return invalid(attr, "This field may not be null.", "null");
}

function pythonType(value: unknown): string {
  if (value === null || value === undefined) return "NoneType";
  if (Array.isArray(value)) return "list";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float";
  return { string: "str", boolean: "bool" }[typeof value as string] ?? "dict";
}
