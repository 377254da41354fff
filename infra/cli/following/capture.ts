import type { Outgoing } from "./journey.ts";

/** The event was not taken; the message says by whom and why. */
export class CaptureError extends Error {
  override name = "CaptureError";
}

/** PostHog Cloud takes events at another host than its API (contract §7); everybody else at the same. */
export function captureHost(host: string): string {
  const region = /^https:\/\/(us|eu|app)\.posthog\.com$/.exec(host)?.[1];
  return region === undefined ? host : `https://${region === "app" ? "us" : region}.i.posthog.com`;
}

/** Sends the event, after what it needs to know of its groups. Throws a `CaptureError`. */
export async function capture(event: Outgoing, host: string, token: string): Promise<void> {
  const url = `${captureHost(host)}/batch/`;
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ api_key: token, batch: [...groupEvents(event), inBatch(event)] }),
    redirect: "manual",
    signal: AbortSignal.timeout(30_000),
  }).catch((cause: unknown) => {
    const { message } =
      cause instanceof Error && cause.cause instanceof Error ? cause.cause : (cause as Error); // fetch throws nothing else
    throw new CaptureError(`${url} does not answer: ${message}`, { cause });
  });
  if (response.ok) return;
  throw new CaptureError(`${url} answered ${response.status}: ${(await response.text()).slice(0, 500)}`);
}

function inBatch({ uuid, event, distinct_id, timestamp, ...rest }: Outgoing) {
  const { properties, person, groups, elements_chain } = rest;
  const keys = Object.fromEntries(Object.entries(groups).map(([type, { id }]) => [type, id]));
  return {
    uuid,
    event,
    distinct_id,
    timestamp: timestamp ?? new Date().toISOString(),
    properties: {
      $lib: "hogwire", // so that it can be told from a real one
      ...properties,
      ...(person === null ? { $process_person_profile: false } : {}),
      ...(person !== null && Object.keys(person).length > 0 ? { $set: person } : {}),
      ...(Object.keys(keys).length > 0 ? { $groups: keys } : {}),
      ...(elements_chain === undefined ? {} : { $elements_chain: elements_chain }),
    },
  };
}

/** As PostHog's own libraries send them: under a distinct_id of the group, so that no person changes. */
function groupEvents({ groups }: Outgoing) {
  return Object.entries(groups)
    .filter(([, { properties }]) => Object.keys(properties).length > 0)
    .map(([type, { id, properties }]) => ({
      event: "$groupidentify",
      distinct_id: `$${type}_${id}`,
      timestamp: new Date().toISOString(),
      properties: { $lib: "hogwire", $group_type: type, $group_key: id, $group_set: properties },
    }));
}
