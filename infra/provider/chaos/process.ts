import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate as turn } from "node:timers/promises";
import type { dynamic } from "@pulumi/pulumi";
import type { Clock } from "../../posthog/limiter.ts";
import type { Chance } from "../../sandbox/seed/chance.ts";
import { providerOf } from "../testing.ts";

export type Provider = Required<dynamic.ResourceProvider>;

/** A provider process: once killed, no request leaves it any more and no answer reaches it. */
export type ProviderProcess = {
  run<T>(work: (provider: Provider) => Promise<T>): Promise<T>;
  /** Resolves when the request that is under way is over. */
  kill(): Promise<void>;
};

const fetches = new AsyncLocalStorage<typeof fetch>();
const send = globalThis.fetch;

/** To be the global `fetch`, which knows whose request it is. */
export const fetchOfProcess: typeof fetch = (input, init) => (fetches.getStore() ?? send)(input, init);

export function startProcess(say: (text: string) => void, chance: Chance): ProviderProcess {
  const line = createLine(chance);
  const provider = fetches.run(line.fetch, () => providerOf({ clock: leapingClock(), say }));
  return { run: (work) => fetches.run(line.fetch, () => work(provider)), kill: line.cut };
}

/**
 * The process's way to PostHog: of the requests that wait, chance picks the next one, and there is one at a time, so that
 * a seed always gives the same order.
 */
function createLine(chance: Chance) {
  const waiting: (() => Promise<void>)[] = [];
  let isCut = false;
  let emptying: Promise<void> | undefined;

  async function empty(): Promise<void> {
    for (;;) {
      // Until whoever got the last answer has asked for what he wants next.
      for (let turns = 0; turns < 3; turns++) await turn();
      if (waiting.length === 0 || isCut) break;
      await waiting.splice(chance.between(0, waiting.length - 1), 1)[0]?.();
    }
    emptying = undefined;
  }

  const fetchInTurn: typeof fetch = (input, init) =>
    new Promise((resolve, reject) => {
      waiting.push(async () => {
        try {
          // Without the signal: 30 s are of no use here, and would be a timer each.
          const answer = await send(input, { ...init, signal: null });
          const { status, headers } = answer;
          const text = await answer.text();
          if (!isCut) resolve(new Response(text, { status, headers }));
        } catch (error) {
          if (!isCut) reject(error);
        }
      });
      emptying ??= empty();
    });

  return {
    fetch: fetchInTurn,
    async cut() {
      isCut = true;
      await emptying;
    },
  };
}

/** Whoever sleeps wakes up at once, and it is later then. */
function leapingClock(): Clock {
  let now = 0;
  return {
    now: () => now,
    async sleep(milliseconds) {
      now += milliseconds;
      await turn();
    },
  };
}
