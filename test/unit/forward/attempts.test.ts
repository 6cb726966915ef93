import { describe, expect, it } from 'vitest';
import { Attempts } from '../../../gateway/forward/attempts.ts';
import { monoMs } from '../../../gateway/model/units.ts';

/** One attempt at this time that takes so long to fail, or holds so long: where it went, and the wait after it. */
const attempt = (attempts: Attempts, at: number, { failsAfter = 0, holds = 0 } = {}) => {
  const url = attempts.begin(monoMs(at));
  if (holds > 0) attempts.succeeded(monoMs(at));
  return [url, attempts.ended(monoMs(at + failsAfter + holds))];
};

describe('attempts to connect', () => {
  it('come soon at first, then later and later, spread over the whole wait, up to a minute', () => {
    const attempts = new Attempts(['a'], () => 0.999_999);
    const waits = Array.from({ length: 12 }, (_, n) => attempt(attempts, n * 100_000)[1]);
    expect(waits.map((wait) => Math.round(Number(wait) / 1_000))).toEqual([
      2, 2, 2, 2, 2, 4, 8, 16, 32, 60, 60, 60,
    ]);
  });

  it('come at most once a second, however soon they fail', () => {
    const attempts = new Attempts(['a'], () => 0);
    expect(attempt(attempts, 0, { failsAfter: 10 })).toEqual(['a', 990]);
    expect(attempt(attempts, 1_000, { holds: 300 })).toEqual(['a', 700]);
    expect(attempt(attempts, 2_000, { failsAfter: 10_000 })).toEqual(['a', 0]);
  });

  it('come early again after a connection that held', () => {
    const attempts = new Attempts(['a'], () => 0.5);
    for (let n = 0; n < 9; n++) attempt(attempts, n * 100_000);
    expect(attempt(attempts, 900_000, { holds: 60_000 })).toEqual(['a', 1_000]);
  });

  it('come early again after a connection that delivered, however short', () => {
    const attempts = new Attempts(['a'], () => 0.5);
    for (let n = 0; n < 9; n++) attempt(attempts, n * 100_000);
    attempts.begin(monoMs(900_000));
    attempts.succeeded(monoMs(900_000));
    attempts.delivered();
    expect(attempts.ended(monoMs(900_300))).toBe(1_000);
    expect(attempt(attempts, 901_300, { holds: 300 })).toEqual(['a', 1_000]);
  });

  it('go on to the next broker behind a good connection that was of no use', () => {
    const attempts = new Attempts(['a', 'b'], () => 0.5);
    const unfit = (at: number) => {
      const url = attempts.begin(monoMs(at));
      attempts.succeeded(monoMs(at));
      return [url, attempts.ended(monoMs(at + 60_000), true)];
    };
    expect(unfit(0)).toEqual(['a', 0]);
    expect(unfit(100_000)).toEqual(['b', 1_000]);
    expect(unfit(200_000)).toEqual(['a', 0]);
  });

  it('go to the brokers in turn, a second apart, and to the first again after a connection that held', () => {
    const attempts = new Attempts(['a', 'b', 'c'], () => 0.5);
    expect(attempt(attempts, 0)).toEqual(['a', 1_000]);
    expect(attempt(attempts, 1_000)).toEqual(['b', 1_000]);
    expect(attempt(attempts, 2_000, { failsAfter: 5_000 })).toEqual(['c', 1_000]);
    expect(attempt(attempts, 10_000)).toEqual(['a', 1_000]);
    expect(attempt(attempts, 11_000, { holds: 20_000 })).toEqual(['b', 1_000]);
    expect(attempt(attempts, 40_000)).toEqual(['a', 1_000]);
  });
});
