/** The wall clock in an IANA zone. */
import type { UtcMs } from '../../gateway/model/units.ts';
import { zoneOffsets } from '../../gateway/model/zone-offsets.ts';
import type { LocalTime } from '../picture.ts';

const MINUTE = 60_000;

/** The local time of a moment. It gives the same object again within a minute. */
export function localTimes(timezone: string): (utc: UtcMs) => LocalTime {
  const offsetOf = zoneOffsets(timezone);
  let lastMinute = Number.NaN;
  let last: LocalTime = { hour: 0, minute: 0, weekday: 4, day: 1, month: 1 };
  return (utc) => {
    const minute = Math.floor((utc + offsetOf(utc)) / MINUTE);
    if (minute === lastMinute) return last;
    const shown = new Date(minute * MINUTE);
    last = {
      hour: shown.getUTCHours(),
      minute: shown.getUTCMinutes(),
      weekday: shown.getUTCDay() === 0 ? 7 : shown.getUTCDay(),
      day: shown.getUTCDate(),
      month: shown.getUTCMonth() + 1,
    };
    lastMinute = minute;
    return last;
  };
}
