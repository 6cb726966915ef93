import { describe, expect, it } from 'vitest';
import { millis, seconds } from '../../../../gateway/model/units.ts';
import type { Maybe } from '../../../../rules/expression.ts';
import { loopMachine } from '../../../../rules/kinds/loop.ts';
import type { LoopRule, OnOffControl } from '../../../../rules/rule.ts';
import { expressionOf, led, loopRule, onOff, siteOf } from '../../../support/kind-fixture.ts';

const U = undefined;
const enabledWhen = expressionOf('enabled');
const fallback = { value: false, after: seconds(60) };
const guarded = { minOn: seconds(180), minOff: seconds(120) };

type Moment = readonly [now: number, values: readonly Maybe[], write?: Maybe, wake?: number];
interface Options {
  readonly output?: Maybe;
  readonly control?: Partial<OnOffControl>;
  readonly rule?: Partial<LoopRule>;
}

/** The setpoint is 20 and the band 2: on below 19, off above 21. */
const TRACES: readonly (readonly [string, Options, readonly Moment[]])[] = [
  [
    'switches outside of its band and writes changes alone',
    { output: false },
    [
      [0, [19, 20]],
      [1, [18.9, 20], true],
      [2, [18, 20]],
      [3, [21, 20]],
      [4, [21.1, 20], false],
      [5, [25, 20]],
      [6, [19, 20]],
    ],
  ],
  [
    'cools above the setpoint',
    { output: false, control: { action: 'cool' } },
    [
      [0, [21, 20]],
      [1, [21.1, 20], true],
      [2, [19, 20]],
      [3, [18.9, 20], false],
    ],
  ],
  [
    'begins with the output as it is',
    { output: true },
    [
      [0, [20, 20]],
      [1, [18, 20]],
      [2, [22, 20], false],
    ],
  ],
  ['reads 1 as on', { output: 1 }, [[0, [18, 20]]]],
  [
    'writes what it wants where the output is not known, and waits inside of the band',
    {},
    [
      [0, [20, 20]],
      [1, [22, 20], false],
      [2, [22, 20]],
      [3, [18, 20], true],
    ],
  ],
  [
    'takes an unknown output for off since the beginning',
    { control: guarded },
    [
      [0, [18, 20], U, 120_000],
      [120_000, [18, 20], true],
    ],
  ],
  [
    'holds the output until its time is over, and then looks at the input anew',
    { output: false, control: guarded },
    [
      [0, [20, 20]],
      [1000, [18, 20], U, 120_000],
      [2000, [20, 20]],
      [3000, [18, 20], U, 120_000],
      [120_000, [18, 20], true],
      [121_000, [22, 20], U, 300_000],
      [300_000, [20, 20]],
      [301_000, [22, 20], false],
      [302_000, [18, 20], U, 421_000],
    ],
  ],
  [
    'is off once while it is not enabled, and may then be on again',
    { output: true, rule: { enabledWhen } },
    [
      [0, [20, 20, true]],
      [1, [20, 20, false], false],
      [2, [18, 20, false]],
      [3, [18, 20, true], true],
    ],
  ],
  [
    'is on for its time also when it is no longer enabled',
    { output: true, control: guarded, rule: { enabledWhen } },
    [
      [0, [20, 20, true]],
      [1, [20, 20, false], U, 180_000],
      [180_000, [20, 20, false], false],
    ],
  ],
  [
    'does nothing before it knows whether it is enabled, and stays disabled where that is lost',
    { output: true, rule: { enabledWhen, fallback: { ...fallback, value: true } } },
    [
      [0, [22, 20, U]],
      [1, [22, 20, false], false],
      [2, [18, 20, U]],
      [999_999, [18, 20, U]],
      [1_000_000, [18, 20, true], true],
    ],
  ],
  [
    'stays as it is without values, without a fallback for ever',
    { output: true },
    [
      [0, [20, 20]],
      [1, [U, 20]],
      [1e9, [U, 20]],
      [1e9 + 1, [22, 20], false],
    ],
  ],
  [
    'writes the fallback once after its time, and resumes',
    { output: true, rule: { fallback } },
    [
      [0, [20, 20]],
      [1000, [U, 20], U, 61_000],
      [2000, [20, U], U, 61_000],
      [61_000, [U, U], false],
      [62_000, [U, U]],
      [63_000, [18, 20], true],
    ],
  ],
  [
    'counts the time of the fallback anew when the values were back',
    { output: true, rule: { fallback } },
    [
      [0, [U, 20], U, 60_000],
      [59_999, [20, 20]],
      [60_000, [U, 20], U, 120_000],
    ],
  ],
  [
    'takes unknown whether it is enabled, text and truth for no values',
    { output: true, rule: { fallback, enabledWhen } },
    [
      [0, [20, 20, true]],
      [1000, [18, 20, U], U, 61_000],
      [2000, ['18', 20, true], U, 61_000],
      [3000, [true, 20, true], U, 61_000],
      [61_000, [18, 20, U], false],
    ],
  ],
  [
    'holds its output for its time before the fallback too',
    { output: false, control: guarded, rule: { fallback: { value: true, after: millis(0) } } },
    [
      [0, [U, 20], U, 120_000],
      [120_000, [U, 20], true],
    ],
  ],
];

const machineOf = ({ output, control, rule }: Options) =>
  loopMachine(loopRule({ control: onOff(control), ...rule }), siteOf(output));

describe('a loop that switches', () => {
  it.each(TRACES)('%s', (_, options, moments) => {
    const machine = led(machineOf(options));
    for (const [now, values, write, wake] of moments) {
      const step = machine.at(now, ...values);
      expect([now, step.out, step.wake]).toEqual([now, write === U ? U : { write }, wake]);
    }
  });

  it('takes over an output that becomes known before it wrote', () => {
    const site = siteOf();
    const machine = led(loopMachine(loopRule(), site));
    expect(machine.at(0, 20, 20).out).toBeUndefined();
    site.output = true;
    expect(machine.at(1, 18, 20).out).toBeUndefined();
    expect(machine.at(2, 22, 20).out).toEqual({ write: false });
  });

  it('gives the same state while nothing happens', () => {
    const machine = led(machineOf({ output: true }));
    machine.at(0, 20, 20);
    const state = machine.state();
    machine.at(1, 20.5, 20);
    expect(machine.state()).toBe(state);
  });

  it('moves what is pending by the time that nobody looked', () => {
    const machine = led(machineOf({ output: false, control: guarded, rule: { fallback } }));
    machine.at(0, 18, 20);
    machine.restart(1000);
    expect(machine.at(1001, 18, 20).wake).toBe(121_000);
    machine.at(2000, U, 20);
    machine.restart(500);
    expect(machine.at(2500, U, 20).wake).toBe(62_500);
  });

  const whole = { isOn: true, isKnown: true, since: 5, isEnabled: true, blind: null };
  it('takes what is its state', () => {
    expect(machineOf({}).restored(whole, 7)).toEqual({ ...whole, since: 12 });
  });

  it.each([
    [null],
    [1],
    [[]],
    [{}],
    [{ ...whole, more: 1 }],
    [{ ...whole, isOn: 1 }],
    [{ ...whole, isKnown: false }],
    [{ ...whole, isEnabled: 'yes' }],
    [{ ...whole, isEnabled: false, blind: 5 }],
    [{ ...whole, since: '5' }],
    [{ ...whole, since: 1e300 }],
    [{ ...whole, blind: true }],
    [{ phase: 'acting', out: 1, integral: 1, at: 1, due: 1, blind: null }],
  ])('begins anew with what is not its state: %j', (kept) => {
    expect(machineOf({}).restored(kept, 0)).toBeUndefined();
  });

  it('says how it is', () => {
    const machine = machineOf({});
    expect(machine.describe(machine.begin(), 0)).toBe('not enabled, output not known yet');
    expect(machine.describe({ ...whole, blind: 9 }, 0)).toBe('on since 5, without values since 9');
  });
});
