import { readdirSync, readFileSync } from "node:fs";
import { Ajv } from "ajv";
import fc from "fast-check";
import { expect, test } from "vitest";
import { documentsOf, type KeyOfModel, keysOf, type Steps } from "./fixtures/model-documents.ts";
import { FOLDER, jsonSchema, KINDS, schemaFiles } from "./json-schema.ts";
import { isMap } from "./path.ts";
import { A_REFERENCE, type JsonSchema } from "./tidy-schema.ts";

const DOCUMENTS = 10_000;

const ajv = new Ajv({ strictTypes: false });
const kinds = Object.entries(KINDS).map(([name, kind]) => {
  const schema = jsonSchema(kind);
  return { name, model: kind.model, schema, validate: ajv.addSchema(schema, name).compile(schema) };
});

test("the committed schemas are those of the models", () => {
  const committed = readdirSync(FOLDER).map((name) => [name, readFileSync(new URL(name, FOLDER), "utf8")]);
  const message = "out of date: npm run generate (npx node infra/spec/json-schema.ts)";
  expect(Object.fromEntries(committed), message).toEqual(Object.fromEntries(schemaFiles()));
});

test.each(kinds)("each key of $name has a description, and an example that fits", ({ name, schema }) => {
  const keys = partsOf(schema, "").filter(([pointer]) => /\/properties\/[^/]+$/.test(pointer));
  const wrong = keys.filter(([pointer, { description, examples = [] }]) => {
    const [example] = examples;
    return !description || example === undefined || !ajv.getSchema(`${name}#${pointer}`)?.(example);
  });
  expect(keys.length).toBeGreaterThan(0);
  expect(wrong).toEqual([]);
});

test("what a model accepts its schema accepts, and neither takes a misspelt key", { timeout: 60_000 }, () => {
  const cases = kinds.flatMap((kind) => keysOf(kind.model).map((key) => ({ ...kind, key })));
  const numRuns = Math.ceil(DOCUMENTS / cases.length);
  let tried = 0;
  for (const { name, model, validate, key } of cases) {
    const takes = (document: unknown) => [model.safeParse(document).success, validate(document)];
    fc.assert(
      fc.property(documentsOf(model, key.steps), fc.constantFrom(...slipsOf(key)), (document, slip) => {
        tried += 1;
        expect(takes(document), `${name} as it is`).toEqual([true, true]);
        const wrong = changeAt(document, key.steps, (value) => [slip, value]);
        expect(takes(wrong), `${name} with the slip`).toEqual([false, false]);
      }),
      { numRuns },
    );
  }
  console.log(`${tried} documents, ${cases.length} keys`);
  expect(tried).toBeGreaterThanOrEqual(DOCUMENTS);
});

test("a reference stands for any value of a destination and of an event filter, and of no sample", () => {
  const isTaken = kinds.map(({ name, model, validate }) => {
    const documents = keysOf(model).map(({ steps }) => {
      const [document] = fc.sample(documentsOf(model, steps), 1);
      return changeAt(document, steps, (_value, key) => [key, A_REFERENCE]);
    });
    return [name, documents.every((document) => validate(document))];
  });
  expect(Object.fromEntries(isTaken)).toEqual({
    destination: true,
    "event-filter": true,
    samples: false,
    fixtures: false,
    policy: false,
  });
});

/** All schemas in a schema, with the JSON pointers to them. */
function partsOf(schema: JsonSchema, pointer: string): [string, JsonSchema][] {
  const { properties = {}, definitions = {}, anyOf = [], items, additionalProperties: others } = schema;
  const inside = Object.entries({ properties, definitions, anyOf }).flatMap(([keyword, parts]) =>
    Object.entries(parts).flatMap(([key, part]) => partsOf(part, `${pointer}/${keyword}/${key}`)),
  );
  if (items) inside.push(...partsOf(items, `${pointer}/items`));
  if (typeof others === "object") inside.push(...partsOf(others, `${pointer}/additionalProperties`));
  return [[pointer, schema], ...inside];
}

/** A letter left out, doubled, or exchanged with the next, where that is no other key of the same map. */
function slipsOf({ steps, siblings }: KeyOfModel): string[] {
  const key = steps.at(-1) ?? "";
  const slips = [...key].flatMap((letter, at) => {
    const before = key.slice(0, at);
    const after = key.slice(at + 1);
    const exchanged = before + after.slice(0, 1) + letter + after.slice(1);
    return [before + after, before + letter + letter + after, exchanged];
  });
  return slips.filter((slip) => !siblings.includes(slip));
}

/** Changes the first key that is on the way, and its value. */
function changeAt(
  document: unknown,
  [step = "", ...rest]: Steps,
  change: (value: unknown, key: string) => [key: string, value: unknown],
): unknown {
  if (Array.isArray(document))
    return document.map((item, at) => (at === 0 ? changeAt(item, rest, change) : item));
  if (!isMap(document)) throw new Error("the key that was asked for is not there");
  const key = step === "*" ? Object.keys(document)[0] : step;
  return Object.fromEntries(
    Object.entries(document).map(([own, value]) => {
      if (own !== key) return [own, value];
      return rest.length === 0 ? change(value, own) : [own, changeAt(value, rest, change)];
    }),
  );
}
