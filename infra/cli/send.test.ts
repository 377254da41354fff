import { describe, expect, test } from "vitest";
import type { Branch, Journey, Stage } from "./following/journey.ts";
import { outcomeOf } from "./send.ts";

const event = { event: "user_signed_up", distinct_id: "user-1" };
const arrived = (slug: string): Branch => ({ slug, name: slug, steps: [], ended: true });
const stopped = (slug: string, stage: Stage): Branch => ({
  ...arrived(slug),
  stopped: { stage, reason: "because", ms: 1 },
});
const sample = (slug: string, isSent: boolean) => ({ slug, isSent, name: "s", file: "f" });

const cases: [string, Branch[], Parameters<typeof outcomeOf>[2], string | undefined, 0 | 1, string][] = [
  [
    "it arrived at one, another does not take it",
    [arrived("a"), stopped("b", "matched")],
    undefined,
    undefined,
    0,
    "It arrived: a; 1 did not match.",
  ],
  ["nobody takes it", [stopped("a", "matched")], undefined, undefined, 1, "No destination takes it."],
  [
    "it arrived at one and failed at another",
    [arrived("a"), stopped("b", "handled")],
    undefined,
    undefined,
    1,
    "b: not handled.",
  ],
  ["it has to arrive where --to says", [stopped("a", "matched")], undefined, "a", 1, "a: not matched."],
  [
    "it has to arrive where its sample says",
    [stopped("a", "matched"), arrived("b")],
    sample("a", true),
    undefined,
    1,
    "a: not matched.",
  ],
  [
    "its sample says it is not sent, and so it is",
    [stopped("a", "matched")],
    sample("a", false),
    undefined,
    0,
    "No destination takes it.",
  ],
  [
    "its sample says it is not sent, but it is",
    [arrived("a")],
    sample("a", false),
    "a",
    1,
    "a sent what its sample says it does not.",
  ],
  [
    "its sample says it is not sent, which is not to say that it may fail",
    [stopped("a", "sent")],
    sample("a", false),
    undefined,
    1,
    "a: not sent.",
  ],
];

describe("what has to happen", () => {
  test.each(cases)("%s", (_what, branches, from, to, exitCode, words) => {
    const journey: Journey = { uuid: "u", branches };
    const outcome = outcomeOf(event, journey, from, to === undefined ? {} : { to });
    expect(outcome.exitCode).toBe(exitCode);
    expect(outcome.text.endsWith(words), outcome.text).toBe(true);
  });

  test("an event that nobody captured is not well", () => {
    const stop = { stage: "captured" as const, reason: "no", ms: 1 };
    expect(outcomeOf(event, { uuid: "u", branches: [], stopped: stop }, undefined, {}).exitCode).toBe(1);
  });
});
