/** What became of acknowledging and shelving, as people and programs read it. Pure. */
import type { WriteOutcome, Written } from '../../../drivers/driver.ts';
import type { ShelveAnswer, ShownAlarm } from '../../alarms/alarm-desk.ts';
import type { AcknowledgeOutcome } from '../../alarms/rule-alarms.ts';
import { GatewayError, type Language } from '../../model/errors.ts';
import { harmless } from '../columns.ts';
import type { Words } from '../verb.ts';

/** The answer in a few lines and as JSON, and whether what was wanted is so. */
export interface Answer {
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly isDone: boolean;
}

const WRITTEN: Readonly<Record<WriteOutcome, Words>> = {
  written: { en: 'acknowledged', zh: '已确认' },
  rejected: { en: 'it was refused, nothing changed', zh: '被拒绝，没有改变' },
  unknown: {
    en: 'it left, and what became of it nobody knows; look at the list again',
    zh: '已发出，但结果未知；请再次查看列表',
  },
  failed: { en: 'nothing was sent', zh: '没有发出' },
};

/** Of an alarm that a device or server raised. */
export function writtenAnswer(alarm: ShownAlarm, written: Written, language: Language): Answer {
  const { outcome, refusal } = written;
  const reason = refusal && new GatewayError(refusal.code, refusal.details);
  return answer(alarm, outcome, WRITTEN[outcome], language, reason);
}

/** Of an alarm that a rule raised. */
export function ruledAnswer(
  alarm: ShownAlarm,
  ruled: AcknowledgeOutcome,
  language: Language,
): Answer {
  const { key: id } = alarm;
  switch (ruled.outcome) {
    case 'acknowledged':
      return answer(alarm, ruled.outcome, { en: ruled.id, zh: ruled.id }, language);
    case 'already': {
      const { by } = ruled;
      const time = new Date(ruled.time).toISOString();
      const words = { en: `by ${by}, ${time}`, zh: `由 ${by} 确认，${time}` };
      const { text, fields } = answer(alarm, ruled.outcome, words, language);
      return { text, fields: { ...fields, by, time: ruled.time }, isDone: true };
    }
    case 'stale':
      return refused(
        alarm,
        'stale',
        new GatewayError('alarm.stale', { id, present: ruled.id }),
        language,
      );
    case 'unknown':
      return refused(alarm, 'unknown', new GatewayError('alarm.unknown', { id }), language);
  }
}

/** `length`: what was asked for, for the message. */
export function shelvedAnswer(
  alarm: ShownAlarm,
  outcome: NonNullable<ShelveAnswer['outcome']>,
  length: string,
  language: Language,
): Answer {
  const { key: id, device } = alarm;
  switch (outcome) {
    case 'shelved':
      return answer(alarm, outcome, { en: `for ${length}`, zh: `搁置 ${length}` }, language);
    case 'unshelved':
      return answer(alarm, outcome, { en: 'no longer shelved', zh: '已取消搁置' }, language);
    case 'not-shelved':
      return refused(alarm, outcome, new GatewayError('alarm.not-shelved', { id }), language);
    case 'too-short':
    case 'too-long':
      return refused(alarm, outcome, new GatewayError('alarm.shelf-length', { length }), language);
    case 'not-ours':
      return refused(alarm, outcome, new GatewayError('alarm.not-ours', { id, device }), language);
    case 'refused':
      return refused(alarm, outcome, new GatewayError('alarm.not-shelvable', { id }), language);
    case 'unknown':
      return refused(alarm, outcome, new GatewayError('alarm.unknown', { id }), language);
  }
}

const DONE: readonly string[] = ['written', 'acknowledged', 'shelved', 'unshelved'];
const NOT_DONE: Words = { en: 'nothing changed', zh: '没有改变' };

const refused = (alarm: ShownAlarm, outcome: string, reason: GatewayError, language: Language) =>
  answer(alarm, outcome, NOT_DONE, language, reason);

function answer(
  alarm: ShownAlarm,
  outcome: string,
  words: Words,
  language: Language,
  reason?: GatewayError,
): Answer {
  const { key, device, id, about, condition } = alarm;
  const what = [key, device, about, condition].map(harmless).join(' ');
  const why = reason ? [reason.describe(language), `  → ${reason.hint(language)}`] : [];
  return {
    text: [`${what}: ${outcome}: ${harmless(words[language])}`, ...why].join('\n'),
    fields: {
      key,
      device,
      id,
      outcome,
      ...(reason && {
        code: reason.code,
        reason: reason.describe(language),
        hint: reason.hint(language),
      }),
    },
    isDone: DONE.includes(outcome),
  };
}
