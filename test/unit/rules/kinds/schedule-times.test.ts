import { describe, expect, it } from 'vitest';
import { millis, utcMs } from '../../../../gateway/model/units.ts';
import { cronProblem, scheduleTimes } from '../../../../rules/kinds/schedule-times.ts';
import { nextSun } from '../../../../rules/kinds/sun.ts';

const utc = (text: string) => utcMs(Date.parse(`${text}Z`));

function timesOf(cron: string, timezone: string, from: string, until: string): string[] {
  const next = scheduleTimes({ kind: 'cron', cron }, { timezone, position: undefined });
  const times: string[] = [];
  for (let at = next(utc(from)); at !== undefined && at < utc(until); at = next(at))
    times.push(new Date(at).toISOString().slice(5, 16));
  return times;
}

const quarters = (from: string, count: number) =>
  Array.from({ length: count }, (_, i) =>
    new Date(utc(from) + i * 900_000).toISOString().slice(5, 16),
  );

/** Two days with a change in the second night, in UTC. */
const BERLIN_FORWARD = ['Europe/Berlin', '2026-03-28T12:00', '2026-03-29T12:00'] as const;
const BERLIN_BACK = ['Europe/Berlin', '2026-10-24T12:00', '2026-10-25T12:00'] as const;
const NEW_YORK_FORWARD = ['America/New_York', '2026-03-07T20:00', '2026-03-08T20:00'] as const;
const NEW_YORK_BACK = ['America/New_York', '2026-10-31T20:00', '2026-11-01T20:00'] as const;
const SHANGHAI = ['Asia/Shanghai', '2026-03-28T12:00', '2026-03-29T12:00'] as const;
/** DST of Shanghai in 1991: forward at 2:00 (18:00Z), back at 2:00 (17:00Z). */
const SHANGHAI_FORWARD = ['Asia/Shanghai', '1991-04-13T12:00', '1991-04-14T12:00'] as const;
const SHANGHAI_BACK = ['Asia/Shanghai', '1991-09-14T12:00', '1991-09-15T12:00'] as const;
const LORD_HOWE_BACK = ['Australia/Lord_Howe', '2026-04-04T06:00', '2026-04-05T06:00'] as const;
const APIA_SKIPS_A_DAY = ['Pacific/Apia', '2011-12-29T00:00', '2012-01-01T00:00'] as const;

describe('the times of a cron pattern', () => {
  it.each([
    [
      'a time that is left out is done at the first moment after',
      '30 2 * * *',
      BERLIN_FORWARD,
      ['03-29T01:00'],
    ],
    ['the first minute that is left out too', '0 2 * * *', BERLIN_FORWARD, ['03-29T01:00']],
    ['the first moment after is itself', '0 3 * * *', BERLIN_FORWARD, ['03-29T01:00']],
    ['the last minute before the gap', '59 1 * * *', BERLIN_FORWARD, ['03-29T00:59']],
    [
      'several that are left out are made up for once',
      '10,20,30 2 * * *',
      BERLIN_FORWARD,
      ['03-29T01:00'],
    ],
    [
      'what is made up for and what is due are one',
      '30 2,3 * * *',
      BERLIN_FORWARD,
      ['03-29T01:00', '03-29T01:30'],
    ],
    ['a time that comes twice is done the first time', '30 2 * * *', BERLIN_BACK, ['10-25T00:30']],
    ['the first minute that comes twice', '0 2 * * *', BERLIN_BACK, ['10-25T00:00']],
    ['the first minute after both', '0 3 * * *', BERLIN_BACK, ['10-25T02:00']],
    [
      'minutes of a named hour go on while it comes twice',
      '*/30 2 * * *',
      BERLIN_BACK,
      ['10-25T00:00', '10-25T00:30', '10-25T01:00', '10-25T01:30'],
    ],
    ['minutes of an hour that is left out', '*/30 2 * * *', BERLIN_FORWARD, ['03-29T01:00']],
    ['a time that is left out in New York', '30 2 * * *', NEW_YORK_FORWARD, ['03-08T07:00']],
    ['a time that comes twice in New York', '30 1 * * *', NEW_YORK_BACK, ['11-01T05:30']],
    ['the hour after in New York', '0 2 * * *', NEW_YORK_BACK, ['11-01T07:00']],
    ['nothing happens in Shanghai', '30 2 * * *', SHANGHAI, ['03-28T18:30']],
    ['a time that was left out in Shanghai', '30 2 * * *', SHANGHAI_FORWARD, ['04-13T18:00']],
    ['a time that came twice in Shanghai', '30 1 * * *', SHANGHAI_BACK, ['09-14T16:30']],
    ['half an hour that comes twice', '45 1 * * *', LORD_HOWE_BACK, ['04-04T14:45']],
    ['a day that never was', '0 12 30 12 *', APIA_SKIPS_A_DAY, ['12-30T10:00']],
    [
      'every second hour',
      '0 */6 * * *',
      BERLIN_FORWARD,
      ['03-28T17:00', '03-28T23:00', '03-29T04:00', '03-29T10:00'],
    ],
    [
      'an hour with an even number that is left out',
      '0 0-4/2 * * *',
      BERLIN_FORWARD,
      ['03-28T23:00', '03-29T01:00', '03-29T02:00'],
    ],
    [
      'an hour with an even number that comes twice',
      '0 0-4/2 * * *',
      BERLIN_BACK,
      ['10-24T22:00', '10-25T00:00', '10-25T03:00'],
    ],
  ] as const)('%s: %s', (_, cron, [zone, from, until], expected) => {
    expect(timesOf(cron, zone, from, until)).toEqual(expected);
  });

  it.each([
    BERLIN_FORWARD,
    BERLIN_BACK,
    NEW_YORK_FORWARD,
    NEW_YORK_BACK,
    SHANGHAI,
    SHANGHAI_FORWARD,
    SHANGHAI_BACK,
  ])('go on by elapsed quarters of an hour through any change: %s %s', (zone, from, until) => {
    expect(timesOf('*/15 * * * *', zone, from, until)).toEqual(quarters(from, 96).slice(1));
  });

  it.each([BERLIN_FORWARD, BERLIN_BACK, NEW_YORK_FORWARD, NEW_YORK_BACK])(
    'go on by elapsed hours through any change: %s %s',
    (zone, from, until) => {
      const hours = quarters(from, 96).filter((time) => time.endsWith(':00'));
      const shifted = hours.map((time) => time.replace(':00', ':05'));
      expect(timesOf('5 * * * *', zone, from, until)).toEqual(shifted);
    },
  );

  it('are found years ahead', () => {
    const leap = scheduleTimes(
      { kind: 'cron', cron: '0 0 29 2 *' },
      { timezone: 'Europe/Berlin', position: undefined },
    );
    expect(leap(utc('2026-03-01T00:00'))).toBe(utc('2028-02-28T23:00'));
    expect(leap(utc('2096-03-01T00:00'))).toBe(utc('2104-02-28T23:00'));
  });

  it('come after the moment asked for, never at it', () => {
    const next = scheduleTimes(
      { kind: 'cron', cron: '0 6 * * *' },
      { timezone: 'UTC', position: undefined },
    );
    expect(next(utc('2026-01-01T05:59:59.999'))).toBe(utc('2026-01-01T06:00'));
    expect(next(utc('2026-01-01T06:00'))).toBe(utc('2026-01-02T06:00'));
    expect(next(utc('2026-01-01T06:00:00.001'))).toBe(utc('2026-01-02T06:00'));
  });
});

describe('the problem of a cron pattern', () => {
  it.each([
    '0 6 * * 1-5',
    '*/15 * * * *',
    '0 6 * * 7',
    '0 0 29 2 *',
    '0 6 L * *',
    ' 0  6 * * MON ',
  ])('is none: %s', (text) => expect(cronProblem(text)).toBeUndefined());

  it.each([
    ['0 0 6 * * *', 'six fields: a schedule has no seconds'],
    ['', '0 fields instead of five'],
    ['@daily', 'one field instead of five'],
    ['2026-05-05T10:00:00', 'one field instead of five'],
    ['* * * *', '4 fields instead of five'],
    ['0 0 0 1 1 1 2026', '7 fields instead of five'],
    ['61 6 * * *', 'the minute "61" is not understood: Invalid value for minute: 61'],
    ['0 25 * * *', 'the hour "25"'],
    ['0 6 32 * *', 'the day of the month "32"'],
    ['0 6 * 13 *', 'the month "13"'],
    ['0 6 * * 8', 'the day of the week "8"'],
    ['5-1 * * * *', 'the minute "5-1"'],
    ['*/0 * * * *', 'the minute "*/0"'],
    ['a b c d e', 'the minute "a"'],
    ['0 0 31 2 *', 'no day of any year fits it'],
    [`0 6 * * ${'1,'.repeat(100)}1`, 'longer than 200 characters'],
  ])('is named: %s', (text, reason) => {
    expect(cronProblem(text)).toContain(reason);
    expect(cronProblem(text, 'zh')).toMatch(/\p{Script=Han}/u);
  });
});

describe('the sun', () => {
  const shanghai = { latitude: 31.23, longitude: 121.47 };
  const tromso = { latitude: 69.65, longitude: 18.96 };
  const none = millis(0);
  const minuteOf = (at: number | undefined) =>
    at === undefined ? undefined : new Date(at).toISOString().slice(0, 16);

  it.each([
    ['sunrise', shanghai, '2026-06-21T00:00', '2026-06-21T20:50'],
    ['sunset', shanghai, '2026-06-21T00:00', '2026-06-21T11:01'],
    ['sunrise', { latitude: 40.71, longitude: -74.01 }, '2026-12-21T00:00', '2026-12-21T12:16'],
  ] as const)('has its %s as almanacs give it', (event, place, after, expected) => {
    const at = nextSun({ event, offset: none, ...place }, utc(after)) ?? 0;
    expect(Math.abs(at - utc(expected))).toBeLessThan(120_000);
  });

  it('rises once a day, each time after the one before', () => {
    const place = { event: 'sunrise', offset: none, ...shanghai } as const;
    let at = utc('2026-01-01T00:00');
    for (let day = 0; day < 400; day++) {
      const next = nextSun(place, at) ?? utcMs(0);
      if (day > 0) expect(Math.abs(next - at - 86_400_000)).toBeLessThan(180_000);
      at = next;
    }
  });

  it('has no events in polar day and polar night', () => {
    const sunset = { event: 'sunset', offset: none, ...tromso } as const;
    expect(minuteOf(nextSun(sunset, utc('2026-06-01T00:00')))).toMatch(/^2026-07-2[5-7]/);
    const sunrise = { event: 'sunrise', offset: none, ...tromso } as const;
    expect(minuteOf(nextSun(sunrise, utc('2026-12-01T12:00')))).toMatch(/^2027-01-1[4-6]/);
    expect(nextSun({ ...sunrise, latitude: 90 }, utc('2026-01-01T00:00'))).toBeUndefined();
  });

  it('is waited for with its offset', () => {
    const place = { event: 'sunset', ...shanghai } as const;
    const plain = nextSun({ ...place, offset: none }, utc('2026-06-21T00:00')) ?? 0;
    const early = nextSun({ ...place, offset: millis(-900_000) }, utc('2026-06-21T00:00'));
    expect(early).toBe(plain - 900_000);
    const late = nextSun({ ...place, offset: millis(900_000) }, utcMs(plain));
    expect(late).toBe(plain + 900_000);
  });

  it('never comes where nobody said where the site is', () => {
    const at = { kind: 'sun', event: 'sunset', offset: none } as const;
    expect(scheduleTimes(at, { timezone: 'UTC', position: undefined })(utcMs(0))).toBeUndefined();
  });
});
