/** How long to wait before the next attempt. Pure: the randomness is passed in. */
import type { Random } from '../model/backoff.ts';
import { type Millis, millis } from '../model/units.ts';

export interface BackoffLimits {
  /** The longest wait before the second attempt; doubles with each further one. */
  readonly first: Millis;
  readonly longest: Millis;
}

/**
 * Exponential with full jitter: anywhere between nothing and `first · 2^attempt`, at most `longest`, so that gateways
 * which lost the same broker together do not come back together. `attempt` counts from 0; `random` gives 0..1.
 */
export const backoff = (attempt: number, random: Random, limits: BackoffLimits): Millis =>
  millis(random() * Math.min(limits.longest, limits.first * 2 ** attempt));
