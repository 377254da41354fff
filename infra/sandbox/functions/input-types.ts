import { isObject, type Json } from "../http/fields.ts";

type Shape = {
  /** What is wrong with a value that is not empty. */
  complaint?: (value: unknown, templating: string | boolean | undefined) => string | undefined;
  /** Its texts are Hog templates; numbers, choices and integrations are sent as they stand. */
  isTemplate?: true;
};

const dictionary: Shape = {
  complaint: (value) => (isObject(value) ? undefined : "Value must be a dictionary."),
  isTemplate: true,
};
const email: Shape = { complaint: wrongEmail, isTemplate: true };

/** The types of inputs, and what PostHog asks of their values (contract §1.5); what is not asked here is asked nowhere. */
export const inputTypes = {
  string: {
    complaint: (value) => (typeof value === "string" ? undefined : "Value must be a string."),
    isTemplate: true,
  },
  // a boolean is a number in Python
  number: { complaint: (value) => (isNumber(value) ? undefined : "Value must be a number.") },
  boolean: { complaint: wrongBoolean, isTemplate: true },
  dictionary,
  choice: {},
  json: { isTemplate: true },
  integration: { complaint: (value) => (isInteger(value) ? undefined : "Value must be an Integration ID.") },
  integration_multi: {
    complaint: (value) =>
      Array.isArray(value) && value.every(Number.isInteger)
        ? undefined
        : "Value must be a list of Integration IDs.",
  },
  integration_field: {},
  email,
  native_email: email,
  posthog_assignee: {},
  posthog_ticket_tags: { isTemplate: true },
  posthog_business_hours: {},
  non_failure_status_codes: { complaint: wrongStatusCodes },
  customer_analytics_account_properties: dictionary,
  customer_analytics_account_relationships: dictionary,
} satisfies Record<string, Shape>;

export type InputType = keyof typeof inputTypes;

export function shapeOf(type: InputType): Shape {
  return inputTypes[type];
}

function isNumber(value: unknown): boolean {
  return typeof value === "number" || typeof value === "boolean";
}

function isInteger(value: unknown): boolean {
  return Number.isInteger(value) || typeof value === "boolean";
}

function wrongBoolean(value: unknown, templating: string | boolean | undefined): string | undefined {
  if (typeof value === "boolean") return undefined;
  if (templating === false) return "Value must be a boolean.";
  if (typeof value !== "string") return "Value must be a boolean or a template string.";
  return templating === "liquid"
    ? "Liquid templating is not supported for boolean fields. Use Hog templating instead."
    : undefined;
}

function wrongStatusCodes(value: unknown): string | undefined {
  if (!Array.isArray(value)) return "Value must be a list of status codes.";
  for (const entry of value) {
    if (typeof entry === "string") {
      if (!/^[45]xx$/i.test(entry)) return "Wildcards must be '4xx' or '5xx'.";
    } else if (!Number.isInteger(entry)) {
      return "Entries must be integers between 400 and 599 or wildcards '4xx' or '5xx'.";
    } else if (entry < 400 || entry > 599) {
      return "Status code numbers must be between 400 and 599.";
    }
  }
  return undefined;
}

/** All that is missing at once. */
function wrongEmail(value: unknown): string | undefined {
  if (!isObject(value)) return "Value must be an email object.";
  const missing = ["from", "to", "subject"].filter((key) => !value[key]).map((key) => `'${key}'`);
  if (!value.text && !value.html) missing.push("either 'text' or 'html'");
  if (missing.length > 0) return `Missing ${plural("value", missing)} for ${missing.join(", ")}.`;
  const from: Json = isObject(value.from) ? value.from : {};
  const wrong = ["email", "name"]
    .filter((key) => (from[key] ?? null) !== null && typeof from[key] !== "string")
    .map((key) => `'from.${key}'`);
  return wrong.length > 0 ? `Expected string ${plural("value", wrong)} for ${wrong.join(", ")}.` : undefined;
}

function plural(word: string, { length }: unknown[]): string {
  return length === 1 ? word : `${word}s`;
}
