// How PostHog searches (contract §1.3; `posthog/helpers/trigram_search.py`): literally, and only where nothing fits so,
// by PostgreSQL's word similarity.

type Searchable = { name: string | null; description: string | null };
export type Found<Row> = { row: Row; matchType: "exact" | "similar" };

export const maxSearchLength = 200;
const minNameSimilarity = 0.3;
const minDescriptionSimilarity = 0.4;
const descriptionWeight = 0.5;

/** The rows that fit, the best first. */
export function search<Row extends Searchable>(rows: Row[], term: string): Found<Row>[] {
  const wanted = term.trim().toLowerCase();
  const scored = rows.map((row) => {
    const [name, description] = [(row.name ?? "").toLowerCase(), (row.description ?? "").toLowerCase()];
    const inName = wordSimilarity(wanted, name);
    const inDescription = wordSimilarity(wanted, description);
    return {
      row,
      isExact: name.includes(wanted) || description.includes(wanted),
      isSimilar: inName > minNameSimilarity || inDescription > minDescriptionSimilarity,
      score: inName + similarity(wanted, name) + inDescription * descriptionWeight,
    };
  });
  const isAnyExact = scored.some(({ isExact }) => isExact);
  return scored
    .filter(({ isExact, isSimilar }) => (isAnyExact ? isExact : isSimilar))
    .sort((a, b) => b.score - a.score || (a.row.name ?? "").localeCompare(b.row.name ?? ""))
    .map(({ row, isExact }) => ({ row, matchType: isExact ? "exact" : "similar" }));
}

/** `pg_trgm`: trigrams that both have, by those that either has. */
function similarity(left: string, right: string): number {
  return share(new Set(trigrams(left)), new Set(trigrams(right)));
}

/** `pg_trgm`: the greatest similarity of `wanted` to a run of the trigrams of `text`. */
function wordSimilarity(wanted: string, text: string): number {
  const ours = new Set(trigrams(wanted));
  const theirs = trigrams(text);
  const shared = theirs.flatMap((trigram, index) => (ours.has(trigram) ? [index] : []));
  let best = 0;
  for (const start of shared) {
    const run = new Set<string>();
    let next = start;
    for (const end of shared) {
      if (end < start) continue;
      for (; next <= end; next++) run.add(theirs[next] ?? "");
      best = Math.max(best, share(ours, run));
      if (run.size > ours.size / Math.max(best, minNameSimilarity)) break; // it can only fall from here
    }
  }
  return best;
}

function share(left: Set<string>, right: Set<string>): number {
  const both = [...left].filter((trigram) => right.has(trigram)).length;
  const either = left.size + right.size - both;
  return either === 0 ? 0 : both / either;
}

/** In order: of each word with two spaces before and one after it. */
function trigrams(text: string): string[] {
  return (text.match(/[\p{L}\p{N}]+/gu) ?? []).flatMap((word) => {
    const padded = `  ${word} `;
    return Array.from({ length: padded.length - 2 }, (_, index) => padded.slice(index, index + 3));
  });
}
