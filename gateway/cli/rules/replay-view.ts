/** What a replay found, for people. Pure. */
import type {
  EffectChange,
  ReplayDifference,
  ReplayedEffect,
} from '../../../rules/replay/replay-difference.ts';
import { changeText } from '../../../rules/tests/rule-test-words.ts';
import { padTo, widthOf } from '../../host/text-width.ts';
import type { Language } from '../../model/errors.ts';
import type { Millis, UtcMs } from '../../model/units.ts';
import { age } from '../age.ts';
import type { Replayed } from './replay-run.ts';

export interface ReplayView {
  readonly language: Language;
  /** A time as the site reads it. */
  readonly stamp: (time: UtcMs) => string;
  readonly paint: (color: 'green' | 'red' | 'yellow' | 'dim' | 'bold', text: string) => string;
}

export interface ProgressFacts {
  /** Share of the way, 0…1. */
  readonly done: number;
  readonly spent: Millis;
}

/** The most lines of effects and changes that are printed; `--json` has all. */
const MOST_LINES = 1_000;

const said = ({ language }: Pick<ReplayView, 'language'>, en: string, zh: string): string =>
  language === 'zh' ? zh : en;

export function renderProgress({ done, spent }: ProgressFacts, language: Language): string {
  const percent = Math.floor(done * 100);
  const left = done > 0 ? Math.round((spent / done) * (1 - done)) : undefined;
  const rest = left === undefined ? '?' : age(left);
  return said(
    { language },
    `replaying: ${percent} %, ${rest} left`,
    `回放中：${percent} %，剩余 ${rest}`,
  );
}

/** What one set of rules would have done. */
export function renderReplay(replayed: Replayed, view: ReplayView): string {
  const [outcome] = replayed.outcomes;
  const effects = outcome?.effects ?? [];
  const rows = effects
    .slice(0, MOST_LINES)
    .map((effect) => [view.stamp(effect.time), effect.rule, effectText(effect, view)]);
  const hidden = effects.length - rows.length + (outcome?.dropped ?? 0);
  return [...columns(rows), ...hiddenLine(hidden, view), ...summary(replayed, view)].join('\n');
}

/** How a second set of rules differs from the first. */
export function renderDifference(
  difference: ReplayDifference,
  replayed: Replayed,
  view: ReplayView,
): string {
  const { paint } = view;
  const lines: string[] = [];
  let left = MOST_LINES;
  for (const { rule, unchanged, changes } of difference.rules) {
    if (changes.length === 0) continue;
    const same = said(view, `${unchanged} unchanged`, `${unchanged} 项不变`);
    lines.push(`${paint('bold', rule)}  ${paint('dim', same)}`);
    for (const change of changes.slice(0, left)) lines.push(`  ${changeLine(change, view)}`);
    left = Math.max(0, left - changes.length);
  }
  const { added, removed, moved, altered, unchanged } = difference.totals;
  const all = added + removed + moved + altered;
  lines.push(...hiddenLine(all - Math.min(all, MOST_LINES), view));
  const derived = difference.derived.filter(({ differing }) => differing > 0);
  if (derived.length > 0) lines.push(paint('bold', said(view, 'derived tags', '计算点')));
  for (const { tag, before, after, differing, first } of derived) {
    const at = first === undefined ? '?' : view.stamp(first);
    const words = {
      en: `${before} → ${after} values, different at ${differing} times, first at ${at}`,
      zh: `${before} → ${after} 个值，${differing} 处不同，首次 ${at}`,
    };
    lines.push(`  ${tag}  ${words[view.language]}`);
  }
  const verdict = difference.isEqual
    ? paint('green', said(view, 'both did the same', '两者结果相同'))
    : paint('red', said(view, 'not the same', '结果不同'));
  const counts = said(
    view,
    `${added} added, ${removed} removed, ${moved} moved, ${altered} altered, ${unchanged} unchanged`,
    `新增 ${added}，消失 ${removed}，时间移动 ${moved}，内容改变 ${altered}，不变 ${unchanged}`,
  );
  return [...lines, `${verdict}: ${counts}`, ...summary(replayed, view)].join('\n');
}

function changeLine(change: EffectChange, view: ReplayView): string {
  const { paint } = view;
  const text = `${view.stamp(change.effect.time)}  ${effectText(change.effect, view)}`;
  if (!('by' in change))
    return change.change === 'added' ? paint('green', `+ ${text}`) : paint('red', `- ${text}`);
  const { by, fields, before } = change;
  const notes = [
    ...(by === 0 ? [] : [distanceText(by, view)]),
    ...(fields.length === 0
      ? []
      : [
          said(
            view,
            `was: ${effectText(before, view)} (${fields.join(', ')})`,
            `原为：${effectText(before, view)}（${fields.join('、')}）`,
          ),
        ]),
  ];
  return paint('yellow', `~ ${text}  ${notes.join('; ')}`);
}

function distanceText(by: Millis, view: ReplayView): string {
  const size = Math.abs(by);
  const text = size < 60_000 ? `${size / 1000} s` : age(size);
  return by > 0
    ? said(view, `${text} later`, `晚 ${text}`)
    : said(view, `${text} earlier`, `早 ${text}`);
}

/** What happened, in one line. */
export function effectText(effect: ReplayedEffect, view: Pick<ReplayView, 'language'>): string {
  const shadow = effect.isShadow ? said(view, '(shadow) ', '（影子）') : '';
  return shadow + bareText(effect, view);
}

function bareText(effect: ReplayedEffect, view: Pick<ReplayView, 'language'>): string {
  switch (effect.kind) {
    case 'alarm': {
      const change = changeText(effect.to, view.language);
      return `${said(view, 'alarm', '报警')} ${change} (${effect.severity})  ${effect.message[view.language]}`;
    }
    case 'command':
      if (effect.isRelease) return `${said(view, 'release', '释放')} ${effect.tag}`;
      return effect.value === null
        ? said(
            view,
            `write ${effect.tag}: value unknown, not sent`,
            `写入 ${effect.tag}：值未知，不发送`,
          )
        : `${said(view, 'write', '写入')} ${effect.tag} = ${JSON.stringify(effect.value)}`;
    case 'record':
      return `${said(view, 'record', '记录')} ${effect.name} ${JSON.stringify(effect.values)}`;
    case 'fault':
      return said(
        view,
        `the rule threw and stops: ${effect.reason}`,
        `规则出错停止：${effect.reason}`,
      );
  }
}

const hiddenLine = (count: number, view: ReplayView): string[] =>
  count > 0
    ? [
        view.paint(
          'dim',
          said(view, `… and ${count} more; --json has all`, `…… 另有 ${count} 条；--json 输出全部`),
        ),
      ]
    : [];

function summary(
  { facts, outcomes, derived, losses, blocks }: Replayed,
  view: ReplayView,
): string[] {
  const { samples, from, to, clockSteps } = facts;
  const effects = outcomes.at(-1)?.effects ?? [];
  const count = (kind: ReplayedEffect['kind']) => effects.filter((one) => one.kind === kind).length;
  const active = effects.filter((one) => one.kind === 'alarm' && one.to === 'active').length;
  const values = derived.reduce((sum, { after }) => sum + after, 0);
  const span =
    from === undefined || to === undefined ? '—' : `${view.stamp(from)} … ${view.stamp(to)}`;
  const [writes, records] = [count('command'), count('record')];
  const words = {
    en: `replayed ${samples} samples in ${blocks} blocks, ${span}: ${active} alarms, ${writes} writes, ${records} records, ${values} derived values`,
    zh: `已回放 ${blocks} 块中的 ${samples} 个样本，${span}：报警 ${active}，写入 ${writes}，记录 ${records}，计算值 ${values}`,
  };
  const lines = [words[view.language]];
  if (clockSteps > 0)
    lines.push(
      said(
        view,
        `the recorded clock stepped ${clockSteps} times; rules went on from the time that they had`,
        `记录的时钟跳变 ${clockSteps} 次；规则沿用当时的时间继续`,
      ),
    );
  for (const { from: start, to: end, count: lost, reason } of losses.gaps) {
    const when = `${view.stamp(start)} … ${view.stamp(end)}`;
    const gap = {
      en: `gap (${reason}) ${when}: ${lost ?? 'an unknown number of'} samples are missing`,
      zh: `缺口（${reason}）${when}：缺 ${lost ?? '未知数量的'} 个样本`,
    };
    lines.push(gap[view.language]);
  }
  for (const { seq, reason } of losses.damaged)
    lines.push(
      said(
        view,
        `block ${seq ?? '?'} cannot be read: ${reason}`,
        `块 ${seq ?? '?'} 无法读取：${reason}`,
      ),
    );
  if (losses.more > 0)
    lines.push(said(view, `… and ${losses.more} more losses`, `…… 另有 ${losses.more} 处缺失`));
  const dropped = outcomes.reduce((sum, outcome) => sum + outcome.dropped, 0);
  if (dropped > 0)
    lines.push(
      said(
        view,
        `${dropped} effects beyond the first ones were not kept, and not compared but by the digest`,
        `超出上限的 ${dropped} 个动作未保留，仅计入摘要`,
      ),
    );
  return lines.map((line) => view.paint('dim', line));
}

/** Under one another; the last column is as long as it is. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const width = (i: number) => rows.reduce((most, row) => Math.max(most, widthOf(row[i] ?? '')), 0);
  const widths = [width(0), width(1)];
  return rows.map((row) =>
    row
      .map((cell, i) => padTo(cell, widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
