import type { Clock } from "../clock.ts";
import type { EventContext, Events, StoredEvent } from "../events/events.ts";
import type { Persons } from "../events/persons.ts";
import type { HogFunction } from "../functions/hog-function.ts";
import type { HogFunctions } from "../functions/hog-functions.ts";
import type { Invocations } from "../runtime/invocations.ts";
import type { Logs } from "../runtime/logs.ts";
import { billedTo, type Metrics } from "../runtime/metrics.ts";
import { RunLog } from "../runtime/run-log.ts";
import type { RuntimeSettings } from "../runtime/settings.ts";
import type { Watcher } from "../runtime/watcher.ts";
import type { FilterVersions } from "./filter-versions.ts";
import { configuredSecrets } from "./inputs.ts";
import type { Masks } from "./masking.ts";
import { judge, type Verdict } from "./match.ts";
import { type Occasion, occasionsOf, type Project } from "./occasions.ts";

export type MatcherOptions = {
  clock: Clock;
  settings: RuntimeSettings;
  project: Project;
  events: Events;
  functions: HogFunctions;
  persons: Persons;
  invocations: Invocations;
  filterVersions: FilterVersions;
  masks: Masks;
  watcher: Watcher;
  metrics: Metrics;
  logs: Logs;
};

/** Holds an event against the functions and writes down what came of it. Inside a transaction. */
export function matchEvent(event: StoredEvent, options: MatcherOptions): void {
  const context = contextOf(event, options.persons);
  const filtered = occasionsOf(options.project, event, context).flatMap((occasion) =>
    hold(event.uuid, occasion, options),
  );
  options.events.setMatched(event.row, context, filtered);
}

/** Where a function says that its events come from. */
export function sourceOf(fn: Pick<HogFunction, "id" | "name">, project: Project) {
  const name = fn.name ?? `Hog function: ${fn.id}`;
  return { name, url: `${project.url}/functions/${fn.id}/configuration/` };
}

/** What the event says of its person and groups is applied first. */
function contextOf(event: StoredEvent, persons: Persons): EventContext {
  if (event.internal) return { person: { id: "", properties: {} }, groups: [], isNews: false };
  persons.recordGroup(event);
  const groups = persons.groupsOf(event);
  return { ...persons.record(event), groups };
}

/** Returns the ids of the filters that said no. */
function hold(uuid: string, { event, concerns, forFilters, forInputs }: Occasion, options: MatcherOptions) {
  const { clock, settings, project, functions, masks, watcher, filterVersions, metrics } = options;
  const filtered: number[] = [];
  let isBilled = false;
  for (const fn of functions.enabled().values()) {
    if (!concerns(fn)) continue;
    const verdicts = judge(fn, {
      event,
      forFilters,
      forInputs: () => forInputs(sourceOf(fn, project)),
      now: () => new Date(clock.now()),
      isQuotaUsedUp: settings.quota === "used-up",
      isDisabled: ({ id }) => watcher.isDisabled(id),
      isHeldBack: ({ id, masking }, globals) => masking !== null && masks.holdBack(id, masking, globals),
    });
    for (const verdict of verdicts) {
      metrics.count(fn.id, verdict.state === "queued" ? "triggered" : verdict.state);
      if (verdict.state === "filtered") filtered.push(filterVersions.idOf(fn, verdict.part));
      else keep(uuid, fn, verdict, options);
      isBilled ||= verdict.state === "queued" && fn.type === "destination";
    }
  }
  if (isBilled) metrics.count(billedTo, "billable_invocation");
  return filtered;
}

function keep(
  uuid: string,
  fn: HogFunction,
  verdict: Exclude<Verdict, { state: "filtered" }>,
  { invocations, logs, clock }: MatcherOptions,
): void {
  if (verdict.state !== "filtering_failed" && verdict.state !== "inputs_failed") {
    invocations.add(uuid, fn.id, verdict);
    return;
  }
  // An error can quote what a function was given
  const log = new RunLog(clock.now, configuredSecrets(fn), (entry) => logs.add(fn.id, id, entry));
  const reason = log.redact(verdict.reason);
  const id = invocations.add(uuid, fn.id, { ...verdict, reason });
  log.write("ERROR", `Event ${uuid} was not sent: ${reason}`);
}
