import { describe, expect, it } from 'vitest';
import {
  canonicalUnit,
  conversionOf,
  converted,
  dimensionOf,
  perSecond,
  timesSeconds,
  UNITS,
  unitsClash,
} from '../../../rules/language/units.ts';

const convert = (x: number, from: string, to: string): number | undefined => {
  const conversion = conversionOf(from, to);
  return conversion && converted(x, conversion);
};

describe('units', () => {
  it.each([
    [80, '°C', '°F', 176],
    [176, '℉', '℃', 80],
    [0, '°C', 'K', 273.15],
    [-40, '°F', '°C', -40],
    [1, 'bar', 'kPa', 100],
    [100, 'kPa', 'bar', 1],
    [0.1, 'MPa', 'bar', 1],
    [1013, 'hPa', 'mbar', 1013],
    [1, 'kWh', 'MJ', 3.6],
    [1, 'GJ', 'kWh', 1e9 / 3.6e6],
    [3, 'm3', 'L', 3000],
    [3.6, 'm³/h', 'L/s', 1],
    [60, 'L/min', 'm³/h', 3.6],
    [36, 'km/h', 'm/s', 10],
    [5, '%', '1', 0.05],
    [2, 'h', 'min', 120],
    [1500, 'r/min', 'rpm', 1500],
    [3600, 'kW·s', 'kWh', 1],
    [2, 'kWh/s', 'MW', 7.2],
    [1, 'm³/h·s', 'L', 1000 / 3600],
  ])('%d %s is, in %s → %s, %d', (x, from, to, result) => {
    expect(convert(x, from, to)).toBeCloseTo(result, 12);
  });

  it('takes a psi for 6894.757293168 Pa', () => {
    expect(convert(1, 'psi', 'Pa')).toBe(6894.757293168);
  });

  it('converts exactly where factors are whole', () => {
    expect(convert(0.3, 'V', 'mV')).toBe(300);
    expect(convert(123.4, 'kPa', 'bar')).toBe(1.234);
    expect(convert(80, '°C', '°F')).toBe(176);
  });

  it('comes back from every unit to every other of its dimension', () => {
    for (const from of UNITS)
      for (const to of UNITS) {
        const there = convert(12.5, from, to);
        expect(there === undefined).toBe(dimensionOf(from) !== dimensionOf(to));
        if (there !== undefined) expect(convert(there, to, from)).toBeCloseTo(12.5, 9);
      }
  });

  it('keeps real, apparent and reactive power apart', () => {
    expect(conversionOf('kW', 'kVA')).toBeUndefined();
    expect(conversionOf('kW', 'kvar')).toBeUndefined();
  });

  it.each([
    ['℃', '°C'],
    [' m3/h ', 'm³/h'],
    ['l/min', 'L/min'],
    ['1/min', 'rpm'],
    ['furlong', 'furlong'],
  ])('spells %s as %s', (written, spelled) => {
    expect(canonicalUnit(written)).toBe(spelled);
  });

  it.each([
    ['bar', 'kPa', true],
    ['℃', '°C', false],
    ['°C', 'kW', true],
    ['furlong', 'cubit', false],
    ['furlong', 'm', false],
    ['kW·s', 'kWh', true],
  ])('says of %s and %s that they clash: %s', (a, b, clash) => {
    expect(unitsClash(a, b)).toBe(clash);
  });

  it('names what comes of a rate and of an integral', () => {
    expect(perSecond('bar')).toBe('bar/s');
    expect(timesSeconds('kW')).toBe('kW·s');
    expect(dimensionOf(timesSeconds('m3/h'))).toBe('volume');
    expect(dimensionOf(perSecond('kWh'))).toBe('power');
    expect(dimensionOf(perSecond('°C'))).toBeUndefined();
  });
});
