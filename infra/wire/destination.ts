import { createHash } from "node:crypto";
import type {
  HogFunction,
  HogFunctionBody,
  HogFunctionOrigin,
  InputSchemaItem,
} from "../posthog/hog-functions.ts";
import type { LoweredDestination, LoweredMasking, LoweredWay } from "../spec/lowered.ts";
import { type Filters, fromRemoteFilters, toRemoteFilters } from "./filters.ts";
import { firstDifference, isMap, type Json, untrimmed, without, withSortedKeys } from "./json.ts";
import { type Owner, readMarker, withMarker } from "./marker.ts";
import { type GroupTypes, groupReader } from "./properties.ts";
import { type Upkeep, upkeepOf } from "./upkeep.ts";
import {
  changedOutside,
  fromRemoteSchemaItem,
  fromRemoteWay,
  type KnownWay,
  type Made,
  madeOf,
  pathOfInput,
  templateOf,
  toRemoteWay,
} from "./ways.ts";

type Place = {
  /** `https://us.posthog.com` */
  host: string;
  project: string;
  managed_by: Owner;
};

/** A destination that knows where it shall be, and not yet the ids of the event filters it names. */
export type PlacedDestination = LoweredDestination & Place;

/** The inputs of a `Destination` resource. */
export type DestinationInputs = Omit<LoweredDestination, "filters"> &
  LoweredWay &
  Place & { filters: Filters };

/**
 * The same shape as PostHog has it. It equals the inputs unless somebody changed something, and then anything may be
 * anywhere: a masking, a header, a filter we never wrote, each at its own path.
 */
export type SeenDestination = { host: string; project: string; managed_by: Owner | null } & Json;

/** Digests of what PostHog stored at our last write and the inputs do not show: a function is a copy of its template. */
export type Written = {
  code: string;
  /** By the item's key. A text is of a state from before: what it digested is not known any more. */
  inputs_schema: Record<string, string> | string;
  icon_url: string;
  /** Of the template as PostHog served it when its code and schema were written; none for own code and for an adopted copy. */
  template?: string | undefined;
  /** A keyed fingerprint of each secret that was sent; none after an import. */
  secrets?: Record<string, string> | undefined;
  /** PostHog counts each change of the live configuration (contract §1.14); older ones do not. */
  version?: number | null | undefined;
};

/** What is known of a destination before PostHog is asked: its last inputs, or after an import only where it is. */
export type Known = KnownWay &
  Upkeep & {
    host: string;
    project: string;
    slug?: string | undefined;
    name?: string | undefined;
    description?: string | undefined;
    filters?: Json | undefined;
    masking?: Json | undefined;
    written?: Written | undefined;
  };

/** What of PostHog a destination is written with. */
export type WriteContext = {
  /** For all but own code: the template, or the copy of it that the function has. */
  template?: Made | undefined;
  groups: GroupTypes;
  /** The secret inputs that PostHog has as they are here; none unless told. */
  stored?: ReadonlySet<string>;
};

const folder = "destinations";

/** What is said once, when it is created, and never changes (contract §9.6). */
export function originOf(inputs: DestinationInputs): HogFunctionOrigin {
  return { type: functionType(inputs.filters), template_id: templateOf(inputs) };
}

/** PostHog's own alerts are for functions of a type of their own (contract §11.7). */
export function functionType(filters: Json | Filters): HogFunctionOrigin["type"] {
  return filters.source === "internal-events" ? "internal_destination" : "destination";
}

/** The whole truth, for a create and for every update: PATCH replaces what it names (contract §1.6). */
export function toRemote(
  inputs: DestinationInputs,
  { template, groups, stored = new Set() }: WriteContext,
): HogFunctionBody {
  return {
    name: inputs.name,
    description: withMarker(inputs.description ?? "", inputs.managed_by, folder),
    enabled: inputs.enabled,
    filters: toRemoteFilters(inputs.filters, groups),
    ...toRemoteWay(inputs, madeOf(inputs, template), stored),
    masking: toRemoteMasking(inputs.masking),
    mappings: null,
  };
}

/** The inputs that would have written what PostHog has; leaves out what contract §1.14 lists and nothing more. */
export function fromRemote(remote: HogFunction, known: Known, groups: GroupTypes): SeenDestination {
  const marked = readMarker(remote.description, folder);
  const description = untrimmed(marked.description, known.description);
  const way = fromRemoteWay(remote, known);
  const readGroup = groupReader(known.filters, groups);
  return {
    ...upkeepOf(known),
    ...(known.slug !== undefined && { slug: known.slug }),
    host: known.host,
    project: known.project,
    managed_by: marked.owner,
    name: untrimmed(remote.name, known.name),
    ...(description !== "" && { description }),
    enabled: remote.enabled,
    filters: fromRemoteFilters(remote.filters, remote.type, known.filters, readGroup),
    ...way,
    ...(remote.masking && { masking: fromRemoteMasking(remote.masking, known.masking) }),
    ...(remote.mappings && { mappings: withoutDerived(remote.mappings) }),
    ...(known.written && changedSince(known.written, writtenOf(remote), "hog" in way)),
  };
}

/** Whether the template is the one that the function was last written with. */
export function isWrittenWith(written: Written, template: Made): boolean {
  if (written.template !== undefined) return written.template === templateDigest(template);
  return isSameDigest(written.code, digest(template.code.trim()));
}

export function templateDigest({ code, inputs_schema }: Made): string {
  return digest([code.trim(), inputs_schema]);
}

/** Whether somebody changed what the function was made of since it was last written. */
export function isCopyEdited(written: Written, remote: HogFunction): boolean {
  const { code, inputs_schema } = changedSince(written, writtenOf(remote), false);
  return code !== undefined || inputs_schema !== undefined;
}

/** To be kept after each write and given to `fromRemote` at each read. */
export function writtenOf(remote: HogFunction): Written {
  return {
    code: digest(remote.hog.trim()),
    inputs_schema: schemaDigests(remote.inputs_schema),
    icon_url: digest(remote.icon_url),
    version: remote.version ?? null,
  };
}

/** The path of the first thing that was sent and did not come back (contract §9.8). */
export function lostInPostHog(
  inputs: DestinationInputs,
  sent: HogFunctionBody,
  remote: HogFunction,
  groups: GroupTypes,
): string | undefined {
  const lost = firstDifference(inputs, fromRemote(remote, inputs, groups));
  if (lost !== undefined) return lost;
  if (remote.type !== functionType(inputs.filters)) return "filters.source";
  const dropped = Object.keys(sent.inputs).find((key) => !Object.hasOwn(remote.inputs, key));
  if (dropped !== undefined) return pathOfInput(inputs, dropped);
  if (remote.hog.trim() !== sent.hog.trim()) return "code";
  const secret = new Set(remote.inputs_schema.filter((item) => item.secret).map((item) => item.key));
  const clear = sent.inputs_schema.find((item) => item.secret && !secret.has(item.key));
  if (clear) return `inputs_schema.${clear.key}.secret`;
  return (["masking", "mappings"] as const).find((key) => sent[key] === null && remote[key] !== null);
}

function toRemoteMasking(masking: LoweredMasking | undefined): HogFunctionBody["masking"] {
  return masking ? { ttl: masking.ttl, hash: masking.hash, threshold: masking.threshold ?? null } : null;
}

function fromRemoteMasking(remote: Json, known: Json | undefined): Json {
  const { hash, threshold, ...rest } = without(remote, ["bytecode"]);
  return {
    ...rest,
    hash: untrimmed(hash, known?.hash),
    ...(threshold !== undefined && threshold !== null && { threshold }),
  };
}

/** A mapping is always somebody's: we write none. What PostHog derives in it moves by itself (contract §1.14). */
function withoutDerived(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDerived);
  if (!isMap(value)) return value;
  const said = Object.entries(
    without(value, ["bytecode", "bytecode_error", "transpiled", "bytecode_contract"]),
  );
  return Object.fromEntries(said.map(([key, item]) => [key, withoutDerived(item)]));
}

/** Own code and its schema are inputs, so they show at their own paths. */
function changedSince(then: Written, now: Written, isOwnCode: boolean): Json {
  const parts = differing(then, now, isOwnCode ? ["icon_url"] : ["code", "icon_url"]);
  if (isOwnCode || typeof then.inputs_schema === "string" || typeof now.inputs_schema === "string")
    return parts;
  const keys = Object.keys({ ...then.inputs_schema, ...now.inputs_schema });
  const inputs_schema = differing(then.inputs_schema, now.inputs_schema, keys);
  return { ...parts, ...(Object.keys(inputs_schema).length > 0 && { inputs_schema }) };
}

function differing(then: Json, now: Json, keys: string[]): Json {
  const changed = keys.filter((key) => !isSameDigest(then[key], now[key]));
  return Object.fromEntries(changed.map((key) => [key, changedOutside]));
}

/** The order of the items is that of PostHog's form, and means nothing else. */
function schemaDigests(schema: InputSchemaItem[]): Record<string, string> {
  const items = Object.groupBy(schema, ({ key }) => key);
  return Object.fromEntries(
    Object.entries(items).map(([key, same = []]) => [
      key,
      digest(same.map(fromRemoteSchemaItem)).slice(0, 6),
    ]),
  );
}

/** An older state holds more of it. */
function isSameDigest(then: unknown, now: unknown): boolean {
  return typeof then === "string" && typeof now === "string" && then.startsWith(now);
}

/** Short: each state holds several, and they tell only that something changed. */
function digest(value: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(withSortedKeys(value)))
    .digest("hex")
    .slice(0, 8);
}
