import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { listDeliveries } from "../receiver/admin.ts";
import { loadProject } from "../spec/load.ts";
import { fixturesModel, samplesModel } from "../spec/model/samples.ts";
import { CommandError } from "./output.ts";
import { receiverData, root } from "./paths.ts";

const projectToken = "phc_sandbox";
const deadline = 15_000;

/** What the sandbox tells of one event at `/_sandbox/events/<uuid>`. */
type Trace = {
  captured: boolean;
  /** Nothing more will happen to it. */
  settled: boolean;
  destinations: {
    name: string;
    matched: boolean;
    state: string;
    reason?: string;
    deliveries: { signed: boolean; state: string; attempts: { status?: number; error?: string }[] }[];
  }[];
};

export type SampleEvent = {
  event: string;
  distinct_id: string;
  properties: Record<string, unknown>;
  person: Record<string, unknown>;
};

/** Of the samples that must be sent, the first of each event; at most two. */
export async function samplesToSend(destinations: string[]): Promise<SampleEvent[]> {
  const { samples, fixtures } = await loadProject(root);
  const { persons = {} } = fixturesModel.safeParse(fixtures?.value).data ?? {};
  const events = new Map<string, SampleEvent>();
  for (const { slug, value } of samples) {
    const parsed = samplesModel.safeParse(value);
    if (!parsed.success || !destinations.includes(slug)) continue;
    for (const { event: given, person, environment, expect } of parsed.data) {
      const event = typeof given === "string" ? { event: given } : given;
      if (!expect.sent || environment !== undefined || events.has(event.event)) continue;
      events.set(event.event, {
        event: event.event,
        distinct_id: event.distinct_id ?? "sample-user",
        properties: event.properties ?? {},
        person: (typeof person === "string" ? persons[person] : person)?.properties ?? {},
      });
    }
  }
  return [...events.values()].slice(0, 2);
}

/** How far one event came: the stages seen, and where and why it stopped. */
export type Journey = { stages: string[]; stopped?: string; milliseconds: number };

/** Sends one event into the sandbox and watches it until its handlers are done. */
export async function follow(
  sample: SampleEvent,
  { host, stack }: { host: string; stack: string },
): Promise<Journey> {
  const uuid = randomUUID();
  const started = performance.now();
  const response = await fetch(`${host}/i/v0/e/`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      api_key: projectToken,
      uuid,
      event: sample.event,
      distinct_id: sample.distinct_id,
      properties: { ...sample.properties, $set: sample.person },
    }),
  });
  if (!response.ok)
    throw new CommandError(`The sandbox refused the event: ${response.status} ${await response.text()}`);

  for (;;) {
    const trace = await readTrace(host, uuid);
    const journey = read(trace, stack, uuid);
    const milliseconds = Math.round(performance.now() - started);
    if (journey.stopped || journey.stages.includes("handled")) return { ...journey, milliseconds };
    if (milliseconds > deadline) {
      return { ...journey, stopped: `nothing more happened in ${deadline / 1000} s`, milliseconds };
    }
    await wait(10);
  }
}

function read(trace: Trace | undefined, stack: string, uuid: string): Omit<Journey, "milliseconds"> {
  if (!trace?.captured) return { stages: [] };
  const stages = ["captured"];
  const matched = trace.destinations.filter((destination) => destination.matched);
  if (matched.length === 0) {
    const reasons = trace.destinations.map(({ name, reason, state }) => `${name}: ${reason ?? state}`);
    return trace.settled
      ? { stages, stopped: reasons.join("; ") || "no destination is enabled" }
      : { stages };
  }
  stages.push("matched");
  if (matched.some(({ deliveries }) => deliveries.some(({ signed }) => signed))) stages.push("signed");
  const unsent = matched.find(({ state }) => !["queued", "succeeded"].includes(state));
  if (unsent) {
    const last = unsent.deliveries.at(-1)?.attempts.at(-1);
    const why =
      unsent.reason ?? last?.error ?? (last ? `the receiver answered ${last.status}` : unsent.state);
    return { stages, stopped: `${unsent.name}: ${why}` };
  }
  const stored = listDeliveries(receiverData(stack), { uuid });
  if (stored.length === 0) return { stages };
  stages.push("stored");
  const failed = stored.flatMap(({ handlers }) => handlers).find(({ lastError }) => lastError !== undefined);
  if (failed) return { stages, stopped: `handler ${failed.name} failed: ${failed.lastError}` };
  // Another destination's delivery may still be on its way.
  if (trace.settled && stored.every(({ state }) => state === "handled")) stages.push("handled");
  return { stages };
}

async function readTrace(host: string, uuid: string): Promise<Trace | undefined> {
  const response = await fetch(`${host}/_sandbox/events/${uuid}`);
  return response.ok ? ((await response.json()) as Trace) : undefined; // our own server's shape
}
