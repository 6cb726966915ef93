import { describe, expect, it } from 'vitest';
import { seconds } from '../../../../gateway/model/units.ts';
import type { Maybe } from '../../../../rules/expression.ts';
import { loopMachine } from '../../../../rules/kinds/loop.ts';
import type { LoopRule, PiControl } from '../../../../rules/rule.ts';
import { expressionOf, led, loopRule, pi, siteOf } from '../../../support/kind-fixture.ts';

const U = undefined;
const enabledWhen = expressionOf('enabled');
const fallback = { value: 5, after: seconds(60) };

type Moment = readonly [now: number, values: readonly Maybe[], write?: Maybe, wake?: number];
interface Options {
  readonly output?: Maybe;
  readonly control?: Partial<PiControl>;
  readonly rule?: Partial<LoopRule>;
}

/** Gain 2, integral time 100 s, every 10 s, limits 0 and 100: an error of 1 is 2 at once and 0.2 more each time. */
const TRACES: readonly (readonly [string, Options, readonly Moment[]])[] = [
  [
    'begins with the output as it is, and goes on from there',
    { output: 40 },
    [
      [0, [19, 20], U, 10_000],
      [10_000, [19, 20], 40.2, 20_000],
      [20_000, [19, 20], 40.4, 30_000],
      [30_000, [18, 20], 42.8, 40_000],
      [40_000, [20, 20], 38.8, 50_000],
      [50_000, [20, 20], U, 60_000],
    ],
  ],
  [
    'cools the other way round',
    { output: 40, control: { action: 'cool' } },
    [
      [0, [21, 20], U, 10_000],
      [10_000, [21, 20], 40.2, 20_000],
      [20_000, [19, 20], 36, 30_000],
    ],
  ],
  [
    'looks at the input between its times without acting',
    { output: 40 },
    [
      [0, [19, 20], U, 10_000],
      [3000, [10, 20], U, 10_000],
      [10_000, [19, 20], 40.2, 20_000],
    ],
  ],
  [
    'waits one interval for an output that is not known, then begins at the lower limit',
    { control: { min: 10 } },
    [
      [500, [19, 20], U, 10_500],
      [600, [19, 20], U, 10_500],
      [10_500, [19, 20], 10, 20_500],
      [20_500, [19, 20], 10.2, 30_500],
    ],
  ],
  [
    'brings an output beyond its limits back to them',
    { output: 250 },
    [
      [0, [19, 20], 100, 10_000],
      [10_000, [19, 20], U, 20_000],
    ],
  ],
  [
    'leaves a limit at once when the input turns, however long it stood there',
    { output: 100 },
    [
      [0, [10, 20], U, 10_000],
      [10_000, [10, 20], U, 20_000],
      [20_000, [10, 20], U, 30_000],
      [30_000, [11, 20], 99.8, 40_000],
    ],
  ],
  [
    'does not write changes smaller than the deadband, and adds them up',
    { output: 40, control: { outputDeadband: 0.5 } },
    [
      [0, [19, 20], U, 10_000],
      [10_000, [19, 20], U, 20_000],
      [20_000, [19, 20], U, 30_000],
      [30_000, [19, 20], 40.6, 40_000],
    ],
  ],
  [
    'reaches its limits whatever the deadband',
    { output: 0.25, control: { outputDeadband: 5 } },
    [
      [0, [20, 20], U, 10_000],
      [10_000, [21, 20], 0, 20_000],
    ],
  ],
  [
    'makes up for three intervals at most when it was late',
    { output: 40 },
    [
      [0, [19, 20], U, 10_000],
      [3_600_000, [19, 20], 40.6, 3_610_000],
    ],
  ],
  [
    'keeps its pace when it was a little late',
    { output: 40 },
    [
      [0, [20, 20], U, 10_000],
      [10_400, [20, 20], U, 20_000],
    ],
  ],
  [
    'keeps the output while it is not enabled and takes it over afterwards',
    { output: 40, rule: { enabledWhen } },
    [
      [0, [19, 20, true], U, 10_000],
      [5000, [10, 20, false]],
      [900_000, [10, 20, false]],
      [900_001, [10, 20, U]],
      [900_002, [10, 20, true], U, 910_002],
      [910_002, [10, 20, true], 42, 920_002],
    ],
  ],
  [
    'stays as it is without values, and calculates as soon as they are back',
    { output: 40 },
    [
      [0, [19, 20], U, 10_000],
      [9000, [U, 20]],
      [10_000, [U, 20]],
      [12_000, [19, 20], 40.24, 20_000],
    ],
  ],
  [
    'goes on from the output after a pause longer than three intervals',
    { output: 40 },
    [
      [0, [19, 20], U, 10_000],
      [9000, [U, 20]],
      [39_000, [10, 20], U, 49_000],
      [49_000, [10, 20], 42, 59_000],
    ],
  ],
  [
    'writes the fallback once after its time and goes on from there',
    { rule: { fallback, enabledWhen } },
    [
      [0, [19, 20, true], U, 10_000],
      [10_000, [19, 20, true], 0, 20_000],
      [12_000, [U, 20, true], U, 72_000],
      [30_000, [19, 20, U], U, 72_000],
      [72_000, [19, U, true], 5],
      [80_000, [U, U, true]],
      [81_000, [18, 20, true], U, 91_000],
      [91_000, [18, 20, true], 5.4, 101_000],
    ],
  ],
  [
    'has a fallback also where it never had values',
    { output: 40, rule: { fallback } },
    [
      [0, [U, 20], U, 60_000],
      [60_000, [U, 20], 5],
    ],
  ],
];

const machineOf = ({ output, control, rule }: Options = {}) =>
  loopMachine(loopRule({ control: pi(control), ...rule }), siteOf(output));

const close = (value: Maybe) => (typeof value === 'number' ? Math.round(value * 1e9) / 1e9 : value);

describe('a proportional-integral loop', () => {
  it.each(TRACES)('%s', (_, options, moments) => {
    const machine = led(machineOf(options));
    for (const [now, values, write, wake] of moments) {
      const step = machine.at(now, ...values);
      expect([now, close(step.out?.write), step.wake]).toEqual([now, write, wake]);
    }
  });

  it('takes over what somebody set while it was not enabled', () => {
    const site = siteOf(40);
    const machine = led(loopMachine(loopRule({ control: pi(), enabledWhen }), site));
    machine.at(0, 19, 20, true);
    machine.at(1, 19, 20, false);
    site.output = 70;
    expect(machine.at(2, 15, 20, true).out).toEqual({ write: 70 });
    expect(close(machine.at(10_002, 15, 20, true).out?.write)).toBe(71);
  });

  it('stays calm whatever a meter says', () => {
    for (const gain of [0, 1, 1e10]) {
      const machine = led(machineOf({ output: 40, control: { gain } }));
      machine.at(0, 20, 20);
      expect(machine.at(10_000, -1e308, 1e308).out?.write ?? 40).toBe(gain === 0 ? 40 : 100);
      machine.at(20_000, 1e308, -1e308);
      machine.at(30_000, 20, 20);
      expect(machine.state()).toMatchObject({ out: gain === 0 ? 40 : expect.any(Number) });
      expect(machine.restart()).toBe(true);
    }
  });

  it('gives the same bits for the same moments', () => {
    const run = () => {
      const machine = led(machineOf({ output: 33.3 }));
      const writes: Maybe[] = [];
      for (let i = 0; i < 1000; i++)
        writes.push(machine.at(i * 10_000, 19 + ((i * 7919) % 100) / 37, 20.1).out?.write);
      return writes;
    };
    expect(run()).toEqual(run());
  });

  it('brings a room to its setpoint and keeps it there', () => {
    const machine = led(machineOf({ output: 0, control: { gain: 5, integralTime: seconds(600) } }));
    let room = 10;
    let heat = 0;
    for (let now = 0; now < 8 * 3_600_000; now += 10_000) {
      const write = machine.at(now, room, 20).out?.write;
      if (typeof write === 'number') heat = write;
      room += (10 / 3600) * ((heat / 100) * 30 - (room - 5));
      expect(room).toBeLessThan(23);
    }
    expect(Math.abs(room - 20)).toBeLessThan(0.01);
  });

  it('moves what is pending by the time that nobody looked', () => {
    const machine = led(machineOf({ output: 40 }));
    machine.at(0, 19, 20);
    machine.restart(100_000);
    expect(machine.at(105_000, 19, 20).wake).toBe(110_000);
    expect(close(machine.at(110_000, 19, 20).out?.write)).toBe(40.2);
  });

  const whole = { phase: 'acting', out: 1, integral: 2, at: 3, due: 4, blind: null };
  it('takes what is its state', () => {
    expect(machineOf().restored(whole, 7)).toEqual({ ...whole, at: 10, due: 11 });
  });

  it.each([
    [null],
    ['acting'],
    [{}],
    [{ ...whole, more: 1 }],
    [{ ...whole, phase: 'running' }],
    [{ ...whole, phase: 'idle' }],
    [{ ...whole, phase: 'fallback' }],
    [{ ...whole, phase: 'idle', due: null, blind: 1 }],
    [{ ...whole, out: null }],
    [{ ...whole, out: '1' }],
    [{ ...whole, integral: null }],
    [{ ...whole, integral: [] }],
    [{ ...whole, at: null }],
    [{ ...whole, due: null }],
    [{ ...whole, due: 1e300 }],
    [{ ...whole, blind: false }],
    [{ isOn: true, isKnown: true, since: 5, isEnabled: true, blind: null }],
  ])('begins anew with what is not its state: %j', (kept) => {
    expect(machineOf().restored(kept, 0)).toBeUndefined();
  });

  it('says how it is', () => {
    const machine = machineOf();
    expect(machine.describe(machine.begin(), 0)).toBe('idle, output not known yet, integral 0');
    const kept = machine.restored({ ...whole, blind: 9 }, 0) ?? machine.begin();
    expect(machine.describe(kept, 0)).toBe(
      'acting until 4, output 1, integral 2, without values since 9',
    );
  });
});
