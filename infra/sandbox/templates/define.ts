import type { InputType } from "../functions/input-types.ts";
import type { InputSchema } from "../functions/inputs-schema.ts";
import type { HogTemplate } from "./template-routes.ts";

type Definition = Pick<HogTemplate, "id" | "name" | "description" | "category" | "code" | "inputs_schema"> &
  Partial<Pick<HogTemplate, "status" | "free" | "filters" | "icon_url">>;

/** A destination's template; the code is ours and does what PostHog's does (contract §2). */
export function destination(definition: Definition): HogTemplate {
  const { code, ...rest } = definition;
  return {
    type: "destination",
    status: "stable",
    free: false,
    icon_url: `/static/services/${definition.id.replace("template-", "")}.png`,
    code_language: "hog",
    code: code.trim(),
    filters: null,
    masking: null,
    mapping_templates: null,
    ...rest,
  };
}

/** One input; key, type, flags and default are PostHog's, the label is ours. */
export function input(
  key: string,
  type: InputType,
  label: string,
  rest: Partial<InputSchema> = {},
): InputSchema {
  return { key, type, label, required: false, secret: false, hidden: false, ...rest };
}

export function choices(...values: string[]): Pick<InputSchema, "choices"> {
  return { choices: values.map((value) => ({ label: value, value })) };
}

/** What a contact's template proposes to the UI: the server copies it nowhere (contract §1.12). */
export function onEvents(...names: string[]): NonNullable<HogTemplate["filters"]> {
  const events = names.map((name, order) => ({ id: name, name, type: "events", order }));
  return { events, actions: [], filter_test_accounts: true };
}

export const required = { required: true };
export const secret = { required: true, secret: true };
export const personEmail = { required: true, default: "{person.properties.email}" };
/** Required with a default: PostHog fills it in when it is left out (contract §1.5). */
export const off = { required: true, default: false };
