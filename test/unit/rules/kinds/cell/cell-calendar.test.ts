import { describe, expect, it } from 'vitest';
import { utcMs } from '../../../../../gateway/model/units.ts';
import {
  type CalendarConfig,
  cellCalendar,
} from '../../../../../rules/kinds/cell/cell-calendar.ts';
import { calendarConfig } from '../../../../support/cell-fixture.ts';

const at = (text: string) => utcMs(Date.parse(text));
const calendarOf = (over: Partial<CalendarConfig>, zone = 'Asia/Shanghai') =>
  cellCalendar(calendarConfig(over), zone);

describe('the calendar', () => {
  const plain = calendarOf({});

  it.each([
    ['2026-03-02T08:00:00+08:00', '2026-03-02', 1, '2026-03-02T20:00:00+08:00'],
    ['2026-03-02T19:59:59.999+08:00', '2026-03-02', 1, '2026-03-02T20:00:00+08:00'],
    ['2026-03-02T20:00:00+08:00', '2026-03-02', 2, '2026-03-03T08:00:00+08:00'],
    ['2026-03-03T07:59:59.999+08:00', '2026-03-02', 2, '2026-03-03T08:00:00+08:00'],
  ])('at %s has the shift of %s, number %i, until %s', (time, date, index, end) => {
    const { shift, until } = plain(at(time));
    expect([shift.date, shift.index, until]).toEqual([date, index, at(end)]);
    expect(shift.end).toBe(at(end));
  });

  it('may have one shift a day, and its day off belongs to the day on which it began', () => {
    const calendar = calendarOf({ shifts: ['06:00'], daysOff: [7], datesOff: ['2026-03-04'] });
    const offAt = (time: string) => calendar(at(time)).shift.isOff;
    expect(offAt('2026-03-08T05:59:00+08:00')).toBe(false);
    expect(offAt('2026-03-08T06:00:00+08:00')).toBe(true);
    expect(offAt('2026-03-09T05:59:00+08:00')).toBe(true);
    expect(offAt('2026-03-04T12:00:00+08:00')).toBe(true);
  });

  it('knows working Sundays, but no date off that is a working day', () => {
    const calendar = calendarOf({
      daysOff: [6, 7],
      datesOn: ['2026-03-08', '2026-10-01'],
      datesOff: ['2026-10-01'],
    });
    expect(calendar(at('2026-03-08T09:00:00+08:00')).shift.isOff).toBe(false);
    expect(calendar(at('2026-03-07T09:00:00+08:00')).shift.isOff).toBe(true);
    expect(calendar(at('2026-10-01T09:00:00+08:00')).shift.isOff).toBe(true);
  });

  it('has breaks, also over midnight and on some days alone', () => {
    const calendar = calendarOf({
      breaks: [
        { from: '23:45', to: '00:15' },
        { from: '12:00', to: '13:00', days: [1, 7] },
      ],
    });
    const isBreak = (time: string) => calendar(at(time)).isBreak;
    expect(isBreak('2026-03-02T23:44:59+08:00')).toBe(false);
    expect(isBreak('2026-03-02T23:45:00+08:00')).toBe(true);
    expect(isBreak('2026-03-03T00:14:59+08:00')).toBe(true);
    expect(isBreak('2026-03-03T00:15:00+08:00')).toBe(false);
    expect(isBreak('2026-03-02T12:30:00+08:00')).toBe(true);
    expect(isBreak('2026-03-03T12:30:00+08:00')).toBe(false);
    expect(isBreak('2026-03-08T12:30:00+08:00')).toBe(true);
    expect(calendar(at('2026-03-02T11:00:00+08:00')).until).toBe(at('2026-03-02T12:00:00+08:00'));
    expect(calendar(at('2026-03-02T12:30:00+08:00')).until).toBe(at('2026-03-02T13:00:00+08:00'));
  });

  it('has no break that the clocks leave out', () => {
    const calendar = calendarOf({ breaks: [{ from: '02:15', to: '02:45' }] }, 'Europe/Berlin');
    for (const time of ['01:30:00Z', '00:59:59Z', '01:00:00Z', '12:00:00Z', '23:30:00Z'])
      expect(calendar(at(`2026-03-29T${time}`)).isBreak).toBe(false);
    expect(calendar(at('2026-03-30T00:30:00Z')).isBreak).toBe(true);
  });

  it('says the same whether it is asked in order or at random', () => {
    const options = { breaks: [{ from: '12:00', to: '12:30' }], daysOff: [7] };
    const asked = calendarOf(options);
    const hours = Array.from({ length: 400 }, (_, hour) =>
      utcMs(at('2026-03-01T00:00:00Z') + ((hour * 7_919_000) % (14 * 86_400_000))),
    );
    for (const hour of hours) {
      const segment = asked(hour);
      expect(segment).toEqual(calendarOf(options)(hour));
      expect(segment.from <= hour && hour < segment.until).toBe(true);
    }
  });
});
