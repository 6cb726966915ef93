import { describe, expect, test } from 'vitest';
import {
  floatScaler,
  integerScaler,
  parseDecimal,
  type Scaling,
} from '../../../drivers/codec/scale.ts';

const decimal = (text: string) => parseDecimal(text) ?? expect.fail(`no decimal: ${text}`);
const scaling = (scale: string, offset = '0', decimals?: number): Scaling => ({
  scale: decimal(scale),
  offset: decimal(offset),
  decimals,
});
const scaled = (raw: number | bigint, ...options: Parameters<typeof scaling>) =>
  integerScaler(scaling(...options))(raw);
const scaledFloat = (raw: number, ...options: Parameters<typeof scaling>) =>
  floatScaler(scaling(...options))(raw);

describe('a decimal number', () => {
  test.each([
    ['0.01', 1n, 2],
    ['-2.5', -25n, 1],
    ['10', 10n, 0],
    ['1e-3', 1n, 3],
    ['1.5e3', 1500n, 0],
    ['1e-7', 1n, 7],
    ['-0.000', 0n, 3],
  ])('%s is read exactly', (text, unscaled, decimals) => {
    expect(parseDecimal(text)).toEqual({ unscaled, decimals });
  });

  test.each(['', 'abc', '1/3', '0x10', '1e-23', '1,5', 'NaN', 'Infinity'])(
    '"%s" is none',
    (text) => {
      expect(parseDecimal(text)).toBeUndefined();
    },
  );
});

describe('a scaled integer', () => {
  test.each([
    [23145, '0.01', 231.45],
    [1, '0.1', 0.1],
    [3, '0.1', 0.3],
    [-1234, '0.001', -1.234],
    [0, '-0.01', 0],
    [7, '10', 70],
    [65535, '0.0001', 6.5535],
  ])('%i × %s is %f to the last digit', (raw, scale, value) => {
    expect(scaled(raw, scale)).toBe(value);
  });

  test('is shifted by the offset with as many decimals as either has', () => {
    expect(scaled(1000, '0.1', '-40')).toBe(60);
    expect(scaled(1, '1', '0.05')).toBe(1.05);
    expect(scaled(3, '0.1', '0.003')).toBe(0.303);
  });

  test('is rounded half away from zero when fewer decimals are shown', () => {
    expect(scaled(12345, '0.01', '0', 1)).toBe(123.5);
    expect(scaled(-12345, '0.01', '0', 1)).toBe(-123.5);
    expect(scaled(12344, '0.01', '0', 1)).toBe(123.4);
    expect(scaled(12345, '0.01', '0', 3)).toBe(123.45);
  });

  test('stays a number for fifteen digits and is a decimal from sixteen on', () => {
    expect(scaled(999_999_999_999_999, '0.01')).toBe(9_999_999_999_999.99);
    expect(scaled(1_000_000_000_000_000, '0.01')).toEqual({
      unscaled: 1_000_000_000_000_000n,
      decimals: 2,
    });
    expect(scaled(2n ** 64n - 1n, '0.001')).toEqual({ unscaled: 2n ** 64n - 1n, decimals: 3 });
  });

  test('without a point stays a number up to 2^53 and is a bigint beyond', () => {
    expect(scaled(2n ** 53n - 1n, '1')).toBe(9_007_199_254_740_991);
    expect(scaled(9_007_199_254_740_991, '10')).toBe(90_071_992_547_409_910n);
    expect(scaled(-(2n ** 60n), '1')).toBe(-(2n ** 60n));
  });

  test('is exact where the product no longer fits a double although the raw does', () => {
    expect(scaled(4_294_967_295, '123456.789')).toEqual({
      unscaled: 4_294_967_295n * 123_456_789n,
      decimals: 3,
    });
    expect(scaled(2 ** 52 - 1, '0.3')).toEqual({ unscaled: 3n * (2n ** 52n - 1n), decimals: 1 });
  });
});

describe('a scaled float', () => {
  test('is rounded to the decimals that are shown', () => {
    expect(scaledFloat(Math.fround(230.2), '1', '0', 1)).toBe(230.2);
    expect(scaledFloat(-0.04, '1', '0', 1)).toBe(0);
    expect(Object.is(scaledFloat(-0.04, '1', '0', 1), 0)).toBe(true);
    expect(scaledFloat(-2.5, '1', '0', 0)).toBe(-3);
    expect(scaledFloat(1e300, '1', '0', 2)).toBe(1e300);
  });

  test('keeps all its digits when nothing is said', () => {
    expect(scaledFloat(0.1 + 0.2, '1')).toBe(0.1 + 0.2);
    expect(scaledFloat(20, '0.1', '-1.5')).toBe(0.5);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    '%f is no value',
    (raw) => {
      expect(scaledFloat(raw, '0.1')).toBeUndefined();
    },
  );

  test('that overflows is no value', () => {
    expect(scaledFloat(1e308, '100')).toBeUndefined();
  });
});
