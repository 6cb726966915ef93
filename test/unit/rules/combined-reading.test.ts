/** The kind `combined_reading` in the real engine: from samples to records, alarms, reads and the freeze command. */
import { describe, expect, it } from 'vitest';
import { builtReading, PlayedReading } from '../../support/reading-site.ts';

const PLAIN = `electricity: em_1203.total
water: wm_1203.volume
freeze: "00:00"`;
const played = (more = '', start = '2026-03-01 23:00', base = PLAIN) =>
  new PlayedReading(`${base}\n${more}`, start);

describe('a day', () => {
  it('is a record a minute behind midnight, with every digit of what was read', () => {
    const run = played();
    run.until('2026-03-01 23:59:50').give({
      'em_1203.total': { unscaled: 12_345_678_901_234_567_89n, decimals: 15 },
      'wm_1203.volume': 9_007_199_254_740_993n,
    });
    run.until('2026-03-02 00:02');
    expect(run.records).toHaveLength(1);
    expect(run.record('2026-03-01')).toMatchObject({
      id: 'flat-1203/2026-03-01#1',
      group: 'flat-1203',
      version: 1,
      supersedes: null,
      made_at: '2026-03-01T16:01:00.000Z',
      n_valid: 2,
    });
    expect(run.item('2026-03-01', 'electricity')?.raw).toBe('1234.567890123456789');
    expect(run.item('2026-03-01', 'water')).toMatchObject({
      raw: '9007199254740993',
      skew_s: -10,
      register: 'wm_1203.volume',
      protocol: 'cjt188',
      address: '78331505104145',
    });
  });

  it('shows a number with as many digits as the register has', () => {
    const run = played().until('2026-03-02 00:00').give({ 'em_1203.total': 114.4 });
    run.until('2026-03-02 00:01');
    expect(run.item('2026-03-01', 'electricity')).toMatchObject({ raw: '114.40', value: '114.40' });
  });

  it('takes what the meter froze, at the time of the meter, and not when it was read', () => {
    const run = played(
      '',
      undefined,
      PLAIN.replace('em_1203.total', '{ total: em_1203.total, frozen: { days: em_1203.day_* } }'),
    );
    run.until('2026-03-02 00:00:20').give({ 'em_1203.total': 114.41 });
    run.until('2026-03-02 00:01:00');
    expect(run.item('2026-03-01', 'electricity')).toMatchObject({ source: 'read', raw: '114.41' });
    expect(run.reads).toContain('em_1203.day_1');
    run
      .until('2026-03-02 00:05')
      .give({ 'em_1203.day_1': { value: 114.4, at: '2026-03-02 00:00' } });
    expect(run.item('2026-03-01', 'electricity')).toMatchObject({
      source: 'frozen',
      quality: 'good',
      raw: '114.40',
      sample_time: '2026-03-01T16:00:00.000Z',
      skew_s: 0,
    });
    expect(run.record('2026-03-01')).toMatchObject({
      version: 2,
      supersedes: 'flat-1203/2026-03-01#1',
    });
  });

  it('does not take what the meter kept for its day before the meter has surely begun the next one', () => {
    const reading = `water: { total: wm_1203.volume, frozen: { months: [wm_1203.settlement] } }\nfreeze: "00:00"`;
    const run = played('', '2026-02-28 23:00', reading);
    run.until('2026-03-01 00:30').give({ 'wm_1203.settlement': 5 });
    expect(run.item('2026-02', 'water')?.source).not.toBe('frozen');
    run.until('2026-03-01 01:00').give({ 'wm_1203.settlement': 6 });
    expect(run.item('2026-02', 'water')).toMatchObject({
      source: 'frozen',
      raw: '6',
      time_declared: true,
      quality: 'uncertain',
    });
  });

  it('asks meters that were not read again, and says why there is nothing', () => {
    const run = played().until('2026-03-02 00:00:05');
    expect(run.reads).toEqual(['wm_1203.volume', 'em_1203.total']);
    run.give({ 'wm_1203.volume': { value: null, quality: 'bad:comm' } });
    run.until('2026-03-02 00:01');
    expect(run.item('2026-03-01', 'water')).toMatchObject({
      source: 'missing',
      why: 'no_answer_or_bad_frame',
    });
    expect(run.item('2026-03-01', 'electricity')?.why).toBe('not_read');
    const before = run.reads.length;
    run.until('2026-03-02 00:31');
    expect(run.reads.length).toBeGreaterThan(before);
  });

  it('is recorded without its month where nobody wants months', () => {
    const kinds = (more: string) =>
      new Set(
        played(more, '2026-02-28 23:00')
          .until('2026-03-01 00:02')
          .records.map((one) => one.kind),
      );
    expect(kinds('')).toEqual(new Set(['day', 'month']));
    expect(kinds('month: false')).toEqual(new Set(['day']));
  });
});

describe('the clock of the gateway', () => {
  it('that cannot be believed makes no record, and takes no reading', () => {
    const run = played('every: 15m');
    run.isSynced = false;
    run.until('2026-03-01 23:10').give({ 'em_1203.total': 5 }).until('2026-03-01 23:40');
    expect(run.records).toEqual([]);
    expect(run.state).toBe('waits for a clock that can be believed');
    run.isSynced = true;
    run.until('2026-03-01 23:44').give({ 'em_1203.total': 6, 'wm_1203.volume': 1 });
    run.until('2026-03-01 23:46');
    expect(run.records.map(({ key }) => key)).toEqual(['2026-03-01T23:30+08:00']);
  });

  it('whose samples have no believable time are not taken either', () => {
    const run = played();
    run.until('2026-03-02 00:00').give({ 'em_1203.total': { value: 5, timeBasis: 'unsynced' } });
    run.until('2026-03-02 00:01');
    expect(run.item('2026-03-01', 'electricity')?.source).toBe('missing');
  });
});

describe('the freeze command', () => {
  const FROZEN = PLAIN.replace(
    'em_1203.total',
    '{ total: em_1203.total, frozen: { instant: em_1203.frozen_now } }',
  );
  it('goes out at each instant, once, and what it froze is the reading', () => {
    const run = played('every: 15m\nfreeze_command: em_1203.freeze', '2026-03-01 23:00:30', FROZEN);
    run.until('2026-03-01 23:14:59');
    expect(run.writes).toEqual([]);
    run.until('2026-03-01 23:15:00');
    expect(run.writes).toMatchObject([{ tag: 'em_1203.freeze', value: 'now' }]);
    expect(run.reads).toContain('em_1203.frozen_now');
    run.until('2026-03-01 23:15:20').give({
      'em_1203.frozen_now': { value: 7.5, at: '2026-03-01 23:15' },
      'em_1203.total': 7.51,
    });
    run.until('2026-03-01 23:17');
    expect(run.item('2026-03-01T23:00+08:00', 'electricity')).toMatchObject({
      source: 'frozen',
      raw: '7.50',
      skew_s: 0,
    });
    run.until('2026-03-01 23:29:59');
    expect(run.writes).toHaveLength(1);
  });

  it('is followed by asking for what was frozen, until it is there', () => {
    const run = played('every: 15m\nfreeze_command: em_1203.freeze', '2026-03-01 23:00:30', FROZEN);
    run.until('2026-03-01 23:14:50').give({ 'em_1203.total': 7.49, 'wm_1203.volume': 1 });
    const asked = (until: string) => {
      const before = run.reads.length;
      run.until(until);
      return run.reads.slice(before).filter((tag) => tag === 'em_1203.frozen_now').length;
    };
    expect(asked('2026-03-01 23:15:02.9')).toBe(0);
    expect(asked('2026-03-01 23:15:03')).toBe(1);
    run.give({ 'em_1203.frozen_now': { value: 6, at: '2026-03-01 23:00' } });
    expect(asked('2026-03-01 23:15:10')).toBe(1);
    run.give({ 'em_1203.frozen_now': { value: 7.5, at: '2026-03-01 23:15' } });
    expect(asked('2026-03-01 23:20')).toBe(0);
    expect(run.item('2026-03-01T23:00+08:00', 'electricity')).toMatchObject({ source: 'frozen' });
  });

  it('is not waited for where the window is over and there is a reading of the instant', () => {
    const run = played('every: 15m\nfreeze_command: em_1203.freeze', '2026-03-01 23:00:30', FROZEN);
    run.until('2026-03-01 23:15:10').give({ 'em_1203.total': 7.51, 'wm_1203.volume': 1 });
    run.until('2026-03-01 23:17');
    expect(run.item('2026-03-01T23:00+08:00', 'electricity')).toMatchObject({ source: 'read' });
    run.give({ 'em_1203.frozen_now': { value: 7.5, at: '2026-03-01 23:15' } });
    expect(run.record('2026-03-01T23:00+08:00')?.version).toBe(1);
  });

  it('is left out where the gateway comes too late for it', () => {
    const run = played('freeze_command: em_1203.freeze').until('2026-03-01 23:30');
    run.restart('2026-03-02 00:00:21').until('2026-03-02 00:10');
    expect(run.writes).toEqual([]);
    run.until('2026-03-03 00:00');
    expect(run.writes).toHaveLength(1);
  });
});

describe('findings', () => {
  it('are alarms by their keys, with words in both languages', () => {
    const water =
      'water: { total: wm_1203.volume, status: { battery: wm_1203.battery_low, valve: wm_1203.valve } }';
    const run = played('', undefined, `${water}\nfreeze: "00:00"`);
    run.give({ 'wm_1203.volume': 1, 'wm_1203.battery_low': true, 'wm_1203.valve': 'open' });
    run.until('2026-03-01 23:10').give({ 'wm_1203.valve': 'abnormal' });
    run.until('2026-03-01 23:20').give({ 'wm_1203.battery_low': false, 'wm_1203.valve': 'closed' });
    expect(run.turns).toEqual([
      'flat-1203/battery-low-water active',
      'flat-1203/valve-fault-water active',
      'flat-1203/battery-low-water cleared',
      'flat-1203/valve-fault-water cleared',
    ]);
    expect(run.alarms[0]).toMatchObject({
      severity: 400,
      message: { en: 'water: its battery is low', zh: 'water：电池欠压' },
    });
    expect(run.item('2026-03-01', 'water')).toBeUndefined();
    run.until('2026-03-02 00:01');
    expect(run.item('2026-03-01', 'water')?.status).toEqual({ battery: false, valve: 'closed' });
  });

  it('have other severities, or none, where the site says so', () => {
    const water =
      'water: { total: wm_1203.volume, status: { battery: wm_1203.battery_low, valve: wm_1203.valve } }';
    const more = 'freeze: "00:00"\nalarms: { battery_low: urgent, valve_fault: off }';
    const run = played('', undefined, `${water}\n${more}`);
    run.give({ 'wm_1203.battery_low': true, 'wm_1203.valve': 'abnormal' });
    expect(run.alarms.map(({ rule, severity }) => [rule, severity])).toEqual([
      ['flat-1203/battery-low-water', 900],
    ]);
  });

  it('tell a cover that was opened once more until the count is read again', () => {
    const run = played(
      '',
      undefined,
      `electricity: { total: em_1203.total, status: { cover: em_1203.cover } }\nfreeze: "00:00"`,
    );
    run.give({ 'em_1203.cover': 3 });
    run.until('2026-03-01 23:10').give({ 'em_1203.cover': 4 });
    run.until('2026-03-01 23:11').give({ 'em_1203.total': 4 });
    expect(run.turns).toEqual(['flat-1203/tamper-electricity active']);
    run.until('2026-03-01 23:25').give({ 'em_1203.cover': 4 });
    expect(run.turns.at(-1)).toBe('flat-1203/tamper-electricity cleared');
  });

  it('look at the clock of a meter against the time at which it was read', () => {
    const run = played(
      '',
      undefined,
      `electricity: { total: em_1203.total, status: { clock: em_1203.clock } }\nfreeze: "00:00"`,
    );
    run.until('2026-03-01 23:10').give({ 'em_1203.clock': '2026-03-01T23:04:00' });
    expect(run.alarms[0]?.message.en).toBe(
      'electricity: its clock is off by -360 s; an operator may broadcast the time',
    );
    run.until('2026-03-01 23:20').give({ 'em_1203.clock': '2026-03-01T23:19:30' });
    expect(run.turns.at(-1)).toBe('flat-1203/clock-off-electricity cleared');
  });

  it('add up the tariffs of one request alone', () => {
    const run = played(
      '',
      undefined,
      `electricity: { total: em_1203.total, tariffs: [em_1203.t1, em_1203.t2] }\nfreeze: "00:00"`,
    );
    run.give({ 'em_1203.total': 10, 'em_1203.t1': 4, 'em_1203.t2': 6.04 });
    run.until('2026-03-01 23:05').give({ 'em_1203.total': 11, 'em_1203.t1': 4 });
    expect(run.turns).toEqual([]);
    run
      .until('2026-03-01 23:10')
      .give({ 'em_1203.total': 11, 'em_1203.t1': 4, 'em_1203.t2': 7.05 });
    expect(run.turns).toEqual(['flat-1203/tariff-sum-electricity active']);
  });

  it('come within a minute of the reading that shows them', () => {
    const run = played(
      '',
      undefined,
      `water: { total: wm_1203.volume, stuck_after: 6h }\nfreeze: "00:00"`,
    );
    run.until('2026-03-02 00:00').give({ 'wm_1203.volume': 5 });
    run.until('2026-03-02 08:00').give({ 'wm_1203.volume': 5 }).until('2026-03-02 08:01');
    expect(run.turns).toEqual(['flat-1203/stuck-water active']);
  });

  it('say in words why a meter was not read', () => {
    const run = played().until('2026-03-02 00:00:05');
    run.give({ 'wm_1203.volume': { value: null, quality: 'bad:comm' } });
    run.until('2026-03-02 06:01');
    const unread = run.alarms.find(({ rule }) => rule === 'flat-1203/unread-water');
    expect(unread?.message).toEqual({
      en: 'water: no reading for 2026-03-01 (no answer, or a damaged one)',
      zh: 'water：2026-03-01 未抄到读数（无应答或报文错误）',
    });
  });
});

describe('what happens to a register', () => {
  it('is a record of its own', () => {
    const run = played().give({ 'em_1203.total': 999_999.5 });
    run.until('2026-03-01 23:15').give({ 'em_1203.total': 0.25 });
    run.until('2026-03-01 23:16').give({ 'em_1203.total': 0.26 });
    expect(run.reads).toContain('em_1203.total');
    expect(run.events).toMatchObject([
      {
        values: {
          ...{ group: 'flat-1203', meter: 'electricity', kind: 'rollover', unit: 'kWh' },
          ...{ from: '999999.50', to: '0.25', amount: '0.75', is_declared: false },
          text: {
            en: 'electricity: the register turned over, 999999.50 → 0.25; 0.75 counted',
          },
        },
      },
    ]);
  });

  it('is a swap where a person declared one to the gateway', () => {
    const run = played().give({ 'em_1203.total': 500 });
    run.until('2026-03-01 23:15').give({
      'em_1203.total': 3,
      'em_1203.total_event': 'swap 500.00 -> 3.00 declared',
    });
    expect(run.events.map(({ values }) => [values.kind, values.from, values.is_declared])).toEqual([
      ['swap', '500.00', true],
    ]);
  });
});

describe('a restart', () => {
  it('goes on with the open records: a better reading makes the next version', () => {
    const run = played(
      '',
      undefined,
      PLAIN.replace('em_1203.total', '{ total: em_1203.total, frozen: { days: em_1203.day_* } }'),
    );
    run.give({ 'em_1203.total': 100, 'wm_1203.volume': 5 });
    run.until('2026-03-02 00:02');
    expect(run.record('2026-03-01')).toMatchObject({ version: 1, n_valid: 0 });
    run.restart('2026-03-02 08:00').until('2026-03-02 08:00:30');
    expect(run.restored.kept).toEqual(['flat-1203']);
    run.give({ 'em_1203.day_1': { value: 100.5, at: '2026-03-02 00:00' } });
    expect(run.record('2026-03-01')).toMatchObject({
      version: 2,
      supersedes: 'flat-1203/2026-03-01#1',
    });
    expect(run.item('2026-03-01', 'electricity')).toMatchObject({
      source: 'frozen',
      raw: '100.50',
    });
  });

  it('makes up for the days that nobody was there', () => {
    const run = played().give({ 'em_1203.total': 100 });
    run.restart('2026-03-04 10:00').until('2026-03-04 10:02');
    expect(run.records.map(({ key }) => key)).toEqual(['2026-03-01', '2026-03-02', '2026-03-03']);
  });

  it('with one more meter keeps what is known of the others', () => {
    const one = 'electricity: em_1203.total\nfreeze: "00:00"';
    const run = played('', '2026-03-01 23:00', one);
    run.until('2026-03-02 00:00').give({ 'em_1203.total': 100 });
    run.until('2026-03-02 12:00').restart('2026-03-02 12:00:30', PLAIN);
    run.until('2026-03-03 00:00').give({ 'em_1203.total': 104, 'wm_1203.volume': 7 });
    run.until('2026-03-03 00:01');
    expect(run.item('2026-03-02', 'electricity')).toMatchObject({
      delta: '4.00',
      delta_quality: 'good',
    });
    expect(run.item('2026-03-02', 'water')).toMatchObject({ raw: '7', delta: null });
  });

  it('with another register in the place of one begins that one anew, and it alone', () => {
    const run = played();
    run.until('2026-03-02 00:00').give({ 'em_1203.total': 100, 'wm_1203.volume': 7 });
    run.until('2026-03-02 12:00').replace(PLAIN.replace('em_1203.total', 'em_1203.t1'));
    run.until('2026-03-03 00:00').give({ 'em_1203.t1': 40, 'wm_1203.volume': 8 });
    run.until('2026-03-03 00:01');
    expect(run.item('2026-03-02', 'electricity')).toMatchObject({ raw: '40.00', delta: null });
    expect(run.item('2026-03-02', 'water')).toMatchObject({ delta: '1' });
  });

  it('clears an alarm that stands for nothing any more', () => {
    const status = 'status: { battery: wm_1203.battery_low }';
    const water = `water: { total: wm_1203.volume, ${status} }\nfreeze: "00:00"`;
    const run = played('', undefined, water);
    run.give({ 'wm_1203.volume': 1, 'wm_1203.battery_low': true });
    const other = water.replace('total: wm_1203.volume', 'total: wm_1203.settlement');
    run.until('2026-03-01 23:10').restart('2026-03-01 23:11', other).until('2026-03-01 23:12');
    expect(run.turns).toEqual([
      'flat-1203/battery-low-water active',
      'flat-1203/battery-low-water cleared',
    ]);
  });

  it.each(['[]', '{}', 'null', '{"book":{}}'])('believes no damaged state: %s', (text) => {
    const run = played().give({ 'em_1203.total': 100 });
    const saved = JSON.parse(JSON.stringify(run.saved));
    saved.rules['flat-1203'].state.state = JSON.parse(text);
    expect(() => run.restart('2026-03-01 23:30').until('2026-03-02 00:01')).not.toThrow();
    expect(run.records.length).toBeGreaterThan(0);
  });
});

describe('a balance', () => {
  const FLATS = `meters:
  building: { medium: electricity, total: em_1203.total }
  flat: { medium: electricity, total: em_1203.t1 }
freeze: "00:00"
balance: { main: building, subs: [flat], loss_limit: 5% }`;

  it('stands in the record of the day, and a loss is an alarm of the whole', () => {
    const run = played('', '2026-03-01 23:00', FLATS);
    run.until('2026-03-02 00:00').give({ 'em_1203.total': 100, 'em_1203.t1': 50 });
    run.until('2026-03-03 00:00').give({ 'em_1203.total': 120, 'em_1203.t1': 68 });
    run.until('2026-03-03 00:02');
    expect(run.record('2026-03-02')?.balance).toMatchObject({
      loss: '2.00',
      share_percent: '10.00',
      is_sure: true,
    });
    expect(run.turns).toEqual(['flat-1203/loss active']);
  });
});

describe('from YAML', () => {
  it('has at most 64 meters', () => {
    const meters = (count: number) =>
      Array.from(
        { length: count },
        (_, i) => `  m${i}: { medium: electricity, total: em_1203.total }`,
      );
    const codes = (count: number) =>
      new Set(
        builtReading(`every: 15m\nmeters:\n${meters(count).join('\n')}`).problems.map(
          (text) => text.split(' ')[0],
        ),
      );
    expect(codes(64)).toEqual(new Set(['rules.reading-total-twice']));
    expect(codes(65)).toContain('rules.reading-too-many');
  });

  it('takes modulus, rate, digits, unit and device from the tag', () => {
    const { set, problems } = builtReading(PLAIN);
    expect(problems).toEqual([]);
    const [rule] = set.rules;
    expect(rule).toMatchObject({ kind: 'combined_reading', tick: 60_000, looksAtTime: true });
    expect(rule?.kind === 'combined_reading' && rule.group.meters[0]).toMatchObject({
      name: 'electricity',
      protocol: 'dlt645',
      address: '202411110002',
      rules: {
        modulus: { unscaled: 1_000_000n, decimals: 0 },
        maxRatePerHour: { unscaled: 10n, decimals: 0 },
        decimals: 2,
        direction: 'forward',
        counts: { unit: 'kWh', recordUnit: 'kWh' },
      },
      factor: '1',
      freezeDays: 0,
    });
  });

  it('takes what is said of the meter before what is said of its tag', () => {
    const over = 'total: em_1203.total, modulus: 10000, max_rate: 2/h, decimals: 1, factor: 40';
    const [rule] = builtReading(`electricity: { ${over} }\nevery: 1h`).set.rules;
    expect(rule?.kind === 'combined_reading' && rule.group.meters[0]).toMatchObject({
      factor: '40',
      rules: {
        modulus: { unscaled: 10_000n },
        maxRatePerHour: { unscaled: 2n },
        decimals: 1,
      },
    });
  });

  it('counts frozen tags as far as the star finds them', () => {
    const frozen = '{ total: em_1203.total, frozen: { days: em_1203.day_* } }';
    const [rule] = builtReading(`electricity: ${frozen}\nfreeze: "00:00"`).set.rules;
    expect(rule?.kind === 'combined_reading' && rule.group.meters[0]?.freezeDays).toBe(2);
    expect(rule?.tags).toEqual([
      'em_1203.total',
      'em_1203.day_1',
      'em_1203.day_2',
      'em_1203.total_event',
    ]);
  });

  it('states limits of flow in what records state', () => {
    const water = '{ total: wm_1203.volume, watch: { leak: 0.002, burst: 2 } }';
    const power = '{ total: em_1203.total, watch: { burst: 2 } }';
    const { set } = builtReading(`water: ${water}\nelectricity: ${power}\nevery: 1h`);
    const [rule] = set.rules;
    if (rule?.kind !== 'combined_reading') throw new Error('no reading');
    const flowOf = (name: string) => rule.group.meters.find((meter) => meter.name === name)?.flow;
    const number = (value: { unscaled: bigint; decimals: number } | undefined) =>
      value && Number(value.unscaled) / 10 ** value.decimals;
    expect(number(flowOf('water')?.leak)).toBe(0.002);
    expect(number(flowOf('electricity')?.burst)).toBe(7_200_000);
  });

  it('has alarms for what can come about, and for nothing else', () => {
    const [rule] = builtReading(
      'water: { total: wm_1203.volume, status: { battery: wm_1203.battery_low } }\nevery: 1h',
    ).set.rules;
    expect(Object.keys(rule?.alarms ?? {})).toEqual([
      'implausible-water',
      'unread-water',
      'reverse-water',
      'battery-low-water',
    ]);
  });
});
