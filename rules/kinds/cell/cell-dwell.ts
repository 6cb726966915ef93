/**
 * Flicker is no change of state. A condition has to last before it counts; the time that passed meanwhile then belongs
 * to it from the moment the one before was left, and otherwise to the one before. No time is lost and none is
 * counted twice.
 */
import type { EngineMs } from '../../effect.ts';
import { type Condition, isSameCondition, isUnknown } from './cell-state.ts';

/**
 * A condition that was left for so many dwells without a break is over, however much those that came after it flicker
 * among themselves. A guess.
 */
export const LONGEST_FLICKER = 5;

/** Time that nobody has said yet what it was. */
export type Pending = {
  readonly condition: Condition;
  /** Since when this condition has been seen without a break. */
  readonly since: EngineMs;
  /** Since when the settled one was not seen any more. */
  readonly away: EngineMs;
  /** Of the time since then, what has not been counted yet. */
  readonly ms: number;
  /** The part of it in which nobody attended the cell. */
  readonly unattended: number;
  /** The wall clock at the beginning of `ms`. */
  readonly utc: number;
};
export type Dwell = { readonly settled: Condition; readonly pending: Pending | null };

/** A stretch of time of one condition; `utc` is the wall clock at its beginning. */
export interface Stretch {
  readonly condition: Condition;
  readonly ms: number;
  readonly unattended: number;
  readonly utc: number;
}

/** The dwell after something happened, and the time that can be counted now. */
export interface Dwelt {
  readonly dwell: Dwell;
  readonly stretch: Stretch | undefined;
}

/** When the pending condition will count; Infinity: there is none. */
export const settlesAt = ({ pending }: Dwell, dwell: number): EngineMs =>
  pending === null
    ? Number.POSITIVE_INFINITY
    : Math.min(pending.since + dwell, pending.away + LONGEST_FLICKER * dwell);

/** Time passes, without anything new to be seen. */
export function passed({ settled, pending }: Dwell, time: Omit<Stretch, 'condition'>): Dwelt {
  if (pending === null)
    return { dwell: { settled, pending }, stretch: { condition: settled, ...time } };
  const ms = pending.ms + time.ms;
  const unattended = pending.unattended + time.unattended;
  const utc = pending.ms === 0 ? time.utc : pending.utc;
  return {
    dwell: { settled, pending: { ...pending, ms, unattended, utc } },
    stretch: undefined,
  };
}

/** The pending condition has lasted: it counts, from where the one before was left. */
export function settledNow(dwell: Dwell): Dwelt {
  const { pending } = dwell;
  if (pending === null) return { dwell, stretch: undefined };
  return {
    dwell: { settled: pending.condition, pending: null },
    stretch: stretchOf(pending, pending.condition),
  };
}

/** What is pending is counted as the settled condition; whether that is over stays open. */
export function flushed(dwell: Dwell): Dwelt {
  const { settled, pending } = dwell;
  if (pending === null) return { dwell, stretch: undefined };
  return {
    dwell: { settled, pending: { ...pending, ms: 0, unattended: 0 } },
    stretch: stretchOf(pending, settled),
  };
}

/** The condition that is seen from now on. */
export function seen(before: Dwell, condition: Condition, now: EngineMs, utc: number): Dwelt {
  const { settled, pending } = before;
  if (isSameCondition(condition, settled)) {
    if (pending === null) return { dwell: before, stretch: undefined };
    return { dwell: { settled, pending: null }, stretch: stretchOf(pending, settled) };
  }
  // Nobody knows, for another reason: that is no change that could flicker.
  if (isUnknown(settled) && isUnknown(condition))
    return {
      dwell: { settled: condition, pending: null },
      stretch: pending === null ? undefined : stretchOf(pending, settled),
    };
  if (pending === null) {
    const fresh = { condition, since: now, away: now, ms: 0, unattended: 0, utc };
    return { dwell: { settled, pending: fresh }, stretch: undefined };
  }
  if (isSameCondition(condition, pending.condition)) return { dwell: before, stretch: undefined };
  return {
    dwell: { settled, pending: { ...pending, condition, since: now } },
    stretch: undefined,
  };
}

const stretchOf = ({ ms, unattended, utc }: Pending, condition: Condition): Stretch | undefined =>
  ms === 0 ? undefined : { condition, ms, unattended, utc };
