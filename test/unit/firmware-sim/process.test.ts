import { expect, test } from 'vitest';
import { type MovingSignal, type Signal, signalValue } from '../../../firmware-sim/process.ts';
import { seedOf } from '../../../firmware-sim/seed.ts';
import { millis, seconds } from '../../../gateway/model/units.ts';

const signal = (shape: MovingSignal['shape'], min = 10, max = 20): Signal => ({
  shape,
  min,
  max,
  period: seconds(10),
});
const at = (ms: number, uptime = ms) => ({ elapsed: millis(ms), uptime: millis(uptime) });
const SHAPES = ['sine', 'ramp', 'counter', 'square', 'walk', 'constant'] as const;

test.each(SHAPES)('a %s stays between its bounds and is the same in every run', (shape) => {
  for (let ms = 0; ms < 50_000; ms += 137) {
    const value = signalValue(signal(shape), 7, at(ms));
    expect(value).toBeGreaterThanOrEqual(10);
    expect(value).toBeLessThanOrEqual(20);
    expect(signalValue(signal(shape), 7, at(ms))).toBe(value);
  }
});

test('a sine and a walk cover their range and differ from seed to seed', () => {
  for (const shape of ['sine', 'walk'] as const) {
    const series = (seed: number) =>
      Array.from({ length: 2_000 }, (_, n) => signalValue(signal(shape), seed, at(n * 100)));
    expect(Math.min(...series(1))).toBeLessThan(11.5);
    expect(Math.max(...series(1))).toBeGreaterThan(18.5);
    expect(series(1)).not.toEqual(series(2));
  }
});

test('a walk makes no jumps, not even from one period to the next', () => {
  for (let ms = 0; ms < 60_000; ms += 10) {
    const step =
      signalValue(signal('walk'), 3, at(ms + 10)) - signalValue(signal('walk'), 3, at(ms));
    expect(Math.abs(step)).toBeLessThan(0.05);
  }
});

test('a ramp rises and falls back, a square stays half a period at each end', () => {
  expect(signalValue(signal('ramp'), 1, at(2_500))).toBe(12.5);
  expect(signalValue(signal('ramp'), 1, at(9_999))).toBeCloseTo(20, 2);
  expect(signalValue(signal('ramp'), 1, at(10_000))).toBe(10);
  expect(signalValue(signal('square'), 1, at(4_999))).toBe(10);
  expect(signalValue(signal('square'), 1, at(5_000))).toBe(20);
});

test('a counter counts from the moment its device was switched on', () => {
  expect(signalValue(signal('counter', 0, 1000), 1, at(95_000, 5_000))).toBe(500);
  expect(signalValue(signal('counter', 0, 1000), 1, at(95_000, 0))).toBe(0);
});

test('seeds differ by part, and the parts of a path do not run into each other', () => {
  expect(seedOf(1, 'a', 'b')).toBe(seedOf(1, 'a', 'b'));
  expect(new Set([seedOf(1, 'a', 'b'), seedOf(1, 'ab'), seedOf(2, 'a', 'b')]).size).toBe(3);
});
