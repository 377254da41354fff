import { z } from "zod";
import { parse } from "../../posthog/answers.ts";
import type { PostHogClient } from "../../posthog/http.ts";
import type { Outgoing, Sighting, Witness } from "./journey.ts";
import type { LocalFilter } from "./local-filter.ts";
import type { Destination } from "./target.ts";

/** A row of `logs/`; an instance is one run (contract §3). */
const line = z.object({
  instance_id: z.string(),
  timestamp: z.string(),
  level: z.string(),
  message: z.string(),
});
type Line = z.output<typeof line>;
const lines = z.union([
  z.array(line),
  z.object({ results: z.array(line) }).transform(({ results }) => results),
]);
const totals = z.object({ totals: z.record(z.string(), z.number()) });

/** How long an event that its filter, as it is read here, does not take is looked for all the same. */
const doubt = 15_000;

/**
 * A real PostHog, by what a destination's log says: the line that ends a run, well or not, names the event, and so do those of
 * a filter or an input that failed. An event that was filtered leaves no line, only a count that comes minutes later.
 */
export function postHogWitness(client: PostHogClient, filter: LocalFilter): Witness {
  const ended = new Map<string, Sighting>();
  let started: number | undefined;
  return {
    pause: (destinations) => Math.max(1_000, destinations * 500), // the key's limits are everybody's
    async look(event, destinations) {
      started ??= Date.now();
      const open = destinations.filter(({ id }) => !ended.has(event.uuid + id));
      for (const destination of open) {
        const found = await sightingOf(event, destination, Date.now() - started > doubt);
        if (found) ended.set(event.uuid + destination.id, found);
      }
      const seen = destinations.map(({ id }) => [id, ended.get(event.uuid + id) ?? {}] as const);
      return new Map(seen);
    },
    explain: (event, destination) => whyUnseen(event, destination),
  };

  async function sightingOf(event: Outgoing, destination: Destination, isLate: boolean) {
    if (!destination.enabled) return stoppedAt("matched", "it is disabled");
    const after = new Date((started ?? 0) - 60_000).toISOString(); // the clocks may differ
    const [last] = await read(destination, { search: event.uuid, after, limit: "1" });
    if (last) {
      const run = await read(destination, { instance_id: last.instance_id, after, limit: "50" });
      return ofRun(last, run);
    }
    const isRefused = isLate && (await filter(destination.filters, event)).matched === false;
    return isRefused ? { matched: false, stopped: await whyUnseen(event, destination) } : undefined;
  }

  async function read({ id }: Destination, query: Record<string, string>): Promise<Line[]> {
    return parse(lines, await client.get(`hog_functions/${id}/logs/`, query), "logs/");
  }

  async function whyUnseen(event: Outgoing, destination: Destination): Promise<Stopped> {
    const verdict = await filter(destination.filters, event);
    const hint = await countsOf(destination);
    if (verdict.matched === false) {
      const { words, condition } = verdict;
      return {
        stage: "matched",
        reason: words,
        ...(condition && { condition }),
        hint: `Read here from its filter, by what the event itself says: PostHog tells nothing of one filtered event. ${hint}`,
      };
    }
    const reason =
      verdict.matched === true
        ? "its log does not name the event, though its filter takes it"
        : "its log does not name the event";
    return {
      stage: "matched",
      reason,
      hint: `PostHog's logs can be minutes late, and masking leaves none. The person ${event.distinct_id} may have properties from before, which say no. ${hint}`,
    };
  }

  async function countsOf({ id }: Destination): Promise<string> {
    const after = new Date(started ?? Date.now()).toISOString();
    const path = `hog_functions/${id}/metrics/totals/`;
    const answer = parse(totals, await client.get(path, { after, breakdown_by: "name" }), path);
    const counts = Object.entries(answer.totals).map(([name, count]) => `${name} ${count}`);
    return `Its metrics since then, which are minutes late too: ${counts.join(", ") || "none"}.`;
  }
}

type Stopped = NonNullable<Sighting["stopped"]>;

function stoppedAt(stage: Stopped["stage"], reason: string): Sighting {
  return { matched: stage !== "matched", stopped: { stage, reason } };
}

/** `last` names the event: an error is where it stopped. What the others say of failed attempts comes along. */
function ofRun(last: Line, run: Line[]): Sighting {
  const isError = (one: Line) => ["ERROR", "FATAL"].includes(one.level.toUpperCase());
  const attempts = run.filter((one) => one.message !== last.message && isError(one)).reverse();
  const said = attempts.map(({ message }) => message).join(" ");
  if (!isError(last)) {
    return {
      matched: true,
      sent: { detail: said || "its log says that it ran to its end", at: Date.parse(last.timestamp) },
    };
  }
  const stage = /\bfilter(?:ing| failed)/i.test(last.message) ? "matched" : "sent";
  return {
    matched: stage === "sent",
    stopped: { stage, reason: last.message, ...(said !== "" && { hint: said }) },
  };
}
