import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type UtcMs, utcMs } from '../../gateway/model/units.ts';
import { zoneOffsets } from '../../gateway/model/zone-offsets.ts';
import { localTimes } from '../../rules/engine/local-time.ts';
import { scheduleTimes } from '../../rules/kinds/schedule-times.ts';

const SEED = Number(process.env.SEED ?? 20_260_101);
const ZONES = Intl.supportedValuesOf('timeZone');
const DAYS = ['', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

const anyZone = fc.constantFrom(...ZONES);
const anyMoment = fc
  .integer({ min: Date.UTC(2016, 0, 1), max: Date.UTC(2037, 0, 1) })
  .map((time) => utcMs(time));

function told(zone: string, at: UtcMs) {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    weekday: 'short',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  const parts = Object.fromEntries(
    format.formatToParts(at).map(({ type, value }) => [type, value]),
  );
  return {
    hour: Number(parts.hour),
    minute: Number(parts.minute),
    weekday: DAYS.indexOf(parts.weekday ?? ''),
    day: Number(parts.day),
    month: Number(parts.month),
  };
}

test('local time is what Intl says, in any zone at any moment', () => {
  fc.assert(
    fc.property(anyZone, fc.array(anyMoment, { minLength: 1, maxLength: 5 }), (zone, moments) => {
      const localTime = localTimes(zone);
      for (const at of moments) expect(localTime(at)).toEqual(told(zone, at));
    }),
    { seed: SEED, numRuns: 300 },
  );
});

test.each([
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Shanghai',
  'Africa/Casablanca',
])('local time is what Intl says on both sides of every change of a year: %s', (zone) => {
  const offset = zoneOffsets(zone);
  const localTime = localTimes(zone);
  const quarter = 900_000;
  for (let at = Date.UTC(2026, 0, 1); at < Date.UTC(2027, 0, 1); at += quarter)
    if (offset(utcMs(at)) !== offset(utcMs(at - quarter)))
      for (const near of [at - 60_000, at - 1, at, at + 1, at + 60_000])
        expect(localTime(utcMs(near))).toEqual(told(zone, utcMs(near)));
});

test('a zone that nobody knows is refused when it is made', () => {
  expect(() => localTimes('Mars/Olympus')).toThrow(RangeError);
});

const anyField = (min: number, max: number) =>
  fc.oneof(
    fc.constant('*'),
    fc.integer({ min, max }).map(String),
    fc.integer({ min: 2, max: Math.min(max, 20) }).map((step) => `*/${step}`),
    fc
      .tuple(fc.integer({ min, max }), fc.integer({ min, max }))
      .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
  );

/** Every minute looked at one by one, by the local time that Intl gives. */
function slowly(minute: string, hour: string, zone: string, from: number, until: number): number[] {
  const fits = (field: string, value: number) => {
    const [, step] = /^\*\/(\d+)$/.exec(field) ?? [];
    const [, a, b] = /^(\d+)-(\d+)$/.exec(field) ?? [];
    if (field === '*') return true;
    if (step !== undefined) return value % Number(step) === 0;
    if (a !== undefined) return value >= Number(a) && value <= Number(b);
    return value === Number(field);
  };
  const offset = zoneOffsets(zone);
  const isEveryHour = hour === '*';
  const repeats = isEveryHour || minute.startsWith('*');
  const fitsAt = (wall: number) =>
    fits(minute, new Date(wall).getUTCMinutes()) && fits(hour, new Date(wall).getUTCHours());
  const found = new Set<number>();
  const walls = new Set<number>();
  let wall = from - 3 * 3_600_000 + offset(utcMs(from - 3 * 3_600_000));
  for (let at = from - 3 * 3_600_000; at < until; at += 60_000) {
    const shown = at + offset(utcMs(at));
    for (let skipped = wall + 60_000; skipped < shown; skipped += 60_000)
      if (!isEveryHour && fitsAt(skipped)) found.add(at);
    if (fitsAt(shown) && (repeats || !walls.has(shown))) found.add(at);
    walls.add(shown);
    wall = shown;
  }
  return [...found].filter((at) => at > from);
}

test('the times of a pattern are those found by looking at every minute, through every change', () => {
  const change = fc.constantFrom(
    ['Europe/Berlin', Date.UTC(2026, 2, 29, 1)],
    ['Europe/Berlin', Date.UTC(2026, 9, 25, 1)],
    ['America/New_York', Date.UTC(2026, 2, 8, 7)],
    ['America/New_York', Date.UTC(2026, 10, 1, 6)],
    ['Australia/Lord_Howe', Date.UTC(2026, 3, 4, 15)],
    ['Australia/Lord_Howe', Date.UTC(2026, 9, 3, 15, 30)],
    ['Asia/Shanghai', Date.UTC(2026, 3, 4, 18)],
  ) as fc.Arbitrary<[string, number]>;
  fc.assert(
    fc.property(
      change,
      anyField(0, 59),
      anyField(0, 23),
      fc.integer({ min: -30, max: 3 }),
      ([zone, at], minute, hour, quartersBefore) => {
        const from = at + quartersBefore * 900_000;
        const until = from + 12 * 3_600_000;
        const cron = `${minute} ${hour} * * *`;
        const next = scheduleTimes({ kind: 'cron', cron }, { timezone: zone, position: undefined });
        const times: number[] = [];
        for (let due = next(utcMs(from)); due !== undefined && due < until; due = next(due))
          times.push(due);
        expect(times).toEqual(slowly(minute, hour, zone, from, until));
      },
    ),
    { seed: SEED, numRuns: 300 },
  );
});
