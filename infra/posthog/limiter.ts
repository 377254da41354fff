import { PostHogError } from "./errors.ts";

/** Time as a parameter: a test moves it by hand. */
export type Clock = { now(): number; sleep(milliseconds: number): Promise<void> };

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

export type Limiter = {
  /**
   * Makes the call when its turn comes, in the order in which was asked, and again while PostHog says that there were too
   * many. Throws what the call throws; a 429 only when PostHog lets nothing through for hours.
   */
  run<T>(call: () => Promise<T>): Promise<T>;
};

export type LimiterOptions = {
  host: string;
  clock?: Clock;
  /** Told of a wait that a person would notice. */
  say?: (text: string) => void;
};

/** PostHog's default bucket, which hog functions, actions and templates share (contract §6.7). */
const windows = [
  { calls: 480, milliseconds: 60_000 },
  { calls: 4_800, milliseconds: 3_600_000 },
];
/** A 429 that does not say for how long: one whole window. */
const unknownWaitMs = 60_000;
const shortestWaitMs = 1000;
/** Who has waited as long as was asked gets through within PostHog's longest window, or somebody else is faster each time. */
const patienceMs = 2 * 3_600_000;
const goesWithoutSayingMs = 10_000;

type Waiting = { number: number; start: () => void; fail: (reason: PostHogError) => void };

/**
 * One stands before all calls to a host, which share a key: sliding windows, and the pauses PostHog asks for. PostHog
 * Cloud has limits always; another one may have none, and is held to them from its first 429 on (contract §6.7).
 */
export function createLimiter({ host, clock = systemClock, say = () => {} }: LimiterOptions): Limiter {
  const longest = Math.max(...windows.map(({ calls }) => calls));
  /** When the last calls were made. */
  const made: number[] = [];
  const waiting: Waiting[] = [];
  let hasLimits = /(^|\.)posthog\.com$/.test(URL.parse(host)?.hostname ?? "");
  let asked = 0;
  let underWay = 0;
  /** How many at once: after a 429 one to try, and for each that comes through one more. */
  let allowed = Number.POSITIVE_INFINITY;
  let pausedUntil = 0;
  let saidUntil = Number.NEGATIVE_INFINITY;
  /** Since when PostHog has let nothing through. */
  let stuckSince: number | undefined;
  /** What it said last of too many calls. */
  let lastError: PostHogError | undefined;
  let isServing = false;

  /** The instant at which the next call is within every window. */
  function earliest(): number {
    if (!hasLimits) return pausedUntil;
    const freed = windows.map(({ calls, milliseconds }) => {
      const callBefore = made.at(-calls);
      return callBefore === undefined ? 0 : callBefore + milliseconds;
    });
    return Math.max(pausedUntil, ...freed);
  }

  /** Lets those that wait go, one after the other, as long as they may. */
  async function serve(): Promise<void> {
    if (isServing) return;
    isServing = true;
    for (let next = waiting[0]; next && underWay < allowed; next = waiting[0]) {
      const until = earliest();
      if (lastError && until > (stuckSince ?? clock.now()) + patienceMs) {
        const reason = givenUp(lastError, until - clock.now());
        for (const each of waiting.splice(0)) each.fail(reason);
      } else if (until > clock.now()) {
        await sleep(until);
      } else {
        made.push(clock.now());
        if (made.length > longest) made.shift();
        waiting.shift();
        underWay++;
        next.start();
      }
    }
    isServing = false;
  }

  async function sleep(until: number): Promise<void> {
    const wait = until - clock.now();
    if (wait >= 1000 && until > saidUntil + goesWithoutSayingMs) {
      say(`waiting ${Math.ceil(wait / 1000)} s for PostHog's rate limit`);
      saidUntil = until;
    }
    await clock.sleep(wait);
  }

  /** A call that was throttled waits where it stood, before those that asked after it. */
  function turn(number: number): Promise<void> {
    return new Promise((start, fail) => {
      const behind = waiting.findLastIndex((other) => other.number < number);
      waiting.splice(behind + 1, 0, { number, start, fail });
      serve();
    });
  }

  function throttled(error: PostHogError): void {
    const wait = retryAfter(error.retryAfter, clock.now()) ?? unknownWaitMs;
    hasLimits = true;
    allowed = 1;
    pausedUntil = Math.max(pausedUntil, clock.now() + Math.max(wait, shortestWaitMs));
    stuckSince ??= clock.now();
    lastError = error;
  }

  function cameThrough(): void {
    allowed++;
    stuckSince = undefined;
  }

  return {
    async run(call) {
      const number = asked++;
      for (;;) {
        await turn(number);
        try {
          const answer = await call();
          cameThrough();
          return answer;
        } catch (error) {
          const isThrottled = error instanceof PostHogError && error.status === 429;
          if (isThrottled) throttled(error);
          else cameThrough();
          if (!isThrottled) throw error;
        } finally {
          underWay--;
          serve();
        }
      }
    },
  };
}

/** `Retry-After` in milliseconds: whole seconds, or a date in any of its three forms (RFC 9110 §10.2.3, §5.6.7). */
export function retryAfter(header: string | null | undefined, now: number): number | undefined {
  const said = header?.trim() ?? "";
  if (/^\d+$/.test(said)) return Number(said) * 1000;
  // `Date.parse` makes a date of `-1` too, and takes the oldest form for local time.
  const date = /^[a-z]{3,9},? /i.test(said) ? Date.parse(said.endsWith("GMT") ? said : `${said} GMT`) : NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function givenUp(error: PostHogError, wait: number): PostHogError {
  const detail =
    `it lets nothing through: it asks to wait ${Math.ceil(wait / 1000)} s more, ` +
    `which makes more than the ${patienceMs / 3_600_000} hours that Hogwire waits`;
  return new PostHogError({ status: 429, code: "throttled", detail, request: error.request });
}
