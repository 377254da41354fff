import { mkdirSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { policyModel } from "./model/policy.ts";
import { fixturesModel, samplesModel } from "./model/samples.ts";
import { destinationModel, eventFilterModel } from "./model/with-environments.ts";
import { shareSchemas } from "./share-schemas.ts";
import { type JsonSchema, mapInside, REFERENCE, tidySchema } from "./tidy-schema.ts";

type Kind = { model: z.ZodType; description: string; hasReferences: boolean };

/** The kinds of files, by the name of their schema. */
export const KINDS = {
  destination: {
    model: destinationModel,
    description: "destinations/<slug>.yaml: which events go where",
    hasReferences: true,
  },
  "event-filter": {
    model: eventFilterModel,
    description: "destinations/filters/<slug>.yaml: a filter with a name, an action in PostHog",
    hasReferences: true,
  },
  samples: {
    model: samplesModel,
    description: "destinations/<slug>.test.yaml: sample events, and what must be sent",
    hasReferences: false,
  },
  fixtures: {
    model: fixturesModel,
    description: "destinations/fixtures.test.yaml: people and groups that samples name",
    hasReferences: false,
  },
  policy: { model: policyModel, description: "policy.yaml: what may leave", hasReferences: false },
} satisfies Record<string, Kind>;

export const FOLDER = new URL("./schemas/", import.meta.url);

/** A kind of file as JSON Schema, draft 7: what editors know best. */
export function jsonSchema({ model, description, hasReferences }: Kind): JsonSchema {
  const written = z.toJSONSchema(model, {
    target: "draft-07",
    io: "input",
    reused: "inline",
    override: ({ jsonSchema }) => dropSafeBounds(jsonSchema),
  });
  const { $schema, ...shape } = written as JsonSchema; // zod's type of it has more keywords than are used
  const definitions: Record<string, JsonSchema> = hasReferences ? { reference: REFERENCE } : {};
  const root = mapInside(shape, (inner) => tidySchema(inner, hasReferences)); // a whole file is no reference
  return {
    $schema,
    $comment: "Written from infra/spec/model/ by `npm run generate`.",
    description,
    ...shareSchemas(root, definitions),
    ...(Object.keys(definitions).length > 0 && { definitions }),
  };
}

/** zod says of each integer that it is a safe one: that is checked when the file is read (HW007). */
function dropSafeBounds(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}

/** The text of each committed file, by its name. */
export function schemaFiles(): [name: string, text: string][] {
  return Object.entries(KINDS).map(([name, kind]) => [`${name}.schema.json`, `${print(jsonSchema(kind))}\n`]);
}

const WIDTH = 110; // biome.json

/** JSON as the formatter leaves it: on one line where there is room. */
function print(value: unknown, indent = "", room = WIDTH): string {
  const line = printOnOneLine(value);
  if (line.length <= room || typeof value !== "object" || value === null) return line;
  const inside = `${indent}  `;
  const entries = Object.entries(value).map(([key, item], index, all) => {
    const name = Array.isArray(value) ? "" : `${JSON.stringify(key)}: `;
    const comma = index < all.length - 1 ? "," : "";
    return `${inside}${name}${print(item, inside, WIDTH - `${inside}${name}${comma}`.length)}${comma}\n`;
  });
  return Array.isArray(value) ? `[\n${entries.join("")}${indent}]` : `{\n${entries.join("")}${indent}}`;
}

function printOnOneLine(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(printOnOneLine).join(", ")}]`;
  const entries = Object.entries(value).map(
    ([key, item]) => `${JSON.stringify(key)}: ${printOnOneLine(item)}`,
  );
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}

if (import.meta.main) {
  mkdirSync(FOLDER, { recursive: true });
  for (const [name, text] of schemaFiles()) writeFileSync(new URL(name, FOLDER), text);
}
