import { expect, it } from 'vitest';
import { bucketsOf, latenessOf, quantileBetween, rasterOf } from '../../torture/poll-raster.ts';
import type { FieldRead } from '../../torture/watched-field.ts';

const at = (...times: readonly number[]): FieldRead[] => times.map((time) => [0, 1, time]);

it('takes the usual phase of the reads as their raster, whatever one of them does', () => {
  const raster = rasterOf(at(1_000, 2_002, 3_001, 4_300, 5_001), 1_000);
  expect(raster.get(0)).toBe(1_001);
});

it('tells how far off each read was, and how many did not come', () => {
  const raster = rasterOf(at(1_000, 2_000, 3_000), 1_000);
  const { offMs, missed } = latenessOf(at(10_004, 10_998, 14_250), raster, 1_000);
  expect(offMs).toEqual([4, 2, 250]);
  expect(missed).toBe(2);
});

it('reads a quantile of what was observed between two looks at a histogram', () => {
  const text = (counts: readonly number[]) =>
    ['1', '10', '100', '+Inf'].map((le, i) => `x_ms_bucket{le="${le}"} ${counts[i]}`).join('\n');
  const before = bucketsOf(text([900, 1000, 1000, 1000]), 'x_ms');
  const after = bucketsOf(text([900, 1099, 1100, 1100]), 'x_ms');
  expect(quantileBetween(before, after, 0.5)).toBe(10);
  expect(quantileBetween(before, after, 1)).toBe(100);
  expect(quantileBetween(after, after, 0.5)).toBe(0);
});
