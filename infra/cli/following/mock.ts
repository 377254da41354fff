import { z } from "zod";
import { inputGlobals } from "../../hog/globals.ts";
import { parse } from "../../posthog/answers.ts";
import { getGroupTypes } from "../../posthog/groups.ts";
import type { Branch, Journey, MockedRequest, Outgoing } from "./journey.ts";
import { groupsOf } from "./local-filter.ts";
import type { Destination, Target } from "./target.ts";

/** What the endpoint answers (contract §3); the worker's own errors have neither logs nor a result. */
const answer = z.object({
  status: z.enum(["success", "error", "skipped"]),
  errors: z.array(z.string()).default([]),
  logs: z.array(z.object({ level: z.string(), message: z.string() })).default([]),
});

/**
 * Has PostHog run each destination on an event that is captured nowhere, with every `fetch` told instead of made; as the way
 * of an event, with the requests that would have been sent.
 */
export async function mock(event: Outgoing, target: Target, destinations: Destination[]): Promise<Journey> {
  const start = performance.now();
  const branches = [];
  for (const destination of destinations) {
    const run = await invoke(event, destination, target);
    const ms = Math.round(performance.now() - start);
    branches.push(await branchOf(event, destination, run, target, ms));
  }
  return { uuid: event.uuid, branches };
}

type Run = z.output<typeof answer>;

async function branchOf(
  event: Outgoing,
  { slug, name, filters, enabled }: Destination,
  { status, errors, logs }: Run,
  target: Target,
  ms: number,
): Promise<Branch> {
  const branch = { slug, name, steps: [], ended: true };
  const matched = { stage: "matched" as const, ms };
  const failures = [
    ...errors,
    ...logs.filter(({ level }) => level === "error").map(({ message }) => message),
  ];
  if (status === "error" || failures.length > 0) {
    return {
      ...branch,
      steps: [matched],
      stopped: { stage: "sent", reason: failures[0] ?? "no reason is known", ms },
    };
  }
  if (status === "skipped") {
    const verdict = await target.filter(filters, event);
    const reason =
      verdict.matched === false ? verdict.words : (logs[0]?.message ?? "its filter does not take it");
    const condition = verdict.matched === false && verdict.condition;
    return { ...branch, stopped: { stage: "matched", reason, ms, ...(condition && { condition }) } };
  }
  const requests = logs.flatMap(({ message }) => requestOf(message));
  const detail = requests.length > 0 ? "mocked: nothing left PostHog" : "its code makes no request";
  if (!enabled) {
    const reason = "it is switched off: it would be sent when it is on";
    return { ...branch, stopped: { stage: "matched", reason, ms }, requests };
  }
  return { ...branch, steps: [matched, { stage: "sent", ms, detail }], requests };
}

async function invoke(
  event: Outgoing,
  { id, name }: Destination,
  { client, project, host }: Target,
): Promise<Run> {
  const path = `hog_functions/${id}/`;
  const types =
    Object.keys(event.groups).length > 0 ? await getGroupTypes(client) : new Map<string, number>();
  const url = `${host}/project/${project.id}`;
  const globals = inputGlobals({
    event: { ...event, timestamp: event.timestamp ?? new Date().toISOString() },
    person: { id: event.uuid, properties: event.person ?? {} },
    groups: groupsOf(event, types),
    project: { id: project.id, name: project.name, url },
    source: { name, url: `${url}/functions/${id}/configuration/` },
  });
  const body = { configuration: await client.get(path), globals, mock_async_functions: true };
  return parse(answer, await client.post(`${path}invocations/`, body), `${path}invocations/`);
}

/** What Hog's `fetch` takes (contract §5.3). */
type FetchOptions = { method?: string; headers?: object; body?: unknown; standard_webhooks?: unknown };

/** PostHog logs the call as a line of code: `fetch('<url>', <JSON>)`. */
function requestOf(message: string): MockedRequest[] {
  const [, url, json] = /^fetch\('(.*?)', (\{[\s\S]*\}|null|undefined)\)$/.exec(message) ?? [];
  if (url === undefined || json === undefined) return [];
  const options = json.startsWith("{") ? (JSON.parse(json) as FetchOptions) : {};
  const {
    method = "POST",
    headers = { "Content-Type": "application/json" },
    body,
    standard_webhooks,
  } = options;
  const signed = standard_webhooks !== undefined;
  return [{ method, url, headers: redacted(headers), signed, ...(body !== undefined && { body }) }];
}

const credential = /authori[sz]ation|cookie|secret|token|password|credential|key/i;

function redacted(headers: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, credential.test(name) ? "***" : value]),
  );
}
