import { expect, test } from 'vitest';
import { flashLife } from '../../../gateway/health/flash-life.ts';

const TB = 1e12;
const wear = (perDay: number | undefined, total = 0, presentDay?: number) => ({
  total: { bytes: total, syncs: 0 },
  usualDay: perDay,
  presentDay,
});
const UNSAID = { lifeUsed: undefined };

test('6 TB at 1.4 GB a day are 11.7 years', () => {
  const { years, basis } = flashLife(wear(1.4e9), 6 * TB, UNSAID);
  expect(years).toBeCloseTo(11.73, 2);
  expect(basis).toBe('own-count');
});

test('what was written already is gone', () => {
  expect(flashLife(wear(1.4e9, 3 * TB), 6 * TB, UNSAID).years).toBeCloseTo(5.87, 2);
  expect(flashLife(wear(1.4e9, 7 * TB), 6 * TB, UNSAID).years).toBe(0);
});

test('a card that knows its own life is believed, unless we wrote more than that', () => {
  const half = flashLife(wear(1.4e9, 0.1 * TB), 6 * TB, { lifeUsed: 0.5 });
  expect(half.years).toBeCloseTo(5.87, 2);
  expect(half.basis).toBe('registers');
  expect(flashLife(wear(1.4e9, 5 * TB), 6 * TB, { lifeUsed: 0.1 }).years).toBeCloseTo(1.96, 2);
  expect(flashLife(wear(1.4e9), 6 * TB, { lifeUsed: 1 }).years).toBe(0);
});

test('before there is a whole day the last hour counts', () => {
  expect(flashLife(wear(undefined, 0, 2.8e9), 6 * TB, UNSAID).years).toBeCloseTo(5.87, 2);
  expect(flashLife(wear(undefined), 6 * TB, UNSAID).years).toBeUndefined();
});

test('without a declared endurance nobody knows', () => {
  expect(flashLife(wear(1e9), undefined, { lifeUsed: 0.3 })).toEqual({
    years: undefined,
    basis: 'unknown',
  });
});

test('nearly nothing lasts a hundred years, not for ever', () => {
  expect(flashLife(wear(1), 6 * TB, UNSAID).years).toBe(100);
});
