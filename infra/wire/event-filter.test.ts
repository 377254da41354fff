import fc from "fast-check";
import { expect, test } from "vitest";
import type { Action } from "../posthog/actions.ts";
import { type ActionRow, readBackAction, saveAction } from "../posthog/fake-rows.ts";
import { type EventFilterInputs, fromRemoteAction, lostInAction, toRemoteAction } from "./event-filter.ts";
import { eventFilterInputs, groups } from "./generated-inputs.ts";

const inputs: EventFilterInputs = {
  slug: "paying",
  host: "https://us.posthog.com",
  project: "1",
  managed_by: "hogwire/dev/paying",
  name: "Paying sign-up",
  steps: [
    {
      event: "user_signed_up",
      properties: [{ key: "tier", value: "gold", type: "group", group_type: "team" }],
    },
    { event: "$autocapture", tag_name: "button", text: "Buy", url: "/pricing", url_matching: "exact" },
  ],
};

type Change = (row: ActionRow & { steps: Record<string, unknown>[] }) => void;

function stored(from: EventFilterInputs, change: Change = () => {}): Action {
  const row = saveAction({ id: 11, deleted: false }, toRemoteAction(from, groups));
  change(row as Parameters<Change>[0]); // `saveAction` has seen to the steps
  return { ...(readBackAction(row) as Action), id: "11" };
}

test("reads back what was written, for every lowered event filter", () => {
  fc.assert(
    fc.property(eventFilterInputs, (generated) => {
      const remote = stored(generated);
      expect(fromRemoteAction(remote, generated, groups)).toEqual(generated);
      expect(lostInAction(generated, remote, groups)).toBeUndefined();
    }),
    { numRuns: 500 },
  );
});

test("sends every key of a step, so that none keeps what an older step had", () => {
  expect(toRemoteAction(inputs, groups)).toEqual({
    name: "Paying sign-up",
    description: "Managed by Hogwire: destinations/filters/paying.yaml [hogwire:hogwire/dev/paying]",
    steps: [
      {
        event: "user_signed_up",
        selector: null,
        tag_name: null,
        text: null,
        text_matching: "exact",
        href: null,
        href_matching: "exact",
        url: null,
        url_matching: "contains",
        properties: [{ key: "tier", value: "gold", operator: "exact", type: "group", group_type_index: 1 }],
      },
      expect.objectContaining({ tag_name: "button", url_matching: "exact", properties: [] }),
    ],
  });
});

test.each<[string, Change, object]>([
  ["the name", (row) => Object.assign(row, { name: "Other" }), { name: "Other" }],
  ["a lost marker", (row) => Object.assign(row, { description: "" }), { managed_by: null }],
  [
    "a step more",
    (row) => row.steps.push({ event: "x", url_matching: null }),
    { steps: [...inputs.steps, { event: "x" }] },
  ],
  [
    "a field of a step",
    (row) => Object.assign(row.steps[1] ?? {}, { text: "Sell", text_matching: "contains" }),
    { steps: [inputs.steps[0], { ...inputs.steps[1], text: "Sell", text_matching: "contains" }] },
  ],
  [
    "a field that nobody knew",
    (row) => Object.assign(row.steps[1] ?? {}, { sampling: 2 }),
    { steps: [inputs.steps[0], { ...inputs.steps[1], sampling: 2 }] },
  ],
  [
    "a condition taken away",
    (row) => Object.assign(row.steps[0] ?? {}, { properties: [] }),
    { steps: [{ event: "user_signed_up" }, inputs.steps[1]] },
  ],
])("shows at its own path what somebody changed: %s", (_name, change, drift) => {
  expect(fromRemoteAction(stored(inputs, change), inputs, groups)).toEqual({ ...inputs, ...drift });
});

test("tags and the like are for people, and no drift", () => {
  const remote = stored(inputs, (row) => Object.assign(row, { tags: ["crm"], pinned_at: "2026-01-01" }));
  expect(fromRemoteAction(remote, inputs, groups)).toEqual(inputs);
});

test.each<[string, Change, string]>([
  [
    "a dropped condition",
    (row) => Object.assign(row.steps[0] ?? {}, { properties: null }),
    "steps.0.properties",
  ],
  ["a dropped field", (row) => Object.assign(row.steps[1] ?? {}, { text: null }), "steps.1.text"],
  ["a dropped step", (row) => row.steps.pop(), "steps"],
])("after a write, %s is noticed", (_name, change, path) => {
  expect(lostInAction(inputs, stored(inputs, change), groups)).toBe(path);
});
