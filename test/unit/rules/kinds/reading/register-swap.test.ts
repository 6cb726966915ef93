import { describe, expect, it } from 'vitest';
import { taken } from '../../../../../rules/kinds/reading/register-series.ts';
import { swapDeclared } from '../../../../../rules/kinds/reading/register-swap.ts';
import { registerUnit } from '../../../../../rules/kinds/reading/register-unit.ts';
import { NEW_SERIES, type SeriesState } from '../../../../../rules/kinds/reading/series-state.ts';
import { number, registerRules } from '../../../../support/reading-fixture.ts';

const rules = registerRules({ counts: registerUnit(undefined, '1') });
const at = (minute: number) => minute * 60_000;

function read(
  state: SeriesState,
  ...values: readonly (readonly [minute: number, value: string])[]
) {
  return values.reduce(
    (now, [minute, value]) =>
      taken(now, rules, { time: at(minute), value: number(value), origin: 'read' }).state,
    state,
  );
}

interface Told {
  readonly minute: number;
  readonly final?: string;
  readonly initial?: string;
}

function told(state: SeriesState, { minute, final, initial }: Told) {
  const answer = swapDeclared(state, rules, {
    time: at(minute),
    ...(final !== undefined && { final: number(final) }),
    ...(initial !== undefined && { initial: number(initial) }),
  });
  return answer;
}

function swapped(state: SeriesState, swap: Told) {
  const answer = told(state, swap);
  if ('refused' in answer) throw new Error(answer.refused);
  return answer;
}

const old = read(NEW_SERIES, [0, '100'], [15, '101']);

describe('a new meter that is told of at once', () => {
  it('with both values nothing is lost and nothing doubted', () => {
    const { state, events } = swapped(old, { minute: 20, final: '101.50', initial: '7' });
    const next = read(state, [30, '8'], [45, '9']);
    expect(next).toMatchObject({ total: '103.5', segment: 1, doubts: 0 });
    expect(events).toMatchObject([
      { kind: 'swap', from: '101.50', to: '7', isDeclared: true, hint: null },
    ]);
  });

  it('without its first value it begins with its first reading, without the last value the old one ends with its last', () => {
    const { state, events } = swapped(old, { minute: 20 });
    expect(state.base).toBeNull();
    const next = read(state, [30, '8'], [45, '9']);
    expect(next).toMatchObject({ total: '102', segment: 1, doubts: 1 });
    expect(events).toMatchObject([{ from: '101', to: null }]);
  });

  it('takes the place of a value that is held', () => {
    const { state } = swapped(read(old, [30, '8']), { minute: 31, final: '102', initial: '8' });
    expect(read(state, [45, '9'])).toMatchObject({ total: '103', held: null });
  });

  it('a register that turned over just before is counted through and told', () => {
    const near = read(NEW_SERIES, [0, '999999']);
    const { state, events } = swapped(near, { minute: 20, final: '0.50', initial: '7' });
    expect(events.map(({ kind }) => kind)).toEqual(['rollover', 'swap']);
    expect(state.total).toBe('1000000.5');
  });

  it.each([
    ['a last value below what was read', { minute: 20, final: '90' }, 'final-below'],
    ['a value beyond the range', { minute: 20, initial: '1000000' }, 'range'],
  ] as const)('%s is refused', (_, swap, why) => {
    expect(told(old, swap)).toEqual({ refused: why });
  });

  it('before anything was read says nothing', () => {
    expect(swapped(NEW_SERIES, { minute: 5, initial: '3' })).toEqual({
      state: NEW_SERIES,
      events: [],
    });
  });
});

describe('a new meter that is told of later', () => {
  it('what was taken for a reset is put right', () => {
    const later = read(old, [30, '3'], [45, '3.50']);
    expect(later.total).toBe('104.5');
    const { state, events } = swapped(later, { minute: 20, final: '101.25', initial: '2.75' });
    expect(state).toMatchObject({ total: '102', segment: 1, doubts: 0 });
    expect(events).toMatchObject([{ kind: 'swap', from: '101.25', to: '2.75', hint: 'reset' }]);
    expect(read(state, [60, '4'])).toMatchObject({ total: '102.5' });
  });

  it('so is what was taken for a jump, and what was taken for growth', () => {
    const jumped = read(old, [30, '7000'], [45, '7001']);
    expect(swapped(jumped, { minute: 20, final: '101.25', initial: '6999.50' }).state.total).toBe(
      '102.75',
    );
    const grown = read(old, [30, '103']);
    const { state } = swapped(grown, { minute: 20, final: '101.25', initial: '102.90' });
    expect(state).toMatchObject({ total: '101.35', segment: 1 });
    expect(read(state, [45, '104'])).toMatchObject({ total: '102.35', segment: 1 });
  });

  it('is refused where nobody knows that time any more, or the values contradict the readings', () => {
    expect(told(old, { minute: -5 })).toEqual({ refused: 'too-old' });
    const later = read(old, [30, '3'], [45, '3.50']);
    expect(told(later, { minute: 20, final: '50' })).toEqual({ refused: 'final-below' });
    expect(told(later, { minute: 20, initial: '4' })).toEqual({ refused: 'initial-above' });
  });
});
