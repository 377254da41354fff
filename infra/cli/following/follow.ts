import { setTimeout as wait } from "node:timers/promises";
import { CaptureError, capture } from "./capture.ts";
import { inboxOf, type Received } from "./inbox.ts";
import type { Branch, Journey, Outgoing, Sighting, Stage, Step, Stop } from "./journey.ts";
import type { Destination, Target } from "./target.ts";

/** What of a target is needed. */
export type Followed = Pick<Target, "stack" | "host" | "token" | "destinations" | "witness" | "isSandbox">;

type FollowOptions = {
  /** Only these of the target's. */
  destinations: Destination[];
  /** In milliseconds: how long something may go on without an end. */
  patience: number;
  /** Told whenever there is news. */
  say?: (journey: Journey) => void;
};

/** Sends an event into a PostHog and watches it at each destination until nothing more can happen, or patience ends. */
export async function follow(event: Outgoing, target: Followed, options: FollowOptions): Promise<Journey> {
  const { destinations, patience, say = () => {} } = options;
  const start = { wall: Date.now(), clock: performance.now() };
  const elapsed = () => Math.round(performance.now() - start.clock);
  const journey: Journey = { uuid: event.uuid, branches: [] };
  try {
    await capture(event, target.host, target.token);
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    return { ...journey, stopped: { stage: "captured", reason: error.message, ms: elapsed() } };
  }
  const seen = target.isSandbox ? `${target.host}/events/${event.uuid}` : target.host; // the console's page
  const captured = { stage: "captured" as const, ms: elapsed(), detail: seen };
  journey.captured = captured;
  for (;;) {
    const sightings = await target.witness.look(event, destinations);
    journey.branches = destinations.map((destination) => {
      const before = journey.branches.find(({ slug }) => slug === destination.slug);
      const received = destination.isOurs ? inboxOf(target.stack, destination.slug, event.uuid) : "elsewhere";
      const at = (time: number | undefined) =>
        Math.max(captured.ms, time === undefined ? elapsed() : Math.round(time - start.wall));
      return branchOf(destination, sightings.get(destination.id) ?? {}, received, at, before);
    });
    say(journey);
    const open = journey.branches.filter(({ ended }) => !ended);
    if (open.length === 0) return journey;
    if (elapsed() > patience) {
      for (const branch of open) branch.stopped = await inVain(branch, event, target, elapsed(), sightings);
      return journey;
    }
    await wait(target.witness.pause(open.length));
  }
}

function branchOf(
  { slug, name, isOurs }: Destination,
  { matched, sent, stopped }: Sighting,
  received: Received,
  at: (time: number | undefined) => number,
  before: Branch | undefined,
): Branch {
  const steps: Step[] = [];
  const reached = (stage: Stage, detail?: string, time?: number) => {
    const ms = before?.steps.find((step) => step.stage === stage)?.ms ?? at(time);
    steps.push({ stage, ms, ...(detail === undefined ? {} : { detail }) });
    // What is only seen when somebody looks was there before what has a time of its own.
    for (const earlier of steps) earlier.ms = Math.min(earlier.ms, ms);
  };
  const branch = { slug, name, steps, ended: false };
  const isStored = typeof received === "object";
  if (matched || isStored) reached("matched", undefined, sent?.at);
  if (sent || isStored) reached("sent", sent?.detail, sent?.at ?? (isStored ? received.storedAt : undefined));
  if (isStored) {
    reached("stored", `verified, delivery ${received.id}`, received.storedAt);
    if (received.handledAt !== undefined) reached("handled", received.handlers, received.handledAt);
    const failed = received.failure && { stage: "handled" as const, ms: at(undefined), ...received.failure };
    return {
      ...branch,
      ended: received.handledAt !== undefined || failed !== undefined,
      ...(failed && { stopped: failed }),
    };
  }
  if (stopped) return { ...branch, ended: true, stopped: { ...stopped, ms: at(undefined) } };
  if (!sent || received === "not yet") return branch;
  if (isOurs) reached("stored", "by the receiver on another machine: npx hogwire inbox list there");
  return { ...branch, ended: true };
}

/** Nothing more was seen: what the next stage would have been, and who can say more. */
async function inVain(
  { steps, slug }: Branch,
  event: Outgoing,
  target: Followed,
  ms: number,
  sightings: ReadonlyMap<string, Sighting>,
): Promise<Stop> {
  const seconds = Math.round(ms / 1000);
  const last = steps.at(-1)?.stage;
  const destination = target.destinations.find((one) => one.slug === slug);
  const known = last === undefined && destination && (await target.witness.explain(event, destination));
  if (known) return { ...known, ms };
  if (last === "sent") {
    const reason = `it was answered with a 2xx, but the inbox on this machine did not have it within ${seconds} s`;
    return {
      stage: "stored",
      reason,
      hint: "Does the receiver run elsewhere? npx hogwire inbox list there.",
      ms,
    };
  }
  const refused = destination && sightings.get(destination.id)?.refused;
  if (last === "matched" && refused) {
    return { stage: "sent", ...refused, reason: `${refused.reason} (within ${seconds} s)`, ms };
  }
  const next = last === undefined ? "matched" : last === "matched" ? "sent" : "handled";
  return { stage: next, reason: `nothing more happened within ${seconds} s`, ms };
}
