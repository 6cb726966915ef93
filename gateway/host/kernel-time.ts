/** The kernel's own clock, which stamps what it reports: CLOCK_MONOTONIC, the clock since boot. */
import { between, type MonoMs, monoMs } from '../model/units.ts';
import type { Clock } from './clock.ts';

/** An event older than this was stamped by another clock. */
const OLDEST_MS = 60_000;

/**
 * The moment of an event that the kernel stamped, in seconds by its own clock, or by wall-clock time as kernels
 * before 5.7 did; now where the stamp can be neither.
 */
export function momentOf(seconds: number, clock: Clock): MonoMs {
  const now = clock.mono();
  const ages = [clock.sinceBoot() - seconds * 1000, clock.utc() - seconds * 1000];
  const age = ages.find((one) => one >= 0 && one < OLDEST_MS);
  return age === undefined ? now : monoMs(Math.min(now, between(monoMs(age), now)));
}
