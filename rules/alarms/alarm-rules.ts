/** The alarms of a set of rules, as their book wants them. */
import type { RuleSet } from '../rule.ts';
import type { AlarmRule } from './alarm-entry.ts';

/** Of every rule that has one and is not switched off, in their order. */
export const alarmRules = ({ rules }: RuleSet): readonly AlarmRule[] =>
  rules.flatMap((rule) =>
    'alarm' in rule && rule.alarm && rule.mode !== 'off'
      ? [
          {
            name: rule.name,
            config: rule.alarm,
            isShadow: rule.mode === 'shadow',
            fingerprint: rule.fingerprint,
          },
        ]
      : [],
  );
