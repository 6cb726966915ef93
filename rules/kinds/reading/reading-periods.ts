/**
 * The periods that records are made of: quarters of an hour (or what a site says), days and months, in the site's zone. A day
 * begins at the time of the freeze; a month with the first day of it. Pure.
 */
import { type Millis, type UtcMs, utcMs } from '../../../gateway/model/units.ts';
import { zoneOffsets } from '../../../gateway/model/zone-offsets.ts';
import { type NextTime, scheduleTimes } from '../schedule-times.ts';

export const PERIOD_KINDS = ['interval', 'day', 'month'] as const;
export type PeriodKind = (typeof PERIOD_KINDS)[number];

/** From `start` on, before `end`; the readings of its record are those of `end`. UTC in milliseconds. */
export type Period = {
  readonly kind: PeriodKind;
  /** Of the local start: `2026-03-01T00:15+08:00`, `2026-03-01`, `2026-03`. */
  readonly key: string;
  readonly start: number;
  readonly end: number;
};

export interface PeriodRules {
  readonly timezone: string;
  /** Counted from the beginning of the day; the last one ends with the day. Undefined: no intervals. */
  readonly every: Millis | undefined;
  /** When days and months begin; undefined: neither is recorded, and intervals count from midnight. */
  readonly freeze: { readonly hour: number; readonly minute: number } | undefined;
}

export interface Calendar {
  /** What is recorded. */
  readonly kinds: readonly PeriodKind[];
  /** The period in which a moment lies. */
  at(kind: PeriodKind, moment: number): Period;
  /** Those that ended after one moment and by another, the oldest first; of too many the newest. */
  ended(kind: PeriodKind, after: number, until: number, most: number): readonly Period[];
  /** The first moment after the given one at which clocks show this time. */
  nextClock(after: number, hour: number, minute: number): number;
  /** `2026-03-01T00:15+08:00` */
  localText(moment: number): string;
  /** Of the local date: Monday 1 … Sunday 7. */
  weekday(moment: number): number;
}

const DAY = 24 * 60 * 60_000;
/** Further back than two beginnings of a day (a month) can lie apart, a change of the clocks included. */
const SEARCH: Readonly<Record<'day' | 'month', number>> = { day: 3 * DAY, month: 34 * DAY };
/** Fields of a cron pattern behind minute and hour. */
const REST = { day: '* * *', month: '1 * *' } as const;

export function readingCalendar({ timezone, every, freeze }: PeriodRules): Calendar {
  const { hour, minute } = freeze ?? { hour: 0, minute: 0 };
  const place = { timezone, position: undefined };
  const clock = (rest: string): NextTime =>
    scheduleTimes({ kind: 'cron', cron: `${minute} ${hour} ${rest}` }, place);
  const begins = { day: clock(REST.day), month: clock(REST.month) };
  const offsetOf = zoneOffsets(timezone);
  const shown = (moment: number): string =>
    new Date(moment + offsetOf(utcMs(moment))).toISOString().slice(0, 16);
  const localText = (moment: number): string =>
    `${shown(moment)}${offsetText(offsetOf(utcMs(moment)))}`;

  const spanning = (kind: 'day' | 'month', moment: number): Period => {
    const next = begins[kind];
    let start = after(next, moment - SEARCH[kind]);
    for (;;) {
      const end = after(next, start);
      if (end > moment)
        return { kind, key: shown(start).slice(0, kind === 'day' ? 10 : 7), start, end };
      start = end;
    }
  };
  /** By pattern: what was asked last, and its answer, which is that of every moment between the two. */
  const clocks = new Map<string, { times: NextTime; from: number; next: number }>();
  const recent = new Map<PeriodKind, Period>();
  const remembered = (kind: 'day' | 'month', moment: number): Period => {
    const last = recent.get(kind);
    if (last !== undefined && last.start <= moment && moment < last.end) return last;
    const found = spanning(kind, moment);
    recent.set(kind, found);
    return found;
  };
  const at = (kind: PeriodKind, moment: number): Period => {
    if (kind !== 'interval') return remembered(kind, moment);
    const day = remembered('day', moment);
    const length = every ?? DAY;
    const start = day.start + Math.floor((moment - day.start) / length) * length;
    return { kind, key: localText(start), start, end: Math.min(start + length, day.end) };
  };

  return {
    kinds: PERIOD_KINDS.filter((kind) => (kind === 'interval' ? every : freeze) !== undefined),
    at,
    ended(kind, from, until, most) {
      const periods: Period[] = [];
      // Backwards, so that a pause of years costs no more than `most` periods.
      let period = at(kind, at(kind, until).start - 1);
      while (period.end > from && periods.length < most) {
        periods.push(period);
        period = at(kind, period.start - 1);
      }
      return periods.reverse();
    },
    nextClock(from, clockHour, clockMinute) {
      const cron = `${clockMinute} ${clockHour} * * *`;
      let known = clocks.get(cron);
      if (known === undefined || from < known.from || from >= known.next) {
        const times = known?.times ?? scheduleTimes({ kind: 'cron', cron }, place);
        known = { times, from, next: after(times, from) };
        clocks.set(cron, known);
      }
      return known.next;
    },
    localText,
    weekday: (moment) => new Date(shown(moment).slice(0, 10)).getUTCDay() || 7,
  };
}

/** Every pattern of this file has a next time; a zone that had none would be a bug of ours. */
function after(next: NextTime, moment: number): number {
  const found: UtcMs | undefined = next(utcMs(moment));
  if (found === undefined) throw new RangeError(`no period begins after ${moment}`);
  return found;
}

function offsetText(offset: number): string {
  const whole = Math.round(Math.abs(offset) / 60_000);
  const two = (value: number): string => `${Math.trunc(value)}`.padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${two(whole / 60)}:${two(whole % 60)}`;
}
