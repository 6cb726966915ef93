/** In which blocks the samples of a stretch of time may be. Pure. */
import type { UtcMs } from '../../model/units.ts';

/** Blocks by their seqs, both ends in it. */
export interface BlockSpan {
  readonly first: number;
  readonly last: number;
}

/** Blocks that were committed by one clock, one after the other. */
export interface ClockStretch extends BlockSpan {
  /** What its unsynced times have to be moved by, ms; undefined: nobody knows, or none of them is unsynced. */
  readonly shift: number | undefined;
  readonly isUnset: boolean;
}

/** The first block with this seq or a later one. */
export type CommittedFrom = (
  seq: number,
) => { readonly seq: number; readonly committedAt: UtcMs } | undefined;

/**
 * A sample is committed so long after it was measured, or before where its source's clock is ahead; else it is missed.
 */
export const AROUND_MS = 3_600_000;

/**
 * The blocks of a stretch that may have samples of that time: by the time of their commit, moved as their samples are.
 * Where that is worth nothing, and sources may have known better, it is all of them.
 */
export function spanIn(
  { first, last, shift, isUnset }: ClockStretch,
  { from, to }: { readonly from: number; readonly to: number },
  committedFrom: CommittedFrom,
): BlockSpan | undefined {
  if (isUnset && shift === undefined) return last >= first ? { first, last } : undefined;
  const at = (time: number) => placeOf(time - (shift ?? 0), first, last + 1, committedFrom);
  const span = { first: at(from - AROUND_MS), last: at(to + AROUND_MS + 1) - 1 };
  return span.first <= span.last ? span : undefined;
}

/** The first seq from `low` on, `high` at most, whose block was committed then or later. */
function placeOf(time: number, low: number, high: number, committedFrom: CommittedFrom): number {
  let [from, to] = [low, high];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    const found = committedFrom(middle);
    if (found === undefined || found.seq >= to || found.committedAt >= time) to = middle;
    else from = found.seq + 1;
  }
  return from;
}

/** In order, those that touch or overlap as one. */
export function joined(spans: readonly BlockSpan[]): BlockSpan[] {
  const found: BlockSpan[] = [];
  for (const span of [...spans].sort((a, b) => a.first - b.first)) {
    const before = found.at(-1);
    if (before === undefined || span.first > before.last + 1) found.push(span);
    else found[found.length - 1] = { ...before, last: Math.max(before.last, span.last) };
  }
  return found;
}
