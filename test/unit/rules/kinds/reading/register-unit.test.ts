import { describe, expect, it } from 'vitest';
import { decimalText } from '../../../../../gateway/model/sample.ts';
import {
  compared,
  exactOf,
  product,
  quotient,
  remainder,
  shortText,
} from '../../../../../rules/kinds/reading/exact-number.ts';
import { inUnit, normal, registerUnit } from '../../../../../rules/kinds/reading/register-unit.ts';
import { number } from '../../../../support/reading-fixture.ts';

describe('a register in the unit of records', () => {
  it.each([
    ['kWh', '1', '1234.56', '1234.56', 'kWh', false],
    ['Wh', '1', '1234567', '1234.567', 'kWh', false],
    ['MWh', '1', '1.27', '1270', 'kWh', false],
    ['MWh', '1', '1.2345', '1234.5', 'kWh', false],
    ['GJ', '1', '12.34', '3427.778', 'kWh', true],
    ['GJ', '1', '0.09', '25.000', 'kWh', false],
    ['MJ', '1', '36.0', '10.0000', 'kWh', false],
    ['kJ', '1', '1', '0.0002778', 'kWh', true],
    ['J', '1', '3600000', '1.0000000000', 'kWh', false],
    ['L', '1', '123456.78', '123.45678', 'm³', false],
    ['m3', '1', '2.000', '2.000', 'm³', false],
    ['kvarh', '1', '7.5', '7.5', 'kvarh', false],
    ['pulses', '1', '42', '42', 'pulses', false],
    ['kWh', '200', '12.34', '2468', 'kWh', false],
    ['kWh', '2.5', '12.34', '30.850', 'kWh', false],
  ] as const)('%s × %s: %s is %s %s', (unit, factor, value, expected, recordUnit, isRounded) => {
    const of = registerUnit(unit, factor);
    const shown = number(value);
    const found = normal(product(shown, of.scale), shown.decimals, of);
    expect(found.unit).toBe(recordUnit);
    expect(compared(found.value, number(expected))).toBe(0);
    expect(found.isRounded).toBe(isRounded);
    if (!isRounded) return;
    expect(decimalText(found.value)).toBe(expected);
  });

  it('a half is rounded away from zero, and the order of readings is kept', () => {
    const of = registerUnit('GJ', '1');
    let before = number('-1');
    for (let step = 0n; step < 400n; step++) {
      const { value } = normal(product({ unscaled: step, decimals: 2 }, of.scale), 2, of);
      expect(compared(value, before)).toBeGreaterThan(0);
      before = value;
    }
  });

  it('converts between decimal units exactly, and nothing else', () => {
    expect(inUnit(number('101000'), 'Wh', 'kWh')).toEqual({ unscaled: 101000n, decimals: 3 });
    expect(inUnit(number('1.5'), 'm³', 'L')).toEqual(expect.objectContaining({ unscaled: 15000n }));
    expect(inUnit(number('1'), 'GJ', 'kWh')).toBeUndefined();
    expect(inUnit(number('1'), 'kWh', 'm³')).toBeUndefined();
    expect(inUnit(number('1'), '°C', 'K')).toBeUndefined();
    expect(inUnit(number('1'), 'pulses', 'pulses')).toEqual(number('1'));
  });
});

describe('exact numbers', () => {
  it('are texts and nothing else', () => {
    for (const text of ['', '1e5', 'abc', '1.', '.5', '--1', '1'.repeat(61), 'NaN', '１'])
      expect(exactOf(text)).toBeUndefined();
    expect(exactOf('-0012.50')).toEqual({ unscaled: -1250n, decimals: 2 });
  });

  it.each([
    ['1', '3', 2, '0.33'],
    ['-1', '3', 2, '-0.33'],
    ['0.5', '1', 0, '1'],
    ['-0.5', '1', 0, '-1'],
    ['-1', '-8', 2, '0.13'],
    ['10', '0.25', 0, '40'],
  ] as const)('%s ÷ %s to %i digits is %s', (a, b, digits, expected) => {
    expect(decimalText(quotient(number(a), number(b), digits))).toBe(expected);
  });

  it('have a short text and a place in a circle', () => {
    expect(shortText(number('5.500'))).toBe('5.5');
    expect(shortText(number('100'))).toBe('100');
    expect(shortText(number('-0.00'))).toBe('0');
    expect(decimalText(remainder(number('-0.25'), number('10')))).toBe('9.75');
    expect(decimalText(remainder(number('25.5'), number('10')))).toBe('5.5');
  });
});
