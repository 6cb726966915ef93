import { describe, expect, it } from 'vitest';
import type { Maybe } from '../../../../rules/expression.ts';
import { sequenceMachine } from '../../../../rules/kinds/sequence.ts';
import type { SequenceRule } from '../../../../rules/rule.ts';
import {
  expressionOf,
  led,
  recordOf,
  sequenceRule,
  siteOf,
} from '../../../support/kind-fixture.ts';

const completed = { actions: [recordOf('completed')] };
const hung = { actions: [recordOf('hung')] };
const T = true;
const F = false;
const U = undefined;

type Moment = readonly [
  now: number,
  values: readonly Maybe[],
  out?: object | undefined,
  wake?: number,
];

/** One step within 3 s, one more within 5 s after that. */
const TRACES: readonly (readonly [string, Partial<SequenceRule>, readonly Moment[]])[] = [
  [
    'is completed by its steps in time',
    {},
    [
      [0, [F, F, F]],
      [1000, [T, F, F], U, 4000],
      [2000, [F, T, F], U, 7000],
      [7000, [F, F, T], completed],
    ],
  ],
  [
    'takes the first step at its rising edge alone',
    {},
    [
      [0, [T, T, T]],
      [1, [T, T, T]],
      [2, [U, F, F]],
      [3, [T, F, F], U, 3003],
    ],
  ],
  [
    'passes several steps in one moment, first to last',
    {},
    [
      [0, [F, F, F]],
      [1, [T, T, T], completed],
      [2, [T, T, T]],
      [3, [F, T, T]],
      [4, [T, T, F], U, 5004],
    ],
  ],
  [
    'takes no step before the one it awaits',
    {},
    [
      [0, [F, F, F]],
      [1, [T, F, T], U, 3001],
      [2, [T, F, T], U, 3001],
      [3, [F, T, F], U, 5003],
      [4, [F, F, F], U, 5003],
    ],
  ],
  [
    'does not take an unknown step for seen',
    {},
    [
      [0, [F, F, F]],
      [1, [T, U, F], U, 3001],
      [3001, [T, U, F], { ...hung, alarm: 'active', detail: 'two' }],
    ],
  ],
  [
    'sees a step at its last moment',
    {},
    [
      [0, [F, F, F]],
      [1, [T, F, F], U, 3001],
      [3001, [F, T, F], U, 8001],
    ],
  ],
  [
    'does not believe a step that is seen too late',
    {},
    [
      [0, [F, F, F]],
      [1, [T, F, F], U, 3001],
      [3002, [F, T, F], { ...hung, alarm: 'active', detail: 'two' }],
    ],
  ],
  [
    'hangs, names the step, and begins anew with the next edge',
    {},
    [
      [0, [F, F, F]],
      [1, [T, F, F], U, 3001],
      [2, [T, T, F], U, 5002],
      [5002, [T, T, F], { ...hung, alarm: 'active', detail: 'three' }],
      [5003, [T, T, T]],
      [5004, [F, T, T]],
      [5005, [T, T, T], { ...completed, alarm: 'cleared', detail: 'three' }],
      [5006, [F, F, F]],
      [5007, [T, T, T], completed],
    ],
  ],
  [
    'has one alarm while it hangs again and again, and does `else` each time',
    {},
    [
      [0, [F, F, F]],
      [1, [T, T, F], U, 5001],
      [5001, [F, F, F], { ...hung, alarm: 'active', detail: 'three' }],
      [5002, [T, F, F], U, 8002],
      [8002, [F, F, F], { ...hung, detail: 'two' }],
      [8003, [T, T, T], { ...completed, alarm: 'cleared', detail: 'two' }],
    ],
  ],
  [
    'says nothing of alarms without one',
    { alarm: undefined },
    [
      [0, [F, F, F]],
      [1, [T, T, F], U, 5001],
      [5001, [F, F, F], { ...hung, detail: 'three' }],
      [5002, [T, T, T], completed],
    ],
  ],
  [
    'is begun anew by abort_when, silently',
    { abortWhen: expressionOf('abort') },
    [
      [0, [F, F, F, F]],
      [1, [T, F, F, F], U, 3001],
      [2, [T, T, T, T]],
      [3, [T, T, T, F]],
      [4, [F, F, F, F]],
      [5, [T, F, F, U], U, 3005],
    ],
  ],
  [
    'keeps its alarm when it is aborted',
    { abortWhen: expressionOf('abort') },
    [
      [0, [F, F, F, F]],
      [1, [T, F, F, F], U, 3001],
      [3001, [F, F, F, F], { ...hung, alarm: 'active', detail: 'two' }],
      [3002, [F, F, F, T]],
      [3003, [T, T, T, F], { ...completed, alarm: 'cleared', detail: 'two' }],
    ],
  ],
  [
    'waits without end for a step without a limit',
    { steps: [0, 1].map((i) => ({ name: `${i}`, when: expressionOf(`${i}`), within: U })) },
    [
      [0, [F, F]],
      [1, [T, F]],
      [1e9, [F, F]],
      [2e9, [F, T], completed],
    ],
  ],
  [
    'of one step is completed at each edge',
    { steps: [{ name: 'one', when: expressionOf('one'), within: U }] },
    [
      [0, [F]],
      [1, [T], completed],
      [2, [T]],
      [3, [F]],
      [4, [T], completed],
    ],
  ],
];

describe('a sequence', () => {
  it.each(TRACES)('%s', (_, over, moments) => {
    const machine = led(sequenceMachine(sequenceRule(over), siteOf()));
    for (const [now, values, out, wake] of moments) {
      const step = machine.at(now, ...values);
      expect([now, step.out, step.wake]).toEqual([now, out, wake]);
    }
  });

  it.each(TRACES)('%s, also with a restart after every moment', (_, over, moments) => {
    const machine = led(sequenceMachine(sequenceRule(over), siteOf()));
    for (const [now, values, out, wake] of moments) {
      const step = machine.at(now, ...values);
      expect([now, step.out, step.wake]).toEqual([now, out, wake]);
      expect(machine.restart()).toBe(true);
    }
  });

  it('gives the time that nobody looked', () => {
    const machine = led(sequenceMachine(sequenceRule(), siteOf()));
    machine.at(0, F, F, F);
    machine.at(1, T, F, F);
    machine.restart(10_000);
    expect(machine.at(12_000, F, F, F)).toMatchObject({ wake: 13_001 });
    expect(machine.at(13_001, F, F, F).out).toMatchObject({ detail: 'two' });
  });

  it('gives the same state while nothing happens', () => {
    const machine = led(sequenceMachine(sequenceRule(), siteOf()));
    machine.at(0, F, F, F);
    machine.at(1, T, F, F);
    const state = machine.state();
    machine.at(2, T, F, F);
    expect(machine.state()).toBe(state);
  });

  const machine = sequenceMachine(sequenceRule(), siteOf());
  const whole = { awaited: 1, due: 5000, isArmed: true, hung: null };
  it('takes what is its state', () => {
    expect(machine.restored(whole, 7)).toEqual({ ...whole, due: 5007 });
  });

  it.each([
    [null],
    [1],
    ['x'],
    [[1, 2]],
    [{}],
    [{ ...whole, more: 1 }],
    [{ ...whole, awaited: 3 }],
    [{ ...whole, awaited: -1 }],
    [{ ...whole, awaited: 0.5 }],
    [{ ...whole, awaited: '1' }],
    [{ ...whole, awaited: 0 }],
    [{ ...whole, due: null }],
    [{ ...whole, due: 1e300 }],
    [{ ...whole, isArmed: 1 }],
    [{ ...whole, hung: 'of another sequence' }],
    [{ ...whole, hung: 2 }],
  ])('begins anew with what is not its state: %j', (kept) => {
    expect(machine.restored(kept, 0)).toBeUndefined();
  });

  it('says what it awaits, and where it hung', () => {
    expect(machine.describe(machine.begin(), 0)).toBe(
      'awaits step "one", which must first be false',
    );
    expect(machine.describe({ ...whole, hung: 'three' }, 0)).toBe(
      'awaits step "two" until 5000; hung at step "three"',
    );
  });

  it('names its expressions as the YAML does', () => {
    const rule = sequenceRule({ abortWhen: expressionOf('abort') });
    const { expressions } = sequenceMachine(rule, siteOf());
    expect(expressions.map(([role]) => role)).toEqual([
      'steps[0].when',
      'steps[1].when',
      'steps[2].when',
      'abort_when',
    ]);
  });
});
