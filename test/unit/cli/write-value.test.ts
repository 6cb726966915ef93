import { describe, expect, it } from 'vitest';
import { isSameValue, typedValue } from '../../../gateway/cli/write/write-value.ts';

describe('a typed value', () => {
  it('keeps every digit', () => {
    expect(typedValue('21.5', 'number')).toBe(21.5);
    expect(typedValue('-7', undefined)).toBe(-7);
    expect(typedValue('9007199254740993', 'number')).toBe(9007199254740993n);
    expect(typedValue('1234567890123456.78', 'number')).toEqual({
      unscaled: 123456789012345678n,
      decimals: 2,
    });
  });

  it('is a flag, a text or nothing, as the address takes it', () => {
    for (const word of ['on', 'true', '1', 'YES']) expect(typedValue(word, 'flag')).toBe(true);
    for (const word of ['off', 'false', '0', 'no']) expect(typedValue(word, 'flag')).toBe(false);
    expect(typedValue('maybe', 'flag')).toBeUndefined();
    expect(typedValue('open', 'number')).toBeUndefined();
    expect(typedValue('42', 'text')).toBe('42');
    expect(typedValue('open', undefined)).toBe('open');
    expect(typedValue('false', undefined)).toBe(false);
  });
});

describe('what is read back is the same', () => {
  it('when no digit differs', () => {
    expect(isSameValue(1.5, { unscaled: 150n, decimals: 2 }, false)).toBe(true);
    expect(isSameValue(100, 100n, false)).toBe(true);
    expect(isSameValue('closed', 'closed', false)).toBe(true);
    expect(isSameValue(true, false, false)).toBe(false);
    expect(isSameValue(16_777_217, 16_777_216, false)).toBe(false);
  });

  it('when 32 bits of floating point are all the difference', () => {
    expect(isSameValue(21.3, Math.fround(21.3), true)).toBe(true);
    expect(isSameValue(21.3, Math.fround(21.3), false)).toBe(false);
    expect(isSameValue(21.3, 21.4, true)).toBe(false);
  });

  it('when a clock has gone on since it was set', () => {
    expect(isSameValue('2026-01-02T10:00:00', '2026-01-02T10:00:02', false)).toBe(true);
    expect(isSameValue('2026-01-02T10:00:00', '2026-01-02T09:00:00', false)).toBe(false);
  });
});
