import type { Span } from "../../spec/diagnostic.ts";
import type { Destination } from "./target.ts";

/** The way of an event, in order (design §6); verified and stored are one: the receiver answers 2xx after the commit. */
export type Stage = "captured" | "matched" | "sent" | "stored" | "handled";

/** A stage that was reached, `ms` after the start; `detail` is a few words. */
export type Step = { stage: Stage; ms: number; detail?: string };

/** The stage that was not reached, and why, in a sentence. */
export type Stop = {
  stage: Stage;
  reason: string;
  ms: number;
  hint?: string;
  /** The condition that said no: a path into the filter's own JSON, and where that stands in the file. */
  condition?: (string | number)[];
  place?: Span;
};

/** One destination's part; it has `ended` when nothing more can happen. */
export type Branch = {
  slug: string;
  name: string;
  steps: Step[];
  ended: boolean;
  stopped?: Stop;
  /** What `--mock` would have sent. */
  requests?: MockedRequest[];
};

/** Values of headers that look like credentials are `***`. */
export type MockedRequest = {
  method: string;
  url: string;
  headers: Record<string, unknown>;
  signed: boolean;
  body?: unknown;
};

export type Journey = { uuid: string; captured?: Step; stopped?: Stop; branches: Branch[] };

/** What a PostHog tells of an event at one destination. Times are in milliseconds of the Unix epoch. */
export type Sighting = {
  /** Left out while nothing is known. */
  matched?: boolean;
  /** It was answered with a 2xx, or its code ended without a request; `at` is when the request went out. */
  sent?: { detail: string; at?: number };
  stopped?: Omit<Stop, "ms">;
  /** How the last attempt ended, while there may be another. */
  refused?: Pick<Stop, "reason" | "hint">;
};

/** The event as it goes out. */
export type Outgoing = {
  uuid: string;
  event: string;
  distinct_id: string;
  properties: Record<string, unknown>;
  /** `null`: the event is personless. */
  person: Record<string, unknown> | null;
  groups: Record<string, { id: string; properties: Record<string, unknown> }>;
  elements_chain?: string;
  timestamp?: string;
};

/** Whoever can be asked what became of an event: the sandbox, or a real PostHog. */
export type Witness = {
  /** Between two looks at so many destinations, in milliseconds. */
  pause(destinations: number): number;
  /** What has been seen so far, by the id of the destination. */
  look(event: Outgoing, destinations: Destination[]): Promise<ReadonlyMap<string, Sighting>>;
  /** Why one that has been waited for in vain has not been seen. */
  explain(event: Outgoing, destination: Destination): Promise<Sighting["stopped"]>;
};
