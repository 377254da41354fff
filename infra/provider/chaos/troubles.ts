import type { Clock } from "../../sandbox/clock.ts";
import { systemClock } from "../../sandbox/clock.ts";
import type { Chance } from "../../sandbox/seed/chance.ts";

/** What goes wrong between the provider and PostHog in one run, as rules for the sandbox. */
export function newFaults(chance: Chance, slowestMs: number): object[] {
  const faults = [
    { status: 429, retryAfter: chance.between(0, 1) },
    { status: chance.of([500, 502, 503, 504]) },
    { status: chance.of([500, 502, 504]), commit: true },
    { cut: "before" },
    { cut: "after" },
    { delayMs: chance.between(1, slowestMs) },
    { rows: "drop", match: { path: "/hog_functions/" } },
    { rows: "repeat", match: { path: "/hog_functions/" } },
    { cut: "after", match: { method: "POST" } },
    { status: 500, commit: true, match: { method: "PATCH" } },
  ];
  return faults
    .filter(() => chance.is(0.35))
    .map((fault) => ({
      ...fault,
      probability: chance.of([0.03, 0.1, 0.25]),
      seed: chance.between(1, 1e9),
      match: { path: "/api/", ...("match" in fault && fault.match) },
    }));
}

const heldMs = 3_600_000;

/** Rules for a request that waits, as the sandbox's clock is `clock`, until it is let go: the moment of a kill. */
export function heldRequest(after: number, isCarriedOut: boolean): object {
  return {
    match: { path: "/api/" },
    after,
    times: 1,
    delayMs: heldMs,
    cut: isCarriedOut ? "after" : "before",
  };
}

/** The sandbox's clock; `held` resolves when a request waits, `letGo` ends that. */
export type HoldingClock = Clock & { held(): Promise<void>; letGo(): void };

export function createHoldingClock(): HoldingClock {
  let release = () => {};
  let tell = () => {};
  let told = Promise.resolve();
  return {
    now: systemClock.now,
    async sleep(milliseconds, signal) {
      if (milliseconds !== heldMs) return systemClock.sleep(milliseconds, signal);
      tell();
      await new Promise<void>((resolve) => {
        release = resolve;
        signal?.addEventListener("abort", () => resolve());
      });
    },
    held() {
      told = new Promise((resolve) => {
        tell = resolve;
      });
      return told;
    },
    letGo: () => release(),
  };
}
