/**
 * What a tag shows beside what its owner wants, from read to read: a device that lost its power in between has forgotten what
 * was written. Pure.
 */
import { between, later, type Millis, type MonoMs, millis, minutes } from '../model/units.ts';

export interface Drift {
  /** Since when it has shown something else; undefined: it shows what is wanted. */
  readonly since: MonoMs | undefined;
  /** How often its value was written again without having stood for long since. */
  readonly restored: number;
  /** When that was last done. */
  readonly restoredAt: MonoMs | undefined;
}

export const NO_DRIFT: Drift = { since: undefined, restored: 0, restoredAt: undefined };

/** A device that forgets all the time, or somebody at its switch, meets a write this seldom in the end. */
const LONGEST_PATIENCE: Millis = minutes(10);

/** After a read that showed what is wanted, or something else. */
export function driftAfter(before: Drift, isShown: boolean, now: MonoMs): Drift {
  if (!isShown) return before.since === undefined ? { ...before, since: now } : before;
  const { restoredAt } = before;
  const isLong = restoredAt !== undefined && between(restoredAt, now) >= LONGEST_PATIENCE;
  return isLong ? NO_DRIFT : { ...before, since: undefined };
}

/** Whether what is wanted is to be written again: `patience` is for the first time, and doubles with each. */
export function isRestoring({ since, restored }: Drift, patience: Millis, now: MonoMs): boolean {
  if (since === undefined) return false;
  const longer = Math.min(patience * 2 ** restored, Math.max(patience, LONGEST_PATIENCE));
  return now >= later(since, millis(longer));
}

/** It was written again just now. */
export const restoredAt = ({ restored }: Drift, now: MonoMs): Drift => ({
  since: undefined,
  restored: restored + 1,
  restoredAt: now,
});
