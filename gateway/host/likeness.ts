/** "Did you mean": words in the order of how much they look like what was written. Pure. */

const LONGEST_COMPARED = 64;

/** The known words, the likeliest first. */
export function byLikeness(written: string, known: readonly string[]): string[] {
  const distances = new Map(known.map((word) => [word, distance(written, word)]));
  return [...known].sort((a, b) => (distances.get(a) ?? 0) - (distances.get(b) ?? 0));
}

/** A word that was cut short counts as one slip. */
function distance(written: string, word: string): number {
  const isCut = written.length >= SHORTEST_PREFIX && word.startsWith(written.toLowerCase());
  return isCut ? Math.min(1, editDistance(written, word)) : editDistance(written, word);
}

const SHORTEST_PREFIX = 2;

/**
 * Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
 */
export function editDistance(a: string, b: string): number {
  const from = a.slice(0, LONGEST_COMPARED).toLowerCase();
  const to = b.slice(0, LONGEST_COMPARED).toLowerCase();
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (last[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      let best = Math.min(replaced, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      const swapped = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (swapped) best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[to.length] ?? 0;
}
