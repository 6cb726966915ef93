/** Effects of an alarm: what was told of it, brought up to what is. */

import type { AlarmChange, AlarmEffect, Causes } from '../effect.ts';
import {
  type Act,
  type AlarmEntry,
  activationId,
  type Moment,
  spoken,
  stands,
} from './alarm-entry.ts';

/** The effect for a change of the alarm, whose flags are those of now. */
export function effectOf(
  entry: AlarmEntry,
  to: AlarmChange,
  { at, time }: Moment,
  causes: Causes,
  more: { readonly number?: number; readonly act?: Act | undefined } = {},
): AlarmEffect {
  const { rule, number, message } = entry;
  return {
    kind: 'alarm',
    rule: rule.name,
    at,
    time,
    ...(rule.isShadow && { isShadow: true as const }),
    id: activationId(rule.name, more.number ?? number),
    to,
    since: number === 0 ? time : entry.since,
    severity: rule.config.severity,
    message,
    isActive: to === 'active' || (to !== 'cleared' && entry.isActive),
    isAcknowledged: entry.isAcknowledged,
    isShelved: entry.shelved !== undefined,
    isSuppressed: entry.isSuppressed,
    isFirstOut: entry.isFirstOut,
    ...spoken(more.act ?? entry.seen ?? entry.shelved),
    causes,
  };
}

export interface Telling {
  /** Of a clearing; an activation has its own. */
  readonly causes: Causes;
  /** Active is told also where it was told before. */
  readonly isAgain?: boolean;
}

/**
 * The effects that bring what was told of an alarm up to what is. An activation that is over and has still to be seen
 * is told as active and cleared at once, so that nothing clears that never was active.
 */
export function tell(
  entry: AlarmEntry,
  moment: Moment,
  { causes, isAgain = false }: Telling,
): readonly AlarmEffect[] {
  const { number, told } = entry;
  const effects: AlarmEffect[] = [];
  const clear = () => {
    effects.push(effectOf(entry, 'cleared', moment, causes, { number: entry.told }));
    entry.isToldActive = false;
  };
  if (entry.isToldActive && (told !== number || !entry.isActive)) clear();
  if (stands(entry) && (told !== number || (isAgain && entry.isActive))) {
    effects.push(effectOf(entry, 'active', moment, entry.causes));
    entry.told = number;
    entry.isToldActive = true;
    if (!entry.isActive) clear();
  }
  entry.isHeldBack = false;
  return effects;
}
