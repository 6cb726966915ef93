import { describe, expect, test } from 'vitest';
import {
  type ByteOrder,
  decode,
  type Encoding,
  encode,
  type PointType,
  type PointValue,
} from '../../../firmware-sim/encoding.ts';

const hex = (type: PointType, value: PointValue, options: Partial<Encoding> = {}) =>
  Buffer.from(
    encode({ type, order: 'abcd', scale: 1, offset: 0, length: 1, ...options }, value),
  ).toString('hex');

test.each<[PointType, PointValue, string]>([
  ['int16', -1234, 'fb2e'],
  ['uint16', 40_000, '9c40'],
  ['int32', -1234, 'fffffb2e'],
  ['uint32', 0x12345678, '12345678'],
  ['int64', -2n, 'fffffffffffffffe'],
  ['uint64', 1_234_567, '000000000012d687'],
  ['uint64', 2n ** 64n - 1n, 'ffffffffffffffff'],
  ['float32', 12.5, '41480000'],
  ['float64', 230.2, '406cc66666666666'],
  ['bcd16', 1234, '1234'],
  ['bcd32', 12_345_678, '12345678'],
  ['bcd64', 1_234_567_890_123_456n, '1234567890123456'],
])('%s %s is laid out as %s', (type, value, expected) => {
  expect(hex(type, value)).toBe(expected);
});

test.each<[ByteOrder, string, string, string]>([
  ['abcd', '12345678', '1122334455667788', '1234'],
  ['cdab', '56781234', '7788556633441122', '1234'],
  ['badc', '34127856', '2211443366558877', '3412'],
  ['dcba', '78563412', '8877665544332211', '3412'],
])('order %s of 32, 64 and 16 bits', (order, two, four, one) => {
  expect(hex('uint32', 0x12345678, { order })).toBe(two);
  expect(hex('uint64', 0x1122334455667788n, { order })).toBe(four);
  expect(hex('uint16', 0x1234, { order })).toBe(one);
});

test('a gas meter with its low word first matches the published bytes', () => {
  expect(hex('float32', 31.090961, { order: 'cdab' })).toBe('ba4a41f8');
});

test('text fills its registers, is cut at their end, and has its characters swapped within a register', () => {
  expect(hex('string', 'AB1', { length: 3 })).toBe('414231000000');
  expect(hex('string', 'ABCDE', { length: 2 })).toBe('41424344');
  expect(hex('string', 'ABCD', { length: 2, order: 'badc' })).toBe('42414443');
  expect(hex('string', 'ABCD', { length: 2, order: 'cdab' })).toBe('41424344');
});

test('scale and offset turn engineering units into raw ones, rounded; a bigint is raw already', () => {
  expect(hex('int16', 23.7, { scale: 0.1 })).toBe('00ed');
  expect(hex('int16', -40, { scale: 0.5, offset: -50 })).toBe('0014');
  expect(hex('float32', 125, { scale: 10 })).toBe('41480000');
  expect(hex('uint16', 237n, { scale: 0.1 })).toBe('00ed');
});

test('counters roll over, BCD knows no sign', () => {
  expect(hex('uint16', 65_537)).toBe('0001');
  expect(hex('bcd16', 10_001)).toBe('0001');
  expect(hex('bcd16', -5)).toBe('0000');
});

describe('what is read back', () => {
  const types = ['int16', 'uint16', 'int32', 'uint32', 'float32', 'float64'] as const;
  const orders = ['abcd', 'cdab', 'badc', 'dcba'] as const;

  test.each(types.flatMap((type) => orders.map((order) => [type, order] as const)))(
    '%s %s is what was laid down, with scale and offset',
    (type, order) => {
      const encoding = { type, order, scale: 0.5, offset: -40, length: 1 };
      for (const value of [-40, -12.5, 0, 87.5])
        expect(decode(encoding, encode(encoding, value))).toBe(value);
    },
  );

  test('nobody writes texts and decimal digits', () => {
    const encoding = { order: 'abcd', scale: 1, offset: 0, length: 2 } as const;
    expect(decode({ ...encoding, type: 'bcd32' }, new Uint8Array(4))).toBeUndefined();
    expect(decode({ ...encoding, type: 'string' }, new Uint8Array(4))).toBeUndefined();
  });
});
