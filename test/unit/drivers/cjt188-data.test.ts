import { describe, expect, test } from 'vitest';
import { unitVote } from '../../../drivers/cjt188/data.ts';
import { layoutOf } from '../../../drivers/cjt188/layouts.ts';
import { converted, unitName, unitOfCode } from '../../../drivers/cjt188/unit-codes.ts';
import { decimalText } from '../../../gateway/model/sample.ts';
import { fromHex } from '../../support/cjt188-fixture.ts';

const CLOCK_AND_STATUS = '00 30 08 15 11 24 20 04 00';

function voteOf(di: number, payload: string) {
  const bytes = fromHex(payload);
  const layout = layoutOf(di, bytes.length);
  if (!layout) throw new Error('no layout');
  return unitVote(layout, bytes);
}

describe('where the unit stands', () => {
  test.each([
    ['at the end', '43 65 87 00 2C', '00 60 87 00 2C', 'last', 2],
    ['at the begin', '2C 43 65 87 00', '2C 00 60 87 00', 'first', 2],
    ['at the end of a value that ends like a unit', '29 00 00 00 2C', '00 60 87 00 2C', 'last', 2],
    [
      'as another value says where one has a unit at both ends',
      '29 00 00 00 29',
      '00 60 87 00 29',
      'last',
      1,
    ],
    ['at the end of a value that is absent', 'FF FF FF FF 2C', 'FF FF FF FF 2C', 'last', 2],
    ['nobody knows where a unit is unknown', '43 65 87 00 00', '00 60 87 00 00', undefined, 0],
    [
      'nobody knows when values contradict each other',
      '43 65 87 00 2C',
      '2C 00 60 87 00',
      undefined,
      2,
    ],
    [
      'not where a unit of heat would be in a volume',
      '05 65 87 00 00',
      '05 60 87 00 00',
      undefined,
      0,
    ],
    ['not before what is no digit', '2C 0A 00 00 00', '43 65 87 00 00', undefined, 0],
  ])('%s', (_, current, settlement, position, fields) => {
    const payload = `${current} ${settlement} ${CLOCK_AND_STATUS}`;
    expect(voteOf(0x901f, payload)).toEqual({ position, fields });
  });

  test('is told by a single value where its unit says what it is', () => {
    expect(voteOf(0xd120, '05 34 12 00 00')).toEqual({ position: 'first', fields: 1 });
    expect(voteOf(0xd120, '34 12 00 00 05')).toEqual({ position: 'last', fields: 1 });
  });
});

describe('units', () => {
  test.each([
    [0x01, 'J'],
    [0x02, 'Wh'],
    [0x05, 'kWh'],
    [0x08, 'MWh'],
    [0x0a, 'MWh x 100'],
    [0x0b, 'kJ'],
    [0x0e, 'MJ'],
    [0x0f, 'MJ x 10'],
    [0x11, 'GJ'],
    [0x13, 'GJ x 100'],
    [0x14, 'W'],
    [0x17, 'kW'],
    [0x1a, 'MW'],
    [0x29, 'L'],
    [0x2c, 'm3'],
    [0x32, 'L/h'],
    [0x35, 'm3/h'],
    [0x00, 'unknown(00)'],
    [0xff, 'unknown(FF)'],
  ])('%i is %s', (code, name) => {
    expect(unitName(code)).toBe(name);
  });

  test.each([
    ['12.34 GJ to kWh: a thousandth of its step', 1234n, 2, 0x11, 0x05, undefined, '3427.778'],
    ['1 GJ to kWh', 1n, 0, 0x11, 0x05, undefined, '277.8'],
    ['9 GJ to kWh, although it has an end', 900n, 2, 0x11, 0x05, undefined, '2500.000'],
    ['123456.78 L to m3: every digit', 12_345_678n, 2, 0x29, 0x2c, undefined, '123.45678'],
    ['12.34 MWh to kWh', 1234n, 2, 0x08, 0x05, undefined, '12340'],
    ['12.34 kWh to MJ', 1234n, 2, 0x05, 0x0e, undefined, '44.424'],
    ['12.34 GJ x 100 to kWh', 1234n, 2, 0x13, 0x05, undefined, '342777.8'],
    ['12.34 GJ to kWh with two decimals', 1234n, 2, 0x11, 0x05, 2, '3427.78'],
    ['0.05 L to m3 with four decimals: half away from zero', 5n, 2, 0x29, 0x2c, 4, '0.0001'],
  ])('%s', (_, unscaled, decimals, from, to, shown, text) => {
    const [source, target] = [unitOfCode(from), unitOfCode(to)];
    if (!source || !target) throw new Error('unknown unit');
    expect(decimalText(converted({ unscaled, decimals }, source, target, shown))).toBe(text);
  });
});
