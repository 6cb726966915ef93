import { describe, expect, it } from 'vitest';
import type { RuleConfig } from '../../../rules/rule.ts';
import { testProblems } from '../../../rules/tests/test-problems.ts';
import {
  conditionRule,
  deriveRule,
  pressOverheat,
  ruleSet,
  ruleTest,
  type TestInput,
  write,
} from '../../support/rule-test-fixture.ts';

const tested = (rule: RuleConfig, ...inputs: TestInput[]): RuleConfig => ({
  ...rule,
  tests: inputs.map(ruleTest),
});
const series = { 'press.oil_temp': '60x10 80x20 65x5' };

describe('the tests of a site', () => {
  it('are no problem while they pass', () => {
    expect(testProblems(ruleSet([tested(pressOverheat(), { series }, { series })]))).toEqual([]);
  });

  it('are a problem each that fails, at its place, with the first difference in both languages', () => {
    const rule = tested(
      pressOverheat(),
      { name: 'red', series, expect: { writes: [] } },
      { series },
    );
    expect(testProblems(ruleSet([rule]))).toEqual([
      {
        place: { file: 'rules/press.yaml', line: 12, col: 9 },
        code: 'rules.test-failed',
        details: {
          rule: 'press-overheat',
          test: 'red',
          difference: 'at 20s came: write press.pump false; it was not expected',
          differenceZh: '20s：写入 press.pump false；并非预期',
        },
      },
    ]);
  });

  it('are refused together where one alone would pass, and the rest is not run', () => {
    const input = { series: { 'press.oil_temp': '60x300' } };
    const rule = tested(pressOverheat(), input, input, input);
    const codes = (most: number) => testProblems(ruleSet([rule]), most).map(({ code }) => code);
    expect(codes(1_000)).toEqual(['rules.tests-too-large']);
    expect(codes(500)).toEqual(['rules.test-too-large']);
    expect(codes(5_000)).toEqual([]);
  });
});

describe('a hostile test', () => {
  const hour = 3_600_000;
  const large = Array.from({ length: 100 }, (_, i) => `a.b > ${i + 1_000}`).join(' || ');
  const cases: readonly (readonly [string, readonly RuleConfig[], TestInput])[] = [
    [
      'looks through a day at every second',
      [conditionRule('r', 'percentile(a.b, 50, "24h") > 1e9 || stddev(a.b, "24h") > 1e9')],
      { series: { 'a.b': '1+1x99999' } },
    ],
    [
      'waits for years, looking at time',
      [conditionRule('r', 'avg(a.b, "1h") > 5')],
      { series: { 'a.b': '1' }, length: (365 * 24 * hour) as never },
    ],
    [
      'does something at every step, and explains it at length',
      [conditionRule('r', large, { do: [write('a.c', 'a.b + 1')] })],
      { series: { 'a.b': Array.from({ length: 20_000 }, () => '1 9999').join(' ') } },
    ],
    [
      'hangs on a hundred derived tags',
      [
        ...Array.from({ length: 100 }, (_, i) =>
          deriveRule(`p.t${i}`, i ? `p.t${i - 1} + 1` : 'a.b + 1'),
        ),
        conditionRule('r', 'p.t99 > 1e9'),
      ],
      { series: { 'a.b': '1+1x99999' } },
    ],
  ];
  it.each(cases)('that %s is refused in bounded time', (_, rules, input) => {
    const last = tested(rules.at(-1) as RuleConfig, { ...input, expect: { alarms: [] } });
    const before = process.cpuUsage();
    const problems = testProblems(ruleSet([...rules.slice(0, -1), last]));
    const { user } = process.cpuUsage(before);
    expect(problems.map(({ code }) => code)).toEqual(['rules.test-too-large']);
    // Half a second is meant; a busy machine that measures badly is given three times as much.
    expect(user / 1_000).toBeLessThan(1_500);
  });
});
