import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Diagnostic } from "../../spec/diagnostic.ts";
import type { Project } from "../../spec/load.ts";
import { parseYaml } from "../../spec/parse.ts";
import { toDiagnostic } from "../../spec/report.ts";
import { checkShape } from "../../spec/shape.ts";
import { nearest } from "../../spec/suggest.ts";
import type { Outgoing } from "./journey.ts";
import { freshDistinctId, type SampleEvent, sampleEvents } from "./samples.ts";

/** What the command line says of the event. `properties`, `person` and `groups` are JSON. */
export type EventOptions = {
  distinctId?: string;
  properties?: string;
  person?: string;
  groups?: string;
  sample?: string;
};

/** What is wrong with the words of the command line, in a sentence or as diagnostics. */
export class EventError extends Error {
  override name = "EventError";
  readonly diagnostics: Diagnostic[];
  constructor(message: string, diagnostics: Diagnostic[] = []) {
    super(message);
    this.diagnostics = diagnostics;
  }
}

type Context = { project: Project; stack: string; slugs: string[]; isSandbox: boolean };

const properties = z.record(z.string(), z.unknown());
const groups = z.record(
  z.string(),
  z.union([z.string().min(1), z.strictObject({ id: z.string().min(1), properties: properties.optional() })]),
);

/**
 * The event to send, and the sample that it is, if it is one. A name alone is the first sample of that event that must be
 * sent; what the options say is laid over what the sample says. Throws an `EventError`.
 */
export function readEvent(
  name: string | undefined,
  options: EventOptions,
  context: Context,
): { event: Outgoing; sample?: SampleEvent } {
  const given = {
    properties: readOption("--properties", options.properties, properties),
    person: readOption("--person", options.person, properties),
    groups: readOption("--groups", options.groups, groups),
  };
  const isDescribed = Object.values(given).some((value) => value !== undefined);
  const samples = sampleEvents(context.project, context.slugs, context.stack);
  const sample =
    options.sample !== undefined
      ? byName(options.sample, name, samples)
      : samples.find(({ isSent, event }) => isSent && event.event === name);
  const event = name ?? sample?.event.event;
  if (!event) throw new EventError("Name an event, or a sample with --sample.");
  return {
    event: {
      ...sample?.event,
      uuid: randomUUID(),
      event,
      distinct_id: options.distinctId ?? distinctId(sample, context),
      properties: { ...sample?.event.properties, ...given.properties },
      person:
        sample?.event.person === null && !given.person ? null : { ...sample?.event.person, ...given.person },
      groups: {
        ...sample?.event.groups,
        ...Object.fromEntries(Object.entries(given.groups ?? {}).map(inFull)),
      },
    },
    ...(sample && !isDescribed ? { sample } : {}),
  };
}

/** On a real PostHog a sample's may be that of a real person, whose properties the event would set, and each new one stays. */
function distinctId(sample: SampleEvent | undefined, { isSandbox }: Context): string {
  return isSandbox ? (sample?.event.distinct_id ?? freshDistinctId()) : "hogwire-send";
}

function byName(name: string, event: string | undefined, samples: SampleEvent[]): SampleEvent {
  const found = samples.find(
    (one) => one.name === name && (event === undefined || one.event.event === event),
  );
  if (found) return found;
  const other = samples.find((one) => one.name === name);
  if (other) throw new EventError(`The sample '${name}' is a ${other.event.event}, not a ${event}.`);
  const names = samples.map((one) => one.name);
  const near = nearest(name, names);
  const known = `It has:${names.map((one) => `\n  '${one}'`).join("")}`;
  const meant =
    near !== undefined
      ? `Did you mean '${near}'?`
      : names.length > 0
        ? known
        : "They stand in destinations/*.test.yaml.";
  throw new EventError(`No sample of this stack is called '${name}'. ${meant}`);
}

function inFull([type, group]: [string, z.output<typeof groups>[string]]) {
  const { id, properties = {} } = typeof group === "string" ? { id: group } : group;
  return [type, { id, properties }] as const;
}

/** YAML's flow style is JSON with fewer quotes: `{plan: pro}` will do, and the parser knows its places. */
function readOption<T>(option: string, text: string | undefined, model: z.ZodType<T>): T | undefined {
  if (text === undefined) return undefined;
  const { source, value, diagnostics } = parseYaml(option, Buffer.from(text));
  const found = [...diagnostics];
  const checked =
    value === undefined
      ? undefined
      : checkShape(model, value, (problem) => found.push(toDiagnostic(source, [[]], problem)));
  if (found.length === 0) return checked;
  const worded = found.map((one) => ({ ...one, message: one.message.replace("the file", `\`${option}\``) }));
  throw new EventError(`${option} cannot be read.`, worded);
}
