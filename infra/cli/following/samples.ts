import { randomBytes } from "node:crypto";
import type { Project } from "../../spec/load.ts";
import { type Fixtures, fixturesModel, type Sample, samplesModel } from "../../spec/model/samples.ts";
import type { Outgoing } from "./journey.ts";

/** A sample of a destination as an event that can be sent. */
export type SampleEvent = {
  slug: string;
  name: string;
  file: string;
  /** Whether the destination must send it. */
  isSent: boolean;
  /** Without a `distinct_id` where the sample names none. */
  event: Omit<Outgoing, "uuid" | "distinct_id"> & { distinct_id?: string };
};

/** Somebody new, so that what one event sets on its person makes no later one fail. */
export function freshDistinctId(): string {
  return `sample-user-${randomBytes(4).toString("hex")}`;
}

/** The samples of these destinations that hold in this stack, in the order of the files; those that are wrong are left to `check`. */
export function sampleEvents({ samples, fixtures }: Project, slugs: string[], stack: string): SampleEvent[] {
  const known = fixturesModel.safeParse(fixtures?.value).data ?? {};
  return samples
    .filter(({ slug }) => slugs.includes(slug))
    .flatMap(({ slug, source, value }) =>
      (samplesModel.safeParse(value).data ?? [])
        .filter(({ environment }) => environment === undefined || environment === stack)
        .map((sample) => ({
          slug,
          name: sample.name,
          file: source.file,
          isSent: sample.expect.sent,
          event: eventOf(sample, known),
        })),
    );
}

/** A uuid of its own each time: PostHog and the receiver know an event by it. */
function eventOf(sample: Sample, { persons = {}, groups = {} }: Fixtures): SampleEvent["event"] {
  const given = typeof sample.event === "string" ? { event: sample.event } : sample.event;
  const person = typeof sample.person === "string" ? persons[sample.person] : sample.person;
  const named = Object.entries(sample.groups ?? {}).map(([type, written]) => {
    const group = typeof written === "string" ? groups[written] : written;
    return [type, { id: group?.id ?? type, properties: group?.properties ?? {} }] as const;
  });
  return {
    event: given.event,
    properties: given.properties ?? {},
    person: person === null ? null : (person?.properties ?? {}),
    groups: Object.fromEntries(named),
    ...(given.distinct_id === undefined ? {} : { distinct_id: given.distinct_id }),
    ...(given.elements_chain === undefined ? {} : { elements_chain: given.elements_chain }),
    ...(given.timestamp === undefined ? {} : { timestamp: given.timestamp }),
  };
}
