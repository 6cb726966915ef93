import { describe, expect, it } from 'vitest';
import { backoff } from '../../../gateway/model/backoff.ts';
import { seconds } from '../../../gateway/model/units.ts';

const policy = (jitter: number) => ({ first: seconds(1), longest: seconds(60), jitter });

describe('the back-off', () => {
  it('doubles up to its longest wait and stays there', () => {
    const longest = (attempt: number) => backoff(policy(1), attempt, () => 1);
    expect([1, 2, 3, 4, 5, 6, 7, 8, 1000, 5000].map(longest)).toEqual([
      1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000,
    ]);
  });

  it('leaves as much of the wait to chance as it is told', () => {
    expect(backoff(policy(1), 4, () => 0)).toBe(0);
    expect(backoff(policy(1), 4, () => 0.25)).toBe(2000);
    expect(backoff(policy(0.5), 4, () => 0)).toBe(4000);
    expect(backoff(policy(0), 4, () => 0)).toBe(8000);
  });
});
