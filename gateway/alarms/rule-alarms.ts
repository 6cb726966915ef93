/** The alarms of rules among those of devices, and what people can do with them. */
import type { Act, AlarmStatus } from '../../rules/alarms/alarm-entry.ts';
import type { AcknowledgeAct, ShelveResult } from '../../rules/alarms/alarm-outcome.ts';
import type { AlarmEffect } from '../../rules/effect.ts';
import type { Clock } from '../host/clock.ts';
import { timeBasisOf } from '../host/stamp.ts';
import type { AlarmReport } from '../model/alarm.ts';
import { RULES_DEVICE } from '../model/event-tag.ts';
import type { TimeBasis } from '../model/sample.ts';
import type { Millis, UtcMs } from '../model/units.ts';
import { boundedCauses } from './event-causes.ts';
import type { StandingAlarms } from './standing-alarms.ts';

/** Who was first is named where somebody was; a stale answer names the latest activation. */
export type AcknowledgeOutcome =
  | { readonly outcome: 'acknowledged'; readonly id: string }
  | { readonly outcome: 'already'; readonly id: string; readonly by: string; readonly time: UtcMs }
  | { readonly outcome: 'stale'; readonly id: string }
  | { readonly outcome: 'unknown' };

export type ShelveOutcome = Pick<ShelveResult, 'outcome'>;

/** What people can do with the alarms of rules. Answers at once; what it changes comes as effects. */
export interface RuleAlarmControl {
  acknowledge(rule: string, act: AcknowledgeAct): AcknowledgeOutcome;
  shelve(rule: string, length: Millis, act: Act): ShelveOutcome;
  unshelve(rule: string, act: Act): ShelveOutcome;
  /** All that stand or are shelved, told or not; see AlarmBook. */
  states(): readonly AlarmStatus[];
}

/** What kind of condition it is, in the list of alarms. */
const CONDITION = 'Rule';

export interface RuleAlarms {
  /** Takes what alarms did; effects of other kinds and of shadow rules go past. */
  take(effect: { readonly kind: string }): void;
  /** After a start or a reload: alarms of rules that are not among these have cleared. */
  reconcile(states: readonly AlarmStatus[]): void;
}

/** From effects to the alarms that stand, and to events. */
export function ruleAlarms(standing: StandingAlarms, clock: Clock): RuleAlarms {
  return {
    take(effect) {
      if (!isAlarm(effect) || effect.isShadow) return;
      const details = { change: effect.to, causes: boundedCauses(effect.causes) };
      standing.apply(RULES_DEVICE, reportOf(effect, effect.time, timeBasisOf(clock)), details);
    },
    reconcile(states) {
      const real = states.filter(({ isShadow }) => !isShadow);
      standing.standing(
        RULES_DEVICE,
        real.map(({ rule }) => rule),
      );
    },
  };
}

const isAlarm = (effect: { readonly kind: string }): effect is AlarmEffect =>
  effect.kind === 'alarm';

/** The alarm of a rule as the list has it; `time`: when it last changed. */
export function reportOf(
  alarm: Omit<AlarmStatus, 'isHeldBack' | 'isShadow'>,
  time: UtcMs,
  timeBasis: TimeBasis,
): AlarmReport {
  const { rule, message, by, comment } = alarm;
  return {
    id: rule,
    about: rule,
    condition: CONDITION,
    severity: alarm.severity,
    message: message.en,
    messages: message,
    isActive: alarm.isActive,
    isAcknowledged: alarm.isAcknowledged,
    ...(alarm.isShelved && { isShelved: true }),
    ...(alarm.isSuppressed && { isSuppressed: true }),
    ...(alarm.isFirstOut && { isFirstOut: true }),
    activation: alarm.id,
    time,
    timeBasis,
    ...(by !== undefined && { by }),
    ...(comment !== undefined && { comment }),
  };
}
