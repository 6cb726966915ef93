/** An alarm that the gateway raises about itself: it stands as long as there is a problem. Pure. */
import type { AlarmReport } from '../model/alarm.ts';
import type { GatewayError, Language } from '../model/errors.ts';

/** Nobody has to acknowledge it. Its texts say what is wrong and the next step; none where nothing is. */
export function ownAlarm(
  alarm: Pick<AlarmReport, 'id' | 'about' | 'condition' | 'severity' | 'time' | 'timeBasis'>,
  problem: GatewayError | undefined,
): AlarmReport {
  const say = (language: Language) =>
    problem ? `${problem.describe(language)} → ${problem.hint(language)}` : '';
  const messages = { en: say('en'), zh: say('zh') };
  const isActive = problem !== undefined;
  return { ...alarm, message: messages.en, messages, isActive, isAcknowledged: true };
}
