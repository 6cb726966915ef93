/** How tests of rules that fail are drawn on a terminal, in both languages: one file a case in rule-timelines/. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { widthOf } from '../../gateway/host/text-width.ts';
import { millis, minutes, seconds } from '../../gateway/model/units.ts';
import type { RuleConfig } from '../../rules/rule.ts';
import { trackOf } from '../../rules/tests/rule-test-track.ts';
import { runTest } from '../../rules/tests/test-run.ts';
import { renderTimeline } from '../../rules/tests/timeline.ts';
import {
  conditionRule,
  deriveRule,
  pressOverheat,
  ruleSet,
  ruleTest,
  type TestInput,
  tagOf,
} from '../support/rule-test-fixture.ts';

const FOLDER = join(import.meta.dirname, 'rule-timelines');
const temp = tagOf('press.oil_temp');
const pump = tagOf('press.pump');
const rule = 'press-overheat';

const CASES: Readonly<Record<string, readonly [rules: readonly RuleConfig[], test: TestInput]>> = {
  'a-second-late': [
    [pressOverheat()],
    {
      name: 'ten seconds above is one',
      series: { 'press.oil_temp': '60x10 80x20 65x5' },
      expect: {
        alarms: [
          { at: seconds(21), to: 'active', rule },
          { at: seconds(30), to: 'cleared', rule },
        ],
        writes: [{ at: seconds(20), tag: pump, value: true }],
      },
    },
  ],
  'slopes-gaps-and-doubt': [
    [pressOverheat({ onDelay: seconds(3) })],
    {
      name: '升温、断线、存疑',
      series: {
        'press.oil_temp': '_x3 60+1x20 80x4 bad:devicex10 78-0.5x20 60x30 80? 60x9 70 60 70 60',
      },
      expect: {
        alarms: [],
        values: [
          { at: seconds(53), tag: temp, value: 71 },
          { at: seconds(30), tag: temp, value: null, quality: 'bad:comm' },
        ],
      },
    },
  ],
  'a-day-in-minutes': [
    [pressOverheat({ onDelay: minutes(10) })],
    {
      name: 'a warm noon',
      step: minutes(1),
      series: { 'press.oil_temp': '60x700 80x40 60x700' },
      expect: { alarms: [{ at: minutes(705), to: 'active', rule }] },
    },
  ],
  milliseconds: [
    [pressOverheat({ onDelay: millis(50) })],
    {
      name: 'fast',
      step: millis(10),
      series: { 'press.oil_temp': '60x3 80x9' },
      expect: { alarms: [{ at: millis(70), to: 'active', rule, message: 'cold' }] },
    },
  ],
  'a-derived-tag': [
    [deriveRule('press.power', 'press.volts * press.amps / 1000')],
    {
      name: 'volts times amps',
      series: { 'press.volts': '230x10 badx3 231.5x20', 'press.amps': '10x5 12.25x30' },
      expect: { values: [{ at: seconds(4), tag: tagOf('press.power'), value: 2.4 }] },
    },
  ],
  'many-writes-in-one-column': [
    [conditionRule(rule, 'press.oil_temp > 75', { do: [] })],
    {
      name: 'chatter',
      series: { 'press.oil_temp': Array.from({ length: 200 }, () => '80 60').join(' ') },
      expect: { alarms: [] },
    },
  ],
};

describe('a failed test', () => {
  it.each(Object.entries(CASES))('%s is drawn', async (name, [rules, input]) => {
    const tested = rules.at(-1) as RuleConfig;
    const set = ruleSet(rules);
    const track = trackOf(set, tested, runTest(set, tested, ruleTest(input)));
    for (const language of ['en', 'zh'] as const) {
      const drawn = renderTimeline(track, tested, { language, columns: 100 });
      const [, ...picture] = drawn.split('\n').filter((line) => !line.startsWith('- '));
      for (const line of picture) expect(widthOf(line)).toBeLessThanOrEqual(100);
      await expect(`${drawn}\n`).toMatchFileSnapshot(join(FOLDER, `${name}.${language}.txt`));
    }
  });

  it('is drawn in colour where there is one: the rows and the words of what is wrong', () => {
    const [rules, input] = CASES['a-second-late'] ?? [[], {}];
    const tested = rules.at(-1) as RuleConfig;
    const set = ruleSet(rules);
    const track = trackOf(set, tested, runTest(set, tested, ruleTest(input)));
    const paint = (color: string, text: string) => (color === 'red' ? `<${text}>` : text);
    const red = renderTimeline(track, tested, { language: 'en', columns: 100, paint })
      .split('\n')
      .filter((line) => line.startsWith('<'));
    expect(red.map((line) => line.slice(1, 21).trim())).toEqual([
      'alarm expected',
      'got',
      'press.pump expected',
      'got',
      '- expected at 20s: w',
      '- expected at 21s: a',
      '- at 30s came: write',
    ]);
  });
});
