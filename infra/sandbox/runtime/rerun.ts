import { randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { transaction } from "../database.ts";
import type { EventContext, StoredEvent } from "../events/events.ts";
import type { Persons } from "../events/persons.ts";
import type { HogFunction } from "../functions/hog-function.ts";
import { type MatcherOptions, sourceOf } from "../matching/matcher.ts";
import { occasionsOf } from "../matching/occasions.ts";
import type { PastQuery } from "./invocations.ts";

/**
 * Puts past runs into the queue again (contract §11.5): the same invocations, the event as it was, its person and groups
 * as they are now; neither filter nor masking is asked. Their inputs are made when they run, with the configuration of
 * then. Returns the id of the rerun.
 */
export function rerun(
  fn: HogFunction,
  query: PastQuery,
  options: MatcherOptions & { database: DatabaseSync },
): string {
  const { database, invocations, logs, clock } = options;
  const id = randomUUID();
  const past = invocations.past(query);
  let queued = 0;
  const log = (instance: string, level: "DEBUG" | "INFO", message: string) =>
    logs.add(fn.id, instance, { timestamp: new Date(clock.now()).toISOString(), level, message });
  transaction(database, () => {
    for (const { id: invocation, eventUuid } of past) {
      const globals = globalsNow(fn, eventUuid, options);
      if (!globals) continue;
      invocations.requeue({ id: invocation, functionId: fn.id, eventUuid, globals });
      log(invocation, "DEBUG", `Put into the queue again by the rerun ${id}`);
      queued++;
    }
  });
  log(id, "INFO", `The rerun put ${queued} runs into the queue again and left out ${past.length - queued}`);
  return id;
}

/** Without inputs; nothing where the event is gone. */
function globalsNow(fn: HogFunction, eventUuid: string, { events, persons, project }: MatcherOptions) {
  const [capture] = events.find(eventUuid);
  const stored = capture && events.matched(capture.row);
  if (!stored) return undefined;
  const occasions = occasionsOf(project, ...asTheyAre(stored, persons));
  return occasions.find(({ concerns }) => concerns(fn))?.forInputs(sourceOf(fn, project));
}

function asTheyAre(
  { event, context }: { event: StoredEvent; context: EventContext },
  persons: Persons,
): [StoredEvent, EventContext] {
  const { internal } = event;
  // Whom PostHog puts where it finds none
  const person = persons.find(event.distinct_id) ?? { id: "", properties: {} };
  return [
    { ...event, ...(internal && { internal: { ...internal, person: { ...person, url: "" } } }) },
    { ...context, person, groups: persons.groupsOf(event) },
  ];
}
