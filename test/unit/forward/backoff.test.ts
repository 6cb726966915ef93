import { describe, expect, it } from 'vitest';
import { backoff } from '../../../gateway/forward/backoff.ts';
import { seconds } from '../../../gateway/model/units.ts';

const limits = { first: seconds(1), longest: seconds(60) };
const longest = (attempt: number) => backoff(attempt, () => 1, limits);

describe('the back-off', () => {
  it('doubles up to its longest wait and stays there', () => {
    expect([0, 1, 2, 3, 4, 5, 6, 7, 1000, 5000].map(longest)).toEqual([
      1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000,
    ]);
  });

  it('draws the wait from the whole range, so that gateways part', () => {
    expect(backoff(3, () => 0, limits)).toBe(0);
    expect(backoff(3, () => 0.25, limits)).toBe(2000);
  });
});
