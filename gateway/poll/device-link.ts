/**
 * Whether a device is worth line time. A pure state machine: a device that answers is polled by its
 * scan classes; one that stays silent is left alone but for a probe now and then.
 */
import type { Outcome } from '../../drivers/driver.ts';
import { type BackoffPolicy, backoff, type Random } from '../model/backoff.ts';
import { later, type Millis, type MonoMs, seconds } from '../model/units.ts';

export type DeviceLink =
  /** Polled. `misses` in a row; `quietUntil` keeps a late answer away from the next request. */
  | {
      readonly state: 'up';
      readonly since: MonoMs;
      readonly proven: boolean;
      readonly misses: number;
      readonly quietUntil: MonoMs;
    }
  /** Not polled; one probe at `probeAt`, if the bus can spare the time. */
  | {
      readonly state: 'down';
      readonly since: MonoMs;
      readonly attempt: number;
      readonly probeAt: MonoMs;
    };

/** A device that has answered before gets the benefit of the doubt this often. */
export const MISSES_UNTIL_DOWN = 3;
/** A damaged answer is less of a miss than none: somebody is there, and may have a neighbour that talks across. */
const GARBLED_MISS = 0.5;
const GARBLED_FIRST_CONTACT = 0.25;
export const PROBE_BACKOFF: BackoffPolicy = {
  first: seconds(1),
  longest: seconds(60),
  jitter: 0.5,
};

/** A device nobody has heard of yet: polled, but one miss is enough. */
export const newLink = (now: MonoMs): DeviceLink => ({
  state: 'up',
  since: now,
  proven: false,
  misses: 0,
  quietUntil: now,
});

/** For how long the unit is left in peace. */
export interface Rest {
  /** The device's time-out: after it stayed silent, its late answer may be on the way as long again. */
  readonly patience: Millis;
  /** After an answer. */
  readonly gap: Millis;
}

/** The link after a request ended at `now`. */
export function afterRequest(
  link: DeviceLink,
  outcome: Outcome,
  now: MonoMs,
  { patience, gap }: Rest,
  random: Random,
): DeviceLink {
  if (outcome === 'answered') {
    const since = link.state === 'up' ? link.since : now;
    return { state: 'up', since, proven: true, misses: 0, quietUntil: later(now, gap) };
  }
  if (link.state === 'up') {
    const isGarbled = outcome === 'garbled';
    const garbledMiss = link.proven ? GARBLED_MISS : GARBLED_FIRST_CONTACT;
    const misses = link.misses + (isGarbled ? garbledMiss : 1);
    if (misses < (link.proven ? MISSES_UNTIL_DOWN : 1))
      return { ...link, misses, quietUntil: later(now, isGarbled ? gap : patience) };
  }
  const attempt = link.state === 'down' ? link.attempt + 1 : 1;
  return {
    state: 'down',
    since: link.state === 'down' ? link.since : now,
    attempt,
    probeAt: later(now, backoff(PROBE_BACKOFF, attempt, random)),
  };
}
