import { isObject, type Json } from "../http/fields.ts";
import type { SampleEvent } from "./receiver-view.ts";

/** What was typed, as text. */
export type SendForm = Record<"event" | "distinctId" | "properties" | "person" | "groups", string>;
export type FieldErrors = Partial<Record<keyof SendForm, string>>;
/** Bodies of capture, to be sent in this order; the last is the event itself. */
export type Captures = Json[];

export const emptyForm: SendForm = {
  event: "",
  distinctId: "user-1",
  properties: "{}",
  person: "{}",
  groups: "{}",
};

/** One of each, for hints and for what is wrong. */
export const examples = {
  properties: '{"plan": "pro"}',
  person: '{"email": "ada@example.com"}',
  groups: '{"company": "acme"}',
};

export function readForm(form: Record<string, unknown>): SendForm {
  const text = (key: keyof SendForm) => (typeof form[key] === "string" ? form[key] : "");
  return {
    event: text("event").trim(),
    distinctId: text("distinctId").trim(),
    properties: text("properties"),
    person: text("person"),
    groups: text("groups"),
  };
}

/** The events that say what the form says: a group's properties have an event of their own, as in PostHog. */
export function toCaptures(form: SendForm, uuid: string): { captures: Captures } | { errors: FieldErrors } {
  const errors: FieldErrors = {};
  if (form.event === "") errors.event = "Give the event a name, such as user_signed_up.";
  if (form.distinctId === "") errors.distinctId = "Say whose event it is, such as user-1.";
  const properties = objectOf(form, "properties", errors);
  const person = objectOf(form, "person", errors);
  const groups = Object.entries(objectOf(form, "groups", errors)).map(([type, given]) =>
    readGroup(type, given),
  );
  const wrong = groups.find(({ key }) => key === undefined);
  if (wrong)
    errors.groups = `Give ${wrong.type} a key: {"${wrong.type}": "acme"}, or {"${wrong.type}": {"id": "acme", "properties": {}}}.`;
  if (Object.keys(errors).length > 0) return { errors };

  const distinct_id = form.distinctId;
  const keys = Object.fromEntries(groups.map(({ type, key }) => [type, key]));
  const identify = groups
    .filter((group) => group.properties)
    .map(({ type, key, properties: set }) => ({
      event: "$groupidentify",
      distinct_id,
      properties: { $group_type: type, $group_key: key, $group_set: set },
    }));
  const event = {
    event: form.event,
    distinct_id,
    uuid,
    properties: {
      ...properties,
      ...(Object.keys(person).length > 0 && { $set: person }),
      ...(groups.length > 0 && { $groups: keys }),
    },
  };
  return { captures: [...identify, event] };
}

/** The form that would send this event again. */
export function fromEvent(
  event: string,
  distinctId: string,
  stored: { properties: unknown; groups: unknown[] },
): SendForm {
  const {
    $set: person = {},
    $groups: groups = {},
    ...properties
  } = isObject(stored.properties) ? stored.properties : {};
  return { event, distinctId, properties: text(properties), person: text(person), groups: text(groups) };
}

export function fromSample({
  event,
  distinctId = "user-1",
  properties,
  person,
  groups,
}: SampleEvent): SendForm {
  return { event, distinctId, properties: text(properties), person: text(person), groups: text(groups) };
}

/** What people write who know YAML or JavaScript, in words; an engine's own message names positions and tokens. */
function whatIsWrong(json: string): string {
  if (!/^\s*\{/.test(json)) return "it must stand in braces";
  if (/[{,]\s*'|:\s*'/.test(json)) return "quotes must be double ones";
  if (/[{,]\s*[\w$]+\s*:/.test(json)) return "names and texts need double quotes";
  if (/:\s*(?!true\b|false\b|null\b)[a-z_$]/i.test(json)) return "texts need double quotes";
  if (/,\s*[}\]]/.test(json)) return "there is a comma after the last value";
  return "a quote, colon, comma or brace is missing or too much";
}

function objectOf(form: SendForm, field: "properties" | "person" | "groups", errors: FieldErrors): Json {
  if (form[field].trim() === "") return {};
  try {
    const value: unknown = JSON.parse(form[field]);
    if (isObject(value)) return value;
    errors[field] = `This must be a JSON object, e.g. ${examples[field]}.`;
  } catch {
    errors[field] = `Not JSON: ${whatIsWrong(form[field])}, e.g. ${examples[field]}.`;
  }
  return {};
}

/** `"acme"`, or its key with its properties as samples say them. */
function readGroup(
  type: string,
  given: unknown,
): { type: string; key: string | undefined; properties?: Json } {
  if (typeof given === "string" || typeof given === "number") return { type, key: String(given) };
  if (!isObject(given) || typeof given.id !== "string") return { type, key: undefined };
  return { type, key: given.id, ...(isObject(given.properties) && { properties: given.properties }) };
}

function text(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
