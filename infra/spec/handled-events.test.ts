import { expect, test } from "vitest";
import { unhandledEvents } from "./handled-events.ts";
import type { LoweredEventFilter, LoweredFilters } from "./lowered.ts";
import type { LoweredProject } from "./project.ts";

const eventFilters: LoweredEventFilter[] = [
  { slug: "paying", name: "P", steps: [{ event: "paid" }, { event: "renewed" }, { url: "/x" }] },
];

function project(events: LoweredFilters["events"], handlers: string[]): LoweredProject {
  const webhook = { url: "https://a.example", body: {} };
  const filters = events === undefined ? { source: "person-updates" as const } : { events };
  const lowered = { slug: "a", name: "A", enabled: true, filters, webhook };
  return {
    destinations: [{ lowered, handlers, file: "destinations/a.yaml" }],
    eventFilters,
    diagnostics: [],
  };
}

const handles = { crm: ["signed_up"], notify: ["signed_up", "paid"], all: ["*"] };

test.each<[string, LoweredFilters["events"], string[], string[]]>([
  ["an event that one of the handlers takes", [{ id: "signed_up" }, { id: "paid" }], ["crm", "notify"], []],
  ["an event that none takes", [{ id: "signed_up" }, { id: "left" }], ["crm", "notify"], ["left"]],
  [
    "the events of an event filter, each once",
    [{ filter: "paying" }, { id: "renewed" }],
    ["notify"],
    ["renewed"],
  ],
  ["somebody else's action, which may be any event", [{ action: 1 }], ["crm"], []],
  ["a handler of everything", [{ id: "left" }], ["all"], []],
  ["every event", "all", ["crm"], []],
  ["changes of a person, which are no events", undefined, ["crm"], []],
  ["a webhook", [{ id: "left" }], [], []],
])("%s", (_what, events, handlers, unhandled) => {
  expect(unhandledEvents(project(events, handlers), handles)).toEqual(
    unhandled.map((id) => ({
      code: "HW055",
      severity: "warning",
      message: `destinations/a.yaml: no handler has an entry for \`${id}\`, so nothing will be done with it`,
      hint: `Add \`${id}\` to \`on\` of ${handlers.join(" or ")}, or leave the event out.`,
    })),
  );
});
