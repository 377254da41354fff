import { createHash } from "node:crypto";
import type { HogFunction, HogFunctionBody, InputSchemaItem, RemoteInput } from "../posthog/hog-functions.ts";
import type { Template } from "../posthog/templates.ts";
import type { LoweredDestination, LoweredWebhook } from "../spec/lowered.ts";
import { fromRemoteFilters, toRemoteFilters } from "./filters.ts";
import { isSame, type Json, without, withSortedKeys } from "./json.ts";
import { type Owner, readMarker, withMarker } from "./marker.ts";

/** The inputs of a `Destination` resource. */
export type DestinationInputs = LoweredDestination & {
  /** `https://us.posthog.com` */
  host: string;
  project: string;
  managed_by: Owner;
};

/**
 * The same shape as PostHog has it. It equals the inputs unless somebody changed something, and then anything may be
 * anywhere: a masking, a header, a filter we never wrote, each at its own path.
 */
export type SeenDestination = { host: string; project: string; managed_by: Owner | null } & Json;

/** Digests of what PostHog stored at our last write and the inputs do not show: a function is a copy of its template. */
export type Written = {
  code: string;
  inputs_schema: string;
  icon_url: string;
  /** PostHog counts each change of the live configuration (contract §1.14); older ones do not. */
  version?: number | null | undefined;
};

/** What is known of a destination before PostHog is asked: its last inputs, or after an import only where it is. */
export type Known = {
  host: string;
  project: string;
  slug?: string | undefined;
  name?: string | undefined;
  description?: string | undefined;
  webhook?: Json | undefined;
  written?: Written | undefined;
};

export const webhookTemplate = "template-webhook";

/** Stands where something was changed by hand that the inputs have no value for; the next update writes it back. */
export const changedOutside = "changed outside Hogwire";

/** Left out of the inputs, and always sent: PostHog applies no default, neither at save nor at run time (contract §1.5). */
const defaults: Json = { method: "POST", headers: { "Content-Type": "application/json" }, debug: false };

/** The whole truth, for a create and for every update: PATCH replaces what it names (contract §1.6). */
export function toRemote(inputs: DestinationInputs, template: Template): HogFunctionBody {
  const { secret_inputs, ...webhook } = inputs.webhook;
  return {
    name: inputs.name,
    description: withMarker(inputs.description ?? "", inputs.managed_by),
    enabled: inputs.enabled,
    filters: toRemoteFilters(inputs.filters),
    hog: template.code,
    inputs_schema: toRemoteSchema(inputs.webhook, template),
    inputs: Object.fromEntries(
      Object.entries({ ...defaults, ...webhook }).map(([key, value]) => [key, { value }]),
    ),
    icon_url: template.icon_url,
    masking: null,
    mappings: null,
  };
}

/**
 * The inputs that would have written what PostHog has; leaves out what contract §1.14 lists and nothing more.
 * Secrets cannot be read (§1.7): they are taken from `known` while PostHog says that it has one.
 */
export function fromRemote(remote: HogFunction, known: Known): SeenDestination {
  const marked = readMarker(remote.description);
  const description = untrimmed(marked.description, known.description);
  return {
    ...(known.slug !== undefined && { slug: known.slug }),
    host: known.host,
    project: known.project,
    managed_by: marked.owner,
    name: untrimmed(remote.name, known.name),
    ...(description !== "" && { description }),
    enabled: remote.enabled,
    filters: fromRemoteFilters(remote.filters),
    webhook: fromRemoteInputs(remote, known.webhook),
    ...(remote.masking && { masking: without(remote.masking, ["bytecode"]) }),
    ...(remote.mappings && { mappings: remote.mappings }),
    ...(known.written && changedSince(known.written, writtenOf(remote))),
  };
}

/** To be kept after each write and given to `fromRemote` at each read. */
export function writtenOf(remote: HogFunction): Written {
  return {
    code: digest(remote.hog.trim()),
    inputs_schema: digest(remote.inputs_schema.map(fromRemoteSchemaItem)),
    icon_url: digest(remote.icon_url),
    version: remote.version ?? null,
  };
}

/** Inputs that this PostHog's template does not know: it would drop them and say nothing (contract §9.8). */
export function unknownInputs(inputs: DestinationInputs, template: Template): string[] {
  const known = template.inputs_schema.map((item) => item.key);
  return Object.keys(toRemote(inputs, template).inputs).filter((key) => !known.includes(key));
}

/** The path of the first thing that was sent and did not come back (contract §9.8). */
export function lostInPostHog(
  inputs: DestinationInputs,
  sent: HogFunctionBody,
  remote: HogFunction,
): string | undefined {
  const lost = firstDifference(inputs, fromRemote(remote, inputs));
  if (lost !== undefined) return lost;
  const dropped = Object.keys(sent.inputs).find((key) => !(key in remote.inputs));
  if (dropped !== undefined) return `webhook.${dropped}`;
  if (remote.hog.trim() !== sent.hog.trim()) return "code";
  const secret = new Set(remote.inputs_schema.filter((item) => item.secret).map((item) => item.key));
  const clear = sent.inputs_schema.find((item) => item.secret && !secret.has(item.key));
  return clear && `inputs_schema.${clear.key}.secret`;
}

/** A secret that is not given loses its schema item too, so PostHog forgets one that it has stored (contract §1.7). */
function toRemoteSchema(webhook: LoweredWebhook, template: Template): InputSchemaItem[] {
  const secret: string[] = webhook.secret_inputs ?? [];
  return template.inputs_schema
    .filter((item) => !item.secret || item.key in webhook)
    .map((item) => (secret.includes(item.key) ? { ...item, secret: true } : item));
}

function fromRemoteSchemaItem(item: InputSchemaItem): Json {
  return without(
    item,
    ["required", "secret", "hidden"].filter((key) => !item[key]),
  );
}

function fromRemoteInputs(remote: HogFunction, known: Json | undefined): Json {
  const schema = new Map(remote.inputs_schema.map((item) => [item.key, item]));
  const webhook: Json = {};
  for (const [key, input] of Object.entries(remote.inputs)) {
    const secret = known && (known[key] ?? defaults[key] ?? changedOutside);
    const value = fromRemoteInput(input, schema.get(key), secret);
    if (value !== undefined && !isSame(value, defaults[key])) webhook[key] = value;
  }
  // Left out would read as the default, which an input that is not there does not have.
  for (const key of Object.keys(defaults)) if (!(key in remote.inputs)) webhook[key] = changedOutside;
  const order = new Set([
    ...(Array.isArray(known?.secret_inputs) ? known.secret_inputs : []),
    "url",
    "headers",
  ]);
  const secret = [...order].filter((key) => schema.get(key)?.secret);
  return { ...webhook, ...(secret.length > 0 && { secret_inputs: secret }) };
}

/** The bare value; with `templating` or anything else that changes what it means, all of it. */
function fromRemoteInput(input: RemoteInput, item: InputSchemaItem | undefined, secret: unknown): unknown {
  if (input.secret === true) return secret;
  const derived = ["bytecode", "order", "transpiled", "bytecode_contract"];
  if (item?.templating) derived.push("templating");
  const { value, ...more } = without(input, derived);
  return Object.keys(more).length === 0 ? value : { value, ...more };
}

/** PostHog trims names and descriptions (contract §9.13): no reason to call them changed. */
function untrimmed(remote: string, known: string | undefined): string {
  return known !== undefined && known.trim() === remote ? known : remote;
}

function changedSince(then: Written, now: Written): Json {
  const parts = ["code", "inputs_schema", "icon_url"] as const;
  return Object.fromEntries(
    parts.filter((part) => then[part] !== now[part]).map((part) => [part, changedOutside]),
  );
}

function firstDifference(sent: unknown, seen: unknown, path: string[] = []): string | undefined {
  if (typeof sent !== "object" || sent === null) return sent === seen ? undefined : path.join(".");
  if (typeof seen !== "object" || seen === null || Array.isArray(sent) !== Array.isArray(seen))
    return path.join(".");
  if (Array.isArray(sent) && Array.isArray(seen) && sent.length !== seen.length) return path.join(".");
  for (const [key, value] of Object.entries(sent)) {
    const difference = firstDifference(value, (seen as Json)[key], [...path, key]); // an object or a list, see above
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function digest(value: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(withSortedKeys(value)))
    .digest("hex")
    .slice(0, 16);
}
