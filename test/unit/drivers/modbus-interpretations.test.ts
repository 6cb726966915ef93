import { describe, expect, test } from 'vitest';
import {
  interpretations,
  rankByExpected,
  shortestFloat32,
} from '../../../drivers/codec/interpretations.ts';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const readings = (hex: string) =>
  Object.fromEntries(interpretations(bytes(hex)).map(({ name, value }) => [name, value]));

describe('registers read in every way', () => {
  test('one register', () => {
    expect(readings('FF38')).toEqual({
      int16: -200,
      int16_BA: 0x38ff,
      uint16: 0xff38,
      uint16_BA: 0x38ff,
    });
    expect(readings('1234')).toMatchObject({ bcd: 1234, bcd_BA: 3412 });
  });

  test('two registers in four orders', () => {
    expect(readings('1234 5678')).toMatchObject({
      uint32_ABCD: 0x12345678,
      uint32_CDAB: 0x56781234,
      uint32_BADC: 0x34127856,
      uint32_DCBA: 0x78563412,
      bcd: 12345678,
      bcd_CDAB: 56781234,
    });
    expect(readings('0000 41F8')).toMatchObject({ float_CDAB: 31 });
    expect(readings('162E 04D2')).toMatchObject({
      m10k_lowfirst: 12345678,
      m10k_highfirst: 56781234,
    });
  });

  test('four registers, every digit', () => {
    expect(readings('FFFF FFFF FFFF FFFF')).toMatchObject({
      uint64: 2n ** 64n - 1n,
      int64: -1,
      int64_HGFEDCBA: -1,
    });
    expect(readings('1A9F DD2F 405E BE77')).not.toHaveProperty('m10k_highfirst');
    expect(readings('BE77 1A9F DD2F 405E')).toMatchObject({ float64_GHEFCDAB: 123.456 });
  });

  test('three registers are only four digits each', () => {
    expect(readings('0001 0002 0003')).toEqual({
      m10k_highfirst: 100_020_003,
      m10k_lowfirst: 300_020_001,
    });
  });

  test('leaves out what no device means', () => {
    const names = Object.keys(readings('7FC0 0001'));
    expect(names).not.toContain('float_ABCD');
    expect(names).not.toContain('float_CDAB');
    expect(names).not.toContain('bcd');
    expect(names.filter((name) => name.startsWith('sm10k'))).toEqual([]);
    expect(interpretations(Buffer.alloc(10))).toEqual([]);
  });
});

test.each([
  ['43663334', 230.2],
  ['43663333', 230.2],
  ['41F8BA4A', 31.090961],
  ['3DCCCCCD', 0.1],
  ['4B7FFFFF', 16777215],
  ['00000000', 0],
  ['C1480000', -12.5],
])('a float %s is shown as %d', (hex, shown) => {
  expect(shortestFloat32(bytes(hex).readFloatBE())).toBe(shown);
});

describe('a number read off the display finds its registers', () => {
  const best = (hex: string, text: string) => {
    const [first] = rankByExpected(bytes(hex), text);
    return first;
  };

  test.each([
    ['4367 6666', '231.4', { at: 0, type: 'float32', order: 'abcd', exponent: 0, ratio: 1 }],
    ['6666 4367', '231.4', { at: 0, type: 'float32', order: 'cdab', exponent: 0, ratio: 1 }],
    ['090A', '231.4', { at: 0, type: 'uint16', order: 'abcd', exponent: -1, ratio: 1 }],
    ['5A69', '231.45', { at: 0, type: 'uint16', exponent: -2 }],
    ['0000 090A', '231.4', { at: 0, type: 'uint32', order: 'abcd', exponent: -1 }],
    ['090A 0000', '231.4', { at: 0, type: 'uint16', order: 'abcd', exponent: -1 }],
    ['FB2E FFFF', '-12.34', { at: 0, type: 'int16', order: 'abcd', exponent: -2 }],
    ['FFFF FB2E', '-12.34', { at: 0, type: 'int32', order: 'abcd', exponent: -2 }],
    ['0001 0002 4367 6666', '231,4', { at: 2, type: 'float32', order: 'abcd' }],
    ['04D2', '49.36', { at: 0, type: 'uint16', exponent: -2, ratio: 4 }],
    ['1234 5678', '12345678', { at: 0, type: 'bcd32', order: 'abcd', exponent: 0 }],
    ['162E 04D2', '123456.78', { at: 0, type: 'm10k32', order: 'cdab', exponent: -2 }],
  ])('%s %s', (hex, text, match) => {
    expect(best(hex, text)).toMatchObject({ ...match, isExact: true });
  });

  test('with every other reading that gives it behind the likeliest', () => {
    expect(rankByExpected(bytes('FB2E FFFF'), '-12.34')).toContainEqual(
      expect.objectContaining({ type: 'int32', order: 'cdab', exponent: -2 }),
    );
  });

  test('also when the display has moved on meanwhile', () => {
    expect(best('0909', '231.4')).toMatchObject({ type: 'uint16', exponent: -1, isExact: false });
  });

  test('and nothing when there is nothing like it', () => {
    expect(rankByExpected(bytes('0000 0000'), '231.4')).toEqual([]);
    expect(rankByExpected(bytes('090A'), 'on')).toEqual([]);
    expect(rankByExpected(bytes('0000'), '0')).toEqual([]);
  });

  test('in at most ten ways', () => {
    const block = Buffer.alloc(40, 0x11);
    expect(rankByExpected(block, '4369').length).toBeLessThanOrEqual(10);
  });
});
