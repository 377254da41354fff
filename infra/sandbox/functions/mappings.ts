import { invalid } from "../http/api-error.ts";
import { listField, objectField, textField } from "../http/fields.ts";
import type { Filters } from "./filters.ts";
import { type FiltersContext, readFilters } from "./filters.ts";
import { type Inputs, type InputsContext, readInputs } from "./inputs.ts";
import { type InputSchema, readInputsSchema } from "./inputs-schema.ts";

export type Mapping = { name?: string; inputs_schema?: InputSchema[]; inputs?: Inputs; filters?: Filters };

/** Contract §1.10. Mappings have no place for secrets: an old PostHog keeps them readable, today's refuses them (§1.7). */
export function readMappings(
  value: unknown,
  inputs: InputsContext,
  filters: FiltersContext & { isOld: boolean },
): Mapping[] | null {
  if (value === null) return null;
  return listField("mappings", value).map((item, index) => {
    const at = `mappings__${index}`;
    const raw = objectField(at, item);
    const schema =
      raw.inputs_schema === undefined
        ? undefined
        : readInputsSchema(`${at}__inputs_schema`, raw.inputs_schema);
    // PostHog's own words and place are not known to us
    if (!filters.isOld && schema?.some(({ secret }) => secret)) {
      throw invalid(`${at}__inputs_schema`, "Secret inputs are not supported in mappings.");
    }
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
}
