/** What samples carry besides their value: whose clock they were stamped by, and when that was. */
import type { Quality } from '../model/quality.ts';
import type { Sample, TimeBasis } from '../model/sample.ts';
import type { Tag } from '../model/tag.ts';
import { between, type MonoMs, type UtcMs, utcMs } from '../model/units.ts';
import type { Clock } from './clock.ts';

/** Of a sample that the gateway stamps now. */
export const timeBasisOf = (clock: Clock): TimeBasis => (clock.isSynced() ? 'gateway' : 'unsynced');

/** The wall-clock time of a moment that has passed, to the millisecond. */
export const utcOf = (clock: Clock, moment: MonoMs): UtcMs =>
  utcMs(Math.round(clock.utc() - between(moment, clock.mono())));

/** A sample without a value for each tag; a failed read is a sample too. */
export function badSamples(
  tags: readonly Tag[],
  quality: Quality,
  clock: Clock,
  time: UtcMs = clock.utc(),
): Sample[] {
  const timeBasis = timeBasisOf(clock);
  return tags.map(({ id }) => ({ tag: id, value: null, quality, time, timeBasis }));
}
