import { readBack, store } from "../posthog/fake-rows.ts";
import { webhookTemplate } from "../posthog/fake-templates.ts";
import { type HogFunction, hogFunction } from "../posthog/hog-functions.ts";
import { type DestinationInputs, originOf, toRemote } from "./destination.ts";
import type { EventReference } from "./filters.ts";
import { groups } from "./generated-inputs.ts";

// For tests: a destination, and what PostHog has of it.

export const events: EventReference[] = [
  { id: "user_signed_up", properties: [{ key: "plan", value: ["pro"] }] },
  { filter: "paying", id: "11" },
];
export const webhook = {
  url: "https://acme.example",
  body: { event: "{event}" },
  signing_secret: "whsec_c2VjcmV0",
};
export const group = { key: "tier", value: "gold", type: "group" };
export const inputs: DestinationInputs = {
  slug: "signup",
  host: "https://us.posthog.com",
  project: "1",
  managed_by: "hogwire/dev/signup",
  name: "Sign-ups",
  enabled: true,
  filters: { events, properties: [{ ...group, group_type: "team" }] },
  webhook,
};
export const context = { template: webhookTemplate, groups };

/** What PostHog stores of a body, and what a change by hand makes of it before it is read. */
export function stored(body: object, change: (row: Record<string, unknown>) => void = () => {}): HogFunction {
  const row = store({ ...body });
  change(row);
  return hogFunction.parse(readBack(row));
}

export function applied(change?: (row: Record<string, unknown>) => void, from = inputs) {
  return stored({ ...originOf(from), ...toRemote(from, context) }, change);
}

export type Row = Record<string, unknown>;
export const set = (path: string, value: unknown) => (row: Row) => {
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  const parent = keys.reduce<Row>((object, key) => object[key] as Row, row);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
};
