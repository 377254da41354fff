import type { LoweredFilters, LoweredProperty } from "../lowered.ts";
import type { Problem } from "../report.ts";
import { INTERNAL_EVENTS } from "./posthog-events.ts";
import type { Subject } from "./rule.ts";

/** PostHog's own alerts have conditions of their own, and say nothing when these are not met (contract §1.6, §11.7). */
export function checkAlerts({ filters, origins, report }: Subject): void {
  if (filters?.events === undefined || filters.events === "all") return;
  for (const event of filters.events) {
    const path = origins.get(event);
    const problem = "id" in event ? faultOf(event.id, filters) : undefined;
    if (path && problem) report({ code: "HW048", path, ...problem });
  }
}

function faultOf(
  name: string,
  { source, properties = [] }: LoweredFilters,
): Omit<Problem, "code" | "path"> | undefined {
  if (isManagedAlert(name)) {
    return {
      message: `PostHog refuses a destination for \`${name}\`, which it manages itself`,
      hint: "Remove it here, and say in PostHog, on the alert itself, whom it tells.",
    };
  }
  if (source === undefined && INTERNAL_EVENTS.includes(name)) {
    return {
      severity: "warning",
      message: `\`${name}\` comes from PostHog itself, which ordinary events do not bring`,
      hint: "Write `source: internal-events`, in a file of its own if the other events are ordinary.",
    };
  }
  if (source === "internal-events" && name === INSIGHT_ALERT && !properties.some(isOneAlert)) {
    return {
      message: `PostHog never sends \`${name}\` to a filter that does not name its alert`,
      hint: "Write `properties: { alert_id: … }` under `filters`: one alert's id as text, a file for each alert.",
    };
  }
  return undefined;
}

const INSIGHT_ALERT = "$insight_alert_firing";
const ALERT = /^\$[a-z0-9_]+_alert_(?:firing|resolved|errored|auto_disabled|match)$/;

/** Those that have an API of their own; insight alerts are older than it. */
function isManagedAlert(name: string): boolean {
  return name !== INSIGHT_ALERT && ALERT.test(name);
}

/** What PostHog looks for before it looks at the filter: it compares the texts. */
function isOneAlert({ key, value, operator = "exact", type = "event" }: LoweredProperty): boolean {
  return key === "alert_id" && type === "event" && operator === "exact" && typeof value === "string";
}
