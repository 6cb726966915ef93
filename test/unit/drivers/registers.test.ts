import { describe, expect, test } from 'vitest';
import { crc16, lrc } from '../../../drivers/codec/checksums.ts';
import {
  decoder,
  type Order,
  type RegisterType,
  registersOf,
  scaledByRegister,
} from '../../../drivers/codec/registers.ts';
import { parseDecimal } from '../../../drivers/codec/scale.ts';

interface Options {
  readonly nulls?: readonly bigint[];
  readonly order?: Order;
  readonly length?: number;
  readonly bit?: number;
  readonly decimals?: number;
}

/** Decodes what stands in the registers, given as hexadecimal. */
function decoded(type: RegisterType, hex: string, options: Options = {}) {
  const { order = 'abcd', length = 0, bit = 0, decimals, nulls = [] } = options;
  const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  const one = parseDecimal('1');
  const zero = parseDecimal('0');
  const scaling =
    decimals !== undefined && one && zero ? { scale: one, offset: zero, decimals } : undefined;
  return decoder({ type, order, length, bit, nulls }, scaling)(
    new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
    0,
  );
}

describe('numbers in registers', () => {
  test.each<[RegisterType, string, unknown]>([
    ['uint16', 'FFFF', 65535],
    ['int16', 'FFFF', -1],
    ['int16', '8000', -32768],
    ['uint32', '1234 5678', 0x12345678],
    ['int32', 'FFFF FB2E', -1234],
    ['uint64', '0000 0000 0012 D687', 1234567],
    ['uint64', '0020 0000 0000 0000', 2 ** 53],
    ['uint64', '0020 0000 0000 0001', 2n ** 53n + 1n],
    ['uint64', 'FFFF FFFF FFFF FFFF', 2n ** 64n - 1n],
    ['int64', 'FFFF FFFF FFFF FFFB', -5],
    ['int64', '8000 0000 0000 0000', -(2n ** 63n)],
    ['float32', '42F6 E979', Math.fround(123.456)],
    ['float64', '405E DD2F 1A9F BE77', 123.456],
    ['bcd16', '1234', 1234],
    ['bcd32', '1234 5678', 12345678],
    ['bcd64', '0000 1234 5678 9012', 123456789012],
    ['bcd64', '9999 9999 9999 9999', 9_999_999_999_999_999n],
    ['m10k32', '04D2 162E', 12345678],
    ['m10k48', '0001 0002 0003', 100_020_003],
    ['m10k64', '270F 270F 270F 270F', 9_999_999_999_999_999n],
    ['sm10k32', 'FB2E E9D2', -12345678],
    ['sm10k48', '0000 0000 FFFF', -1],
    ['sm10k64', 'D8F1 D8F1 D8F1 D8F1', -9_999_999_999_999_999n],
  ])('%s %s', (type, hex, value) => {
    expect(decoded(type, hex)).toBe(value);
  });

  test.each<[Order, string, string]>([
    ['abcd', '1234 5678', '0123 4567 89AB CDEF'],
    ['cdab', '5678 1234', 'CDEF 89AB 4567 0123'],
    ['badc', '3412 7856', '2301 6745 AB89 EFCD'],
    ['dcba', '7856 3412', 'EFCD AB89 6745 2301'],
  ])('in the order %s', (order, short, long) => {
    expect(decoded('uint32', short, { order })).toBe(0x12345678);
    expect(decoded('uint64', long, { order })).toBe(0x0123456789abcdefn);
    const one = order === 'abcd' || order === 'cdab' ? '1234' : '3412';
    expect(decoded('uint16', one, { order })).toBe(0x1234);
  });

  test.each<[RegisterType, string]>([
    ['m10k32', '2710 0000'],
    ['m10k32', '0001 FFFF'],
    ['sm10k32', '0001 FFFF'],
    ['sm10k32', '2710 0000'],
  ])('%s %s is no value: four digits a register, and one sign', (type, hex) => {
    expect(decoded(type, hex)).toBeNull();
  });

  test.each<[RegisterType, string, Order, bigint]>([
    ['int16', '8000', 'abcd', 0x8000n],
    ['uint16', '0080', 'badc', 0x8000n],
    ['uint32', 'FFFF 7FFF', 'cdab', 0x7fffffffn],
    ['float32', '7F7F FFFF', 'abcd', 0x7f7fffffn],
    ['uint64', 'FFFF FFFF FFFF FFFF', 'abcd', 0xffff_ffff_ffff_ffffn],
    ['m10k48', 'FFFF FFFF FFFF', 'abcd', 0xffff_ffff_ffffn],
  ])('%s %s in %s is no value where the device says so', (type, hex, order, raw) => {
    expect(decoded(type, hex, { order, nulls: [1n, raw] })).toBeNull();
    expect(decoded(type, hex, { order, nulls: [1n] })).toBe(decoded(type, hex, { order }));
  });

  test.each(['7FC0 0000', '7F80 0000', 'FF80 0000'])('a float %s is no value', (hex) => {
    expect(decoded('float32', hex)).toBeNull();
    expect(decoded('float32', hex, { decimals: 1 })).toBeNull();
  });

  test('an infinite double is no value', () => {
    expect(decoded('float64', '7FF0 0000 0000 0000')).toBeNull();
  });

  test.each<[RegisterType, string]>([
    ['bcd16', '12A4'],
    ['bcd16', 'F234'],
    ['bcd32', '1234 567B'],
    ['bcd64', '0000 00C0 0000 0000'],
    ['bcd64', '0000 0000 0000 000D'],
  ])('%s %s with a half byte that is no digit is no value', (type, hex) => {
    expect(decoded(type, hex)).toBeNull();
    expect(decoded(type, hex, { decimals: 0 })).toBeNull();
  });
});

test('a bit of a register counts from the lowest', () => {
  expect(decoded('bool', '0008', { bit: 3 })).toBe(true);
  expect(decoded('bool', 'FFF7', { bit: 3 })).toBe(false);
  expect(decoded('bool', '8000', { bit: 15 })).toBe(true);
});

describe('text in registers', () => {
  test('ends at its length, at a zero, and before blanks that pad it', () => {
    expect(decoded('string', '4142 4344', { length: 3 })).toBe('ABC');
    expect(decoded('string', '4142 0044', { length: 4 })).toBe('AB');
    expect(decoded('string', '4142 2020', { length: 4 })).toBe('AB');
    expect(decoded('string', '0000 0000', { length: 4 })).toBe('');
  });

  test('can have its bytes swapped', () => {
    expect(decoded('string', '4241 4443', { length: 4, order: 'badc' })).toBe('ABCD');
  });

  test('may be Chinese', () => {
    expect(decoded('string', 'E6B2 B9E6 B8A9', { length: 6 })).toBe('油温');
  });
});

test('every type has its width', () => {
  const widths = (['bool', 'uint16', 'bcd32', 'float64'] as const).map((type) =>
    registersOf({ type, length: 0 }),
  );
  expect(widths).toEqual([1, 1, 2, 4]);
  expect(registersOf({ type: 'string', length: 5 })).toBe(3);
});

test('the checksum of a known frame', () => {
  const frame = Buffer.from('010400000002', 'hex');
  expect(crc16(frame)).toBe(0xcb71);
  expect(crc16(Buffer.concat([Buffer.of(9), frame, Buffer.of(9)]), 1, 7)).toBe(0xcb71);
});

describe('a number whose power of ten stands in another register', () => {
  const scaled = (hex: string, decimals?: number) => {
    const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
    const scaling = {
      scale: { unscaled: 1n, decimals: 0 },
      offset: { unscaled: 0n, decimals: 0 },
      decimals,
    };
    const decode = scaledByRegister(
      { type: 'int16', order: 'abcd', length: 0, bit: 0 },
      scaling,
      2,
    );
    return decode(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0);
  };

  test('is exact in both directions', () => {
    expect(scaled('09 0A FF FF')).toBe(231.4);
    expect(scaled('09 0A FF FE', 1)).toBe(23.1);
    expect(scaled('09 0A 00 02')).toBe(231_400);
    expect(scaled('FF FF 00 00')).toBe(-1);
  });

  test('is no value where the factor is not implemented or makes no sense', () => {
    expect(scaled('09 0A 80 00')).toBeNull();
    expect(scaled('09 0A 00 0B')).toBeNull();
  });
});

test('the LRC of a frame is the sum that makes it zero', () => {
  expect(lrc(Buffer.from('010300000002', 'hex'))).toBe(0xfa);
  expect(lrc(Buffer.of())).toBe(0);
  expect(lrc(Buffer.of(9, 1, 2, 9), 1, 3)).toBe(0xfd);
});
