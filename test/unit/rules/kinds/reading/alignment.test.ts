import { describe, expect, it } from 'vitest';
import { minutes } from '../../../../../gateway/model/units.ts';
import { itemAt, MISSING, replaces } from '../../../../../rules/kinds/reading/alignment.ts';
import {
  type DayTally,
  interpolated,
  profiled,
} from '../../../../../rules/kinds/reading/estimate.ts';
import { registerUnit } from '../../../../../rules/kinds/reading/register-unit.ts';
import {
  NEW_SERIES,
  type Origin,
  type Point,
  pruned,
} from '../../../../../rules/kinds/reading/series-state.ts';
import { number, registerRules } from '../../../../support/reading-fixture.ts';

const rules = registerRules({ counts: registerUnit(undefined, '1') });
const window = { within: minutes(1), lateWithin: minutes(15) };
const T = 1_000_000_000;

const point = (seconds: number, value: string, more: Partial<Point> = {}): Point => ({
  time: T + seconds * 1000,
  value,
  total: value,
  segment: 0,
  doubts: 0,
  origin: 'read',
  ...more,
});
const at = (...points: readonly Point[]) => itemAt({ ...NEW_SERIES, points }, rules, T, window);

describe('what stands for an instant', () => {
  const kept = (origin: Origin) => ({ origin });
  it.each<[string, readonly Point[], object]>([
    ['nothing', [], { source: 'missing', value: null }],
    [
      'a reading within the window',
      [point(59, '5.00')],
      { source: 'read', value: '5.00', time: T + 59_000 },
    ],
    [
      'the nearest of several',
      [point(-50, '4.00'), point(20, '5.00'), point(40, '6.00')],
      { source: 'read', value: '5.00' },
    ],
    [
      'of two as near the earlier',
      [point(-20, '4.00'), point(20, '5.00')],
      { source: 'read', value: '4.00' },
    ],
    [
      'what a person said is no reading',
      [point(0, '4.00', kept('declared'))],
      { source: 'missing' },
    ],
    ['at the edge of the window', [point(60, '5.00')], { source: 'read' }],
    [
      'what the meter froze, though a reading is nearer',
      [point(-30, '4.00', kept('freeze')), point(1, '5.00')],
      { source: 'frozen', value: '4.00', isTimeDeclared: false },
    ],
    [
      'what it kept without a time, at the time that is declared',
      [point(0, '4.00', kept('history'))],
      { source: 'frozen', isTimeDeclared: true },
    ],
    [
      'a freeze of another day is none',
      [point(-86_400, '4.00', kept('freeze'))],
      { source: 'missing' },
    ],
    [
      'behind the window: late, at its own time',
      [point(61, '5.00')],
      { source: 'late', value: '5.00', time: T + 61_000 },
    ],
    ['late rather than interpolated', [point(-61, '4.00'), point(900, '5.00')], { source: 'late' }],
    [
      'between two readings: on the line',
      [point(-1000, '4.00'), point(1000, '5.00')],
      { source: 'estimated', method: 'interpolated', value: '4.50', time: null, span: 2_000_000 },
    ],
    ['before the window alone: nothing', [point(-61, '4.00')], { source: 'missing' }],
    ['too late alone: nothing', [point(901, '4.00')], { source: 'missing' }],
  ])('%s', (_, points, expected) => {
    expect(at(...points)).toMatchObject(expected);
  });

  it('across a break the total is on the line, and what the register showed is not known', () => {
    const found = at(
      point(-1000, '4.00'),
      point(1000, '0.50', { total: '5', segment: 1, doubts: 1 }),
    );
    expect(found).toMatchObject({ method: 'interpolated', value: null, total: '4.5', doubts: 0 });
  });
});

describe('which item replaces which', () => {
  const read = { ...MISSING, source: 'read', time: T + 30_000, value: '5', total: '5' } as const;
  const line = {
    ...MISSING,
    source: 'estimated',
    method: 'interpolated',
    value: '4',
    total: '4',
    span: 100,
  } as const;
  const mean = { ...line, method: 'daily_mean', span: null } as const;
  it.each([
    ['frozen rather than read', { ...read, source: 'frozen' as const }, read, true],
    ['read rather than late', read, { ...read, source: 'late' as const }, true],
    ['never late rather than read', { ...read, source: 'late' as const }, read, false],
    ['a nearer reading', { ...read, time: T - 10_000 }, read, true],
    ['never a farther one', { ...read, time: T - 40_000 }, read, false],
    ['never the same once more', read, read, false],
    ['the same with a total put right', { ...read, total: '6' }, read, true],
    ['a shorter line', { ...line, span: 50 }, line, true],
    ['never a longer one', { ...line, span: 150 }, line, false],
    ['a line rather than a mean', line, mean, true],
    ['never another mean', { ...mean, value: '4.5' }, mean, false],
    ['anything rather than nothing', mean, MISSING, true],
    ['never nothing', MISSING, mean, false],
  ] as const)('%s', (_, fresh, old, expected) => {
    expect(replaces(fresh, old, T)).toBe(expected);
  });
});

describe('estimates', () => {
  it('on a line keep the order of instants, and a half goes up', () => {
    const [a, b] = [point(0, '4.00'), point(8, '4.02')];
    const shown = Array.from(
      { length: 9 },
      (_, i) => interpolated(a, b, T + i * 1000, rules).value,
    );
    expect(shown).toEqual(['4.00', '4.00', '4.01', '4.01', '4.01', '4.01', '4.02', '4.02', '4.02']);
  });

  it('on a line turn over with the register', () => {
    const [a, b] = [point(0, '999999.00'), point(10, '1.00', { total: '1000001' })];
    expect(interpolated(a, b, T + 7500, rules)).toMatchObject({
      value: '0.50',
      total: '1000000.5',
    });
  });

  const DAY = 86_400_000;
  const day = (index: number): { start: number; end: number; weekday: number } => ({
    start: T + index * DAY,
    end: T + (index + 1) * DAY,
    weekday: (((index % 7) + 7) % 7) + 1,
  });
  const tally = (index: number, amount: string): DayTally => ({ ...day(index), amount });
  const last = { ...point(0, '100.00'), time: T };

  it('from the same weekday of the last four weeks', () => {
    const tallies = [
      tally(-28, '10'),
      tally(-21, '20'),
      tally(-14, '30'),
      tally(-7, '20'),
      tally(-1, '900'),
    ];
    expect(profiled(last, T + DAY, [day(0)], tallies, rules)).toMatchObject({
      method: 'weekday_profile',
      value: '120.00',
    });
    expect(profiled(last, T + DAY / 2, [day(0)], tallies, rules)).toMatchObject({
      value: '110.00',
    });
  });

  it('no weekday of longer ago, and one alone is no profile: the mean of the last seven days', () => {
    const tallies = [tally(-35, '1000'), tally(-7, '20'), tally(-2, '10'), tally(-1, '12')];
    const found = profiled(last, T + DAY, [day(0)], tallies, rules);
    expect(found).toMatchObject({ method: 'daily_mean', value: '360.50' });
  });

  it('of several days each has its own', () => {
    const tallies = [tally(-14, '10'), tally(-13, '40'), tally(-7, '10'), tally(-6, '40')];
    expect(profiled(last, T + 2 * DAY, [day(0), day(1)], tallies, rules)).toMatchObject({
      value: '150.00',
      method: 'weekday_profile',
    });
  });

  it('from nothing there is none, nor over more than 62 days', () => {
    expect(profiled(last, T + DAY, [day(0)], [], rules)).toBeUndefined();
    const days = Array.from({ length: 63 }, (_, i) => day(i));
    expect(profiled(last, T + 63 * DAY, days, [tally(-1, '1')], rules)).toBeUndefined();
  });

  it('are exact to the last digit: parts of days add up', () => {
    const of = registerRules({ decimals: 0, counts: registerUnit(undefined, '1') });
    const tallies = [tally(-3, '1'), tally(-2, '1'), tally(-1, '1')];
    const found = profiled(
      { ...last, value: '100' },
      T + 3 * DAY,
      [day(0), day(1), day(2)],
      tallies,
      of,
    );
    expect(found?.value).toBe('103');
  });
});

describe('readings that are kept', () => {
  it('are the newest, and for each moment those around it and what the meter froze', () => {
    const points = Array.from({ length: 100 }, (_, i) =>
      point(i * 100, `${i}.00`, i === 49 ? { origin: 'freeze' } : {}),
    );
    const moment = T + 4_950_000;
    const left = pruned({ ...NEW_SERIES, points }, [moment, T + 2_050_000], 60_000).points;
    expect(left.map(({ value }) => Number(value))).toEqual([
      20,
      21,
      49,
      50,
      ...Array.from({ length: 16 }, (_, i) => 84 + i),
    ]);
    expect(itemAt({ ...NEW_SERIES, points: left }, rules, moment, window)).toEqual(
      itemAt({ ...NEW_SERIES, points }, rules, moment, window),
    );
  });

  it('few are all kept', () => {
    const points = [point(0, '1.00'), point(1, '2.00')];
    const state = { ...NEW_SERIES, points };
    expect(pruned(state, [], 60_000)).toBe(state);
  });
});

it('numbers of the fixture are exact', () => {
  expect(number('0.10')).toEqual({ unscaled: 10n, decimals: 2 });
});
