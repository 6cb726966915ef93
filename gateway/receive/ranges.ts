/** Ranges of seqs, both ends among them. Pure. */
import type { SeqRange } from '../model/replay.ts';

/** What of `from` to `to` none of the ranges holds, ascending; they may overlap and come in any order. */
export function missingIn(from: number, to: number, ranges: readonly SeqRange[]): SeqRange[] {
  const missing: SeqRange[] = [];
  let next = from;
  for (const [first, last] of ranges.toSorted(([a], [b]) => a - b)) {
    if (first > to) break;
    if (first > next) missing.push([next, first - 1]);
    next = Math.max(next, last + 1);
  }
  if (next <= to) missing.push([next, to]);
  return missing;
}

export const lengthOf = (ranges: readonly SeqRange[]): number =>
  ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0);

/** What two lists of ranges have in common; those of one list do not overlap. */
export const commonOf = (these: readonly SeqRange[], those: readonly SeqRange[]): SeqRange[] =>
  these.flatMap(([a, b]) =>
    those
      .map(([c, d]): SeqRange => [Math.max(a, c), Math.min(b, d)])
      .filter(([from, to]) => from <= to),
  );

/** As few ranges as hold exactly these, of seqs in any order. */
export function rangesOf(seqs: readonly number[]): SeqRange[] {
  const ranges: [number, number][] = [];
  for (const seq of seqs.toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && seq <= last[1] + 1) last[1] = Math.max(last[1], seq);
    else ranges.push([seq, seq]);
  }
  return ranges;
}
