import { describe, expect, it } from 'vitest';
import { minutes } from '../../../../../gateway/model/units.ts';
import { type BalancePart, balanced } from '../../../../../rules/kinds/reading/balance.ts';
import {
  FINDING_KEYS,
  findingText,
  severityOf,
} from '../../../../../rules/kinds/reading/finding.ts';
import { registerUnit } from '../../../../../rules/kinds/reading/register-unit.ts';
import {
  groupSetup,
  House,
  local,
  meterSetup,
  number,
  registerRules,
  USUAL_BALANCE,
  waterSetup,
} from '../../../../support/reading-fixture.ts';

const flow = {
  leak: number('0.002'),
  leakAfter: minutes(24 * 60),
  burst: number('2'),
  burstAfter: minutes(30),
  nightTimes: 3,
};

/** Water read each half hour; what flows in the half hour that begins then, in litres. */
function water(litres: (time: number) => number, until: string, over = {}): House {
  const house = new House(
    groupSetup({ meters: [waterSetup({ flow, ...over })] }),
    local('2026-03-01 00:00'),
  );
  let total = 0;
  for (let at = house.now; at <= local(until); at += 1_800_000) {
    house.until(at);
    house.read('water', (total / 1000).toFixed(3));
    house.turn();
    total += litres(at);
  }
  return house;
}
const hourOf = (time: number) => new Date(time + 8 * 3_600_000).getUTCHours();
const on = (house: House, key: string) =>
  house.findings.filter((finding) => finding.key === key && finding.isActive);

describe('a leak', () => {
  it('is flow that never stands still for a day', () => {
    const house = water(() => 3, '2026-03-03 00:00');
    expect(on(house, 'leak')).toMatchObject([{ details: { hours: '24', rate: '0.006 m³/h' } }]);
    expect(on(house, 'leak')[0]?.at).toBe(local('2026-03-02 00:30'));
  });

  it('is none where the water stands for more than an hour each day, or flows slower than the limit', () => {
    expect(
      on(
        water((at) => (hourOf(at) < 2 ? 0 : 3), '2026-03-04 00:00'),
        'leak',
      ),
    ).toEqual([]);
    expect(
      on(
        water((at) => (at % 3_600_000 === 0 ? 1 : 0), '2026-03-04 00:00'),
        'leak',
      ),
    ).toEqual([]);
  });

  it('is over when the water stands', () => {
    const house = water((at) => (at < local('2026-03-02 12:00') ? 3 : 0), '2026-03-02 15:00');
    expect(house.told('water')).toEqual(['leak on', 'leak off']);
    expect(house.findings.at(-1)?.at).toBe(local('2026-03-02 13:30'));
  });

  it('of a register with a coarse last digit may stand as long as that digit takes', () => {
    const rules = registerRules({
      counts: registerUnit('m3', '1'),
      decimals: 2,
      maxRatePerHour: number('3.1'),
    });
    // Ten litres in three hours, and the register stands for three hours in between.
    const house = new House(
      groupSetup({ meters: [waterSetup({ flow, rules })] }),
      local('2026-03-01 00:00'),
    );
    for (let i = 0; i <= 30; i++) {
      house.until(local('2026-03-01 00:00') + i * 3_600_000);
      house.read('water', (Math.floor(i / 3) / 100).toFixed(2));
    }
    expect(on(house, 'leak')).toHaveLength(1);
  });

  it('is not proved by a pause without readings', () => {
    const house = water(() => 3, '2026-03-01 12:00');
    house.until(local('2026-03-02 12:00'));
    house.read('water', '0.400');
    expect(on(house, 'leak')).toEqual([]);
  });
});

describe('a burst', () => {
  it('is far too much for half an hour', () => {
    const house = water((at) => (hourOf(at) === 3 ? 1200 : 10), '2026-03-01 06:00');
    expect(house.told('water')).toEqual(['burst on', 'burst off']);
    expect(house.findings[0]).toMatchObject({
      at: local('2026-03-01 03:30'),
      details: { rate: '2.4 m³/h', minutes: '30' },
    });
  });
});

it('what a late reading shows of the time before a reset is no burst', () => {
  const house = new House(
    groupSetup({ meters: [waterSetup({ flow })] }),
    local('2026-03-01 00:00'),
  );
  const at = (time: string, value: string, kept?: string) => {
    house.until(local(`2026-03-01 ${time}`));
    house.read(
      'water',
      value,
      kept === undefined ? undefined : { time: local(`2026-03-01 ${kept}`) },
    );
  };
  at('00:00', '500.000');
  at('02:00', '0.010');
  at('02:10', '0.020');
  at('02:20', '503.000', '01:00');
  at('02:50', '0.030');
  expect(house.events.map(({ kind }) => kind)).toEqual(['reset', 'revealed']);
  expect(on(house, 'burst')).toEqual([]);
});

describe('a night', () => {
  const nights = (spoilt: string) => (at: number) => {
    const isSpoilt = at >= local(`${spoilt} 02:00`) && at < local(`${spoilt} 04:00`);
    return isSpoilt ? 20 : hourOf(at) < 6 ? (hourOf(at) === 3 ? 5 : 0) : 10;
  };
  it('with more than three times the median of those before is told, until one is as usual', () => {
    const house = water(nights('2026-03-10'), '2026-03-11 12:00');
    expect(house.told('water')).toEqual(['night_flow on', 'night_flow off']);
    expect(on(house, 'night_flow')[0]).toMatchObject({
      at: local('2026-03-10 04:00'),
      details: { amount: '0.08 m³', median: '0.01 m³' },
    });
  });

  it('with next to nothing is no night of too much, however little is usual', () => {
    const drops = (litres: number) => (at: number) => {
      const isDrop = at >= local('2026-03-10 02:00') && at < local('2026-03-10 02:30');
      return isDrop ? litres : hourOf(at) < 6 ? 0 : 10;
    };
    expect(on(water(drops(4), '2026-03-11 12:00'), 'night_flow')).toEqual([]);
    expect(on(water(drops(5), '2026-03-11 12:00'), 'night_flow')).toHaveLength(1);
  });

  it('is not judged before seven others are known', () => {
    expect(on(water(nights('2026-03-06'), '2026-03-07 12:00'), 'night_flow')).toEqual([]);
  });
});

describe('a register that stands', () => {
  it('is told after so many days, and moves again', () => {
    const stuckAfter = minutes(3 * 24 * 60);
    const house = water((at) => (at > local('2026-03-05 12:00') ? 5 : 0), '2026-03-06 00:00', {
      stuckAfter,
    });
    expect(house.told('water')).toEqual(['stuck on', 'stuck off']);
    expect(house.findings[0]).toMatchObject({ details: { value: '0.000 m³', days: '3' } });
  });
});

describe('what a meter says of itself', () => {
  const house = () => new House(groupSetup({ meters: [meterSetup()] }), local('2026-03-01 00:00'));
  it.each<[string, readonly Parameters<House['note']>[1][], readonly string[]]>([
    [
      'a low battery',
      [{ battery: true }, {}, { battery: false }],
      ['battery_low on', 'battery_low off'],
    ],
    [
      'a valve',
      [{ valve: 'open' }, { valve: 'abnormal' }, { valve: 'closed' }],
      ['valve_fault on', 'valve_fault off'],
    ],
    ['a cover, as a flag', [{ cover: true }, { cover: false }], ['tamper on', 'tamper off']],
    [
      'a cover, as a count that rises',
      [{ cover: 3 }, { cover: 3 }, { cover: 4 }, { cover: 4 }],
      ['tamper on', 'tamper off'],
    ],
    ['a magnet', [{ magnetic: true }], ['magnetic on']],
    ['an empty pipe', [{ noWater: true }], ['no_water on']],
    [
      'a clock',
      [{ clockOff: 300_000 }, { clockOff: -301_000 }, { clockOff: 0 }],
      ['clock_off on', 'clock_off off'],
    ],
    [
      'backward flow, as a flag',
      [{ reverse: true }, { reverse: false }],
      ['reverse on', 'reverse off'],
    ],
    [
      'backward flow, as a register',
      [
        { reverseTotal: number('5') },
        { reverseTotal: number('5.01') },
        { reverseTotal: number('5.01') },
      ],
      ['reverse on', 'reverse off'],
    ],
    [
      'a return hotter than the supply',
      [
        { supply: 40, return: 41, flow: 1 },
        { supply: 40, return: 41, flow: 0 },
      ],
      ['reverse on', 'reverse off'],
    ],
    [
      'tariffs that do not add up',
      [
        { total: number('100.00'), tariffs: [number('50.00'), number('49.96')] },
        { total: number('100.00'), tariffs: [number('50.00'), number('49.95')] },
        { total: number('100.00'), tariffs: [number('50.00'), number('50.00')] },
      ],
      ['tariff_sum on', 'tariff_sum off'],
    ],
  ])('%s', (_, facts, told) => {
    const one = house();
    for (const fact of facts) one.note('electricity', fact);
    expect(one.told('electricity')).toEqual(told);
  });

  it('too small a difference of temperatures is told after an hour with flow', () => {
    const one = house();
    const at = (minute: number, supply: number, flowing = 0.2) => {
      one.now = local('2026-03-01 00:00') + minute * 60_000;
      one.note('electricity', { supply, return: 40, flow: flowing });
    };
    at(0, 44.99);
    at(59, 44);
    expect(one.told('electricity')).toEqual([]);
    at(60, 44);
    at(70, 44, 0);
    expect(one.told('electricity')).toEqual(['low_delta_t on', 'low_delta_t off']);
    expect(one.findings[0]?.details).toEqual({ difference: '4 K', minutes: '60' });
  });

  it('goes into the record', () => {
    const one = house();
    one.note('electricity', { battery: true, valve: 'open', clockOff: 61_000 });
    one.read('electricity', '5.00');
    one.until(local('2026-03-02 00:05'));
    expect(one.record('2026-03-01')?.items[0]).toMatchObject({
      status: { battery: true, valve: 'open' },
      meter_clock_off_s: 61,
    });
  });

  it('backward flow of the register itself is told, until it flows forward again', () => {
    const one = house();
    for (const [minute, value] of [
      [0, '100.00'],
      [15, '99.90'],
      [30, '99.90'],
      [45, '99.95'],
    ] as const) {
      one.now = local('2026-03-01 00:00') + minute * 60_000;
      one.read('electricity', value);
    }
    expect(one.told('electricity')).toEqual(['reverse on', 'reverse off']);
  });

  it('a freeze of a meter whose clock is wrong is uncertain', () => {
    const one = new House(
      groupSetup({ meters: [meterSetup({ freezeDays: 2 })] }),
      local('2026-03-01 12:00'),
    );
    one.note('electricity', { clockOff: 400_000 });
    one.until(local('2026-03-02 00:00'));
    one.read('electricity', '5.00', { time: local('2026-03-02 00:00') });
    one.until(local('2026-03-02 00:02'));
    expect(one.item('2026-03-01', 'electricity')).toMatchObject({
      source: 'frozen',
      quality: 'uncertain',
    });
  });
});

describe('a balance', () => {
  const part = (
    meter: string,
    delta: string | null,
    over: Partial<BalancePart> = {},
  ): BalancePart => ({
    meter,
    delta: delta === null ? null : number(delta),
    unit: 'kWh',
    condition: null,
    quality: 'good',
    ...over,
  });
  it.each([
    [
      'a loss at the limit is none',
      '100',
      ['95'],
      { loss: '5', share_percent: '5.00', is_sure: true },
      false,
      false,
    ],
    ['beyond it', '100', ['94.99'], { loss: '5.01', share_percent: '5.01' }, true, false],
    [
      'the limit is looked at exactly, not as it is shown',
      '30000',
      ['28499.99'],
      { share_percent: '5.00' },
      true,
      false,
    ],
    [
      'sub-meters may have a little more',
      '100',
      ['60', '42'],
      { loss: '-2', share_percent: '-2.00' },
      false,
      false,
    ],
    ['but no more than that', '100', ['60', '42.01'], { loss: '-2.01' }, false, true],
    [
      'a main meter without flow has no share',
      '0',
      ['0'],
      { loss: '0', share_percent: null },
      false,
      false,
    ],
    [
      'anything behind it is too much',
      '0',
      ['0.01'],
      { loss: '-0.01', share_percent: null },
      false,
      true,
    ],
  ] as const)('%s', (_, main, subs, expected, isLoss, isSurplus) => {
    const verdict = balanced(
      part('main', main),
      subs.map((delta, i) => part(`s${i}`, delta)),
      USUAL_BALANCE,
    );
    expect(verdict.balance).toMatchObject(expected);
    expect([verdict.isLoss, verdict.isSurplus]).toEqual([isLoss, isSurplus]);
  });

  it('says which parts it cannot be sure of, and does not compare without one', () => {
    const unsure = balanced(
      part('main', '100'),
      [part('a', '50', { quality: 'uncertain' }), part('b', '20')],
      USUAL_BALANCE,
    );
    expect(unsure).toMatchObject({
      balance: { loss: '30', is_sure: false, uncertain: ['a'] },
      isLoss: true,
    });
    const lacking = balanced(
      part('main', '100'),
      [part('a', '50'), part('b', null, { quality: 'bad' })],
      USUAL_BALANCE,
    );
    expect(lacking).toMatchObject({ balance: { loss: null, subs: null, missing: ['b'] } });
    expect(lacking.isLoss).toBeUndefined();
  });

  it('does not add gas at working to gas at standard conditions, nor kWh to m³', () => {
    const gas = { unit: 'm³', condition: 'working' };
    const mixed = balanced(
      part('main', '9', gas),
      [part('a', '8', { ...gas, condition: 'standard' })],
      USUAL_BALANCE,
    );
    expect(mixed.balance).toMatchObject({ loss: null, unfit: ['a'] });
    const other = balanced(part('main', '9'), [part('a', '8', { unit: 'm³' })], USUAL_BALANCE);
    expect(other.balance).toMatchObject({ loss: null, unfit: ['a'] });
  });
});

describe('the words', () => {
  it.each(FINDING_KEYS)(
    '%s has a severity and words in both languages, all of them filled',
    (key) => {
      const details = {
        count: '3',
        value: 'V',
        base: 'B',
        sum: 'S',
        total: 'T',
        hours: '24',
        rate: 'R',
        amount: 'A',
      };
      const more = {
        median: 'M',
        minutes: '30',
        sign: 'X',
        days: '5',
        off: 'O',
        difference: 'D',
        period: 'P',
        why: 'W',
      };
      const last = { loss: 'L', main: 'N', share: 'H', doubt: '' };
      const finding = {
        key,
        meter: 'wm',
        isActive: true,
        details: { ...details, ...more, ...last },
      };
      expect(severityOf(key)).toBeGreaterThan(0);
      for (const language of ['en', 'zh'] as const) {
        const text = findingText(finding, language);
        expect(text).toContain('wm');
        expect(text).not.toMatch(/[{}]|undefined/);
      }
    },
  );
});
