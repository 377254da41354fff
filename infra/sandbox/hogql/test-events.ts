import { randomUUID } from "node:crypto";
import { onTestFinished } from "vitest";
import { openDatabase } from "../database.ts";
import { Events } from "../events/events.ts";
import { Persons } from "../events/persons.ts";
import type { Json } from "../http/fields.ts";
import { HogQL } from "./hogql.ts";

/** Thursday, 10 days after the first event of the tests. */
export const now = Date.parse("2026-01-15T12:00:00.500Z");

export type Given = {
  event?: string;
  distinct_id?: string;
  timestamp?: string;
  uuid?: string;
  properties?: Json;
  elements_chain?: string;
};

/** A HogQL over events that were captured and matched, without a server. */
export function hogqlOver(given: Given[], maxMilliseconds?: number) {
  const database = openDatabase(":memory:");
  onTestFinished(() => database.close());
  const clock = { now: () => now, sleep: () => Promise.resolve() };
  const events = new Events(database, clock);
  const persons = new Persons(database);
  events.add(
    given.map(({ event = "seen", distinct_id = "u", timestamp = "2026-01-05T09:30:00Z", ...rest }) => ({
      uuid: randomUUID(),
      event,
      distinct_id,
      timestamp: new Date(timestamp).toISOString(),
      properties: {},
      ...rest,
    })),
  );
  for (const event of events.unmatched(given.length)) {
    persons.recordGroup(event);
    const groups = persons.groupsOf(event);
    events.setMatched(event.row, { ...persons.record(event), groups }, []);
  }
  const hogql = new HogQL(database, clock, maxMilliseconds);
  return {
    database,
    hogql,
    /** The rows of the answer. */
    rows: async (query: string, values?: Json) =>
      (await hogql.run(query, { ...(values && { values }) })).results,
  };
}
