/** The alarms of a set of rules, as their book wants them. */
import { alarmsOf, type RuleSet } from '../rule.ts';
import type { AlarmRule } from './alarm-entry.ts';

/** Of every rule that is not switched off, in their order. */
export const alarmRules = ({ rules }: RuleSet): readonly AlarmRule[] =>
  rules.flatMap((rule) =>
    rule.mode === 'off'
      ? []
      : alarmsOf(rule).map(([name, config]) => ({
          name,
          config,
          isShadow: rule.mode === 'shadow',
          fingerprint: rule.fingerprint,
        })),
  );
