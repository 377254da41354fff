import { expect, test } from "vitest";
import { unhandledEvents } from "./handled-events.ts";
import type { LoweredProject } from "./load.ts";
import type { LoweredFilters } from "./lowered.ts";

function project(events: LoweredFilters["events"], handlers: string[]): LoweredProject {
  const webhook = { url: "https://a.example", body: {} };
  const lowered = { slug: "a", name: "A", enabled: true, filters: { events }, webhook };
  return { destinations: [{ lowered, handlers, file: "destinations/a.yaml" }], diagnostics: [] };
}

const handles = { crm: ["signed_up"], notify: ["signed_up", "paid"], all: ["*"] };

test.each<[string, LoweredFilters["events"], string[], string[]]>([
  ["an event that one of the handlers takes", [{ id: "signed_up" }, { id: "paid" }], ["crm", "notify"], []],
  ["an event that none takes", [{ id: "signed_up" }, { id: "left" }], ["crm", "notify"], ["left"]],
  ["a handler of everything", [{ id: "left" }], ["all"], []],
  ["every event", "all", ["crm"], []],
  ["a webhook", [{ id: "left" }], [], []],
])("%s", (_what, events, handlers, unhandled) => {
  const found = unhandledEvents(project(events, handlers), handles);
  expect(found.map(({ code, message }) => [code, message])).toEqual(
    unhandled.map((id) => [
      "HW055",
      `destinations/a.yaml: no handler has an entry for \`${id}\`, so nothing will be done with it`,
    ]),
  );
});
