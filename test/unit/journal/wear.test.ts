import { expect, test } from 'vitest';
import type { WearCause } from '../../../gateway/journal/journal.ts';
import {
  newWear,
  redated,
  totalOf,
  usualDay,
  WEAR_DAYS_MAX,
  type Wear,
  wearFrom,
  wearOn,
  wearTexts,
  withWritten,
} from '../../../gateway/journal/space/wear.ts';
import { utcMs } from '../../../gateway/model/units.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOON = Date.UTC(2026, 10, 30, 12);
const at = (time: number) => utcMs(time);

const written = (wear: Wear, cause: WearCause, bytes: number, syncs = 1): Wear =>
  withWritten(wear, cause, { bytes, syncs });

test('adds up by cause, and all causes of a day', () => {
  let wear = newWear(at(NOON));
  wear = written(wear, 'telemetry', 4096);
  wear = written(wear, 'telemetry', 8192);
  wear = written(wear, 'checkpoint', 100_000, 3);
  expect(wear.today).toEqual({
    day: '2026-11-30',
    causes: { telemetry: { bytes: 12_288, syncs: 2 }, checkpoint: { bytes: 100_000, syncs: 3 } },
  });
  expect(totalOf(wear.today)).toEqual({ day: '2026-11-30', bytes: 112_288, syncs: 5 });
  expect(wear.total).toEqual({ bytes: 112_288, syncs: 5 });
});

test('midnight of UTC closes the day, which stays by cause as the day before', () => {
  const before = written(newWear(at(NOON)), 'alarm', 4096);
  const late = wearOn(before, at(NOON + 12 * HOUR - 1));
  expect(late).toBe(before);
  const wear = wearOn(late, at(NOON + 12 * HOUR));
  expect(wear.today).toEqual({ day: '2026-12-01', causes: {} });
  expect(wear.before).toEqual(before.today);
  expect(wear.days).toEqual([{ day: '2026-11-30', bytes: 4096, syncs: 1 }]);
  expect(wear.total).toEqual(before.total);
});

test('a usual day is the mean of whole days; the first one was not whole', () => {
  let wear = written(newWear(at(NOON)), 'telemetry', 1_000_000);
  wear = wearOn(wear, at(NOON + DAY));
  expect(usualDay(wear)).toBeUndefined();
  wear = wearOn(written(wear, 'telemetry', 300), at(NOON + 2 * DAY));
  wear = wearOn(written(wear, 'telemetry', 500), at(NOON + 3 * DAY));
  expect(usualDay(wear)).toBe(400);
});

test('thirty days are kept, the oldest leaves', () => {
  let wear = newWear(at(NOON));
  for (let day = 1; day <= WEAR_DAYS_MAX + 5; day++)
    wear = wearOn(written(wear, 'telemetry', day), at(NOON + day * DAY));
  expect(wear.days).toHaveLength(WEAR_DAYS_MAX);
  expect(wear.days[0]).toMatchObject({ bytes: WEAR_DAYS_MAX + 5 });
  expect(wear.days.at(-1)).toMatchObject({ bytes: 6 });
});

test('a clock that is set back takes the count along and forgets days that have not been', () => {
  let wear = written(newWear(at(NOON)), 'telemetry', 10);
  wear = wearOn(wear, at(NOON + 400 * DAY));
  wear = written(wear, 'telemetry', 5);
  const back = wearOn(wear, at(NOON));
  expect(back.today).toEqual({ day: '2026-11-30', causes: { telemetry: { bytes: 5, syncs: 1 } } });
  expect(back.days).toEqual([]);
  expect(back.before).toBeUndefined();
  expect(back.total).toEqual({ bytes: 15, syncs: 2 });
});

test('what was counted before the clock was set belongs to the day on which it was', () => {
  const wear = redated(written(newWear(at(5000)), 'telemetry', 10), at(NOON));
  expect(wear.today).toEqual({ day: '2026-11-30', causes: { telemetry: { bytes: 10, syncs: 1 } } });
  expect(wear).toMatchObject({ since: NOON, days: [] });
});

test('comes back from its texts as it was', () => {
  let wear = written(newWear(at(NOON)), 'commands', 7, 2);
  wear = wearOn(wear, at(NOON + DAY));
  wear = written(written(wear, 'log', 9, 0), 'telemetry', 11);
  expect(wearFrom(wearTexts(wear))).toEqual(wear);
  const texts = wearTexts(newWear(at(NOON)));
  expect(wearFrom(texts)).toEqual(newWear(at(NOON)));
});

test.each([
  undefined,
  '',
  'null',
  '[1,[0,0]]',
  '[1,[0,0],["2026-11-30",[-1,0]],null]',
  '[1,[0,0],["someday"],null]',
  '["1",[0,0],["2026-11-30"],null]',
])('begins anew for %s', (wear) => {
  expect(wearFrom({ wear, days: undefined })).toBeUndefined();
});
