import { isMap } from "./path.ts";

/** A JSON Schema, as far as it is looked into here. */
export type JsonSchema = {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  pattern?: string;
  title?: string;
  description?: string;
  examples?: unknown[];
  definitions?: Record<string, JsonSchema>;
  [keyword: string]: unknown;
};

/** `${config:key}` and `${secret:key}`: alone in a value they stand for whatever the place takes (design §3). */
export const REFERENCE = {
  title: "a value of the stack's configuration",
  type: ["string"], // a list of one: then yaml-language-server does not say that `boolean | string` was expected
  pattern: String.raw`^\$\{(config|secret):[^{}]*\}$`,
} satisfies JsonSchema;
export const REFERENCE_POINTER = "#/definitions/reference";
export const A_REFERENCE = `\${config:key}`;

/**
 * zod's unions of unions, in the form that editors explain best: one choice of map, list, single value, word and, where
 * references are resolved, a reference. The keywords of an only map or list stand beside the choice:
 * yaml-language-server proposes `filters:` with room for its keys only where it sees them at once.
 */
export function tidySchema(schema: JsonSchema, withReferences: boolean): JsonSchema {
  const { description, examples, ...shape } = schema;
  const annotations = { ...(description && { description }), ...(examples && { examples }) };
  const options = optionsOf(shape).map((option) =>
    mapInside(option, (inner) => tidySchema(inner, withReferences)),
  );
  if (options.some(takesAnything)) return annotations;

  const { map = [], list = [], single = [], word = [], nothing } = Object.groupBy(options, kindOf);
  const types = [...map, ...list, ...single].map(({ type }) => type);
  if (new Set(types).size < types.length) throw new Error(`two forms of the same type: ${types.join(", ")}`);
  // The map comes first: where nothing fits, yaml-language-server complains about the first.
  const structures = [...map, ...list];
  const choice: JsonSchema[] = [...structures];
  if (single.length > 0) choice.push({ ...Object.assign({}, ...single), type: typesOf(single) });
  if (word.length > 0) choice.push({ enum: word.flatMap((one) => one.enum ?? [one.const]) });
  if (nothing) choice[0] = orNull(choice[0] ?? { enum: [] });
  if (withReferences && !single.some(fitsReference)) choice.push({ $ref: REFERENCE_POINTER });

  const [first = {}, ...rest] = choice;
  if (rest.length === 0) return { ...annotations, ...first };
  if (structures.length !== 1 || single.length > 0) return { ...annotations, anyOf: choice };
  const { type, ...keywords } = first;
  return { ...annotations, ...keywords, anyOf: [{ ...(type && { type }) }, ...rest] };
}

/** Changes what is directly inside; `step` is a key, `*` for any key, `[]` for any item, none for an alternative. */
export function mapInside(
  schema: JsonSchema,
  change: (inner: JsonSchema, step?: string) => JsonSchema,
): JsonSchema {
  const { properties, items, additionalProperties: others, anyOf, ...rest } = schema;
  return {
    ...rest,
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([key, inner]) => [key, change(inner, key)]),
      ),
    }),
    ...(others !== undefined && {
      additionalProperties: typeof others === "boolean" ? others : change(others, "*"),
    }),
    ...(items && { items: change(items, "[]") }),
    ...(anyOf && { anyOf: anyOf.map((option) => change(option)) }),
  };
}

/** What is left to choose from, without keywords that refuse nothing. */
function optionsOf(schema: JsonSchema): JsonSchema[] {
  if (schema.anyOf) return schema.anyOf.flatMap(optionsOf);
  if (Array.isArray(schema.type)) return schema.type.flatMap((type) => optionsOf({ ...schema, type }));
  // That a free key is not empty is left to `hogwire check`: the server proposes a key `property` for `propertyNames`.
  const { propertyNames: _names, ...option } = schema;
  if (option.items && takesAnything(option.items)) delete option.items;
  if (isMap(option.additionalProperties) && takesAnything(option.additionalProperties))
    delete option.additionalProperties;
  return [option];
}

function takesAnything(schema: JsonSchema): boolean {
  return Object.keys(schema).length === 0;
}

function kindOf(option: JsonSchema): "map" | "list" | "single" | "word" | "nothing" {
  const { type, ...keywords } = option;
  if (option.enum !== undefined || option.const !== undefined) return "word";
  if (type === "null") return "nothing";
  if (takesAnything(keywords)) return "single"; // any map or list is as good as a single value
  if (type === "object") return "map";
  return type === "array" ? "list" : "single";
}

function typesOf(options: JsonSchema[]): string | string[] {
  const [only = "string", ...others] = options.flatMap(({ type }) => type ?? []);
  return others.length === 0 ? only : [only, ...others];
}

function orNull(option: JsonSchema): JsonSchema {
  if (option.enum) return { enum: [...option.enum, null] };
  return { ...option, type: [option.type ?? [], "null"].flat() };
}

function fitsReference({ type, pattern }: JsonSchema): boolean {
  return type === "string" && (pattern === undefined || new RegExp(pattern).test(A_REFERENCE));
}
