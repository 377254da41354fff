import type { HogCompiler } from "../../hog/compile.ts";
import type { FilterContext } from "../../hog/types.ts";
import { isManagedAlert } from "../events/internal-events.ts";
import { invalid, notInSandbox, stale } from "../http/api-error.ts";
import {
  booleanField,
  choiceField,
  dateTimeField,
  integerField,
  isEmpty,
  type Json,
  objectField,
  textField,
  textOf,
} from "../http/fields.ts";
import { type Masking, readMasking } from "../matching/masking.ts";
import type { HogTemplate, Templates } from "../templates/template-routes.ts";
import { type FiltersContext, readFilters } from "./filters.ts";
import { compileHog } from "./hog-code.ts";
import type { HogFunction, HogFunctionConfig } from "./hog-function.ts";
import { type Inputs, type InputsContext, readInputs } from "./inputs.ts";
import { type InputSchema, readInputsSchema } from "./inputs-schema.ts";
import { mappingsWithIntegrationKeys, withIntegrationKeys } from "./integration-keys.ts";
import { readMappings } from "./mappings.ts";

export type SerializerContext = {
  compiler: HogCompiler;
  templates: Templates;
  /** What filters refer to, compiled in at save time (contract §4.2). */
  project: FilterContext;
  unknownGlobals: "accept" | "refuse";
  /** A PostHog of before drafts, versions and signing. */
  isOld: boolean;
};

const types = [
  "destination",
  "site_destination",
  "internal_destination",
  "source_webhook",
  "warehouse_source_webhook",
  "site_app",
  "transformation",
  "transformation_log",
];

/**
 * The body of a POST, or (with `stored`) of a PATCH, checked and completed in PostHog's order; throws `ApiError` for
 * the first complaint. What a PATCH leaves out is taken from the stored row and checked again, except `mappings`,
 * which becomes null (contract §1.6).
 */
export function readHogFunction(
  body: unknown,
  stored: HogFunction | undefined,
  context: SerializerContext,
): HogFunctionConfig {
  const data = { ...objectField(null, body) };
  if (data.type === undefined) data.type = stored?.type ?? "destination";
  data.template_id = stored ? stored.template_id : data.template_id;
  for (const key of ["inputs_schema", "inputs", "filters"] as const) {
    if (data[key] === undefined) data[key] = stored?.[key];
    if ((!stored || key === "filters") && isEmpty(data[key])) data[key] = key === "inputs_schema" ? [] : {};
  }
  if (!stored && isEmpty(data.mappings)) data.mappings = null;
  if (context.isOld && data.mappings === undefined) data.mappings = stored?.mappings; // once they stayed (contract §1.6)
  const template = isEmpty(data.template_id) ? undefined : findTemplate(data.template_id, context.templates);
  if (!stored && template) takeFromTemplate(data, template);
  // the stored function comes first, as it may have been edited since
  data.inputs_schema = withIntegrationKeys(data.inputs_schema, stored?.inputs_schema);
  data.inputs_schema = withIntegrationKeys(data.inputs_schema, template?.inputs_schema);
  data.mappings = mappingsWithIntegrationKeys(data.mappings, stored?.mappings);
  const config = readFields(data, stored, context);
  return checkTogether(config, data, stored, template, context);
}

function findTemplate(id: unknown, templates: Templates): HogTemplate {
  const template = templates.get(textOf(id));
  if (!template) throw invalid("template_id", `No template found for id '${textOf(id)}'`);
  return template;
}

/** On create the template replaces what is falsy; its filters and masking are not copied (contract §1.12). */
function takeFromTemplate(data: Json, template: HogTemplate): void {
  if (template.status === "hidden") {
    const detail = `Template '${template.id}' is internal and cannot be used to create a function.`;
    throw invalid("template_id", detail);
  }
  const { code: hog, inputs_schema, icon_url, description, name } = template;
  for (const [key, value] of Object.entries({ hog, inputs_schema, icon_url, description, name })) {
    if (isEmpty(data[key])) data[key] = value;
  }
}

type Fields = Omit<HogFunctionConfig, "hog" | "bytecode"> & { hog: string | undefined };

/** Field by field, in the order in which PostHog names its first error. */
function readFields(data: Json, stored: HogFunction | undefined, context: SerializerContext): Fields {
  const type = readType(data.type, stored);
  const name = nullableText("name", data.name, stored?.name ?? null, { max: 400 });
  const description =
    data.description === undefined
      ? (stored?.description ?? "")
      : textField("description", data.description, { blank: true });
  const enabled = flag("enabled", data.enabled, stored?.enabled);
  const deleted = flag("deleted", data.deleted, stored?.deleted);
  const hog = data.hog === undefined ? stored?.hog : textField("hog", data.hog);
  const inputs_schema = readInputsSchema("inputs_schema", data.inputs_schema);
  const inputsContext: InputsContext = { ...context, secrets: stored?.secret_inputs ?? {} };
  const allInputs = readInputs("inputs", data.inputs, inputs_schema, inputsContext);
  const filtersContext: FiltersContext = {
    ...context,
    type,
    willBeEnabled: enabled && !deleted,
    hasMappings: data.mappings !== undefined && data.mappings !== null,
  };
  return {
    type,
    name,
    description,
    enabled,
    deleted,
    hog,
    inputs_schema,
    ...withSecretsApart(inputs_schema, allInputs),
    filters: readFilters("filters", data.filters, filtersContext),
    masking: readMaskingField(data.masking, stored, context.compiler),
    mappings: readMappings(data.mappings ?? null, inputsContext, { ...filtersContext, isOld: context.isOld }),
    icon_url: nullableText("icon_url", data.icon_url, stored?.icon_url ?? null, {}),
    template_id: isEmpty(data.template_id) ? null : textOf(data.template_id),
    execution_order: readExecutionOrder(data.execution_order, stored),
  };
}

/** What PostHog looks at when each field is well, in its order. */
function checkTogether(
  config: Fields,
  data: Json,
  stored: HogFunction | undefined,
  template: HogTemplate | undefined,
  context: SerializerContext,
): HogFunctionConfig {
  const base =
    data.base_updated_at === undefined ? undefined : dateTimeField("base_updated_at", data.base_updated_at);
  if (config.filters.events?.some(({ id }) => isManagedAlert(id))) {
    throw invalid("filters", "Alert notification destinations are managed through the alert API.");
  }
  if (template?.status === "hidden" && config.enabled && !config.deleted) {
    const detail =
      "This function was created from an internal template and can only be disabled or deleted, not kept enabled.";
    throw invalid("enabled", detail);
  }
  if (config.mappings && config.type !== "destination") {
    throw invalid("mappings", "Mappings are only allowed for destinations.");
  }
  const { hog } = config;
  if (hog === undefined) throw invalid("hog", "Required.");
  const bytecode = hog === stored?.hog ? stored.bytecode : compileHog(hog, template, context.compiler);
  if (stored && base !== undefined && !context.isOld) checkBase(base, stored);
  return { ...config, hog, bytecode };
}

function readType(value: unknown, stored: HogFunction | undefined): string {
  if (value === null) throw notInSandbox("functions without a type");
  const type = choiceField("type", value, types);
  if (type === "warehouse_source_webhook") {
    throw invalid("type", "Cannot create or modify warehouse source webhook functions via this API.");
  }
  if (stored && stored.type !== type) throw invalid("type", "Cannot modify the type of an existing function");
  if (type !== "destination" && type !== "internal_destination")
    throw notInSandbox(`functions of type ${type}`);
  return type;
}

function flag(attr: string, value: unknown, stored = false): boolean {
  return value === undefined ? stored : booleanField(attr, value);
}

function nullableText(
  attr: string,
  value: unknown,
  fallback: string | null,
  options: { max?: number },
): string | null {
  if (value === undefined) return fallback;
  return value === null ? null : textField(attr, value, { ...options, blank: true });
}

function readMaskingField(
  value: unknown,
  stored: HogFunction | undefined,
  compiler: HogCompiler,
): Masking | null {
  if (value === undefined) return stored?.masking ?? null;
  return value === null ? null : readMasking("masking", value, compiler);
}

function readExecutionOrder(value: unknown, stored: HogFunction | undefined): number | null {
  if (value === undefined) return stored?.execution_order ?? null;
  return value === null ? null : integerField("execution_order", value, { min: 0, max: 32_767 });
}

/** Optimistic locking (contract §1.4): refused when the row is newer than what the caller read. */
function checkBase(base: string, stored: HogFunction): void {
  if (Date.parse(stored.updated_at) > Date.parse(base)) throw stale();
}

function withSecretsApart(schema: InputSchema[], all: Inputs): { inputs: Inputs; secret_inputs: Inputs } {
  const isSecret = new Set(schema.filter((item) => item.secret).map((item) => item.key));
  const pick = (secret: boolean) =>
    Object.fromEntries(Object.entries(all).filter(([key]) => isSecret.has(key) === secret));
  return { inputs: pick(false), secret_inputs: pick(true) };
}
