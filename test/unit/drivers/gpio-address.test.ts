import { describe, expect, it } from 'vitest';
import { offsetOf } from '../../../drivers/gpio/address.ts';
import { gpioOptions } from '../../../drivers/gpio/options.ts';
import { planPins } from '../../../drivers/gpio/plan.ts';
import { seconds } from '../../../gateway/model/units.ts';
import { pinAddressOf, tagOf } from '../../support/gpio-fixture.ts';

const issuesOf = (written: unknown): string[] => {
  const parsed = gpioOptions.addressSchema.parse(written);
  return parsed.ok ? [] : parsed.issues.map(({ path, code }) => `${path.join('.')} ${code}`);
};

describe('the address of a pin', () => {
  it('is what it does and the number or name of its line', () => {
    expect(pinAddressOf('in 17')).toMatchObject({ kind: 'in', line: 17 });
    expect(pinAddressOf('IN GPIO17')).toMatchObject({ kind: 'in', line: 'GPIO17' });
    expect(pinAddressOf(' count  27 ')).toMatchObject({ kind: 'count', line: 27 });
    expect(pinAddressOf('out PWR LED')).toMatchObject({ kind: 'out', line: 'PWR LED' });
  });

  it.each(['', '17', 'in', 'inn 17', 'in17', 'in 2000', `in ${'x'.repeat(65)}`])(
    'is not "%s"',
    (text) => {
      expect(issuesOf(text)).toHaveLength(1);
    },
  );

  it('knows what its value is', () => {
    const kinds = ['in 1', 'count 1', 'out 1'].map((text) =>
      gpioOptions.kindOf?.(pinAddressOf(text)),
    );
    expect(kinds).toEqual(['flag', 'number', 'flag']);
  });

  it('is found on the chip by number or name', () => {
    const chip = {
      name: '',
      label: '',
      lines: [
        { offset: 17, name: 'DOOR' },
        { offset: 18, name: undefined },
      ],
    };
    expect([17, 18, 19, 'DOOR', 'door'].map((line) => offsetOf(chip, line))).toEqual([
      17,
      18,
      undefined,
      17,
      undefined,
    ]);
  });
});

describe('the options of a pin', () => {
  it('have defaults that suit most contacts', () => {
    expect(pinAddressOf('in 17')).toEqual({
      kind: 'in',
      line: 17,
      isActiveLow: false,
      bias: 'none',
      debounce: 5,
    });
    expect(pinAddressOf('count 17')).toMatchObject({
      debounce: 5,
      meter: {
        pulse: { unscaled: 1n, decimals: 0 },
        start: { unscaled: 0n, decimals: 0 },
        edge: 'rising',
        leastGap: undefined,
      },
    });
    expect(pinAddressOf('out 17')).toMatchObject({
      rules: { atStart: 'off', atStop: 'off', atLoss: 'off', hold: undefined, minOn: 0, minOff: 0 },
    });
  });

  it('keep every digit of a reading, and the gap that a rate means', () => {
    const meter = { address: 'count 27', pulse: '0.001', start: '001234.560', max_rate: '5/s' };
    expect(pinAddressOf(meter)).toMatchObject({
      meter: {
        pulse: { unscaled: 1n, decimals: 3 },
        start: { unscaled: 1234560n, decimals: 3 },
        leastGap: 200,
      },
    });
  });

  it.each([
    [{ address: 'in 17', pulse: 2 }, 'pulse gpio.option-unfit'],
    [{ address: 'count 17', active: 'low' }, 'active gpio.option-unfit'],
    [{ address: 'out 17', debounce: '5ms' }, 'debounce gpio.option-unfit'],
    [{ address: 'count 17', start: 1234.5 }, 'start gpio.start-form'],
    [{ address: 'count 17', start: '12,5' }, 'start gpio.start-form'],
    [{ address: 'count 17', start: '-1' }, 'start gpio.start-form'],
    [{ address: 'count 17', pulse: 0 }, 'pulse config.not-decimal'],
    [{ address: 'count 17', max_rate: '5' }, 'max_rate config.not-rate'],
    [{ address: 'in 17', bias: 'high' }, 'bias config.not-one-of'],
    [{ address: 'out 17', at_loss: 'on' }, 'at_loss gpio.loss-without-hold'],
    [{ address: 'out 17', hold: '500ms' }, 'hold config.out-of-range'],
  ])('refuse %j', (written, issue) => {
    expect(issuesOf(written)).toEqual([issue]);
  });
});

it('pins of one scan class are looked at together', () => {
  const address = pinAddressOf('in 1');
  const tags = [1, 10, 1].map((scan, n) => ({
    tag: tagOf(`t${n}`, n),
    address,
    scan: seconds(scan),
  }));
  const groups = planPins(tags);
  expect(groups.map(({ label, scan }) => `${label} ${scan}`)).toEqual([
    'pins every 1s 1000',
    'pins every 10s 10000',
  ]);
  expect(groups.map((group) => group.tags.map(({ quantity }) => quantity))).toEqual([
    ['t0', 't2'],
    ['t1'],
  ]);
});
