import { describe, expect, it } from 'vitest';
import { millis, minutes, seconds } from '../../../gateway/model/units.ts';
import type { AlarmChange } from '../../../rules/effect.ts';
import type { RuleConfig } from '../../../rules/rule.ts';
import { differenceText } from '../../../rules/tests/rule-test-words.ts';
import { runTest } from '../../../rules/tests/test-run.ts';
import {
  alarmOf,
  conditionRule,
  deriveRule,
  pressOverheat,
  ruleSet,
  ruleTest,
  type TestInput,
  tagOf,
  write,
} from '../../support/rule-test-fixture.ts';

const alarm = (at: number, to: AlarmChange, over: { rule?: string; message?: string } = {}) => ({
  at: seconds(at),
  to,
  rule: 'press-overheat',
  ...over,
});
const pump = (at: number, value: boolean) => ({ at: seconds(at), tag: tagOf('press.pump'), value });
const value = (at: number, tag: string, is: number | null) => ({
  at: seconds(at),
  tag: tagOf(tag),
  value: is,
});

/** What a test of the last rule says is different, in English. */
function differences(rules: readonly RuleConfig[], input: TestInput): readonly string[] {
  const rule = rules.at(-1) as RuleConfig;
  const result = runTest(ruleSet(rules), rule, ruleTest(input));
  return result.differences.map((one) => differenceText(one, rule.name, 'en'));
}

const GUIDE = { 'press.oil_temp': '60x10 80x20 65x5' };

describe('the test of the guide', () => {
  it('passes as it is written', () => {
    const expected = {
      alarms: [alarm(20, 'active'), alarm(30, 'cleared')],
      writes: [pump(20, false), pump(30, true)],
    };
    expect(differences([pressOverheat()], { series: GUIDE, expect: expected })).toEqual([]);
  });

  it('knows that a short peak is no alarm', () => {
    const series = { 'press.oil_temp': '60x10 80x5 60x10' };
    expect(differences([pressOverheat()], { series, expect: { alarms: [], writes: [] } })).toEqual(
      [],
    );
  });
});

describe('a test that expects something else', () => {
  const cases: readonly (readonly [string, TestInput['expect'], readonly string[]])[] = [
    [
      'another time',
      { alarms: [alarm(21, 'active'), alarm(30, 'cleared')] },
      ['expected at 21s: alarm active; got at 20s'],
    ],
    [
      'nothing',
      { writes: [] },
      [
        'at 20s came: write press.pump false; it was not expected',
        'at 30s came: write press.pump true; it was not expected',
      ],
    ],
    [
      'what does not come',
      { alarms: [alarm(20, 'active'), alarm(30, 'cleared'), alarm(34, 'active')] },
      ['expected at 34s: alarm active; it did not come'],
    ],
    [
      'another value',
      { writes: [pump(20, true), pump(30, true)] },
      ['expected at 20s: write press.pump true; got false'],
    ],
    [
      'another message',
      { alarms: [alarm(20, 'active', { message: 'cold' }), alarm(30, 'cleared')] },
      ['expected at 20s: alarm active "cold"; got "too hot" / "过热"'],
    ],
    [
      'a record that no rule makes',
      { records: [{ at: seconds(3), name: 'peak', values: { max: 80 } }] },
      ['expected at 3s: record peak { max: 80 }; it did not come'],
    ],
    [
      'another value of a tag',
      { values: [value(9, 'press.oil_temp', 60), value(10, 'press.oil_temp', null)] },
      ['expected at 10s: press.oil_temp = bad; got 80'],
    ],
    [
      'the alarm of a rule that is not there',
      {
        alarms: [alarm(20, 'active'), alarm(30, 'cleared'), alarm(1, 'active', { rule: 'other' })],
      },
      ['expected at 1s: alarm of other active; it did not come'],
    ],
  ];
  it.each(cases)('%s: says so', (_, expected = {}, sentences) => {
    expect(differences([pressOverheat()], { series: GUIDE, expect: expected })).toEqual(sentences);
  });
});

describe('a test', () => {
  it('takes a message in either language', () => {
    for (const message of ['too hot', '过热']) {
      const alarms = [alarm(20, 'active', { message }), alarm(30, 'cleared')];
      expect(differences([pressOverheat()], { series: GUIDE, expect: { alarms } })).toEqual([]);
    }
  });

  it('looks at nothing that it leaves out', () => {
    expect(differences([pressOverheat()], { series: GUIDE, expect: {} })).toEqual([]);
  });

  it('sees what happens at its very end', () => {
    const series = { 'press.oil_temp': '60x10 80x10' };
    const alarms = [alarm(20, 'active')];
    expect(differences([pressOverheat()], { series, expect: { alarms } })).toEqual([]);
  });

  it('ends at its length, whatever its series would go on with', () => {
    const input = { series: GUIDE, length: millis(19_999), expect: { alarms: [] } };
    expect(differences([pressOverheat()], input)).toEqual([]);
  });

  it('runs what is due before the samples of the same time', () => {
    // At 20 s the sample would end the wait, had the wait not ended before it.
    const series = { 'press.oil_temp': '60x10 80x10 60x5' };
    const alarms = [alarm(20, 'active'), alarm(20, 'cleared')];
    expect(differences([pressOverheat()], { series, expect: { alarms } })).toEqual([]);
  });

  it('counts milliseconds', () => {
    const rule = pressOverheat({ onDelay: millis(1_234) });
    const input = {
      series: { 'press.oil_temp': '80x5' },
      expect: { alarms: [alarm(1.235, 'active')] },
    };
    expect(differences([rule], input)).toEqual(['expected at 1.235s: alarm active; got at 1.234s']);
  });

  it('lets people acknowledge, shelve and put back', () => {
    const acts = [
      { at: seconds(25), do: 'acknowledge', rule: 'press-overheat' },
      { at: seconds(26), do: 'shelve', rule: 'press-overheat', for: minutes(10) },
      { at: seconds(27), do: 'unshelve', rule: 'press-overheat' },
    ] as const;
    const changes = ['acknowledged', 'shelved', 'unshelved'] as const;
    const alarms = [
      alarm(20, 'active'),
      ...changes.map((to, i) => alarm(25 + i, to)),
      // Put back, it is told once more.
      alarm(27, 'active'),
      alarm(30, 'cleared'),
    ];
    expect(differences([pressOverheat()], { series: GUIDE, acts, expect: { alarms } })).toEqual([]);
  });

  it('computes the tags that its rule uses, through other rules, and no other rule', () => {
    const rules = [
      deriveRule('press.power', 'press.volts * press.amps / 1000'),
      deriveRule('press.share', 'press.power / 10'),
      conditionRule('unconcerned', 'press.volts > 1', { do: [write('press.pump', 'true')] }),
      conditionRule('press-overheat', 'press.share > 0.3'),
    ];
    const input: TestInput = {
      series: { 'press.volts': '230', 'press.amps': '10 20' },
      expect: {
        alarms: [alarm(1, 'active')],
        writes: [],
        // 230 × 10 / 1000 / 10 is 0.22999999999999998 in doubles.
        values: [
          value(0, 'press.power', 2.3),
          value(0, 'press.share', 0.23),
          value(1, 'press.power', 4.6),
        ],
      },
    };
    expect(differences(rules, input)).toEqual([]);
  });

  it('tests a rule that is off, and looks at the alarms of rules it names', () => {
    const group = { firstOut: 'press' };
    const other = conditionRule('other', 'press.oil_temp > 70', { alarm: alarmOf(group) });
    const rule = { ...pressOverheat({ onDelay: millis(0) }), mode: 'off' as const };
    const alarms = [alarm(10, 'active'), alarm(10, 'active', { rule: 'other' })];
    const input = { series: { 'press.oil_temp': '60x10 80x5' }, expect: { alarms } };
    expect(differences([other, rule], input)).toEqual([]);
  });

  it('is not disturbed by a flood, which is a matter of the whole site', () => {
    const rule = conditionRule('press-overheat', 'press.oil_temp > 75', {
      alarm: alarmOf({ severity: 100 }),
    });
    const series = { 'press.oil_temp': Array.from({ length: 30 }, () => '80 60').join(' ') };
    const alarms = Array.from({ length: 60 }, (_, at) => alarm(at, at % 2 ? 'cleared' : 'active'));
    expect(differences([rule], { series, expect: { alarms } })).toEqual([]);
  });
});

describe('the cost of a test', () => {
  it('is nothing where nothing happens: a million seconds pass at once', () => {
    const input = { series: { 'press.oil_temp': '60' }, length: seconds(1e6) };
    const result = runTest(ruleSet([pressOverheat()]), pressOverheat(), ruleTest(input));
    expect(result.differences).toEqual([]);
    expect(result.steps).toBeLessThan(100);
  });

  it('is counted alike each time, and ends the test where it is too much', () => {
    const rule = conditionRule('press-overheat', 'avg(press.oil_temp, "24h") > 1e9');
    const test = ruleTest({ series: { 'press.oil_temp': '1+1x90000' }, expect: { alarms: [] } });
    const runs = [1, 2].map(() => runTest(ruleSet([rule]), rule, test, { most: 50_000 }));
    expect(runs[0]).toEqual(runs[1]);
    expect(runs[0]?.differences.map(({ kind }) => kind)).toEqual(['too-large']);
  });
});
