/** Why something is as it is, for people. Pure. */
import type { AlarmStatus } from '../../../rules/alarms/alarm-entry.ts';
import { changeText } from '../../../rules/tests/rule-test-words.ts';
import type { ExplainedInput, ExplainedMoment, TreeLine } from '../../../rules/why/explain.ts';
import type { ToldEffect, WhyActivation, WhyAlarm, WhyAnswer, WhyRule } from '../../health/why.ts';
import { padTo, widthOf } from '../../host/text-width.ts';
import type { Language } from '../../model/errors.ts';
import { RULES_DEVICE } from '../../model/event-tag.ts';
import { type UtcMs, utcMs } from '../../model/units.ts';
import type { Words } from '../verb.ts';
import {
  KINDS,
  keyText,
  MODES,
  outcomeText,
  ownAlarmHint,
  roleText,
  secondsText,
  stateText,
} from './why-words.ts';

export interface WhyView {
  readonly language: Language;
  /** A time as the site reads it. */
  readonly stamp: (time: UtcMs) => string;
  /** Puts a text into colour where that is wanted. */
  readonly paint: (color: 'green' | 'red' | 'yellow' | 'dim' | 'bold', text: string) => string;
}

type Found<F extends WhyAnswer['found']> = Extract<WhyAnswer, { found: F }>;

/** A schedule says in UTC for what it waits. */
const UTC_TIME = /\b\d{4}-\d\d-\d\dT[\d:.]+Z/g;
const inZone = (text: string, { stamp }: WhyView): string =>
  text.replace(UTC_TIME, (time) => stamp(utcMs(Date.parse(time))));

/** Of an answer that found something. */
export function renderWhy(
  answer: Found<'rule'> | Found<'tag'> | Found<'alarm'>,
  view: WhyView,
): string {
  switch (answer.found) {
    case 'rule': {
      const { activation, rule } = answer;
      return [...activationLines(activation, rule.alarm, view), ...ruleLines(rule, view)].join(
        '\n',
      );
    }
    case 'tag':
      return tagLines(answer, view).join('\n');
    case 'alarm':
      return alarmLines(answer.alarm, view).join('\n');
  }
}

function alarmLines(alarm: WhyAlarm, { language }: WhyView): string[] {
  const { device, id, about, condition, key, messages } = alarm;
  const message = messages?.[language] ?? alarm.message;
  if (device === RULES_DEVICE)
    return [`${key} ${id}: ${message}`, `  → ${ownAlarmHint(id, language)}`];
  const words: Words = {
    en: `${key}: ${device} raised this alarm by itself, and only ${device} knows why.`,
    zh: `${key}：该报警由设备 ${device} 自行产生，原因只有设备知道。`,
  };
  return [words[language], `  ${about}  ${condition}  ${message}`.trimEnd()];
}

const said = ({ language }: WhyView, en: string, zh: string): string =>
  language === 'zh' ? zh : en;

function ruleLines(rule: WhyRule, view: WhyView): string[] {
  const { language, paint } = view;
  const { name, kind, mode, description, place, outline, live, recent, alarm } = rule;
  const facts = [KINDS[kind]?.[language], MODES[mode]?.[language], place].filter(Boolean);
  const state = live && inZone(stateText(live.after, live.now, language), view);
  return [
    `${paint('bold', name)}  ${paint('dim', facts.join('  '))}`,
    ...(description === undefined ? [] : [`  ${description}`]),
    ...columns(
      outline.map(({ key, text, zh }) => [
        keyText(key, language),
        language === 'zh' ? (zh ?? text) : text,
      ]),
    ).map((line) => `  ${line}`),
    '',
    ...(rule.isStopped
      ? [
          paint(
            'red',
            said(view, 'the rule threw and is stopped, see below', '规则出错已停止，见下'),
          ),
        ]
      : []),
    state === undefined
      ? said(view, 'it is switched off and sees nothing', '规则已停用，不作判断')
      : `${said(view, 'now: ', '当前：')}${paint('bold', state)}`,
    ...(alarm ? [alarmLine(alarm, view)] : []),
    ...(live ? momentLines(live, view) : []),
    ...recentLines(recent, mode === 'shadow', view),
  ];
}

function activationLines(
  activation: WhyActivation | undefined,
  alarm: AlarmStatus | undefined,
  view: WhyView,
): string[] {
  if (!activation) return [];
  const { id, time, moment } = activation;
  const latest = alarm && numberOf(alarm.id);
  if (numberOf(id) === 0 && (latest ?? 0) === 0)
    return [said(view, `${id.split('#')[0]} never was active`, `${id.split('#')[0]} 从未触发`), ''];
  if (latest !== undefined && (numberOf(id) > latest || numberOf(id) === 0))
    return [
      said(
        view,
        `${id}: there was none, the latest is ${alarm?.id}`,
        `${id}：没有该次触发，最近一次是 ${alarm?.id}`,
      ),
      '',
    ];
  if (time === undefined || !moment)
    return [
      said(
        view,
        `${id}: when it became active is no longer remembered; its event in the journal and upstream has the causes`,
        `${id}：其触发时刻已不在内存中；日志与上行事件中存有原因`,
      ),
      '',
    ];
  const [before, after] = [moment.before, moment.after].map((one) =>
    stateText(one, undefined, view.language),
  );
  return [
    said(
      view,
      `${view.paint('bold', id)} became active at ${view.stamp(time)}: ${before} → ${after}`,
      `${view.paint('bold', id)} 触发于 ${view.stamp(time)}：${before} → ${after}`,
    ),
    ...momentLines(moment, view),
    '',
  ];
}

const numberOf = (activation: string): number => Number(activation.split('#')[1]);

function tagLines({ tag, rule, usedBy, writtenBy, recent }: Found<'tag'>, view: WhyView): string[] {
  const list = (names: readonly string[]) => names.join(', ') || said(view, 'none', '无');
  return [
    view.paint('bold', tag),
    `  ${said(view, 'rules that use it', '使用它的规则')}: ${list(usedBy)}`,
    `  ${said(view, 'rules that write it', '写入它的规则')}: ${list(writtenBy)}`,
    ...(writtenBy.length > 0 ? [`  ${ownerHint(tag, view)}`] : []),
    ...(rule ? [`  ${said(view, 'the rule that makes it', '生成它的规则')}: ${rule.name}`] : []),
    ...(rule ? ['', ...ruleLines(rule, view)] : recentLines(recent, false, view)),
  ];
}

/** Claims, interlocks and people are not the business of rules. */
const ownerHint = (tag: string, view: WhyView): string =>
  said(
    view,
    `who has a say about it, and what stands in the way: headgate commands <site> --tag ${tag}`,
    `谁在控制它、受何限制：headgate commands <站点> --tag ${tag}`,
  );

function alarmLine(status: AlarmStatus, view: WhyView): string {
  const { id, severity, message, isActive, isAcknowledged, since, by } = status;
  if (since === 0) return said(view, 'its alarm never was active', '其报警从未触发');
  const marks = [
    isActive ? said(view, 'active', '活动') : said(view, 'not active', '未触发'),
    isAcknowledged
      ? said(view, `acknowledged${by ? ` by ${by}` : ''}`, `已确认${by ? `（${by}）` : ''}`)
      : said(view, 'not acknowledged', '未确认'),
    ...(status.isShelved ? [said(view, 'shelved', '已搁置')] : []),
    ...(status.isSuppressed ? [said(view, 'suppressed', '已抑制')] : []),
    ...(status.isFirstOut ? [said(view, 'first out', '首出')] : []),
    ...(status.isHeldBack ? [said(view, 'held back by a flood', '报警泛滥中，暂缓通知')] : []),
  ];
  const at = said(view, `since ${view.stamp(since)}`, `自 ${view.stamp(since)}`);
  const text = message[view.language];
  return `${said(view, 'alarm', '报警')} ${id} (${severity}): ${[...marks, at].join(', ')}${text && `: ${text}`}`;
}

function momentLines({ inputs, expressions }: ExplainedMoment, view: WhyView): string[] {
  const { language, paint } = view;
  const lines = [paint('dim', said(view, 'inputs', '输入')), ...inputLines(inputs, view)];
  for (const { role, lines: tree } of expressions) {
    if (tree.length === 0) continue;
    lines.push(paint('dim', roleText(role, language)));
    for (const line of tree) lines.push(`  ${'  '.repeat(line.depth)}${treeText(line, view)}`);
  }
  return lines;
}

function inputLines(inputs: readonly ExplainedInput[], view: WhyView): string[] {
  const rows = inputs.map(({ tag, value, unit, quality, age_ms, derivedBy }) => [
    tag,
    value === null ? '—' : `${valueText(value)}${unit === undefined ? '' : ` ${unit}`}`,
    quality,
    age_ms === null
      ? said(view, 'never came', '从未收到')
      : said(view, `${secondsText(age_ms)} s ago`, `${secondsText(age_ms)} 秒前`),
    derivedBy === undefined ? '' : said(view, `derived by ${derivedBy}`, `由 ${derivedBy} 计算`),
  ]);
  return columns(rows).map((line, i) => {
    const isBad = inputs[i]?.value === null;
    return `  ${isBad ? view.paint('yellow', line) : line}`;
  });
}

function treeText({ text, value, isCondition, because }: TreeLine, view: WhyView): string {
  const { paint } = view;
  if (value === null) {
    const bad = because?.map(({ tag, quality }) => `${tag} ${quality}`).join(', ');
    const reason = bad || said(view, 'it cannot be computed from these values', '由这些值无法计算');
    return paint('yellow', `? ${text}  ${said(view, 'unknown', '未知')}: ${reason}`);
  }
  if (isCondition && typeof value === 'boolean')
    return value ? paint('green', `✓ ${text}`) : paint('red', `✗ ${text}`);
  return `· ${text} = ${valueText(value)}`;
}

function recentLines(recent: readonly ToldEffect[], isShadow: boolean, view: WhyView): string[] {
  const heading = isShadow
    ? said(view, 'what it would have done, newest first', '本应执行的动作（最新在前）')
    : said(view, 'what it did, newest first', '最近的动作（最新在前）');
  if (recent.length === 0)
    return [
      view.paint('dim', heading),
      `  ${said(view, 'nothing that is remembered', '没有记录')}`,
    ];
  return [
    view.paint('dim', heading),
    ...recent.map((effect) => `  ${view.stamp(effect.time)}  ${effectText(effect, view)}`),
  ];
}

function effectText(effect: ToldEffect, view: WhyView): string {
  const { kind, isShadow } = effect;
  const would = isShadow ? said(view, '(shadow) ', '（影子）') : '';
  switch (kind) {
    case 'alarm': {
      const change = effect.to === undefined ? '' : changeText(effect.to, view.language);
      const by = effect.by === undefined ? '' : said(view, ` by ${effect.by}`, `（${effect.by}）`);
      const message = effect.message?.[view.language] ?? '';
      // What happened to an alarm that never was active belongs to no activation.
      const id = effect.id === undefined || numberOf(effect.id) === 0 ? '' : `  ${effect.id}`;
      return `${would}${said(view, 'alarm', '报警')} ${change}${by}${id}  ${message}`.trimEnd();
    }
    case 'command': {
      const outcome =
        effect.outcome === undefined ? '' : `  ${outcomeText(effect.outcome, view.language)}`;
      if (effect.isRelease)
        return `${would}${said(view, 'release', '释放')} ${effect.tag}${outcome}`;
      const isUnknown = effect.value === null || effect.value === undefined;
      const value = isUnknown
        ? said(view, 'unknown, not sent', '未知，未发送')
        : valueText(effect.value as boolean | number | string);
      return `${would}${said(view, 'write', '写入')} ${effect.tag} = ${value}${outcome}`;
    }
    case 'record':
      return `${would}${said(view, 'record', '记录')} ${effect.name} ${JSON.stringify(effect.values)}`;
    case 'fault':
      return view.paint('red', `${said(view, 'stopped', '已停止')}: ${effect.reason}`);
  }
}

const valueText = (value: boolean | number | string): string =>
  typeof value === 'string' ? JSON.stringify(value) : String(value);

/** Under one another; the last column is as long as it is. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, i) =>
    Math.max(...rows.map((row) => widthOf(row[i] ?? ''))),
  );
  return rows.map((row) =>
    row
      .map((cell, i) => padTo(cell, widths[i] as number))
      .join('  ')
      .trimEnd(),
  );
}
