import crypto from "node:crypto";
import vm from "@posthog/hogvm";
import { createCompiler } from "../infra/hog/compile.ts";
import { matches } from "../infra/hog/evaluate.ts";
import { filterGlobals } from "../infra/hog/globals.ts";
import { regex } from "../infra/hog/regex.ts";
import type { HogFilters } from "../infra/hog/types.ts";
import { median, report } from "./measure.ts";

const DESTINATIONS = 100;
const EVENTS = 100;
const ROUNDS = 31;

/**
 * 100 destinations' filters on 200 events, compiled at each evaluation (the compiler keeps what it compiled); against the same
 * bytecode, ready-made, bare on `@posthog/hogvm` with the same globals.
 */
export async function hog(): Promise<void> {
  const compiler = await createCompiler();
  const filters = Array.from({ length: DESTINATIONS }, (_, index) => filterOf(index));
  const bytecodes = filters.map((one) => compiler.filters(one));
  const events = Array.from({ length: EVENTS }, (_, index) => globalsOf(index));

  const ours = () => {
    let matched = 0;
    for (const globals of events) {
      for (const one of filters) if (matches(compiler.filters(one), globals).matched) matched++;
    }
    return matched;
  };
  const bare = () => {
    let matched = 0;
    for (const globals of events) {
      for (const bytecode of bytecodes) {
        const { result } = vm.exec(bytecode, { globals, external: { crypto, regex }, maxAsyncSteps: 0 });
        if (vm.convertHogToJS(result) === true) matched++;
      }
    }
    return matched;
  };

  if (ours() !== bare()) throw new Error("the two ways do not match the same events");
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    // Each goes first in every second round, so that neither always meets the other's garbage.
    const [first, second] = round % 2 === 0 ? [bare, ours] : [ours, bare];
    const times = new Map([first, second].map((work) => [work, timed(work)]));
    const [bareTime = 0, ourTime = 0] = [times.get(bare), times.get(ours)];
    rounds.push({ bare: bareTime, ours: ourTime, ratio: bareTime / ourTime });
  }
  const typical = median(rounds, ({ ratio }) => ratio);
  const evaluations = DESTINATIONS * EVENTS;
  report("hog", {
    evals_per_s: Math.round((evaluations / typical.ours) * 1000),
    bare_per_s: Math.round((evaluations / typical.bare) * 1000),
    ratio: typical.ratio,
  });
}

function timed(work: () => unknown): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}

const EVENT_NAMES = ["user_signed_up", "subscription_started", "feature_used", "$pageview"];
const PLANS = ["free", "pro", "team", "enterprise"];

/** As people write them: an event or two, a property or two, some on the person, one in five in HogQL. */
function filterOf(index: number): HogFilters {
  const [first, second] = [EVENT_NAMES[index % 4] ?? null, EVENT_NAMES[(index + 1) % 4] ?? null];
  const plans = [PLANS[index % 4], PLANS[(index + 1) % 4]];
  const conditions = [
    { key: "plan", value: plans, operator: "exact", type: "event" },
    { key: "seats", value: index % 7, operator: "gte", type: "event" },
    { key: "$current_url", value: `/section-${index % 10}`, operator: "icontains", type: "event" },
    { key: "email", value: "@acme\\.example$", operator: "not_regex", type: "person" },
    { key: "toFloat(properties.amount) > 100", type: "hogql" },
  ];
  const [one, two] = [conditions[index % 5], conditions[(index + 2) % 5]];
  return {
    source: "events",
    events: [
      { id: first, type: "events", properties: one ? [one] : [] },
      { id: second, type: "events" },
    ],
    properties: two ? [two] : [],
  };
}

function globalsOf(index: number): Record<string, unknown> {
  return filterGlobals({
    event: {
      uuid: `01900000-0000-7000-8000-${String(index).padStart(12, "0")}`,
      event: EVENT_NAMES[index % 4] ?? "",
      distinct_id: `user-${index}`,
      properties: {
        plan: PLANS[index % 3],
        seats: index % 9,
        amount: index * 2,
        $current_url: `https://shop.example/section-${index % 12}/page`,
        $lib: "web",
      },
      timestamp: "2026-01-01T00:00:00.000Z",
    },
    person: {
      id: `person-${index}`,
      properties: { email: `user-${index}@${index % 2 ? "acme" : "other"}.example` },
    },
  });
}
