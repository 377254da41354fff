import { type JsonSchema, mapInside } from "./tidy-schema.ts";

const WORTH_SHARING = 500; // characters that it saves

/** The same schema with what is in it more than once, apart from descriptions and examples, as `definitions`. */
export function shareSchemas(root: JsonSchema, definitions: Record<string, JsonSchema>): JsonSchema {
  const counts = new Map<string, number>();
  const shared = new Map<string, string>();

  function count(schema: JsonSchema): JsonSchema {
    const text = textOf(schema);
    const before = counts.get(text) ?? 0;
    counts.set(text, before + 1);
    return before === 0 ? mapInside(schema, count) : schema;
  }

  function share(schema: JsonSchema, name: string): JsonSchema {
    if (schema.$ref) return schema;
    const text = textOf(schema);
    const saved = ((counts.get(text) ?? 1) - 1) * text.length;
    if (saved < WORTH_SHARING) return shareInside(schema, name);
    const { description, examples, ...shape } = schema;
    const own = shared.get(text) ?? free(name);
    if (!shared.has(text)) {
      shared.set(text, own);
      definitions[own] = {}; // its place, before those inside it
      definitions[own] = shareInside(shape, name);
    }
    // Beside `$ref` only what is no rule: draft 7 leaves it alone, yaml-language-server shows it.
    return {
      ...(description && { description }),
      ...(examples && { examples }),
      $ref: `#/definitions/${own}`,
    };
  }

  function shareInside(schema: JsonSchema, name: string): JsonSchema {
    return mapInside(schema, (inner, step) => share(inner, step === undefined ? name : nameOf(name, step)));
  }

  function free(name: string): string {
    let own = name;
    for (let n = 2; own in definitions; n++) own = `${name}-${n}`;
    return own;
  }

  count(root);
  return share(root, "root");
}

function textOf({ description: _description, examples: _examples, ...shape }: JsonSchema): string {
  return JSON.stringify(shape);
}

// What is first met under these keys stands under many others as well.
const SPOKEN: Record<string, string> = { properties: "conditions", exact: "compared" };

function nameOf(parent: string, step: string): string {
  if (step === "[]") return `${parent}-item`;
  return step === "*" ? `${parent}-value` : (SPOKEN[step] ?? step);
}
