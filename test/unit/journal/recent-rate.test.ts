import { expect, test } from 'vitest';
import { RecentRate } from '../../../gateway/journal/space/recent-rate.ts';
import { millis, minutes, monoMs } from '../../../gateway/model/units.ts';

const MINUTE = 60_000;
const at = (minute: number) => monoMs(5_000 + minute * MINUTE);
const rate = () => new RecentRate(at(0), minutes(60), millis(MINUTE));

test('is unknown at first, and then what there was since the beginning', () => {
  const bytes = rate();
  bytes.add(at(0.1), 600);
  expect(bytes.at(at(0.9))).toBeUndefined();
  expect(bytes.at(at(1))).toBeCloseTo(600 / MINUTE);
  expect(bytes.at(at(10))).toBeCloseTo(60 / MINUTE);
});

test('forgets what is older than an hour', () => {
  const bytes = rate();
  for (let minute = 0; minute < 600; minute++) bytes.add(at(minute), minute < 480 ? 1000 : 10);
  expect(bytes.at(at(600))).toBeCloseTo(10 / MINUTE, 6);
});

test('nothing for hours is a rate of 0, and what comes then is seen at once', () => {
  const bytes = rate();
  bytes.add(at(1), 1e6);
  expect(bytes.at(at(600))).toBe(0);
  bytes.add(at(600.5), 3000);
  expect(bytes.at(at(601))).toBeGreaterThan(0);
});

test('a steady rate is told as it is, wherever one looks', () => {
  const bytes = rate();
  for (let second = 0; second < 4 * 3600; second++) {
    const now = monoMs(5_000 + second * 1000);
    bytes.add(now, 250);
    if (second > 120) expect(bytes.at(now)).toBeCloseTo(0.25, 2);
  }
});
