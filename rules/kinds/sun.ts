/** When the sun rises and sets. The upper edge at the horizon of the sea, with the refraction of ordinary air. */
import { getTimes } from 'suncalc';
import { type Millis, type UtcMs, utcMs } from '../../gateway/model/units.ts';

const DAY = 86_400_000;
/** Longer than any polar day or night, after which an event comes again. */
const MOST_DAYS = 400;

export interface SunPlace {
  readonly event: 'sunrise' | 'sunset';
  /** Added to the event; negative is before it. */
  readonly offset: Millis;
  /** Degrees north and east. */
  readonly latitude: number;
  readonly longitude: number;
}

/**
 * The first event after the moment, in whole milliseconds. A day of polar day or polar night has none; undefined at the
 * poles themselves, where there never is one.
 */
export function nextSun(
  { event, offset, latitude, longitude }: SunPlace,
  after: UtcMs,
): UtcMs | undefined {
  // The event of a solar day can fall on the date before or behind it.
  const first = after - offset - 2 * DAY;
  for (let day = 0; day < MOST_DAYS; day++) {
    const at = getTimes(new Date(first + day * DAY), latitude, longitude)[event];
    const time = at === null ? Number.NaN : Math.round(at.getTime() + offset);
    if (time > after) return utcMs(time);
  }
  return undefined;
}
