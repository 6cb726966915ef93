/** How long to wait before the next attempt. Pure; the randomness is handed in. */
import { type Millis, millis } from './units.ts';

/** A source of numbers in [0, 1); seeded wherever a run must be repeatable. */
export type Random = () => number;

export interface BackoffPolicy {
  readonly first: Millis;
  readonly longest: Millis;
}

/**
 * Doubles with every failed attempt up to the longest. The wait is drawn between half of that and
 * all of it, so that a site's gateways do not come back in step.
 *
 * @param attempt failed attempts so far, from 1
 */
export function backoff(policy: BackoffPolicy, attempt: number, random: Random): Millis {
  const ceiling = Math.min(policy.longest, policy.first * 2 ** Math.min(attempt - 1, 30));
  return millis(ceiling * (0.5 + 0.5 * random()));
}
