import { doesNotHold } from "../../hog/words/refusing-condition.ts";
import type { Sighting, Witness } from "./journey.ts";

/** What the sandbox tells of one event at `/_sandbox/events/<uuid>`. */
type Trace = { captured: boolean; settled: boolean; destinations: Run[] };
type Run = {
  id: string;
  matched: boolean;
  state: string;
  reason?: string;
  condition?: { path: (string | number)[]; words: string };
  deliveries: Delivery[];
  logs: { level: string; message: string }[];
};
type Delivery = { signed: boolean; request: { method: string; url: string }; attempts: Attempt[] };
type Attempt = {
  at: string;
  ms: number;
  status: number | null;
  error?: string;
  response?: { body: string };
};

/** Whether a sandbox answers there. */
export async function isSandbox(host: string): Promise<boolean> {
  const response = await fetch(`${host}/_sandbox/health`, { signal: AbortSignal.timeout(5_000) }).catch(
    () => undefined,
  );
  return response?.ok === true;
}

export function sandboxWitness(host: string): Witness {
  return {
    pause: () => 10,
    async look({ uuid }, destinations) {
      const response = await fetch(`${host}/_sandbox/events/${uuid}`);
      const trace = response.ok ? ((await response.json()) as Trace) : undefined; // our own server's shape
      const seen = new Map<string, Sighting>();
      for (const { id, enabled } of destinations) {
        // With mappings there is a run for each: one that matched says more.
        const runs = trace?.destinations.filter((run) => run.id === id) ?? [];
        const run = runs.find(({ matched }) => matched) ?? runs[0];
        if (run) seen.set(id, sighting(run));
        else if (trace?.settled)
          seen.set(id, { matched: false, stopped: { stage: "matched", reason: unmet(enabled) } });
      }
      return seen;
    },
    explain: async () => undefined, // nothing is hidden
  };
}

function unmet(enabled: boolean): string {
  return enabled ? "it does not take events of this kind" : "it is disabled";
}

function sighting({ matched, state, reason, condition, deliveries, logs }: Run): Sighting {
  if (!matched) {
    const words = condition ? doesNotHold(condition.words) : (reason ?? state);
    const stopped = {
      stage: "matched" as const,
      reason: words,
      ...(condition && { condition: condition.path }),
    };
    return { matched, stopped };
  }
  const last = deliveries.at(-1);
  const attempt = last?.attempts.at(-1);
  const hint = attempt?.error?.includes("ECONNREFUSED") && { hint: nobodyListens };
  if (state === "queued") {
    return { matched, ...(last && attempt && { refused: { reason: inWords(last, attempt), ...hint } }) };
  }
  if (state === "succeeded") {
    if (!last || !attempt) return { matched, sent: { detail: "its code made no request" } };
    return { matched, sent: { detail: inWords(last, attempt), at: Date.parse(attempt.at) } };
  }
  const line = logs.findLast(({ level }) => level.toUpperCase() === "ERROR")?.message;
  const why = last && attempt ? inWords(last, attempt) : (reason ?? line ?? state);
  return { matched, stopped: { stage: "sent", reason: why, ...hint } };
}

const nobodyListens =
  "Nothing listens there. npm start starts the receiver; npx hogwire doctor looks for it.";

function inWords({ request, signed, attempts }: Delivery, { status, error = "", response }: Attempt): string {
  const tries = attempts.length > 1 ? `, attempt ${attempts.length}` : "";
  const call = `${request.method} ${request.url}${signed ? ", signed" : ""}${tries}`;
  if (status === null) return `${call}: no answer, ${error.replace(/^Error: /, "")}`;
  return `${call}: answered ${status}${status < 300 ? "" : saidIn(response?.body)}`;
}

/** The receiver's refusals are `{ error }` (infra/receiver/answer.ts); others' are shown as they are. */
function saidIn(body = ""): string {
  let said = body;
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === "object" && parsed !== null && "error" in parsed) said = String(parsed.error);
  } catch {} // it is no JSON
  return said === "" ? "" : `: ${said.slice(0, 300)}`;
}
