import { describe, expect, it } from 'vitest';
import { seconds } from '../../../gateway/model/units.ts';
import type { AlarmChange } from '../../../rules/effect.ts';
import { runTest } from '../../../rules/test-run.ts';
import { pressOverheat, ruleSet, ruleTest, tagOf } from '../../support/rule-test-fixture.ts';

const alarm = (at: number, to: AlarmChange, rule = 'press-overheat') => ({
  at: seconds(at),
  to,
  rule,
});
const pump = (at: number, value: boolean) => ({ at: seconds(at), tag: tagOf('press.pump'), value });

describe('the test of the guide', () => {
  const rule = pressOverheat();
  const set = ruleSet([rule]);
  const series = { 'press.oil_temp': '60x10 80x20 65x5' };

  it('passes as it is written', () => {
    const test = ruleTest({
      series,
      expect: {
        alarms: [alarm(20, 'active'), alarm(30, 'cleared')],
        writes: [pump(20, false), pump(30, true)],
      },
    });
    expect(runTest(set, rule, test).differences).toEqual([]);
  });

  it('knows that a short peak is no alarm', () => {
    const peak = { 'press.oil_temp': '60x10 80x5 60x10' };
    const result = runTest(
      set,
      rule,
      ruleTest({ series: peak, expect: { alarms: [], writes: [] } }),
    );
    expect(result.differences).toEqual([]);
  });
});
