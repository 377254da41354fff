import { isObject, type Json } from "../http/fields.ts";

const keys = ["integration", "integration_key", "integration_field", "requires_field", "requiredScopes"];

/**
 * `schema` with what binds its items to integrations filled in again from `reference` where it was left out: a client
 * that does not know these keys would unbind them (contract §1.6). Both are as they came, or as they are stored.
 */
export function withIntegrationKeys(schema: unknown, reference: unknown): unknown {
  if (!Array.isArray(schema) || !Array.isArray(reference)) return schema;
  return schema.map((item: unknown) => {
    const known = isObject(item) && reference.find((one) => isObject(one) && one.key === item.key);
    if (!known || known.type !== item.type) return item;
    return { ...pick(known), ...item };
  });
}

/** The same in each mapping, which its name finds again. */
export function mappingsWithIntegrationKeys(mappings: unknown, reference: unknown): unknown {
  if (!Array.isArray(mappings) || !Array.isArray(reference)) return mappings;
  return mappings.map((mapping: unknown) => {
    if (!isObject(mapping) || !mapping.name || mapping.inputs_schema === undefined) return mapping;
    const known = reference.find((one) => isObject(one) && one.name === mapping.name);
    return { ...mapping, inputs_schema: withIntegrationKeys(mapping.inputs_schema, known?.inputs_schema) };
  });
}

function pick(item: Json): Json {
  return Object.fromEntries(keys.filter((key) => key in item).map((key) => [key, item[key]]));
}
