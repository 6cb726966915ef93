/** Times as people at the site read them. Pure. */
import { type UtcMs, utcMs } from '../model/units.ts';

/** `2026-01-01 08:00:10` in an IANA zone; with milliseconds where there are any. */
export function localStamps(timezone: string): (time: UtcMs) => string {
  // Swedish writes dates as ISO 8601 does.
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: timezone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  return (time) => {
    const part = Math.floor(((time % 1000) + 1000) % 1000);
    return `${format.format(time)}${part === 0 ? '' : `.${String(part).padStart(3, '0')}`}`;
  };
}

/** `08:00:10` on the day of `now`, else with the date; whole seconds. `stamp` as `localStamps` makes it. */
export function shortStamps(stamp: (time: UtcMs) => string, now: UtcMs): (time: number) => string {
  const whole = (time: number) => stamp(utcMs(Math.floor(time / 1000) * 1000));
  const [today = ''] = whole(now).split(' ');
  return (time) => {
    const [day = '', hour = ''] = whole(time).split(' ');
    return day === today ? hour : `${day} ${hour}`;
  };
}
