/** Time as a parameter: a test moves it by hand. */
export type Clock = { now(): number; sleep(milliseconds: number): Promise<void> };

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

export type Limiter = {
  /** Resolves when one more call may be made; callers are served in the order in which they asked. */
  take(): Promise<void>;
  /** Makes every caller wait: PostHog said so (`Retry-After`), others use the same key. */
  pause(milliseconds: number): void;
};

export type LimiterOptions = {
  clock?: Clock;
  /** Told of a wait that a person would notice. */
  say?: (text: string) => void;
  windows?: { calls: number; milliseconds: number }[];
};

/** PostHog's default bucket, which hog functions, actions and templates share (contract §6.7). */
const publishedLimits = [
  { calls: 480, milliseconds: 60_000 },
  { calls: 4_800, milliseconds: 3_600_000 },
];

/** One limiter stands before all calls with one key: sliding windows, and the pauses PostHog asks for. */
export function createLimiter({
  clock = systemClock,
  say = () => {},
  windows = publishedLimits,
}: LimiterOptions = {}): Limiter {
  const longest = Math.max(...windows.map((window) => window.calls));
  const taken: number[] = [];
  let pausedUntil = 0;
  let saidUntil = 0;
  let queue: Promise<void> = Promise.resolve();

  /** The instant at which the next call is within every window. */
  function earliest(): number {
    const freed = windows.map(({ calls, milliseconds }) => {
      const callBefore = taken.at(-calls);
      return callBefore === undefined ? 0 : callBefore + milliseconds;
    });
    return Math.max(pausedUntil, ...freed);
  }

  async function turn(): Promise<void> {
    for (let until = earliest(); until > clock.now(); until = earliest()) {
      const seconds = Math.ceil((until - clock.now()) / 1000);
      if (until >= saidUntil + 1000) {
        say(`waiting ${seconds} s for PostHog's rate limit`);
        saidUntil = until;
      }
      await clock.sleep(until - clock.now());
    }
    taken.push(clock.now());
    if (taken.length > longest) taken.shift();
  }

  return {
    take() {
      queue = queue.then(turn);
      return queue;
    },
    pause(milliseconds) {
      pausedUntil = Math.max(pausedUntil, clock.now() + milliseconds);
    },
  };
}

/** `Retry-After` in milliseconds: whole seconds or a date (RFC 9110 §10.2.3); `undefined` when it says nothing. */
export function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
