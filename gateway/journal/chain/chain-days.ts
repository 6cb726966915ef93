/**
 * Which UTC day the newest blocks belong to, and which is over. Days only go forward: what a clock that was set back
 * commits belongs to the day that is open. Pure.
 */
import type { UtcMs } from '../../model/units.ts';

/** Days are numbered from 1970-01-01. */
export interface OpenDay {
  /** The first block behind those of the finished days. */
  readonly first: number;
  /** Undefined: no block has named it yet. */
  readonly day: number | undefined;
  /** The last one that has its row. */
  readonly finished: number | undefined;
}

const DAY_MS = 86_400_000;

export const dayOf = (time: UtcMs): number => Math.floor(time / DAY_MS);
export const dayText = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);
/** NaN where it is none. */
export const dayOfText = (text: string): number => Date.parse(`${text}T00:00:00Z`) / DAY_MS;

/** The block `seq` comes; `over` where it is the first of a later day. */
export function withBlock(
  open: OpenDay,
  seq: number,
  committedAt: UtcMs,
): { readonly open: OpenDay; readonly over: number | undefined } {
  const day = dayOf(committedAt);
  if (open.finished !== undefined && day <= open.finished) return { open, over: undefined };
  // The clock that named a later day was wrong: nothing of that day is over yet.
  if (open.day === undefined || day < open.day) return { open: { ...open, day }, over: undefined };
  if (day === open.day) return { open, over: undefined };
  return { open: { first: seq, day, finished: open.day }, over: open.day };
}
