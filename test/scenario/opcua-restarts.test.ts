import { expect, test } from 'vitest';
import { compare, runTrial, slopePerMinute } from '../support/opcua-trial.ts';
import { testWith } from '../support/real-parts.ts';

const change = (value: number, sourceTime: number) => ({
  name: 'a',
  value,
  status: 0,
  sourceTime: sourceTime as never,
});

test('a change that neither came nor lies in a hole is found', () => {
  const published = [change(1, 1_000), change(2, 2_000), change(3, 3_000), change(4, 4_000)];
  const arrived = new Map([
    [
      'a',
      [
        { time: 1_000, value: 1 },
        { time: 2_500, value: null },
        { time: 3_500, value: 7 },
      ],
    ],
  ]);
  const { hidden, ...counts } = compare(published, arrived);
  expect(counts).toEqual({ published: 4, arrived: 1, covered: 1 });
  expect(hidden).toEqual(['a 2 at 2000', 'a 4 at 4000']);
});

test('a slope is per minute', () => {
  const readings = [0, 1, 2, 3].map((n) => ({ at: n * 30_000, mb: 100 + n }));
  expect(slopePerMinute(readings)).toBeCloseTo(2);
  expect(slopePerMinute([{ at: 0, mb: 1 }])).toBe(0);
});

testWith(['mosquitto'])(
  'a server that is switched off and on hides nothing and never has two sessions of the gateway',
  { timeout: 120_000 },
  async () => {
    const trial = { slow: 60, fast: 20, restarts: 3, betweenMs: 4_000, downtimeMs: 1_500 };
    const result = await runTrial({ ...trial, warmUpMs: 0 }, () => {});
    expect(result.hidden).toEqual([]);
    expect(result.sessionsPeak).toBe(1);
    expect(result.arrived).toBeGreaterThan(result.published * 0.9);
    expect(result.published).toBeGreaterThan(3_000);
  },
);
