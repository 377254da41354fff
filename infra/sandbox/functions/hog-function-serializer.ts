import type { HogCompiler } from "../../hog/compile.ts";
import { HogError } from "../../hog/hog-error.ts";
import type { Bytecode, FilterContext } from "../../hog/types.ts";
import { isManagedAlert } from "../events/internal-events.ts";
import { invalid, notInSandbox, stale } from "../http/api-error.ts";
import {
  booleanField,
  choiceField,
  dateTimeField,
  integerField,
  isEmpty,
  type Json,
  listField,
  objectField,
  textField,
} from "../http/fields.ts";
import { readMasking } from "../runtime/masking.ts";
import type { Templates } from "../templates/template-routes.ts";
import { type FiltersContext, readFilters } from "./filters.ts";
import type { HogFunction, HogFunctionConfig, Mapping } from "./hog-function.ts";
import { type Inputs, type InputsContext, readInputs } from "./inputs.ts";
import { type InputSchema, readInputsSchema } from "./inputs-schema.ts";

export type SerializerContext = {
  compiler: HogCompiler;
  templates: Templates;
  /** What filters refer to, compiled in at save time (contract §4.2). */
  project: FilterContext;
  unknownGlobals: "accept" | "refuse";
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
const maxHogBytes = 100 * 1024;

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
  data.type ??= stored?.type ?? "destination";
  data.template_id = stored ? stored.template_id : data.template_id;
  for (const key of ["inputs_schema", "inputs", "filters"] as const) {
    if (data[key] === undefined) data[key] = stored?.[key];
    if (!stored && isEmpty(data[key])) data[key] = key === "inputs_schema" ? [] : {};
  }
  fromTemplate(data, stored === undefined, context.templates);
  return checked(data, stored, context);
}

/** On create the template replaces what is falsy; its filters and masking are not copied (contract §1.12). */
function fromTemplate(data: Json, isCreate: boolean, templates: Templates): void {
  if (isEmpty(data.template_id)) return;
  const template = templates.get(String(data.template_id));
  if (!template) throw invalid("template_id", `No template found for id '${data.template_id}'`);
  if (!isCreate) return;
  if (template.status === "hidden") {
    const detail = `Template '${template.id}' is internal and cannot be used to create a function.`;
    throw invalid("template_id", detail);
  }
  const { code: hog, inputs_schema, icon_url, description, name } = template;
  for (const [key, value] of Object.entries({ hog, inputs_schema, icon_url, description, name })) {
    if (isEmpty(data[key])) data[key] = value;
  }
}

/** Field by field, in the order in which PostHog names its first error. */
function checked(data: Json, stored: HogFunction | undefined, context: SerializerContext): HogFunctionConfig {
  const type = readType(data.type, stored);
  const name = nullableText("name", data.name, stored?.name ?? null, { max: 400 });
  const description = nullableText("description", data.description, stored ? stored.description : "", {
    blank: true,
  });
  const enabled =
    data.enabled === undefined ? (stored?.enabled ?? false) : booleanField("enabled", data.enabled);
  const deleted =
    data.deleted === undefined ? (stored?.deleted ?? false) : booleanField("deleted", data.deleted);
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
  const filters = readFilters("filters", data.filters, filtersContext);
  const masking =
    data.masking === undefined
      ? (stored?.masking ?? null)
      : data.masking === null
        ? null
        : readMasking("masking", data.masking, context.compiler);
  const mappings = readMappings(data.mappings ?? null, inputsContext, filtersContext);
  const icon_url = nullableText("icon_url", data.icon_url, stored?.icon_url ?? null, { blank: true });
  const execution_order = readExecutionOrder(data.execution_order, stored);
  if (filters.events?.some(({ id }) => isManagedAlert(id))) {
    throw invalid("filters", "Alert notification destinations are managed through the alert API.");
  }
  if (stored && data.base_updated_at !== undefined) checkBase(data.base_updated_at, stored);
  if (hog === undefined) throw invalid("hog", "Required.");
  return {
    type,
    name,
    description,
    enabled,
    deleted,
    hog,
    bytecode: hog === stored?.hog ? stored.bytecode : compileHog(hog, context.compiler),
    inputs_schema,
    ...withSecretsApart(inputs_schema, allInputs),
    filters,
    masking,
    mappings,
    icon_url,
    template_id: isEmpty(data.template_id) ? null : String(data.template_id),
    execution_order,
  };
}

function readType(value: unknown, stored: HogFunction | undefined): string {
  const type = choiceField("type", value, types);
  if (type === "warehouse_source_webhook") {
    throw invalid("type", "Cannot create or modify warehouse source webhook functions via this API.");
  }
  if (stored && stored.type !== type) throw invalid("type", "Cannot modify the type of an existing function");
  if (!type.endsWith("destination") || type === "site_destination")
    throw notInSandbox(`functions of type ${type}`);
  return type;
}

function nullableText(
  attr: string,
  value: unknown,
  fallback: string | null,
  options: { max?: number; blank?: boolean },
): string | null {
  if (value === undefined) return fallback;
  return value === null ? null : textField(attr, value, options);
}

function readExecutionOrder(value: unknown, stored: HogFunction | undefined): number | null {
  if (value === undefined) return stored?.execution_order ?? null;
  return value === null ? null : integerField("execution_order", value, { min: 0, max: 32_767 });
}

/** Mappings have no place for secrets: what is in them stays readable (contract §1.7, §1.10). */
function readMappings(value: unknown, inputs: InputsContext, filters: FiltersContext): Mapping[] | null {
  if (value === null) return null;
  const mappings = listField("mappings", value).map((item, index) => {
    const at = `mappings__${index}`;
    const raw = objectField(at, item);
    const schema =
      raw.inputs_schema === undefined
        ? undefined
        : readInputsSchema(`${at}__inputs_schema`, raw.inputs_schema);
    return {
      ...(raw.name !== undefined && { name: textField(`${at}__name`, raw.name) }),
      ...(schema && { inputs_schema: schema }),
      ...(raw.inputs !== undefined && {
        inputs: readInputs(`${at}__inputs`, raw.inputs, schema ?? [], { ...inputs, secrets: {} }),
      }),
      ...(raw.filters !== undefined && {
        filters: readFilters(`${at}__filters`, raw.filters, { ...filters, hasMappings: false }),
      }),
    };
  });
  if (filters.type !== "destination")
    throw invalid("mappings", "Mappings are only allowed for destinations.");
  return mappings;
}

/** Optimistic locking (contract §1.4): refused when the row is newer than what the caller read. */
function checkBase(value: unknown, stored: HogFunction): void {
  const base = dateTimeField("base_updated_at", value);
  if (Date.parse(stored.updated_at) > Date.parse(base)) throw stale();
}

function compileHog(hog: string, compiler: HogCompiler): Bytecode {
  if (Buffer.byteLength(hog) > maxHogBytes) {
    const detail =
      "HOG code exceeds maximum size of 100KB. Please simplify your code or contact support if you need this limit increased.";
    throw invalid("hog", detail);
  }
  try {
    return compiler.program(hog);
  } catch (error) {
    if (!(error instanceof HogError)) throw error;
    if (error.kind === "unsupported") throw notInSandbox(`the Hog of this function: ${error.message}`);
    throw invalid("hog", "Hog code has errors."); // PostHog gives no position (contract §1.4)
  }
}

function withSecretsApart(schema: InputSchema[], all: Inputs): { inputs: Inputs; secret_inputs: Inputs } {
  const isSecret = new Set(schema.filter((item) => item.secret).map((item) => item.key));
  const pick = (secret: boolean) =>
    Object.fromEntries(Object.entries(all).filter(([key]) => isSecret.has(key) === secret));
  return { inputs: pick(false), secret_inputs: pick(true) };
}
