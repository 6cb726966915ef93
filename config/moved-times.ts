/** Times of one zone in a text as the same times of day in another zone. Pure. */
import { type UtcMs, utcMs } from '../gateway/model/units.ts';
import { zoneOffsets } from '../gateway/model/zone-offsets.ts';

const MINUTE = 60_000;
/** `2026-03-01T23:59+08:00`, with seconds or without. */
const TIME = /(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)([+-]\d\d:\d\d)/g;

/** What has the offset of zone `from` gets that of `to`, so that midnight stays midnight; anything else stays. */
export function movedTimes(text: string, from: string, to: string): string {
  const [before, after] = [zoneOffsets(from), zoneOffsets(to)];
  return text.replace(TIME, (whole, local: string, offset: string) => {
    const instant = utcMs(Date.parse(whole));
    if (Number.isNaN(instant) || written(before(instant)) !== offset) return whole;
    return local + written(after(instantOf(local, after)));
  });
}

/** Across a change of the offset the second look decides. */
function instantOf(local: string, offsetAt: (utc: UtcMs) => number): UtcMs {
  const asUtc = Date.parse(`${local}Z`);
  const guess = utcMs(asUtc - offsetAt(utcMs(asUtc)));
  return utcMs(asUtc - offsetAt(guess));
}

function written(offset: number): string {
  const minutes = Math.abs(offset) / MINUTE;
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60].map((part) =>
    String(part).padStart(2, '0'),
  );
  return `${offset < 0 ? '-' : '+'}${hours}:${rest}`;
}
