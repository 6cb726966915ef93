import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FactorSeries,
  type Point,
  type Role,
} from '../../../../gateway/forward/hj212/factor-series.ts';
import {
  digits,
  type Figure,
  figureOf,
  joinSpans,
  quotient,
  type Span,
  toldDecimal,
} from '../../../../gateway/forward/hj212/figures.ts';
import { decimalOf } from '../../../../gateway/model/decimal.ts';
import { decimalText, type TagId } from '../../../../gateway/model/sample.ts';
import { millis, utcMs } from '../../../../gateway/model/units.ts';
import { factor } from '../../../support/hj212-fixture.ts';

const TAG = 'a.b' as TagId;
const SECOND = 1_000;
const at = (second: number, value: number | string | null, flag: Point['flag'] = 'N'): Point => ({
  time: utcMs(second * SECOND),
  value: value === null ? undefined : toldDecimal(Number(value)),
  flag,
});
const series = (
  points: Partial<Record<Role, readonly Point[]>>,
  set: Parameters<typeof factor>[2] = {},
) => {
  const made = new FactorSeries(factor('x', TAG, { maxAge: millis(90 * SECOND), ...set }));
  for (const [role, each] of Object.entries(points))
    for (const point of each) made.add(role as Role, point);
  return made;
};
const minute = (made: FactorSeries, from = 0): Span =>
  made.take(utcMs(from * SECOND), utcMs((from + 60) * SECOND));

describe('what a factor was over a time', () => {
  it.each<[string, readonly Point[], Figure]>([
    ['one value all the time', [at(-1, 5)], { flag: 'N', min: '5', avg: '5', max: '5' }],
    [
      'each value for the time it stood',
      [at(0, 10), at(45, 20)],
      { flag: 'N', min: '10', avg: '12', max: '20' },
    ],
    ['nothing heard', [], { flag: 'B' }],
    ['a value that stood too long ago', [at(-91, 5)], { flag: 'B' }],
    [
      'the flag that stood longest, with what was measured then',
      [at(0, 10), at(20, 99, 'M'), at(45, 12)],
      { flag: 'N', min: '10', avg: '11', max: '12' },
    ],
    [
      'maintenance for most of it',
      [at(0, 10), at(15, 0, 'M')],
      { flag: 'M', min: '0', avg: '0', max: '0' },
    ],
    [
      'of two that stood equally long the worse',
      [at(0, 1), at(30, 2, 'T')],
      { flag: 'T', min: '2', avg: '2', max: '2' },
    ],
    ['a fault without a value', [at(0, 1), at(20, null, 'D')], { flag: 'D' }],
  ])('%s', (_, points, figure) => {
    expect(figureOf(minute(series({ value: points })))).toEqual(figure);
  });

  it('keeps the digits of the meter, and those that the tag declares', () => {
    const span = minute(series({ value: [at(0, 1.5), at(30, 2)] }));
    expect(figureOf(span, 2)).toEqual({ flag: 'N', min: '1.50', avg: '1.75', max: '2.00' });
    expect(figureOf(span)).toEqual({ flag: 'N', min: '1.5', avg: '1.8', max: '2' });
  });

  it('rounds a half to the even digit, below zero too (GB/T 8170)', () => {
    const rounded = (text: string) =>
      decimalText(quotient(decimalOf(Number(text)) ?? { unscaled: 0n, decimals: 0 }, 1, 1));
    expect(['0.25', '0.35', '0.251', '-0.25', '-0.35', '2'].map(rounded)).toEqual([
      '0.2',
      '0.4',
      '0.3',
      '-0.2',
      '-0.4',
      '2.0',
    ]);
  });

  it('lets the state of the analyser go before the quality, and is B where the state is not heard', () => {
    const flag = { tag: TAG, values: new Map(), maxAge: millis(90 * SECOND) };
    const value = [at(0, 7, 'T')];
    const of = (states: readonly Point[]) =>
      figureOf(minute(series({ value, flag: states }, { flag })));
    expect(of([at(0, null, 'M')])).toEqual({ flag: 'M', min: '7', avg: '7', max: '7' });
    expect(of([at(0, null, 'N')]).flag).toBe('T');
    expect(of([])).toEqual({ flag: 'B', min: '7', avg: '7', max: '7' });
  });

  it('tells what a counter grew by, and nothing where it went back or was not heard', () => {
    const of = (...total: Point[]) =>
      figureOf(minute(series({ total }, { total: { tag: TAG, maxAge: millis(90 * SECOND) } }))).cou;
    expect(of(at(-5, '10.05'), at(30, '10.1'), at(59, '12.3'))).toBe('2.25');
    expect(of(at(-5, 10), at(30, 3))).toBeUndefined();
    expect(of(at(30, 10), at(40, 11))).toBeUndefined();
    expect(of(at(-91, 10), at(30, 11))).toBeUndefined();
  });

  it('takes points in any order, and each minute in its turn', () => {
    const made = series({ value: [at(70, 3), at(10, 2), at(0, 1)] });
    expect(figureOf(minute(made)).avg).toBe('2');
    expect(figureOf(minute(made, 60))).toEqual({ flag: 'N', min: '2', avg: '3', max: '3' });
  });

  it('gives the same whether minutes are joined or taken at once', () => {
    const point = fc.record({
      second: fc.integer({ min: 0, max: 239 }),
      value: fc.integer({ min: -999, max: 9999 }),
      flag: fc.constantFrom('N', 'M', 'D'),
    });
    fc.assert(
      fc.property(fc.array(point, { maxLength: 30 }), (points) => {
        const all = points.map(({ second, value, flag }) =>
          at(second, value / 100, flag as Point['flag']),
        );
        const whole = series({ value: all }).take(utcMs(0), utcMs(240 * SECOND));
        const one = series({ value: all });
        const joined = [0, 60, 120, 180].reduce<Span | undefined>(
          (sum, from) => joinSpans(sum, minute(one, from)),
          undefined,
        );
        expect(joined && figureOf(joined, 2)).toEqual(figureOf(whole, 2));
      }),
    );
  });

  it('invents no value: minimum and maximum are values that were measured, the average lies between', () => {
    const values = fc.array(fc.integer({ min: -99_999, max: 99_999 }), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(values, (raw) => {
        const told = raw.map((value) => value / 100);
        const points = told.map((value, index) => at(index * 3, value));
        const { min = '', avg = '', max = '' } = figureOf(minute(series({ value: points })), 2);
        const texts = told.map((value) =>
          digits(decimalOf(value) ?? { unscaled: 0n, decimals: 0 }, 2),
        );
        expect(texts).toContain(min);
        expect(texts).toContain(max);
        expect(Number(avg)).toBeGreaterThanOrEqual(Number(min));
        expect(Number(avg)).toBeLessThanOrEqual(Number(max));
      }),
    );
  });

  it('tells no number of more digits than a measurement has', () => {
    expect(toldDecimal(1e300)).toBeUndefined();
    expect(toldDecimal('text')).toBeUndefined();
    expect(toldDecimal(Number.NaN)).toBeUndefined();
    expect(toldDecimal(9007199254740993n)).toEqual({ unscaled: 9007199254740993n, decimals: 0 });
  });
});
