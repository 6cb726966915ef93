import { describe, expect, it } from 'vitest';
import { minutes } from '../../../../../gateway/model/units.ts';
import { registerUnit } from '../../../../../rules/kinds/reading/register-unit.ts';
import {
  every,
  groupSetup,
  House,
  local,
  meterSetup,
  number,
  QUARTER,
  registerRules,
  USUAL_BALANCE,
  waterSetup,
} from '../../../../support/reading-fixture.ts';

const day = '2026-03-01';
const setup = groupSetup();
const atNoon = () => new House(setup, local('2026-02-28 12:00'));

/** Both meters read each quarter of an hour, 20 s and 40 s behind it. */
function quarters(house: House, from: string, to: string, skip: readonly string[] = []): void {
  for (const at of every(QUARTER, from, to)) {
    const hours = (at - local('2026-02-28 12:00')) / 3_600_000;
    for (const [name, offset, per] of [
      ['electricity', 20_000, 0.4],
      ['water', 40_000, 0.02],
    ] as const) {
      if (skip.includes(name)) continue;
      house.until(at + offset);
      house.read(name, (100 + hours * per).toFixed(name === 'water' ? 3 : 2));
    }
  }
}

describe('a day', () => {
  it('is one record with a reading of each meter, made when the window is over', () => {
    const house = atNoon();
    quarters(house, '2026-02-28 12:00', '2026-03-02 00:00');
    house.until(local('2026-03-02 00:02'));
    const record = house.record(day);
    expect(record).toMatchObject({
      id: 'flat-1203/2026-03-01#1',
      kind: 'day',
      version: 1,
      supersedes: null,
      period_start: '2026-02-28T16:00:00.000Z',
      period_end: '2026-03-01T16:00:00.000Z',
      period_end_local: '2026-03-02T00:00+08:00',
      made_at: '2026-03-01T16:01:00.000Z',
      open_until: null,
      n_valid: 2,
      n_aligned: 2,
      n_expected: 2,
      missing: [],
      spread_s: 20,
    });
    expect(record?.items[0]).toMatchObject({
      meter: 'electricity',
      source: 'read',
      quality: 'good',
      raw: '114.40',
      raw_unit: 'kWh',
      value: '114.40',
      skew_s: 20,
      delta: '9.60',
      delta_quality: 'good',
      why: null,
    });
    expect(house.item(day, 'water')).toMatchObject({ value: '100.720', unit: 'm³', skew_s: 40 });
  });

  it('begins with what the day before ended with', () => {
    const house = atNoon();
    quarters(house, '2026-02-28 12:00', '2026-03-03 00:00');
    house.until(local('2026-03-03 00:02'));
    const [first, second] = [
      house.item('2026-03-01', 'electricity'),
      house.item('2026-03-02', 'electricity'),
    ];
    expect(Number(second?.value) - Number(first?.value)).toBeCloseTo(9.6, 9);
    expect(second?.delta).toBe('9.60');
    expect(house.item('2026-02-28', 'electricity')).toMatchObject({
      delta: null,
      delta_quality: 'bad',
    });
  });

  it('says late, and when, where a reading came behind the window', () => {
    const house = atNoon();
    quarters(house, '2026-02-28 12:00', '2026-03-01 23:45');
    house.until(local('2026-03-02 00:07'));
    house.read('electricity', '114.50');
    house.turn();
    expect(house.item(day, 'electricity')).toMatchObject({
      source: 'late',
      quality: 'uncertain',
      raw: '114.50',
      skew_s: 420,
      delta_quality: 'uncertain',
    });
    expect(house.record(day)).toMatchObject({ version: 2, supersedes: 'flat-1203/2026-03-01#1' });
  });

  it('says interpolated where a meter was read before and long after', () => {
    const house = atNoon();
    quarters(house, '2026-02-28 12:00', '2026-03-01 23:00');
    house.until(local('2026-03-02 01:00:40'));
    house.read('water', '100.740');
    house.turn();
    expect(house.item(day, 'water')).toMatchObject({
      source: 'estimated',
      method: 'interpolated',
      quality: 'uncertain',
      raw: null,
      value: '100.720',
      sample_time: null,
      span_s: 7200,
    });
    expect(house.record(day)).toMatchObject({ n_valid: 0, missing: ['electricity', 'water'] });
  });

  it('says missing until the morning, and guesses from days like it then', () => {
    const house = atNoon();
    quarters(house, '2026-02-28 12:00', '2026-03-09 12:00');
    quarters(house, '2026-03-09 12:15', '2026-03-10 07:00', ['water']);
    expect(house.records.filter(({ key }) => key === '2026-03-09')).toHaveLength(2);
    const [early, later] = house.records.filter(({ key }) => key === '2026-03-09');
    const water = (record: typeof early) => record?.items.find(({ meter }) => meter === 'water');
    expect(water(early)).toMatchObject({
      source: 'missing',
      quality: 'bad',
      value: null,
      delta: null,
    });
    expect(water(later)).toMatchObject({
      source: 'estimated',
      method: 'daily_mean',
      value: '104.560',
      delta: '0.480',
      delta_quality: 'uncertain',
      why: 'not_read',
    });
    expect(later?.made_at).toBe('2026-03-09T22:00:00.000Z');
  });

  it('guesses nothing from days that were not read at both ends', () => {
    const house = atNoon();
    house.until(local('2026-03-01 00:00'));
    house.read('water', '100.000');
    house.until(local('2026-03-02 00:10'));
    house.read('water', '101.000');
    house.until(local('2026-03-03 12:00'));
    expect(house.item('2026-03-01', 'water')).toMatchObject({ source: 'late', delta: '1.000' });
    expect(house.item('2026-03-02', 'water')).toMatchObject({ source: 'missing' });
  });

  it('takes what the meter froze rather than what was read, and says when it was frozen', () => {
    const frozen = groupSetup({ meters: [meterSetup({ freezeDays: 3 }), waterSetup()] });
    const house = new House(frozen, local('2026-02-28 12:00'));
    quarters(house, '2026-02-28 12:00', '2026-03-02 00:00');
    house.until(local('2026-03-02 00:30'));
    house.read('electricity', '114.39', { time: local('2026-03-02 00:00') });
    house.turn();
    expect(house.item(day, 'electricity')).toMatchObject({
      source: 'frozen',
      value: '114.39',
      skew_s: 0,
      quality: 'good',
    });
    expect(house.record(day)).toMatchObject({ version: 2, open_until: null, spread_s: 40 });
  });

  it('is never made anew without anything better', () => {
    const house = atNoon();
    quarters(house, '2026-02-28 12:00', '2026-03-02 03:00');
    const made = house.records.length;
    for (let i = 0; i < 20; i++) house.turn();
    expect(house.records).toHaveLength(made);
    expect(house.records.filter(({ key }) => key === day)).toHaveLength(1);
  });
});

describe('a meter that is missed', () => {
  const asksOf = (house: House, name: string, key: string) =>
    house.asks
      .filter((ask) => ask.meter === name && ask.key === key)
      .map(({ at }) => new Date(at + 8 * 3_600_000).toISOString().slice(11, 19));

  it('is asked at the end of the period, three times at once, each half hour to six, then each hour', () => {
    const house = atNoon();
    house.answer = ({ meter }) => house.fail(meter, 'no_answer');
    house.until(local('2026-03-02 08:30'));
    const asks = asksOf(house, 'electricity', day);
    expect(asks.slice(0, 6)).toEqual([
      '00:00:00',
      '00:00:10',
      '00:00:20',
      '00:00:30',
      '00:30:00',
      '01:00:00',
    ]);
    expect(asks.slice(-4)).toEqual(['05:30:00', '06:00:00', '07:00:00', '08:00:00']);
    expect(house.item(day, 'electricity')).toMatchObject({ source: 'missing', why: 'no_answer' });
  });

  it('is not asked any more when it was read, or when its record is closed', () => {
    const house = atNoon();
    house.answer = ({ meter }) => house.fail(meter, 'no_answer');
    house.until(local('2026-03-02 01:10'));
    house.read('electricity', '100.00');
    const before = house.asks.filter(({ meter }) => meter === 'water').length;
    house.answer = undefined;
    house.until(local('2026-03-02 02:40'));
    expect(asksOf(house, 'electricity', day).at(-1)).toBe('02:30:00');
    expect(house.asks.filter(({ meter }) => meter === 'water').length).toBe(before + 3);
    house.until(local('2026-03-06 00:00'));
    const closed = house.asks.filter(
      ({ key, at }) => key === day && at > local('2026-03-03 12:00'),
    );
    expect(closed).toEqual([]);
    expect(house.book.open.some(({ period }) => period.key === day)).toBe(false);
  });

  it('is told in the morning, and told to be read again', () => {
    const house = atNoon();
    quarters(house, '2026-02-28 12:00', '2026-03-02 06:00', ['water']);
    expect(house.told('water')).toEqual(['unread on']);
    quarters(house, '2026-03-02 06:15', '2026-03-03 00:15');
    expect(house.told('water')).toEqual(['unread on', 'unread off']);
    expect(house.told('electricity')).toEqual([]);
  });

  it('gives the days it kept when it is back, the oldest first, and each record is put right', () => {
    const frozen = groupSetup({ meters: [meterSetup({ freezeDays: 62 })] });
    const house = new House(frozen, local('2026-02-28 12:00'));
    const kept = (time: number) =>
      (100 + (time - local('2026-02-28 12:00')) / 9_000_000).toFixed(2);
    house.read('electricity', kept(house.now));
    house.answer = ({ meter, what }) => house.fail(meter, 'no_answer', what);
    house.until(local('2026-03-08 12:00'));
    const isNewestAlone = house.asks
      .filter(({ at }) => at > local('2026-03-08 00:01'))
      .every(({ key }) => key === '2026-03-07');
    expect(isNewestAlone).toBe(true);
    house.answer = ({ what, last, meter }) => {
      const time = local(`2026-03-08 00:00`) - (last - 1) * 24 * 3_600_000;
      if (what === 'day_freeze') house.read(meter, kept(time), { time });
    };
    house.read('electricity', kept(house.now));
    house.turn();
    house.until(local('2026-03-08 12:05'));
    const days = ['01', '02', '03', '04', '05', '06', '07'].map((date) =>
      house.record(`2026-03-${date}`),
    );
    expect(days.map((record) => record?.items[0]?.source)).toEqual(Array(7).fill('frozen'));
    expect(days.slice(1).map((record) => record?.items[0]?.delta)).toEqual(Array(6).fill('9.60'));
    expect(days.map((record) => record?.items[0]?.delta_quality).slice(1)).toEqual(
      Array(6).fill('good'),
    );
    expect(house.book.open).toEqual([]);
    const order = house.asks.filter(
      ({ at, what }) => at >= local('2026-03-08 12:00') && what === 'day_freeze',
    );
    // The first one of noon is the hourly one, before the meter was heard.
    expect(order.map(({ last }) => last).slice(1, 4)).toEqual([8, 7, 6]);
  });

  it('gives the days of an outage of the gateway, as far back as it keeps them', () => {
    const frozen = groupSetup({ meters: [meterSetup({ freezeDays: 5 })] });
    const house = new House(frozen, local('2026-02-28 12:00'));
    house.read('electricity', '100.00');
    house.answer = ({ what, last, meter }) => {
      const midnight = local('2026-03-11 00:00') - (last - 1) * 24 * 3_600_000;
      if (what === 'day_freeze') house.read(meter, (150 - last).toFixed(2), { time: midnight });
      else house.read(meter, '150.50');
    };
    house.offUntil(local('2026-03-11 09:00'));
    house.until(local('2026-03-11 09:30'));
    const sources = [
      '02-28',
      ...Array.from({ length: 10 }, (_, i) => `03-${`${i + 1}`.padStart(2, '0')}`),
    ].map((date) => `${date} ${house.item(`2026-${date}`, 'electricity')?.source}`);
    expect(sources).toEqual([
      '02-28 estimated',
      '03-01 estimated',
      '03-02 estimated',
      '03-03 estimated',
      '03-04 estimated',
      '03-05 estimated',
      '03-06 frozen',
      '03-07 frozen',
      '03-08 frozen',
      '03-09 frozen',
      '03-10 frozen',
    ]);
    const sum = house.records
      .filter(
        ({ key }, i, all) =>
          key !== '2026-02-28' && all.findLastIndex((one) => one.key === key) === i,
      )
      .reduce((all, { items }) => all + Number(items[0]?.delta), 0);
    const [last, first] = [
      house.item('2026-03-10', 'electricity'),
      house.item('2026-02-28', 'electricity'),
    ];
    expect(sum).toBeCloseTo(Number(last?.value) - Number(first?.value), 9);
  });

  it('is not asked for days any more when it refused three times', () => {
    const frozen = groupSetup({ meters: [meterSetup({ freezeDays: 62 })] });
    const house = new House(frozen, local('2026-02-28 12:00'));
    house.answer = ({ meter, what }) => {
      if (what === 'day_freeze') house.fail(meter, 'error_reply', what);
      else house.read(meter, '100.00');
    };
    house.until(local('2026-03-02 09:00'));
    const asks = house.asks.filter(({ key }) => key === day).map(({ what }) => what);
    expect(asks).toEqual(['day_freeze', 'day_freeze', 'day_freeze', 'current']);
    expect(house.item(day, 'electricity')).toMatchObject({ source: 'read', skew_s: 30 });
    expect(house.book.open).toEqual([]);
  });
});

describe('a record that waits', () => {
  const frozen = groupSetup({ meters: [meterSetup({ freezeDays: 62 })] });
  it('keeps the next one open, which is put right with it', () => {
    const house = new House(frozen, local('2026-02-28 12:00'));
    house.read('electricity', '100.00');
    house.until(local('2026-03-01 00:05'));
    house.read('electricity', '104.80', { time: local('2026-03-01 00:00') });
    house.until(local('2026-03-03 00:05'));
    house.read('electricity', '123.00', { time: local('2026-03-03 00:00') });
    house.turn();
    const early = house.record('2026-03-02');
    expect(early).toMatchObject({
      open_until: null,
      items: [{ source: 'frozen', delta: '9.10', delta_quality: 'uncertain' }],
    });
    expect(house.item(day, 'electricity')).toMatchObject({ method: 'interpolated', delta: '9.10' });
    house.read('electricity', '114.50', { time: local('2026-03-02 00:00') });
    house.turn();
    expect(house.item(day, 'electricity')).toMatchObject({
      source: 'frozen',
      delta: '9.70',
      delta_quality: 'good',
    });
    expect(house.record('2026-03-02')).toMatchObject({
      version: (early?.version ?? 0) + 1,
      items: [{ source: 'frozen', delta: '8.50', delta_quality: 'good' }],
    });
    expect(house.book.open).toEqual([]);
  });

  it('says uncertain where something was counted unseen', () => {
    const house = atNoon();
    quarters(house, '2026-02-28 12:00', '2026-03-01 12:00');
    for (const [time, value] of [
      ['12:15', '0.10'],
      ['12:30', '0.20'],
    ] as const) {
      house.until(local(`2026-03-01 ${time}`));
      house.read('electricity', value);
    }
    house.until(local('2026-03-02 00:00'));
    house.read('electricity', '4.80');
    house.until(local('2026-03-02 00:05'));
    expect(house.item(day, 'electricity')).toMatchObject({
      source: 'read',
      quality: 'good',
      delta_quality: 'uncertain',
    });
  });
});

describe('months and intervals', () => {
  it('a month has what its days have together', () => {
    const house = new House(setup, local('2026-03-31 12:00'));
    const kwh = (at: number) => (100 + (at - local('2026-03-31 12:00')) / 9_000_000).toFixed(2);
    for (const at of every(QUARTER, '2026-03-31 12:00', '2026-05-01 00:15')) {
      house.until(at);
      house.read('electricity', kwh(at));
      house.read('water', '5.000');
    }
    house.until(local('2026-05-01 00:20'));
    expect(house.item('2026-03', 'electricity')).toMatchObject({ delta: null });
    const month = house.item('2026-04', 'electricity');
    const days = Array.from({ length: 30 }, (_, i) =>
      house.item(`2026-04-${`${i + 1}`.padStart(2, '0')}`, 'electricity'),
    );
    const sum = days.reduce((all, item) => all + Number(item?.delta), 0);
    expect(Number(month?.delta)).toBeCloseTo(sum, 9);
    expect(month).toMatchObject({ delta: '288.00', delta_quality: 'good' });
  });

  it('an interval that nobody read is on the line between its neighbours, and closes soon', () => {
    const house = new House(
      groupSetup({
        periods: { ...setup.periods, every: QUARTER, freeze: undefined },
        meters: [meterSetup()],
      }),
      local('2026-03-01 11:59'),
    );
    for (const at of every(QUARTER, '2026-03-01 12:00', '2026-03-01 14:00')) {
      house.until(at + 1000);
      if (at !== local('2026-03-01 13:00'))
        house.read('electricity', ((at - local('2026-03-01 00:00')) / 3_600_000).toFixed(2));
    }
    house.until(local('2026-03-01 15:05'));
    expect(house.item('2026-03-01T12:45+08:00', 'electricity')).toMatchObject({
      source: 'estimated',
      method: 'interpolated',
      value: '13.00',
      delta: '0.25',
    });
    expect(house.item('2026-03-01T13:00+08:00', 'electricity')).toMatchObject({
      source: 'read',
      value: '13.25',
      delta: '0.25',
    });
    expect(house.book.open.length).toBeLessThanOrEqual(5);
  });

  it('a reading in the second half of an interval is late for none: it stands for the next one', () => {
    const house = new House(
      groupSetup({
        periods: { ...setup.periods, every: QUARTER, freeze: undefined },
        meters: [meterSetup()],
      }),
      local('2026-03-01 11:59'),
    );
    house.read('electricity', '100.00');
    house.until(local('2026-03-01 12:08'));
    house.read('electricity', '100.09');
    house.turn();
    house.until(local('2026-03-01 12:17'));
    expect(house.item('2026-03-01T11:45+08:00', 'electricity')).toMatchObject({ source: 'read' });
    house.until(local('2026-03-01 12:22'));
    house.read('electricity', '100.23');
    house.turn();
    expect(house.item('2026-03-01T12:00+08:00', 'electricity')).toMatchObject({
      source: 'late',
      skew_s: 420,
    });
    house.until(local('2026-03-01 12:38'));
    house.read('electricity', '100.39');
    house.turn();
    expect(house.item('2026-03-01T12:15+08:00', 'electricity')).toMatchObject({
      method: 'interpolated',
      value: '100.31',
    });
  });

  it('of a pause, the intervals of the last day are made up for, and no older ones', () => {
    const house = new House(
      groupSetup({
        periods: { ...setup.periods, every: QUARTER, freeze: undefined },
        meters: [meterSetup()],
      }),
      local('2026-03-01 11:59'),
    );
    house.read('electricity', '100.00');
    house.offUntil(local('2026-03-09 12:01'));
    house.read('electricity', '500.00');
    house.turn();
    house.until(local('2026-03-09 12:03'));
    expect(house.records).toHaveLength(96);
    expect(house.records[0]?.key).toBe('2026-03-08T12:00+08:00');
  });
});

describe('what is told of a meter', () => {
  it('a new meter that a person tells of ends one series and begins another in the same record', () => {
    const house = atNoon();
    quarters(house, '2026-02-28 12:00', '2026-03-01 12:00', ['water']);
    house.until(local('2026-03-01 12:05'));
    house.swap('electricity', {
      time: house.now,
      final: number('109.70'),
      initial: number('3.00'),
    });
    for (const at of every(QUARTER, '2026-03-01 12:15', '2026-03-02 00:00')) {
      house.until(at);
      house.read('electricity', (3 + (at - local('2026-03-01 12:15')) / 9_000_000).toFixed(2));
    }
    house.until(local('2026-03-02 00:05'));
    // 104.81 at midnight, 109.70 at the end, 3.00 to 7.70 on the new one.
    expect(house.item(day, 'electricity')).toMatchObject({
      raw: '7.70',
      delta: '9.60',
      delta_quality: 'good',
    });
  });

  it('the loss between a main meter and its sub-meters is told with the day, and how sure it is', () => {
    const heat = (name: string) => meterSetup({ name, tag: `${name}.import_energy` });
    const house = new House(
      groupSetup({
        meters: [heat('main'), heat('a'), heat('b')],
        balance: { main: 'main', subs: ['a', 'b'], limits: USUAL_BALANCE },
      }),
      local('2026-02-28 23:00'),
    );
    const at = (time: string, main: string, a: string, b: string) => {
      house.until(local(time));
      house.read('main', main);
      house.read('a', a);
      house.read('b', b);
    };
    at('2026-03-01 00:00', '10', '1', '2');
    at('2026-03-02 00:00', '110', '40', '53');
    house.until(local('2026-03-02 00:05'));
    expect(house.record(day)?.balance).toEqual({
      loss: '10.00',
      unit: 'kWh',
      share_percent: '10.00',
      main: '100.00',
      subs: '90.00',
      is_sure: true,
      uncertain: [],
      missing: [],
      unfit: [],
    });
    expect(house.told('main')).toEqual(['loss on']);
    at('2026-03-03 00:00', '210', '90', '100');
    house.until(local('2026-03-03 00:05'));
    expect(house.told('main')).toEqual(['loss on', 'loss off']);
    house.until(local('2026-03-04 00:00'));
    house.read('main', '300');
    house.read('a', '130');
    house.until(local('2026-03-04 00:05'));
    expect(house.record('2026-03-03')?.balance).toMatchObject({
      loss: null,
      missing: ['b'],
      is_sure: false,
    });
  });

  it('three readings in a row that cannot be right are told, and over with one that is', () => {
    const house = atNoon();
    house.read('electricity', '100.00');
    for (const value of ['90000', '5', '400000', '20']) {
      house.until(house.now + minutes(1));
      house.read('electricity', value);
    }
    house.until(house.now + minutes(1));
    house.read('electricity', '100.02');
    expect(house.told('electricity')).toEqual(['implausible on', 'implausible off']);
    expect(house.events.map(({ kind }) => kind)).toEqual(['glitch', 'glitch', 'glitch', 'glitch']);
    expect(house.asks.map(({ what, key }) => [what, key])).toEqual([['current', undefined]]);
  });

  it('heat in GJ adds up exactly and is stated in kWh with digits that the meter has', () => {
    const heat = meterSetup({
      name: 'heat',
      medium: 'heat',
      rules: registerRules({ counts: registerUnit('GJ', '1'), maxRatePerHour: number('5') }),
    });
    const house = new House(groupSetup({ meters: [heat] }), local('2026-02-28 23:00'));
    for (const [time, value] of [
      ['2026-03-01 00:00', '12.34'],
      ['2026-03-02 00:00', '12.37'],
      ['2026-03-03 00:00', '12.40'],
    ] as const) {
      house.until(local(time));
      house.read('heat', value);
      house.until(local(time) + minutes(5));
    }
    expect(house.item('2026-03-01', 'heat')).toMatchObject({
      raw: '12.37',
      raw_unit: 'GJ',
      value: '3436.111',
      unit: 'kWh',
      is_rounded: true,
      delta: '8.333',
    });
    expect(house.item('2026-03-02', 'heat')).toMatchObject({ value: '3444.444', delta: '8.333' });
  });
});

describe('a restart at every moment', () => {
  it('changes nothing', () => {
    const play = (isRestarting: boolean) => {
      const frozen = groupSetup({
        meters: [meterSetup({ freezeDays: 3 }), waterSetup()],
        periods: { ...setup.periods, every: QUARTER },
      });
      const house = new House(frozen, local('2026-02-28 12:00'));
      house.isRestarting = isRestarting;
      quarters(house, '2026-02-28 12:00', '2026-03-01 14:00');
      quarters(house, '2026-03-01 14:15', '2026-03-02 09:00', ['water']);
      house.read('electricity', '0.00');
      house.note('water', { battery: true, valve: 'abnormal', cover: 3 });
      quarters(house, '2026-03-02 09:15', '2026-03-03 09:00');
      return { records: house.records, findings: house.findings, asks: house.asks };
    };
    expect(play(true)).toEqual(play(false));
  });
});

describe('what is asked', () => {
  it('within the window goes first, heat before water before gas, and what is kept can wait', () => {
    const meters = (['electricity', 'gas', 'water', 'heat'] as const).map((medium) =>
      meterSetup({ name: medium, medium, freezeDays: medium === 'electricity' ? 3 : 0 }),
    );
    const house = new House(groupSetup({ meters }), local('2026-03-01 12:00'));
    house.until(local('2026-03-02 00:00'));
    expect(house.asks.map(({ meter, what }) => `${meter} ${what}`)).toEqual([
      'heat current',
      'water current',
      'gas current',
      'electricity day_freeze',
    ]);
  });

  it('by intervals rests as long as a battery needs, days do not', () => {
    const periods = { ...setup.periods, every: QUARTER };
    const asked = (rest: number) => {
      const meters = [waterSetup({ rest: minutes(rest) })];
      const house = new House(groupSetup({ meters, periods }), local('2026-03-01 12:00'));
      house.answer = ({ meter }) => house.read(meter, '5.000');
      house.until(local('2026-03-02 00:10'));
      return house.asks.map(({ at }) => new Date(at + 8 * 3_600_000).toISOString().slice(11, 16));
    };
    expect(asked(0)).toHaveLength(48);
    expect(asked(50).slice(0, 3)).toEqual(['12:15', '13:15', '14:15']);
    expect(asked(50).at(-1)).toBe('00:00');
  });

  it('of months: what the meter kept on its settlement day, at the time that the site declares', () => {
    const meters = [waterSetup({ freezeMonths: 12 })];
    const house = new House(groupSetup({ meters }), local('2026-03-20 12:00'));
    house.read('water', '4.000');
    house.answer = ({ meter }) => house.fail(meter, 'no_answer');
    house.until(local('2026-05-10 12:00'));
    house.answer = ({ meter, what, last }) => {
      const time = local(last === 1 ? '2026-05-01 00:00' : '2026-04-01 00:00');
      if (what === 'month_freeze')
        house.read(meter, last === 1 ? '9.000' : '5.500', { time, origin: 'history' });
    };
    house.read('water', '9.500');
    house.turn();
    house.until(local('2026-05-10 12:05'));
    expect(house.item('2026-04', 'water')).toMatchObject({
      source: 'frozen',
      time_declared: true,
      quality: 'uncertain',
      value: '9.000',
      delta: '3.500',
      delta_quality: 'good',
    });
  });

  it('of many days eight at a time, and the rest soon after', () => {
    const house = new House(
      groupSetup({ meters: [meterSetup({ freezeDays: 62 })] }),
      local('2026-03-01 12:00'),
    );
    house.read('electricity', '100.00');
    house.answer = ({ meter, what, last }) => {
      const time = local('2026-03-25 00:00') - (last - 1) * 24 * 3_600_000;
      if (what === 'day_freeze') house.read(meter, (200 - last).toFixed(2), { time });
    };
    house.offUntil(local('2026-03-25 09:00'));
    house.until(local('2026-03-25 09:02'));
    const times = Map.groupBy(house.asks, ({ at }) => at);
    expect([...times.values()].map((asks) => asks.length)).toEqual([8, 8, 8]);
    expect(house.book.open).toEqual([]);
  });

  it('a freeze that never is the one of the period is given up in the night', () => {
    const house = new House(
      groupSetup({ meters: [meterSetup({ freezeDays: 62 })] }),
      local('2026-03-01 12:00'),
    );
    house.answer = ({ meter, what }) =>
      what === 'day_freeze'
        ? house.read(meter, '90.00', { time: local('2026-02-28 01:00') })
        : house.read(meter, '100.00');
    house.until(local('2026-03-02 12:00'));
    const asks = house.asks.map(
      ({ what, at }) => `${what} ${new Date(at + 8 * 3_600_000).toISOString().slice(11, 16)}`,
    );
    expect(asks.slice(-3)).toEqual(['day_freeze 02:00', 'day_freeze 02:30', 'current 03:00']);
    expect(house.book.open).toEqual([]);
  });

  it('a value of the future or of another century is refused', () => {
    const house = atNoon();
    house.read('electricity', '100.00');
    for (const time of [house.now + minutes(2), local('1999-01-01 00:00')])
      expect(house.read('electricity', '100.00', { time }).outcome).toEqual({
        kind: 'refused',
        why: 'time',
      });
  });
});
