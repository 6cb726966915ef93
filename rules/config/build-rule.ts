/** One rule, from its checked options to what the engine runs. Every problem of it is found; pure. */

import { quoted } from '../../gateway/host/quoted.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import { type Millis, millis, minutes } from '../../gateway/model/units.ts';
import type { Expression, Plain } from '../expression.ts';
import { cronProblem } from '../kinds/schedule-times.ts';
import { unitProblem } from '../language/check-operators.ts';
import type {
  ConditionRule,
  LoopRule,
  RuleConfig,
  ScheduleRule,
  ScheduleTime,
  SequenceRule,
} from '../rule.ts';
import { cellOf } from './build-cell.ts';
import { actionsOf, alarmOf, type RuleContext, writableTag } from './build-parts.ts';
import { combinedReadingOf } from './build-reading.ts';
import { type RuleScope, tagsOf } from './build-scope.ts';
import type { RuleTag } from './build-site.ts';
import { CELL_TICK } from './build-tags-cell.ts';
import type {
  ConditionOptions,
  LoopOptions,
  ScheduleOptions,
  ScheduleTimeOptions,
  SequenceOptions,
} from './options.ts';
import { WEEKDAYS } from './options-value.ts';

/** What all rules have is added when the rule is complete. */
type Made<R extends RuleConfig> = Omit<
  R,
  'name' | 'fingerprint' | 'mode' | 'description' | 'tests'
>;
export type MadeRule = {
  readonly [K in RuleConfig['kind']]: Made<Extract<RuleConfig, { kind: K }>>;
}[RuleConfig['kind']];

/** The rule, whole where nothing was found to be wrong. */
export function madeRule(context: RuleContext, derived: Tag | undefined): MadeRule | undefined {
  const { scope } = context;
  const { options } = scope.source;
  const made = kindOf();
  if (made === undefined) return undefined;
  const { expressions, memories } = scope;
  const isReading = made.kind === 'combined_reading';
  const looksAtTime = expressions.some((one) => one.looksAtTime);
  const ownTick = made.kind === 'cell' && !looksAtTime ? CELL_TICK : undefined;
  const tick = options.tick ?? (isReading ? READING_TICK : ownTick);
  const isTimed =
    ['schedule', 'cell', 'combined_reading'].includes(made.kind) ||
    (made.kind === 'loop' && made.control.kind === 'pi');
  return {
    ...made,
    tags: [
      ...new Set([...tagsOf(expressions), ...(isReading ? made.inputs.map(({ tag }) => tag) : [])]),
    ],
    looksAtTime: isTimed || looksAtTime,
    memories,
    ...(tick !== undefined && { tick }),
  };

  function kindOf() {
    if ('when' in options) return conditionOf(context, options);
    if ('derive' in options) {
      const value = scope.expression(['derive', 'value'], options.derive.value, 'value');
      return value && derived && ({ kind: 'derive', tag: derived, value } as const);
    }
    if ('schedule' in options) return scheduleOf(context, options);
    if ('loop' in options) return loopOf(context, options);
    if ('cell' in options) return cellOf(context, options);
    if ('combined_reading' in options) return combinedReadingOf(context, options);
    return sequenceOf(context, options);
  }
}

/** It wakes by itself in time; this is how soon it sees that the clock was set. */
const READING_TICK = minutes(1);

type Bare<R> = Omit<
  R,
  'tags' | 'looksAtTime' | 'memories' | 'name' | 'fingerprint' | 'mode' | 'description' | 'tests'
>;

function conditionOf(
  context: RuleContext,
  options: ConditionOptions,
): Bare<ConditionRule> | undefined {
  const { scope } = context;
  const condition = conditionIn(scope);
  const when = condition('when', options.when);
  const clearWhen = clearOf(scope, options, when) ?? condition('clear_when', options.clear_when);
  const resetWhen = condition('reset_when', options.reset_when);
  const { latch } = options;
  if (latch && options.reset_when === undefined && options.alarm === undefined)
    scope.find(['latch'], 'rules.latch-without-alarm', {}, { at: 'key' });
  if (!latch && options.reset_when !== undefined)
    scope.find(
      ['reset_when'],
      'config.pair-missing',
      { key: 'reset_when', other: 'latch' },
      { at: 'key' },
    );
  const alarm = options.alarm && alarmOf(scope, options.alarm);
  const does = actionsOf(context, 'do', options.do);
  const onClear = actionsOf(context, 'on_clear', options.on_clear);
  if (when === undefined) return undefined;
  const { on_delay: onDelay, off_delay: offDelay } = options;
  return {
    kind: 'condition',
    when,
    clearWhen,
    onDelay,
    offDelay,
    latch,
    resetWhen,
    alarm,
    do: does,
    onClear,
  };
}

const conditionIn =
  (scope: RuleScope) =>
  (key: string, written: Plain | undefined): Expression | undefined =>
    written === undefined ? undefined : scope.expression([key], written, 'condition');

const CLEARED_BY = { '>': '<=', '>=': '<', '<': '>=', '<=': '>' } as const;

/** People read it in `why`: a name or a number needs no brackets. */
const bracketed = (part: string): string => (/^[\w.]+$/.test(part) ? part : `(${part})`);

/** What a deadband says about when the condition ends, as an expression. */
function clearOf(
  scope: RuleScope,
  { deadband, clear_when: clearWhen }: ConditionOptions,
  when: Expression | undefined,
): Expression | undefined {
  if (deadband === undefined) return undefined;
  if (clearWhen !== undefined) {
    scope.find(['deadband'], 'rules.clear-twice', {}, { at: 'key' });
    return undefined;
  }
  if (when === undefined) return undefined;
  const { root, text } = when;
  const op = root.kind === 'binary' ? root.op : undefined;
  if (
    root.kind !== 'binary' ||
    !isOrder(op) ||
    !isNumber(root.left.type) ||
    !isNumber(root.right.type)
  ) {
    scope.find(['deadband'], 'rules.deadband-comparison', {}, { at: 'key' });
    return undefined;
  }
  const part = ({ start, end }: { readonly start: number; readonly end: number }) =>
    bracketed(text.slice(start, end));
  const back = op.startsWith('>') ? '-' : '+';
  const limit = `${part(root.right.span)} ${back} ${bracketed(String(deadband))}`;
  const made = `${part(root.left.span)} ${CLEARED_BY[op]} ${limit}`;
  return scope.made(['deadband'], made, 'rules.deadband-comparison');
}

const isOrder = (op: string | undefined): op is keyof typeof CLEARED_BY =>
  op !== undefined && Object.hasOwn(CLEARED_BY, op);
const isNumber = (type: string): boolean => type === 'number' || type === 'any';

function scheduleOf(
  context: RuleContext,
  options: ScheduleOptions,
): Bare<ScheduleRule> | undefined {
  const { scope } = context;
  const at = timeOf(context, options.schedule);
  const onlyWhen = conditionIn(scope)('only_when', options.only_when);
  const does = actionsOf(context, 'do', options.do);
  return at && { kind: 'schedule', at, missed: options.missed, onlyWhen, do: does };
}

function timeOf(
  { scope, site }: RuleContext,
  options: ScheduleTimeOptions,
): ScheduleTime | undefined {
  if ('sun' in options) {
    if (site.position === undefined)
      scope.find(['schedule', 'sun'], 'rules.position-missing', {}, { at: 'key' });
    return { kind: 'sun', event: options.sun, offset: options.offset };
  }
  if ('at' in options) {
    const { at, days = [] } = options;
    const weekdays = days.map((day) => (WEEKDAYS.indexOf(day) + 1) % WEEKDAYS.length);
    return { kind: 'cron', cron: `${at.minute} ${at.hour} * * ${weekdays.join(',') || '*'}` };
  }
  const { cron } = options;
  const reason = cronProblem(cron);
  if (reason === undefined) return { kind: 'cron', cron };
  const details = { found: quoted(cron), reason, reasonZh: cronProblem(cron, 'zh') };
  scope.find(['schedule', 'cron'], 'rules.cron', details);
  return undefined;
}

function loopOf(context: RuleContext, { loop }: LoopOptions): Bare<LoopRule> | undefined {
  const { scope } = context;
  const number = (key: 'input' | 'setpoint') =>
    scope.expression(['loop', key], loop[key], 'number');
  const input = number('input');
  const setpoint = number('setpoint');
  const clash = unitProblem(input?.root.unit, setpoint?.root.unit);
  if (clash !== undefined) scope.find(['loop', 'setpoint'], clash.code, clash.details);
  const output = writableTag(context, ['loop', 'output'], loop.output);
  const { enabled_when } = loop;
  const enabledWhen =
    enabled_when === undefined
      ? undefined
      : scope.expression(['loop', 'enabled_when'], enabled_when, 'condition');
  const control = controlOf(scope, loop, output);
  const fallback = fallbackOf(scope, loop, output);
  if (!input || !setpoint || !output) return undefined;
  return { kind: 'loop', input, setpoint, output: output.id, enabledWhen, control, fallback };
}

type Loop = LoopOptions['loop'];

function controlOf(scope: RuleScope, loop: Loop, output: RuleTag | undefined): LoopRule['control'] {
  const needs = (type: 'flag' | 'number') => {
    if (output === undefined || output.type === 'any' || output.type === type) return;
    const details = { tag: output.id, needs: output.type, found: type };
    scope.find(['loop', 'output'], 'rules.write-type', details);
  };
  if ('on_off' in loop) {
    const { action, band, min_on: minOn, min_off: minOff } = loop.on_off;
    needs('flag');
    return { kind: 'on_off', action, band, minOn, minOff };
  }
  needs('number');
  const { action, gain, integral_time: integralTime, min, max, every } = loop.pi;
  if (min > max) scope.find(['loop', 'pi'], 'config.range-reversed', { min, max }, { at: 'key' });
  const outputDeadband = loop.pi.output_deadband;
  return { kind: 'pi', action, gain, integralTime, min, max, every, outputDeadband };
}

/** The value of a fallback is what it is, and no expression: it has to be known when nothing else is. */
function fallbackOf(
  scope: RuleScope,
  { fallback }: Loop,
  output: RuleTag | undefined,
): { readonly value: Plain; readonly after: Millis } | undefined {
  if (fallback === undefined) return undefined;
  const { value, after } = fallback;
  const inside = ['loop', 'fallback', 'value'];
  const found = typeof value === 'boolean' ? 'flag' : typeof value === 'string' ? 'text' : 'number';
  if (output !== undefined && output.type !== 'any' && output.type !== found)
    scope.find(inside, 'rules.write-type', { tag: output.id, needs: output.type, found });
  return { value, after: millis(after) };
}

function sequenceOf(
  context: RuleContext,
  options: SequenceOptions,
): Bare<SequenceRule> | undefined {
  const { scope } = context;
  const { steps, abort_when } = options.sequence;
  const made = steps.flatMap(({ name, when: written, within }, index) => {
    const inside = ['sequence', 'steps', index];
    const when = scope.expression([...inside, 'when'], written, 'condition');
    if (index === 0 && within !== undefined)
      scope.find([...inside, 'within'], 'rules.step-first-within', {}, { at: 'key' });
    return when ? [{ name, when, within }] : [];
  });
  const abortWhen =
    abort_when === undefined
      ? undefined
      : scope.expression(['sequence', 'abort_when'], abort_when, 'condition');
  const alarm = options.alarm && alarmOf(scope, options.alarm);
  const does = actionsOf(context, 'do', options.do);
  const otherwise = actionsOf(context, 'else', options.else);
  return { kind: 'sequence', steps: made, abortWhen, alarm, do: does, otherwise };
}
