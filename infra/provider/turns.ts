export type Turns = <T>(work: () => Promise<T>) => Promise<T>;

/** A mutex, for work that must not overlap: each waits for the one before, however that ends. */
export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return function inTurn(work) {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  };
}
