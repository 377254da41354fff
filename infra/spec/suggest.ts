/** The candidate nearest to what was written, if it is near enough to be what was meant. */
export function nearest(written: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(Math.min(written.length, 60) / 3)) + 1;
  for (const candidate of candidates) {
    // The distance is at least the difference in length: nothing is computed for what is hopeless.
    if (Math.abs(candidate.length - written.length) >= bestDistance) continue;
    const distance = editDistance(written.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Whether it can only be a slip of the keys: one letter, and in a long word two. Then it is mended unasked (`--fix`). */
export function isSlip(written: string, meant: string): boolean {
  return editDistance(written.toLowerCase(), meant.toLowerCase()) <= (meant.length > 6 ? 2 : 1);
}

/**
 * The candidate that was meant, where it can be nothing else: for words of ours and PostHog's, not for names that users give.
 * Of two that are as near, neither; and `all` is never put where something narrower was meant.
 */
export function slipOf(written: string, candidates: Iterable<string>): string | undefined {
  const near = [...candidates].filter((candidate) => isSlip(written, candidate));
  const distance = (candidate: string) => editDistance(written.toLowerCase(), candidate.toLowerCase());
  const [best, second] = near.toSorted((a, b) => distance(a) - distance(b));
  if (best === undefined || best === "all") return undefined;
  return second !== undefined && distance(second) === distance(best) ? undefined : best;
}

/** Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b` (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(at(previous, j) + 1, at(row, j - 1) + 1, at(previous, j - 1) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, at(beforePrevious, j - 2) + 1);
      row.push(cost);
    }
    [beforePrevious, previous] = [previous, row];
  }
  return at(previous, b.length);
}

function at(row: number[], index: number): number {
  return row[index] ?? 0;
}
