/**
 * What local time in an IANA zone is ahead of UTC. Asking `Intl` costs microseconds and every rule may ask at every
 * moment, so the offset of a zone is asked once per quarter of an hour: zones change theirs on quarters of UTC (all of
 * them since 2016; before that a few, Gaza and St. John's among them, changed one minute after).
 */
import { type Millis, millis, type UtcMs } from './units.ts';

const QUARTER = 900_000;
/** Quarters of which a zone's offset is remembered: ten days; then it begins anew. */
const MOST_QUARTERS = 1000;

/** What is added to UTC for the local time. Throws a RangeError for a zone that nobody knows, when it is made. */
export function zoneOffsets(timezone: string): (utc: UtcMs) => Millis {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    timeZoneName: 'longOffset',
  });
  const known = new Map<number, Millis>();
  let lastQuarter = Number.NaN;
  let last = millis(0);
  return (utc) => {
    const quarter = Math.floor(utc / QUARTER);
    if (quarter === lastQuarter) return last;
    let offset = known.get(quarter);
    if (offset === undefined) {
      offset = offsetIn(format, quarter * QUARTER);
      if (known.size >= MOST_QUARTERS) known.clear();
      known.set(quarter, offset);
    }
    lastQuarter = quarter;
    last = offset;
    return offset;
  };
}

function offsetIn(format: Intl.DateTimeFormat, utc: number): Millis {
  const name = format.formatToParts(utc).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign, hours, minutes = 0, seconds = 0] =
    /^GMT([+-])(\d+)(?::(\d+))?(?::(\d+))?$/.exec(name) ?? [];
  const size = ((Number(hours ?? 0) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  return millis(sign === '-' ? -size : size);
}
