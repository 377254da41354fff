import type { HogFunction, HogFunctionBody, InputSchemaItem, RemoteInput } from "../posthog/hog-functions.ts";
import type { Template } from "../posthog/templates.ts";
import type { LoweredWay } from "../spec/lowered.ts";
import { isMap, isSame, type Json, untrimmed, without } from "./json.ts";

/** What a function is made of: a template as PostHog serves it, or code of one's own. */
export type Made = Pick<Template, "code" | "inputs_schema" | "icon_url">;

/** How a destination sends, as it was last written; none after an import. */
export type KnownWay = {
  webhook?: Json | undefined;
  template?: Json | undefined;
  hog?: Json | undefined;
};

export const webhookTemplate = "template-webhook";

/** Stands where something was changed by hand that the inputs have no value for; the next update writes it back. */
export const changedOutside = "changed outside Hogwire";

/** Left out of a webhook, and always sent: PostHog applies no default, neither at save nor at run time (contract §1.5). */
const webhookDefaults: Json = {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  debug: false,
};

/** The template it is made from, for ever (contract §9.6); own code has none. */
export function templateOf(way: LoweredWay): string | undefined {
  if ("webhook" in way) return webhookTemplate;
  return "template" in way ? way.template.id : undefined;
}

/** Throws when the template is not at hand. */
export function madeOf(way: LoweredWay, template: Made | undefined): Made {
  if ("hog" in way) return { code: way.hog.code, inputs_schema: way.hog.inputs_schema ?? [], icon_url: null };
  if (template === undefined) throw new Error(`the template ${templateOf(way)} is not at hand`);
  return template;
}

/** The part of a hog function that says how it sends. `stored`: the secrets that PostHog has already, and keeps (contract §1.7). */
export function toRemoteWay(
  way: LoweredWay,
  made: Made,
  stored: ReadonlySet<string>,
): Pick<HogFunctionBody, "hog" | "inputs_schema" | "inputs" | "icon_url"> {
  const inputs = remoteInputs(way, made);
  for (const key of stored) if (Object.hasOwn(inputs, key)) inputs[key] = { secret: true };
  const secret = secretKeys(way);
  return {
    hog: made.code,
    // A secret that is not given loses its schema item too, so PostHog forgets one that it has stored (contract §1.7).
    inputs_schema: made.inputs_schema
      .filter((item) => !item.secret || Object.hasOwn(inputs, item.key))
      .map((item) => (secret.includes(item.key) && !item.secret ? { ...item, secret: true } : item)),
    inputs,
    icon_url: made.icon_url,
  };
}

/**
 * What a function was made of, its template having moved on since (contract §1.12). What only a `secret_inputs` made secret
 * is as the template has it.
 */
export function copyIn(remote: HogFunction, template: Made): Made {
  const plain = new Set(template.inputs_schema.filter((item) => !item.secret).map((item) => item.key));
  const has = new Set(remote.inputs_schema.map((item) => item.key));
  // The same code knows the secrets that were not given, and so not in the schema that was sent.
  const isSameCode = remote.hog.trim() === template.code.trim();
  const lacking = template.inputs_schema.filter((item) => isSameCode && item.secret && !has.has(item.key));
  return {
    code: remote.hog,
    inputs_schema: [
      ...remote.inputs_schema.map((item) => (plain.has(item.key) ? { ...item, secret: false } : item)),
      ...lacking,
    ],
    icon_url: template.icon_url,
  };
}

/** Every input that is sent, with the defaults that PostHog would fill in, or leave out. */
export function remoteInputs(way: LoweredWay, made: Made): Record<string, RemoteInput> {
  if ("webhook" in way) {
    const bare = { ...webhookDefaults, ...without(way.webhook, ["secret_inputs"]) };
    return Object.fromEntries(Object.entries(bare).map(([key, value]) => [key, { value }]));
  }
  const given = { ...requiredDefaults(made.inputs_schema), ...inputsOf(way) };
  return Object.fromEntries(
    Object.entries(given).map(([key, value]) => [key, isWithTemplating(value) ? value : { value }]),
  );
}

/** `{ webhook: … }`, `{ template: … }` or `{ hog: … }`: what would have been written so. */
export function fromRemoteWay(remote: HogFunction, known: KnownWay): Json {
  if (known.webhook || (!known.template && !known.hog && remote.template?.id === webhookTemplate))
    return { webhook: fromRemoteWebhook(remote, known.webhook) };
  if (known.template || (!known.hog && remote.template))
    return { template: fromRemoteTemplate(remote, known.template) };
  return { hog: fromRemoteHog(remote, known.hog) };
}

/** What PostHog never reads back and nobody may see: to be marked in state. */
export function secretInputs(way: LoweredWay): Json {
  const inputs = inputsOf(way);
  return Object.fromEntries(
    secretKeys(way)
      .filter((key) => Object.hasOwn(inputs, key))
      .map((key) => [key, inputs[key]]),
  );
}

/** The same without PostHog's form around them, for whoever looks for them in a text. */
export function secretValues(way: LoweredWay): unknown[] {
  return Object.values(secretInputs(way)).map((input) => (isWithTemplating(input) ? input.value : input));
}

/** Where an input stands in a resource's inputs. */
export function pathOfInput(way: LoweredWay, key: string): string {
  if ("webhook" in way) return `webhook.${key}`;
  return `${"template" in way ? "template" : "hog"}.inputs.${key}`;
}

/** Items say only what is true of them (contract §1.14). */
export function fromRemoteSchemaItem(item: InputSchemaItem): Json {
  return without(
    item,
    ["required", "secret", "hidden"].filter((key) => !item[key]),
  );
}

/** PostHog's own form of an input; anything else is a bare value. */
export function isWithTemplating(value: unknown): value is { value: unknown; templating: "hog" | "liquid" } {
  if (!isMap(value) || Object.keys(value).length !== 2 || !Object.hasOwn(value, "value")) return false;
  return value.templating === "hog" || value.templating === "liquid";
}

function inputsOf(way: LoweredWay): Json {
  if ("webhook" in way) return way.webhook;
  return ("template" in way ? way.template.inputs : way.hog.inputs) ?? {};
}

function secretKeys(way: LoweredWay): string[] {
  if ("webhook" in way) return [...(way.webhook.secret_inputs ?? []), "signing_secret"];
  if ("template" in way) return way.template.secret_inputs ?? [];
  return (way.hog.inputs_schema ?? []).filter((item) => item.secret).map((item) => item.key);
}

/**
 * The only defaults that PostHog fills in itself (contract §1.5): sent as well, so that nothing comes back unasked. An
 * empty one it fills in and then refuses.
 */
function requiredDefaults(schema: InputSchemaItem[]): Json {
  const none: unknown[] = [undefined, null, ""];
  return Object.fromEntries(
    schema
      .filter((item) => item.required && !none.includes(item.default))
      .map((item) => [item.key, item.default]),
  );
}

function fromRemoteWebhook(remote: HogFunction, known: Json | undefined): Json {
  const webhook = fromRemoteInputs(remote, known, webhookDefaults);
  const secret = stillSecret(remote, [...textsIn(known?.secret_inputs), "url", "headers"]);
  return { ...webhook, ...(secret.length > 0 && { secret_inputs: secret }) };
}

function fromRemoteTemplate(remote: HogFunction, known: Json | undefined): Json {
  const all = remote.inputs_schema.map((item) => item.key);
  const secret = stillSecret(remote, known ? textsIn(known.secret_inputs) : all);
  return {
    id: remote.template?.id ?? known?.id,
    inputs: fromRemoteGiven(remote, known),
    ...(secret.length > 0 && { secret_inputs: secret }),
  };
}

function fromRemoteHog(remote: HogFunction, known: Json | undefined): Json {
  const schema = fromRemoteOwnSchema(remote, known);
  const inputs = fromRemoteGiven(remote, known);
  return {
    code: untrimmed(remote.hog, known?.code),
    ...(schema.length > 0 && { inputs_schema: schema }),
    ...(Object.keys(inputs).length > 0 && { inputs }),
  };
}

/** With the secrets that were not given in their place: their items were not sent (see `toRemoteWay`). */
function fromRemoteOwnSchema(remote: HogFunction, known: Json | undefined): Json[] {
  const knownItems = Array.isArray(known?.inputs_schema) ? known.inputs_schema.filter(isMap) : [];
  const schema = remote.inputs_schema.map((item) => {
    const last = knownItems.find(({ key }) => key === item.key);
    const entries = Object.entries(fromRemoteSchemaItem(item));
    return Object.fromEntries(entries.map(([key, value]) => [key, untrimmed(value, last?.[key])]));
  });
  const given = isMap(known?.inputs) ? known.inputs : {};
  for (const [index, item] of knownItems.entries()) {
    const wasSent = !item.secret || Object.hasOwn(given, String(item.key));
    if (!wasSent && !schema.some(({ key }) => key === item.key)) schema.splice(index, 0, item);
  }
  return schema;
}

/** Inputs of a template or of own code: a default that PostHog would have filled in is one only where none was given. */
function fromRemoteGiven(remote: HogFunction, known: Json | undefined): Json {
  const given = isMap(known?.inputs) ? known.inputs : {};
  const defaults = known ? without(requiredDefaults(remote.inputs_schema), Object.keys(given)) : {};
  return fromRemoteInputs(remote, known && given, defaults);
}

/** Without what equals its default. Secrets cannot be read (§1.7): taken from `known` while PostHog says it has one. */
function fromRemoteInputs(remote: HogFunction, known: Json | undefined, defaults: Json): Json {
  const schema = new Map(remote.inputs_schema.map((item) => [item.key, item]));
  const inputs: Json = {};
  for (const [key, input] of Object.entries(remote.inputs)) {
    const last = known && Object.hasOwn(known, key) ? known[key] : undefined;
    const secret = known && (last ?? defaults[key] ?? changedOutside);
    const value = input.secret === true ? secret : fromRemoteInput(input, schema.get(key), last);
    if (value !== undefined && !isSame(value, defaults[key])) inputs[key] = value;
  }
  // Left out would read as the default, which an input that is not there does not have.
  for (const key of Object.keys(defaults))
    if (!Object.hasOwn(remote.inputs, key)) inputs[key] = changedOutside;
  return inputs;
}

/** The bare value; with `templating` or anything else that changes what it means, all of it. */
function fromRemoteInput(input: RemoteInput, item: InputSchemaItem | undefined, known: unknown): unknown {
  const derived = ["bytecode", "order", "transpiled", "bytecode_contract"];
  // The schema's word, unless it was said here too.
  if (item?.templating && !isWithTemplating(known)) derived.push("templating");
  const { value, ...more } = without(input, derived);
  return Object.keys(more).length === 0 ? value : { value, ...more };
}

function stillSecret(remote: HogFunction, keys: string[]): string[] {
  const secret = remote.inputs_schema.filter((item) => item.secret).map((item) => item.key);
  return [...new Set(keys)].filter((key) => secret.includes(key));
}

function textsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
