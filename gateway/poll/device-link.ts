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

/**
 * The link after a request ended at `now`. A garbled answer is a miss: somebody spoke, but nothing
 * that can be used.
 *
 * @param patience the device's time-out; the unit is left in peace as long after a miss
 */
export function afterRequest(
  link: DeviceLink,
  outcome: Outcome,
  now: MonoMs,
  patience: Millis,
  random: Random,
): DeviceLink {
  if (outcome === 'answered') {
    const since = link.state === 'up' ? link.since : now;
    return { state: 'up', since, proven: true, misses: 0, quietUntil: now };
  }
  if (link.state === 'up') {
    const misses = link.misses + 1;
    if (misses < (link.proven ? MISSES_UNTIL_DOWN : 1))
      return { ...link, misses, quietUntil: later(now, patience) };
  }
  const attempt = link.state === 'down' ? link.attempt + 1 : 1;
  return {
    state: 'down',
    since: link.state === 'down' ? link.since : now,
    attempt,
    probeAt: later(now, backoff(PROBE_BACKOFF, attempt, random)),
  };
}
