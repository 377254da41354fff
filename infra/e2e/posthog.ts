import { personalApiKey } from "../sandbox/server.ts";

export type Row = { id: string; name: string; enabled: boolean; description: string } & Record<
  string,
  unknown
>;

/** The sandbox as somebody with a browser or curl sees it. */
export async function destinationsIn(url: string, type = "destination"): Promise<Row[]> {
  const { results } = await call(url, "GET", `?type=${type}&full=true&limit=500`);
  return results as Row[];
}

/** As the form in PostHog does. */
export async function createByHand(url: string, body: object): Promise<Row> {
  return (await call(url, "POST", "", { type: "destination", ...body })) as Row;
}

/** A change by hand: what the YAML does not know of. */
export async function changeByHand(url: string, id: string, change: object): Promise<void> {
  await call(url, "PATCH", `${id}/`, { mappings: null, ...change });
}

export async function setFaults(url: string, rules: object[]): Promise<void> {
  const response = await fetch(`${url}/_sandbox/faults`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(rules),
  });
  if (!response.ok) throw new Error(await response.text());
}

async function call(
  url: string,
  method: string,
  path: string,
  body?: object,
): Promise<Record<string, unknown>> {
  const response = await fetch(`${url}/api/projects/1/hog_functions/${path}`, {
    method,
    headers: { Authorization: `Bearer ${personalApiKey}`, "Content-Type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as Record<string, unknown>;
}
