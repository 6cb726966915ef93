/** Ranges of seqs, both ends among them, in any order. Pure. */
import { type Range, RangeSet } from '../model/range-set.ts';

/** What of `from` to `to` none of the ranges holds, ascending. */
export const missingIn = (from: number, to: number, ranges: readonly Range[]): readonly Range[] =>
  new RangeSet(ranges).missingIn(from, to);

export const lengthOf = (ranges: readonly Range[]): number => new RangeSet(ranges).size;

/** What two lists of ranges have in common. */
export const commonOf = (these: readonly Range[], those: readonly Range[]): readonly Range[] =>
  new RangeSet(these).intersect(new RangeSet(those)).ranges;

/** As few ranges as hold exactly these. */
export function rangesOf(seqs: readonly number[]): readonly Range[] {
  const set = new RangeSet();
  for (const seq of seqs) set.add(seq);
  return set.ranges;
}
