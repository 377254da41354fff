import type { HogFunction } from "../functions/hog-function.ts";
import type { Input } from "../functions/inputs.ts";
import { isObject, type Json } from "../http/fields.ts";

/** The connected accounts of the project, by id, as a program sees them; their tokens open nothing. */
const accounts: Record<number, Json & { access_token: string }> = {
  1: { access_token: "xoxb-sandbox" }, // Slack
  2: { access_token: "hubspot-sandbox" },
  3: { access_token: "intercom-sandbox", "app.region": "US" },
};

/**
 * Inputs of type `integration`: in place of the id that is stored, the account; null where there is none with this id
 * (`hog-inputs.service.ts`). They come first, so that others may read them.
 */
export function integrationInputs(fn: HogFunction): Record<string, Input> {
  const found = fn.inputs_schema.flatMap(({ type, key }): [string, Input][] => {
    const id = fn.inputs[key]?.value;
    if (type !== "integration" || typeof id !== "number" || id === 0) return [];
    const account = accounts[id];
    const value = account ? { ...account, access_token_raw: account.access_token } : null;
    return [[key, { value, order: -1 }]];
  });
  return Object.fromEntries(found);
}

/** What must not stand in a log. */
export function tokensOf(inputs: Json): unknown[] {
  return Object.values(inputs).flatMap((value) => (isObject(value) ? [value.access_token] : []));
}
