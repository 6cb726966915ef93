/** How long to wait before the next attempt. Pure; the randomness is handed in. */
import { type Millis, millis } from './units.ts';

/** A source of numbers in [0, 1); seeded wherever a run must be repeatable. */
export type Random = () => number;

export interface BackoffPolicy {
  /** The longest wait before the second attempt; doubles with each further one. */
  readonly first: Millis;
  readonly longest: Millis;
  /**
   * The share of the wait that is left to chance: 1 spreads a fleet that lost the same broker over the
   * whole wait, so that it does not come back together.
   */
  readonly jitter: number;
}

/** @param attempt failed attempts so far, from 1 */
export function backoff(policy: BackoffPolicy, attempt: number, random: Random): Millis {
  const ceiling = Math.min(policy.longest, policy.first * 2 ** (attempt - 1));
  return millis(ceiling * (1 - policy.jitter * (1 - random())));
}
