/** Random choices that a seed decides: the same seed, the same choices. */
export type Chance = {
  /** From 0 up to, and without, 1. */
  number(): number;
  is(probability: number): boolean;
  /** Whole, both ends included. */
  between(least: number, most: number): number;
  of<T>(choices: readonly T[]): T;
  /** By weight. */
  ofWeighted<T>(choices: readonly (readonly [T, number])[]): T;
  uuid(): string;
};

export function createChance(seed: number): Chance {
  const number = mulberry32(seed);
  const between = (least: number, most: number) => least + Math.floor(number() * (most - least + 1));
  const of = <T>(choices: readonly T[]) => choices[between(0, choices.length - 1)] as T; // there is one
  const word = () =>
    Math.floor(number() * 2 ** 32)
      .toString(16)
      .padStart(8, "0");
  return {
    number,
    between,
    of,
    is: (probability) => number() < probability,
    ofWeighted(choices) {
      let left = number() * choices.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [choice, weight] of choices) {
        left -= weight;
        if (left < 0) return choice;
      }
      throw new RangeError("nothing to choose from");
    },
    uuid() {
      const [a, b, c, d] = [word(), word(), word(), word()];
      return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-8${c.slice(1, 4)}-${c.slice(4)}${d}`;
    },
  };
}

/** Tommy Ettinger's generator (public domain): 32 bits of state, good enough for what only has to look right. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
