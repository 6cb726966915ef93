import { describe, expect, it } from 'vitest';
import { seconds } from '../../../gateway/model/units.ts';
import type { RuleConfig } from '../../../rules/rule.ts';
import { percentOf } from '../../../rules/tests/coverage.ts';
import { siteTests } from '../../../rules/tests/site-tests.ts';
import {
  alarmOf,
  conditionRule,
  expressionOf,
  ruleSet,
  ruleTest,
  type TestInput,
} from '../../support/rule-test-fixture.ts';

function covered(rule: RuleConfig, ...inputs: TestInput[]) {
  const tests = siteTests(ruleSet([{ ...rule, tests: inputs.map(ruleTest) }]), { covers: true });
  while (tests.next());
  return tests.coverage();
}

const never = (rule: RuleConfig, ...inputs: TestInput[]) =>
  covered(rule, ...inputs)[0]?.parts.map(({ text, never: gaps }) => `${text}: ${gaps.join(' ')}`);

describe('the coverage of a rule', () => {
  const rule = conditionRule('hot', 'a.temp > 75 && !(a.off || a.cold)');

  it('tells of each operand what no test reaches', () => {
    expect(
      never(rule, { series: { 'a.temp': '60 80', 'a.off': 'false', 'a.cold': 'false' } }),
    ).toEqual([
      'a.temp > 75 && !(a.off || a.cold): unknown',
      'a.temp > 75: unknown',
      'a.off || a.cold: true unknown',
      'a.off: true unknown',
      'a.cold: true unknown',
    ]);
  });

  it('is made of all tests together, and unknown does not count', () => {
    const [result] = covered(
      rule,
      { series: { 'a.temp': '60 80', 'a.off': 'false', 'a.cold': 'false' } },
      { series: { 'a.temp': '80', 'a.off': 'true', 'a.cold': 'true' } },
    );
    expect(result).toMatchObject({ tests: 2, outcomes: 10, reached: 10 });
    expect(percentOf(result ? [result] : [])).toBe(100);
  });

  it('sees operands that the whole did not need', () => {
    const other = conditionRule('hot', 'a.temp > 75 && a.on');
    expect(never(other, { series: { 'a.temp': '60 60', 'a.on': 'true false' } })?.at(-1)).toBe(
      'a.on: unknown',
    );
  });

  it('knows every condition of the rule by its role, and nothing of what is written', () => {
    const whole = conditionRule('hot', 'a.temp > 75', {
      clearWhen: expressionOf('a.temp < 70'),
      resetWhen: expressionOf('a.reset'),
      alarm: alarmOf({ suppressWhen: expressionOf('a.service') }),
      do: [{ kind: 'write', tag: 'a.out' as never, value: expressionOf('a.temp > 3') }],
    });
    const [result] = covered(whole, { series: { 'a.temp': '60x2' } });
    expect(result?.parts.map(({ role }) => role)).toEqual([
      'when',
      'clear_when',
      'reset_when',
      'alarm.suppress_when',
    ]);
    expect(result?.parts[0]?.never).toEqual(['true', 'unknown']);
  });

  it('counts a rule without tests as not reached at all', () => {
    expect(percentOf(covered(rule))).toBe(0);
  });

  it('is whole where there is nothing to reach', () => {
    expect(percentOf([])).toBe(100);
  });

  it('keeps to the rule itself: what another rule of the test sees is not its own', () => {
    const other = conditionRule('other', 'a.temp > 75');
    const alarms = [{ at: seconds(1), to: 'active', rule: 'other' }] as const;
    const own = {
      ...conditionRule('own', 'a.temp > 1000'),
      tests: [ruleTest({ series: { 'a.temp': '60 80' }, expect: { alarms } })],
    };
    const tests = siteTests(ruleSet([other, own]), { covers: true });
    while (tests.next());
    const [first, second] = tests.coverage();
    expect([first?.reached, second?.reached]).toEqual([0, 1]);
  });
});
