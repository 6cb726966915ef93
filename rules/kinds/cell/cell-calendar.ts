/**
 * Which shift a cell is in, by the wall clock: local times in the zone of the site. A shift belongs to the local day on
 * which it began. Local times that are left out or come twice are treated as those of a schedule.
 */
import type { UtcMs } from '../../../gateway/model/units.ts';
import { millis, utcMs } from '../../../gateway/model/units.ts';
import { zoneOffsets } from '../../../gateway/model/zone-offsets.ts';
import { type NextTime, scheduleTimes } from '../schedule-times.ts';

export interface CalendarConfig {
  /** When each shift begins, as `HH:MM`; it lasts until the next one. */
  readonly shifts: readonly string[];
  readonly breaks: readonly Break[];
  /** Weekdays on which nobody plans to work, Monday 1 … Sunday 7. */
  readonly daysOff: readonly number[];
  /** Days off, as `2026-10-01`, whatever weekday they are. */
  readonly datesOff: readonly string[];
  /** Working days, even on weekdays that are off. */
  readonly datesOn: readonly string[];
}

export interface Break {
  /** `HH:MM`; over midnight where `to` is earlier. */
  readonly from: string;
  readonly to: string;
  /** The weekdays on which it begins; every day when left out. */
  readonly days?: readonly number[];
}

export type CellShift = {
  readonly begin: number;
  /** When the next one begins. */
  readonly end: number;
  /** Its place in the list, from 1. */
  readonly index: number;
  /** The local day on which it began. */
  readonly date: string;
  /** Nobody plans to work in it. */
  readonly isOff: boolean;
};

/** A stretch of the wall clock in which the calendar says the same. */
export interface Segment {
  readonly from: UtcMs;
  readonly until: UtcMs;
  readonly shift: CellShift;
  readonly isBreak: boolean;
}

export type CellCalendar = (utc: UtcMs) => Segment;

const DAY = 86_400_000;
/** Every pattern of a calendar has had a time in so long: a week and a day, and what clocks are put back. */
const LONGEST_LOOK_BACK = 10 * DAY;

export function cellCalendar(config: CalendarConfig, timezone: string): CellCalendar {
  const place = { timezone, position: undefined };
  const timesOf = (at: string, days: readonly number[] | undefined): NextTime => {
    const [hour = '0', minute = '0'] = at.split(':');
    const weekdays = days === undefined ? '*' : days.map((day) => day % 7).join(',');
    const cron = `${Number(minute)} ${Number(hour)} * * ${weekdays}`;
    return scheduleTimes({ kind: 'cron', cron }, place);
  };
  const starts = config.shifts.map((at) => timesOf(at, undefined));
  const breaks = config.breaks.map(({ from, to, days }) => ({
    from: timesOf(from, days),
    to: timesOf(to, undefined),
  }));
  const offsetOf = zoneOffsets(timezone);
  const localDay = (utc: UtcMs) => new Date(utc + offsetOf(utc));

  const shiftAt = (utc: UtcMs): CellShift => {
    let begin = utcMs(Number.NEGATIVE_INFINITY);
    let index = 0;
    for (const [place, times] of starts.entries()) {
      const latest = lastTime(times, utc, 3 * DAY);
      if (latest !== undefined && latest >= begin) {
        begin = latest;
        index = place + 1;
      }
    }
    const day = localDay(begin);
    const date = day.toISOString().slice(0, 10);
    const isWeekdayOff = config.daysOff.includes(day.getUTCDay() === 0 ? 7 : day.getUTCDay());
    const isOff =
      config.datesOff.includes(date) || (isWeekdayOff && !config.datesOn.includes(date));
    return { begin, end: nextOf(starts, utc), index, date, isOff };
  };

  let last: Segment | undefined;
  return (utc) => {
    if (last !== undefined && last.from <= utc && utc < last.until) return last;
    const shift = shiftAt(utc);
    let isBreak = false;
    let from = shift.begin;
    let until = shift.end;
    for (const { from: begins, to: ends } of breaks) {
      const began = lastTime(begins, utc, LONGEST_LOOK_BACK);
      // A break that the clocks leave out ends at the moment it begins.
      const ended = began === undefined ? undefined : ends(utcMs(began - 1));
      if (began !== undefined) from = Math.max(from, began);
      if (ended !== undefined && utc < ended) {
        isBreak = true;
        until = Math.min(until, ended);
      } else if (ended !== undefined) from = Math.max(from, ended);
      until = Math.min(until, begins(utc) ?? until);
    }
    last = { from: utcMs(from), until: utcMs(until), shift, isBreak };
    return last;
  };
}

const nextOf = (times: readonly NextTime[], after: UtcMs): UtcMs =>
  utcMs(Math.min(...times.map((next) => next(after) ?? Number.POSITIVE_INFINITY)));

/** The latest time of a pattern that is not after `utc`. */
function lastTime(times: NextTime, utc: UtcMs, within: number): UtcMs | undefined {
  let latest: UtcMs | undefined;
  let next = times(utcMs(utc - millis(within)));
  while (next !== undefined && next <= utc) {
    latest = next;
    next = times(next);
  }
  return latest;
}
