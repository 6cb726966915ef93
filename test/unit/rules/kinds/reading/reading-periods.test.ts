import { describe, expect, it } from 'vitest';
import { minutes } from '../../../../../gateway/model/units.ts';
import {
  type PeriodKind,
  readingCalendar,
} from '../../../../../rules/kinds/reading/reading-periods.ts';

const utc = (text: string) => Date.parse(`${text}Z`);
const iso = (moment: number) => new Date(moment).toISOString().slice(0, 16);

const shanghai = readingCalendar({
  timezone: 'Asia/Shanghai',
  every: minutes(15),
  freeze: { hour: 0, minute: 0 },
});
const berlin = readingCalendar({
  timezone: 'Europe/Berlin',
  every: minutes(6 * 60),
  freeze: { hour: 0, minute: 0 },
});

describe('the period of a moment', () => {
  it.each<[PeriodKind, string, string, string, string]>([
    [
      'interval',
      '2026-03-01T16:07',
      '2026-03-02T00:00+08:00',
      '2026-03-01T16:00',
      '2026-03-01T16:15',
    ],
    [
      'interval',
      '2026-03-01T16:15',
      '2026-03-02T00:15+08:00',
      '2026-03-01T16:15',
      '2026-03-01T16:30',
    ],
    ['day', '2026-03-01T15:59', '2026-03-01', '2026-02-28T16:00', '2026-03-01T16:00'],
    ['day', '2026-03-01T16:00', '2026-03-02', '2026-03-01T16:00', '2026-03-02T16:00'],
    ['month', '2026-02-28T15:59', '2026-02', '2026-01-31T16:00', '2026-02-28T16:00'],
    ['month', '2026-02-28T16:00', '2026-03', '2026-02-28T16:00', '2026-03-31T16:00'],
  ])('%s of %s is %s', (kind, moment, key, start, end) => {
    const period = shanghai.at(kind, utc(moment));
    expect([period.key, iso(period.start), iso(period.end)]).toEqual([key, start, end]);
  });

  it('a day begins with the freeze, wherever it is', () => {
    const calendar = readingCalendar({
      timezone: 'Asia/Shanghai',
      every: undefined,
      freeze: { hour: 8, minute: 30 },
    });
    expect(calendar.kinds).toEqual(['day', 'month']);
    expect(calendar.at('day', utc('2026-03-01T00:29'))).toMatchObject({ key: '2026-02-28' });
    expect(calendar.at('day', utc('2026-03-01T00:30'))).toMatchObject({ key: '2026-03-01' });
    expect(calendar.at('month', utc('2026-03-01T00:29'))).toMatchObject({ key: '2026-02' });
  });

  it('days of 23 and 25 hours have whole intervals, the last one as long as is left', () => {
    const lengths = (day: string) => {
      const { start, end } = berlin.at('day', utc(day));
      return berlin
        .ended('interval', start, end, 10)
        .map((one) => (one.end - one.start) / 3_600_000);
    };
    expect(lengths('2026-03-29T12:00')).toEqual([6, 6, 6, 5]);
    expect(lengths('2026-10-25T12:00')).toEqual([6, 6, 6, 6, 1]);
    const keys = berlin
      .ended('interval', utc('2026-10-24T22:00'), utc('2026-10-25T23:00'), 10)
      .map(({ key }) => key);
    expect(keys).toEqual([
      '2026-10-25T00:00+02:00',
      '2026-10-25T05:00+01:00',
      '2026-10-25T11:00+01:00',
      '2026-10-25T17:00+01:00',
      '2026-10-25T23:00+01:00',
    ]);
  });

  it('a freeze that the clocks leave out is at the first moment behind, one that comes twice the first time', () => {
    const calendar = readingCalendar({
      timezone: 'Europe/Berlin',
      every: undefined,
      freeze: { hour: 2, minute: 30 },
    });
    expect(iso(calendar.at('day', utc('2026-03-29T12:00')).start)).toBe('2026-03-29T01:00');
    expect(iso(calendar.at('day', utc('2026-10-25T12:00')).start)).toBe('2026-10-25T00:30');
  });

  it('one follows the other without a hole, through years and changes of the clocks', () => {
    for (const kind of ['interval', 'day', 'month'] as const) {
      let period = berlin.at(kind, utc('2026-01-01T00:00'));
      for (let i = 0; i < 1500; i++) {
        const next = berlin.at(kind, period.end);
        expect(next.start).toBe(period.end);
        expect(next.key > period.key || kind === 'interval').toBe(true);
        expect(berlin.at(kind, next.end - 1)).toEqual(next);
        period = next;
      }
    }
  });
});

describe('periods that ended', () => {
  it('are those behind one moment and up to another, of too many the newest', () => {
    const days = (after: string, until: string, most: number) =>
      shanghai.ended('day', utc(after), utc(until), most).map(({ key }) => key);
    expect(days('2026-03-01T16:00', '2026-03-04T16:00', 62)).toEqual([
      '2026-03-02',
      '2026-03-03',
      '2026-03-04',
    ]);
    expect(days('2026-03-01T16:00', '2026-03-01T16:00', 62)).toEqual([]);
    expect(days('2026-03-01T15:59', '2026-03-01T16:00', 62)).toEqual(['2026-03-01']);
    expect(days('2020-01-01T00:00', '2026-03-04T17:00', 2)).toEqual(['2026-03-03', '2026-03-04']);
  });

  it('know their weekday and their local text', () => {
    expect(shanghai.weekday(utc('2026-03-01T15:59'))).toBe(7);
    expect(shanghai.weekday(utc('2026-03-01T16:00'))).toBe(1);
    expect(shanghai.localText(utc('2026-03-01T16:00'))).toBe('2026-03-02T00:00+08:00');
    const nepal = readingCalendar({
      timezone: 'Asia/Kathmandu',
      every: minutes(15),
      freeze: undefined,
    });
    expect(nepal.kinds).toEqual(['interval']);
    expect(nepal.localText(utc('2026-03-01T18:15'))).toBe('2026-03-02T00:00+05:45');
    const azores = readingCalendar({
      timezone: 'Atlantic/Azores',
      every: minutes(15),
      freeze: undefined,
    });
    expect(azores.localText(utc('2026-01-01T00:00'))).toBe('2025-12-31T23:00-01:00');
  });

  it('the next six in the morning is behind the moment, also of the moment itself', () => {
    expect(iso(shanghai.nextClock(utc('2026-03-01T16:00'), 6, 0))).toBe('2026-03-01T22:00');
    expect(iso(shanghai.nextClock(utc('2026-03-01T22:00'), 6, 0))).toBe('2026-03-02T22:00');
    expect(iso(shanghai.nextClock(utc('2026-03-01T18:00'), 6, 0))).toBe('2026-03-01T22:00');
  });
});
