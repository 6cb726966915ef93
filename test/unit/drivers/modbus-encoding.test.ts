import { describe, expect, test } from 'vitest';
import { encode } from '../../../drivers/codec/register-encoding.ts';
import type { NumberType, Order } from '../../../drivers/codec/registers.ts';
import { parseDecimal, type Scaling } from '../../../drivers/codec/scale.ts';
import type { Value } from '../../../gateway/model/sample.ts';

interface Options {
  readonly order?: Order;
  readonly scaling?: Scaling;
  readonly length?: number;
}

/** The registers as hexadecimal, or why the value is refused. */
function encoded(type: NumberType | 'string', value: Value, options: Options = {}): string {
  const { order = 'abcd', scaling, length = 0 } = options;
  const result = encode({ type, order, length, bit: 0 }, scaling, value);
  return 'refused' in result ? result.refused : Buffer.from(result.bytes).toString('hex');
}

const scaling = (scale: string, offset = '0', decimals?: number): Scaling => ({
  scale: parseDecimal(scale) ?? expect.fail(scale),
  offset: parseDecimal(offset) ?? expect.fail(offset),
  decimals,
});

describe('a number goes into registers', () => {
  test.each<[NumberType, Value, string]>([
    ['int16', -1, 'ffff'],
    ['uint16', 65535, 'ffff'],
    ['int32', -1234, 'fffffb2e'],
    ['uint32', 0x12345678, '12345678'],
    ['int64', -(2n ** 63n), '8000000000000000'],
    ['uint64', 2n ** 64n - 1n, 'ffffffffffffffff'],
    ['float32', 12.5, '41480000'],
    ['float64', 123.456, '405edd2f1a9fbe77'],
    ['bcd16', 1234, '1234'],
    ['bcd32', 12345678, '12345678'],
    ['bcd64', 9_999_999_999_999_999n, '9999999999999999'],
    ['m10k32', 12345678, '04d2162e'],
    ['m10k48', 100_020_003, '000100020003'],
    ['m10k64', 9_999_999_999_999_999n, '270f270f270f270f'],
    ['sm10k32', -12345678, 'fb2ee9d2'],
    ['uint32', { unscaled: 1200n, decimals: 2 }, '0000000c'],
  ])('%s %s', (type, value, hex) => {
    expect(encoded(type, value)).toBe(hex);
  });

  test.each<[Order, string]>([
    ['abcd', '12345678'],
    ['cdab', '56781234'],
    ['badc', '34127856'],
    ['dcba', '78563412'],
  ])('in the order %s', (order, hex) => {
    expect(encoded('uint32', 0x12345678, { order })).toBe(hex);
  });

  test.each<[Value, Scaling, string]>([
    [231.45, scaling('0.01'), '00005a69'],
    [-12.5, scaling('0.5', '-20'), '0000000f'],
    [1234.567, scaling('0.001'), '0012d687'],
    [230.25, scaling('0.1', '0', 1), '000008ff'],
    [-230.25, scaling('-0.1', '0', 1), '000008ff'],
  ])('%s by its scale, exactly', (value, own, hex) => {
    expect(encoded('uint32', value, { scaling: own })).toBe(hex);
  });

  test('as the float nearest to it', () => {
    expect(encoded('float32', 230.2)).toBe('43663333');
    expect(encoded('float32', 23.02, { scaling: scaling('0.1') })).toBe('43663333');
    expect(encoded('float64', 0.3, { scaling: scaling('3') })).toBe('3fb999999999999a');
  });
});

describe('a number is refused', () => {
  test.each<[NumberType, Value]>([
    ['int16', 32768],
    ['int16', -32769],
    ['uint16', -1],
    ['uint16', 65536],
    ['int32', 2 ** 31],
    ['uint64', 2n ** 64n],
    ['bcd16', 10_000],
    ['bcd32', -1],
    ['m10k32', 100_000_000],
    ['m10k32', -1],
    ['sm10k32', -100_000_000],
    ['float32', 1e39],
    ['float32', 1e-60],
    ['uint16', Number.NaN],
    ['float32', Number.POSITIVE_INFINITY],
    ['uint32', 1e100],
  ])('%s %s: beyond its range', (type, value) => {
    expect(encoded(type, value)).toBe('range');
  });

  test.each<[Value, Scaling | undefined]>([
    [23.45, undefined],
    [23.45, scaling('0.1')],
    [23.3, scaling('0.5', '0', 1)],
  ])('%s between two steps', (value, own) => {
    expect(encoded('uint16', value, own ? { scaling: own } : {})).toBe('step');
  });

  test.each<Value>([true, '12'])('%s is no number', (value) => {
    expect(encoded('uint16', value)).toBe('kind');
  });
});

describe('a text goes into registers', () => {
  test('two characters in each, the rest zero', () => {
    expect(encoded('string', 'AB1', { length: 5 })).toBe('414231000000');
    expect(encoded('string', 'AB1', { length: 4, order: 'badc' })).toBe('42410031');
    expect(encoded('string', 'AB1', { length: 4, order: 'cdab' })).toBe('41423100');
  });

  test('and is never cut off', () => {
    expect(encoded('string', 'ABCDE', { length: 4 })).toBe('range');
    expect(encoded('string', '温', { length: 2 })).toBe('range');
    expect(encoded('string', 7, { length: 4 })).toBe('kind');
  });
});
