/** A rule in the words of its YAML, one entry a line, for people who ask what it does. Pure. */
import type { Millis } from '../../gateway/model/units.ts';
import type { Expression, Plain } from '../expression.ts';
import type { Action, AlarmConfig, Message, RuleConfig } from '../rule.ts';
import { durationText } from '../tests/rule-test-words.ts';
import { cellLines } from './outline-cell.ts';
import { readingLines } from './outline-reading.ts';

/** `key` as in the YAML; `text` is values and expressions, in no language, unless it is a message. */
export interface OutlineEntry {
  readonly key: string;
  readonly text: string;
  /** The same in Chinese, where it differs. */
  readonly zh?: string;
}

export function outlineOf(rule: RuleConfig): readonly OutlineEntry[] {
  switch (rule.kind) {
    case 'condition':
      return [
        ...line('when', rule.when),
        ...delay('on_delay', rule.onDelay),
        ...line('clear_when', rule.clearWhen),
        ...delay('off_delay', rule.offDelay),
        ...(rule.latch ? [{ key: 'latch', text: 'true' }] : []),
        ...line('reset_when', rule.resetWhen),
        ...alarm(rule.alarm),
        ...actions('do', rule.do),
        ...actions('on_clear', rule.onClear),
      ];
    case 'derive':
      return [{ key: 'derive', text: `${rule.tag.id} = ${rule.value.text}${unit(rule.tag.unit)}` }];
    case 'cell':
      return cellLines(rule);
    case 'combined_reading':
      return readingLines(rule);
    case 'interlock':
      return [{ key: 'interlock', text: `${rule.tag}: ${rule.when.text}` }];
    case 'schedule':
      return [
        { key: 'schedule', text: scheduleText(rule.at) },
        { key: 'missed', text: rule.missed },
        ...line('only_when', rule.onlyWhen),
        ...actions('do', rule.do),
      ];
    case 'loop':
      return [
        ...line('input', rule.input),
        ...line('setpoint', rule.setpoint),
        { key: 'output', text: rule.output },
        ...line('enabled_when', rule.enabledWhen),
        { key: rule.control.kind, text: controlText(rule.control) },
        ...(rule.fallback
          ? [
              {
                key: 'fallback',
                text: `${plainText(rule.fallback.value)} after ${durationText(rule.fallback.after)}`,
              },
            ]
          : []),
      ];
    case 'sequence':
      return [
        ...rule.steps.map(({ name, when, within }, i) => ({
          key: `step ${i + 1}`,
          text: `${name}: ${when.text}${within === undefined ? '' : `, within ${durationText(within)}`}`,
        })),
        ...line('abort_when', rule.abortWhen),
        ...alarm(rule.alarm),
        ...actions('do', rule.do),
        ...actions('else', rule.otherwise),
      ];
  }
}

const line = (key: string, of: Expression | undefined): OutlineEntry[] =>
  of ? [{ key, text: of.text }] : [];

const delay = (key: string, of: Millis): OutlineEntry[] =>
  of > 0 ? [{ key, text: durationText(of) }] : [];

const unit = (of: string | undefined): string => (of === undefined ? '' : ` [${of}]`);

function alarm(of: AlarmConfig | undefined): OutlineEntry[] {
  if (of === undefined) return [];
  const { severity, message, latch, realarm, firstOut, suppressWhen } = of;
  const [en, zh] = [messageText(message.en), messageText(message.zh)];
  return [
    { key: 'alarm', text: `${severity} "${en}"`, ...(zh !== en && { zh: `${severity} “${zh}”` }) },
    ...(latch ? [{ key: 'alarm.latch', text: 'true' }] : []),
    ...(realarm === undefined ? [] : delay('alarm.realarm', realarm)),
    ...(firstOut === undefined ? [] : [{ key: 'alarm.first_out', text: firstOut }]),
    ...line('alarm.suppress_when', suppressWhen),
  ];
}

const actions = (key: string, of: readonly Action[]): OutlineEntry[] =>
  of.map((action) => ({ key, text: actionText(action) }));

function actionText(action: Action): string {
  if (action.kind === 'release') return `release ${action.tag}`;
  if (action.kind === 'write') {
    const hold = action.hold === undefined ? '' : ` for ${durationText(action.hold)}`;
    return `write ${action.tag} = ${action.value.text}${hold}`;
  }
  const values = action.values.map(([key, value]) => `${key}: ${value.text}`);
  return `record ${action.name} { ${values.join(', ')} }`;
}

/** As written, with its holes. */
export const messageText = (message: Message): string =>
  message
    .map((part) => {
      if (typeof part === 'string') return part;
      if ('isStep' in part) return '{step}';
      return `{${part.value.text}${part.digits === undefined ? '' : `:${part.digits}`}}`;
    })
    .join('');

function scheduleText(at: Extract<RuleConfig, { kind: 'schedule' }>['at']): string {
  if (at.kind === 'cron') return `cron ${at.cron}`;
  const by =
    at.offset === 0 ? '' : ` ${at.offset < 0 ? '-' : '+'}${durationText(Math.abs(at.offset))}`;
  return `${at.event}${by}`;
}

function controlText(control: Extract<RuleConfig, { kind: 'loop' }>['control']): string {
  const { action } = control;
  if (control.kind === 'on_off') {
    const { band, minOn, minOff } = control;
    return `${action}, band ${band}, min_on ${durationText(minOn)}, min_off ${durationText(minOff)}`;
  }
  const { gain, integralTime, min, max, every } = control;
  const [integral, interval] = [durationText(integralTime), durationText(every)];
  return `${action}, gain ${gain}, integral_time ${integral}, ${min}…${max}, every ${interval}`;
}

const plainText = (value: Plain): string => (typeof value === 'string' ? `'${value}'` : `${value}`);
