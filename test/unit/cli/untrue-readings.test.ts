/** Combined readings of a story beside the displays of its meters: one wrong digit is told, and one wrong amount. */
import { expect, test } from 'vitest';
import type { StoryEvent } from '../../../gateway/cli/story/arrivals.ts';
import { untrueReadings } from '../../../gateway/cli/story/untrue-readings.ts';
import type { TagId } from '../../../gateway/model/sample.ts';
import type { UtcMs } from '../../../gateway/model/units.ts';
import { local } from '../../support/reading-fixture.ts';

const REGISTER = 'em.total' as TagId;
const MIDNIGHTS = ['2026-01-14 00:00', '2026-01-15 00:00'].map(local) as [number, number];
const iso = (time: number) => new Date(time).toISOString();

const item = (raw: string, value: string, delta: string | null, of: object = {}) => ({
  ...{ meter: 'main', register: REGISTER, source: 'frozen', factor: '40', raw, value, delta },
  ...{ delta_quality: delta === null ? 'bad' : 'good', ...of },
});

/** The record of the day that ends at this midnight; its reading is of the same moment where nothing else is said. */
const day = (end: number, of: ReturnType<typeof item>): StoryEvent => ({
  ...{ kind: 'record', time: end + 60_000, record: 'reading' },
  values: {
    ...{ id: `day/${iso(end).slice(0, 10)}`, group: 'day', kind: 'day' },
    ...{ period_start: iso(end - 86_400_000), period_end: iso(end) },
    items: [{ sample_time: iso(end), ...of }],
  },
});

/** 2210.44 at the first midnight, one hundredth more each second. */
const showed = (tag: TagId, time: UtcMs) =>
  tag === REGISTER
    ? (Math.round(221_044 + (time - MIDNIGHTS[0]) / 1_000) % 10 ** 8) / 100
    : undefined;
const [first, second] = MIDNIGHTS;
const begin = day(first, item('2210.44', '88417.60', null));

test('what the display showed, and what lies between two of them, is true', () => {
  const end = day(second, item('3074.44', '122977.60', '34560.00'));
  expect(untrueReadings([begin, end], showed)).toEqual([]);
});

test('another digit, another amount and a moment too late are not', () => {
  const told = (of: ReturnType<typeof item>) => untrueReadings([begin, day(second, of)], showed);
  expect(told(item('3074.45', '122978.00', '34560.40'))).toEqual([
    'day/2026-01-14: main is 3074.45, its display showed 3074.44',
  ]);
  expect(told(item('3074.44', '122977.60', '34560.01'))).toEqual([
    'day/2026-01-14: main used 34560.01, from 88417.60 to 122977.60',
  ]);
  const read = (seconds: number) =>
    told(
      item('3074.44', '122977.60', null, {
        source: 'read',
        sample_time: iso(second + seconds * 1_000),
      }),
    );
  expect([0, 2, 3].map((seconds) => read(seconds).length)).toEqual([0, 0, 1]);
});

test('a register may turn over between two readings; what is estimated or missing showed nowhere', () => {
  const over = day(second, item('0.44', '17.60', '39911600.00'));
  const zero = (_: TagId, time: UtcMs) => (time === second ? 0.44 : 2210.44);
  expect(untrueReadings([begin, over], zero)).toEqual([]);
  const lines = [
    item('1', '1', null, { source: 'estimated', sample_time: null }),
    item('1', '1', null, { register: 'gpio.pulses' }),
  ];
  expect(lines.flatMap((of) => untrueReadings([day(second, of)], showed))).toEqual([]);
});
