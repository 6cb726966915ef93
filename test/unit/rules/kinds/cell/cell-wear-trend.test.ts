import { describe, expect, it } from 'vitest';
import {
  baselineOf,
  daysUntil,
  isBeyond,
  levelsOf,
  type Points,
} from '../../../../../rules/kinds/cell/cell-wear-trend.ts';

const DAY = 86_400_000;
const base = { median: 10, mad: 0 };

describe('levels', () => {
  it.each([
    ['per cent up', { kind: 'percent', by: 5 }, 'up', { up: 10.5, down: null }],
    ['per cent both ways', { kind: 'percent', by: 5 }, 'both', { up: 10.5, down: 9.5 }],
    ['absolute down', { kind: 'absolute', by: 3 }, 'down', { up: null, down: 7 }],
    ['a value above', { kind: 'value', at: 14 }, 'both', { up: 14, down: null }],
    ['a value below', { kind: 'value', at: 4 }, 'up', { up: null, down: 4 }],
  ] as const)('%s', (_name, threshold, toward, levels) => {
    expect(levelsOf(threshold, base, toward)).toEqual(levels);
  });

  it('are none in per cent of nothing, and of the size of a negative baseline', () => {
    const percent = { kind: 'percent', by: 5 } as const;
    expect(levelsOf(percent, { median: 0, mad: 0 }, 'both')).toEqual({ up: null, down: null });
    expect(levelsOf(percent, { median: -60, mad: 0 }, 'up').up).toBe(-57);
  });

  it('are beyond themselves', () => {
    const levels = { up: 12, down: 8 };
    expect([12, 11.9, 8.1, 8].map((value) => isBeyond(value, levels))).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });
});

/** One point a day, from day 0. */
const daily = (...values: readonly number[]): Points =>
  values.map((value, day) => [day * DAY, value] as const);

describe('the forecast', () => {
  const up = { up: 14, down: null };

  it('follows the line: 10 11 12 11 12 13 rises by 17 / 35 a day and is 12.7142 on day 5', () => {
    // Mean day 2.5, mean 11.5; Σ dx dy = 8.5, Σ dx² = 17.5; 11.5 + 2.5 x 17 / 35 = 12.714285…
    const days = daysUntil(daily(10, 11, 12, 11, 12, 13), 5 * DAY, up, base);
    expect(days).toBeCloseTo((14 - (11.5 + (2.5 * 17) / 35)) / (17 / 35), 9);
  });

  it('is 0 where the line is there already', () => {
    expect(daysUntil(daily(10, 12, 14, 16, 18), 4 * DAY, up, base)).toBe(0);
  });

  it.each([
    ['fewer than five points', daily(10, 11, 12, 13), up, base],
    ['a level line', daily(10, 10, 10, 10, 10), up, base],
    ['a line the other way', daily(14, 13, 12, 11, 10), up, base],
    ['a limit too far ahead', daily(10, 10.01, 10.02, 10.03, 10.04), up, base],
    ['a rise within the scatter', daily(10, 10.1, 10.2, 10.3, 10.4), up, { median: 10, mad: 0.2 }],
  ])('is nothing for %s', (_name, points, levels, baseline) => {
    expect(daysUntil(points, 4 * DAY, levels, baseline)).toBeNull();
  });

  it('looks down where things go down', () => {
    const levels = { up: null, down: 4 };
    expect(daysUntil(daily(10, 9, 8, 7, 6), 4 * DAY, levels, base)).toBeCloseTo(2, 9);
  });
});

it('a baseline is not moved by one wild sample', () => {
  expect(baselineOf([10, 10.2, 9.8, 10, 500])).toEqual({
    median: 10,
    mad: expect.closeTo(0.2, 9),
  });
});
