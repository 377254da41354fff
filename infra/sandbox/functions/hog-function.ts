import { isDeepStrictEqual } from "node:util";
import type { Bytecode } from "../../hog/types.ts";
import type { Json } from "../http/fields.ts";
import type { Masking } from "../matching/masking.ts";
import type { User } from "../project/users.ts";
import type { HogTemplate } from "../templates/template-routes.ts";
import type { Filters } from "./filters.ts";
import type { Input, Inputs } from "./inputs.ts";
import type { InputSchema } from "./inputs-schema.ts";
import type { Mapping } from "./mappings.ts";

/** What a write decides. */
export type HogFunctionConfig = {
  type: string;
  name: string | null;
  description: string | null;
  enabled: boolean;
  deleted: boolean;
  hog: string;
  bytecode: Bytecode;
  inputs_schema: InputSchema[];
  inputs: Inputs;
  /** Never read back (contract §1.7). */
  secret_inputs: Inputs;
  filters: Filters;
  masking: Masking | null;
  mappings: Mapping[] | null;
  icon_url: string | null;
  template_id: string | null;
  execution_order: number | null;
};

/** A stored function; times are ISO 8601. */
export type HogFunction = HogFunctionConfig & {
  id: string;
  version: number;
  created_at: string;
  updated_at: string;
  created_by: User | null;
};

/** What a function is shown with; an old PostHog knows no drafts and versions. */
type Shown = {
  template: HogTemplate | undefined;
  status: { state: number; tokens: number };
  isOld: boolean;
};

/** A row of the list: no inputs, schema, masking, mappings, version or bytecode (contract §1.3). */
export function summary(fn: HogFunction, { template, status, isOld }: Shown) {
  return {
    id: fn.id,
    type: fn.type,
    name: fn.name,
    description: fn.description,
    created_at: fn.created_at,
    created_by: fn.created_by,
    updated_at: fn.updated_at,
    enabled: fn.enabled,
    hog: fn.hog,
    filters: fn.filters,
    icon_url: fn.icon_url,
    template: template ?? null,
    status,
    execution_order: fn.execution_order,
    ...(!isOld && { draft_updated_at: null }),
  };
}

/** The whole function as GET, POST and PATCH answer it (contract §1.4). */
export function representation(fn: HogFunction, shown: Shown) {
  return {
    ...summary(fn, shown),
    bytecode: fn.bytecode,
    transpiled: null,
    inputs_schema: fn.inputs_schema,
    inputs: shownInputs(fn),
    masking: fn.masking,
    mappings: fn.mappings,
    ...(!shown.isOld && { batch_export_id: null, version: fn.version, draft: null }),
  };
}

/** What the activity log tells apart, by the names that it uses. */
export function tracked(fn: HogFunction): Json {
  const {
    name,
    description,
    deleted,
    enabled,
    type,
    hog,
    inputs_schema,
    inputs,
    filters,
    mappings,
    masking,
  } = fn;
  return {
    ...{ name, description, deleted, enabled, type, hog, inputs_schema, inputs, filters, mappings, masking },
    encrypted_inputs: fn.secret_inputs,
    template_id: fn.template_id,
    priority: fn.execution_order,
  };
}

/**
 * A secret shows that it is there, an input without a value shows as null: `move_secret_inputs` gives each item of the
 * schema its place (contract §1.7).
 */
function shownInputs({ inputs_schema, inputs, secret_inputs }: HogFunction) {
  const missing = inputs_schema.filter(({ key, secret }) => !secret && !(key in inputs));
  return {
    ...inputs,
    ...Object.fromEntries(missing.map(({ key }) => [key, null])),
    ...Object.fromEntries(Object.keys(secret_inputs).map((key) => [key, { secret: true }])),
  };
}

/** True when the live configuration differs; what the server derives from it does not count (contract §1.14). */
export function isNewVersion(before: HogFunctionConfig, after: HogFunctionConfig): boolean {
  return !isDeepStrictEqual(comparable(before), comparable(after));
}

function comparable(fn: HogFunctionConfig) {
  return {
    hog: fn.hog,
    inputs_schema: fn.inputs_schema,
    inputs: withoutDerived(fn.inputs),
    secret_inputs: withoutDerived(fn.secret_inputs),
    filters: { ...fn.filters, bytecode: undefined, bytecode_error: undefined },
    masking: { ...fn.masking, bytecode: undefined },
    mappings: fn.mappings?.map((mapping) => ({
      ...mapping,
      inputs: withoutDerived(mapping.inputs ?? {}),
      filters: { ...mapping.filters, bytecode: undefined, bytecode_error: undefined },
    })),
  };
}

function withoutDerived(inputs: Inputs) {
  const plain = ({ value, templating }: Input) => ({ value, templating });
  return Object.fromEntries(Object.entries(inputs).map(([key, input]) => [key, plain(input)]));
}
