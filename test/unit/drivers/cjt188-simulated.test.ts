/** The driver against the simulated meter, which shares no codec with it. */
import { describe, expect, test } from 'vitest';
import { type Meter188Setting, meter188 } from '../../../firmware-sim/cjt188-meter.ts';
import { millis, seconds } from '../../../gateway/model/units.ts';
import { METER, meterSession } from '../../support/cjt188-fixture.ts';

const signals = new Map(
  Object.entries({
    volume: 8765.43,
    heat: 1234.56,
    power: 12.3,
    flow: 0.125,
    supply_temperature: 55.5,
    return_temperature: 30.2,
    working_hours: 1234,
  }).map(([name, value]) => [
    name,
    { shape: 'constant' as const, min: value, max: value, period: seconds(60) },
  ]),
);

/** A session whose line has that meter at its other end. */
function wired(
  addresses: readonly string[],
  setting: Partial<Meter188Setting>,
  options: Readonly<Record<string, unknown>> = {},
) {
  const parts = meterSession(addresses, { type: (setting.type ?? 0x10).toString(16), ...options });
  const { clock, line } = parts;
  const meter = meter188({ name: 'm', address: METER, type: 0x10, signals, ...setting }, clock);
  let heard = 0;
  /** Lets the meter hear what was sent, until `done` settles. */
  const settled = async <T>(done: Promise<T>): Promise<T> => {
    let isOver = false;
    const watch = () => {
      isOver = true;
    };
    done.then(watch, watch);
    while (!isOver) {
      for (const sent of line.written.slice(heard)) {
        heard++;
        const request = sent.subarray(sent.indexOf(0x68));
        const answer = meter.hear(request, { now: clock.mono(), isEarly: false });
        if (answer?.reply) line.arrive(answer.reply);
      }
      await clock.advance(millis(100));
    }
    return done;
  };
  const values = async () => (await settled(parts.read())).samples.map(({ value }) => value);
  return { ...parts, meter, settled, values };
}

const HEAT = 0x20;

describe('a simulated meter is read', () => {
  test.each<[string, Partial<Meter188Setting>, Readonly<Record<string, unknown>>]>([
    ['of either order', {}, {}],
    ['that wants the low byte first', { diOrder: 'low-first' }, {}],
    ['that wants the high byte first', { diOrder: 'high-first' }, { di_order: 'high_first' }],
    ['that answers with a SER of its own', { ser: 'own' }, { ser: 'loose' }],
    ['that has its unit first', { isUnitFirst: true }, {}],
    ['with three decimals', { decimals: { volume: 3 } }, { decimals_volume: 3 }],
    ['with many FE', { preamble: 40 }, {}],
    ['that sleeps', { sleepsAfter: seconds(30) }, { tries: 2 }],
    [
      'that sleeps, and whose order is not known',
      { sleepsAfter: seconds(30), diOrder: 'low-first' },
      { tries: 3 },
    ],
  ])('%s', async (_, setting, options) => {
    const { values } = wired(['volume'], setting, options);
    expect(await values()).toEqual([8765.43]);
  });

  test.each<[string, Partial<Meter188Setting>, Readonly<Record<string, unknown>>]>([
    ['of 2004', {}, {}],
    ['of 2018', { layout: 2018 }, {}],
    ['of 2018 with its unit first', { layout: 2018, isUnitFirst: true }, {}],
    ['with its unit first', { isUnitFirst: true }, {}],
    ['with the current heat first', { isCurrentFirst: true }, { heat_order: 'current_first' }],
  ])('for heat %s', async (_, setting, options) => {
    const { values } = wired(
      [
        'heat',
        'volume',
        'power',
        'flow',
        'supply_temperature',
        'return_temperature',
        'working_hours',
      ],
      { type: HEAT, ...setting },
      options,
    );
    expect(await values()).toEqual([1234.56, 8765.43, 12.3, 0.125, 55.5, 30.2, 1234]);
  });

  test('in litres and gigajoules', async () => {
    const water = wired(['volume', 'volume unit'], { volumeUnit: 0x29 });
    expect(await water.values()).toEqual([8.76543, 'L']);
    const heat = wired(['heat', 'heat GJ'], { type: HEAT, heatUnit: 0x11 });
    expect(await heat.values()).toEqual([342933.333, 1234.56]);
  });

  test('with its history, its parameters and its address', async () => {
    expect(await wired(['history:3'], {}).values()).toEqual([8765.43]);
    expect(await wired(['settlement_day'], {}).values()).toEqual([1]);
    expect(await wired(['key_version'], {}).values()).toEqual([0]);
    expect(await wired(['meter_address'], {}).values()).toEqual([METER]);
    expect(await wired(['meter_address'], { repeatsAddress: true }).values()).toEqual([METER]);
  });
});

describe('a simulated meter is written', () => {
  test('and its valve is closed when it has travelled', async () => {
    const options = { allow: ['valve'], di_order: 'high_first' };
    const { settled, write, values, clock } = wired(
      ['valve'],
      { valveTravel: seconds(20) },
      options,
    );
    expect(await settled(write('closed'))).toMatchObject({ outcome: 'written' });
    await clock.advance(seconds(30));
    expect(await values()).toEqual(['closed']);
    expect(await settled(write('open'))).toMatchObject({ outcome: 'written' });
    await clock.advance(seconds(30));
    expect(await values()).toEqual(['open']);
  });

  test('and refuses what it does not have', async () => {
    const { settled, write } = wired(['valve'], {}, { allow: ['valve'] });
    expect(await settled(write('closed'))).toMatchObject({
      outcome: 'rejected',
      refusal: { code: 'cjt188.write-refused' },
    });
  });

  test('and shows the clock and the settlement day it was given', async () => {
    const clocked = wired(['clock'], {}, { allow: ['clock'], di_order: 'low_first' });
    expect(await clocked.settled(clocked.write('2027-03-04T05:06:07'))).toMatchObject({
      outcome: 'written',
    });
    expect((await clocked.values())[0]).toMatch(/^2027-03-04T05:06:0[789]$/);
    const day = wired(['settlement_day'], {}, { allow: ['write'] });
    expect(await day.settled(day.write(25))).toMatchObject({ outcome: 'written' });
    expect(await day.values()).toEqual([25]);
  });
});
