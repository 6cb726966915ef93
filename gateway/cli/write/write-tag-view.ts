/** A write of a tag before and after it was handed to the gateway, as people and programs read it. Pure. */
import type { CommandAnswer, PlainValue, ShownTag } from '../../command/command-answers.ts';
import type { Language } from '../../model/errors.ts';
import type { Millis, UtcMs } from '../../model/units.ts';
import { age } from '../age.ts';
import {
  type CommandsView,
  MEANINGS,
  ownerText,
  reasonText,
  valueText,
} from '../commands/command-words.ts';
import { renderTag } from '../commands/commands-view.ts';

/** What is wanted, and by whom. */
export interface TagWish {
  readonly tag: string;
  readonly by: string;
  /** Undefined: a release. */
  readonly value: PlainValue | undefined;
  /** How long it claims the tag; null: until it is released. */
  readonly hold: Millis | null;
}

/** Whether what was wanted is so. */
export const isDone = (answer: CommandAnswer): boolean =>
  answer.state === 'ended' && (answer.outcome === 'verified' || answer.outcome === 'written');

/** What is wanted, and below it what is there. */
export function renderWish(
  wish: TagWish,
  shown: ShownTag,
  view: CommandsView & { readonly now: UtcMs },
): string {
  const lines = [
    ...renderTag(shown, view),
    ...(shown.policy.by.includes('local') ? [] : [`! ${NOT_LOCAL[view.language]}`]),
  ];
  return [headOf(wish, shown.unit, view), ...lines.map((line) => `  ${line}`)].join('\n');
}

const NOT_LOCAL = {
  en: 'it may not be written from here, and will be refused',
  zh: '不允许在此写入，将被拒绝',
};

function headOf(
  { tag, by, value, hold }: TagWish,
  unit: string | undefined,
  { language, stamp, now }: CommandsView & { readonly now: UtcMs },
): string {
  if (value === undefined)
    return { en: `${tag}: release, by ${by}`, zh: `${tag}：释放，操作人 ${by}` }[language];
  const what = `${tag} = ${valueText(value, unit)}`;
  const until = hold === null || hold === 0 ? '' : stamp(now + hold);
  if (language === 'zh') {
    const length = hold === null ? '占用直至释放' : `占用 ${age(hold ?? 0)}（至 ${until}）`;
    return `${what}，操作人 ${by}，${hold === 0 ? '不占用' : length}`;
  }
  const length =
    hold === null ? 'held until it is released' : `held for ${age(hold)} (until ${until})`;
  return `${what}, by ${by}, ${hold === 0 ? 'not held' : length}`;
}

/** The outcome and what it means; below it why, who has the tag, and the next step. */
export function renderAnswer(
  wish: TagWish,
  answer: CommandAnswer,
  view: CommandsView & { readonly unit: string | undefined },
): string {
  const { language, stamp, unit } = view;
  const say = (en: string, zh: string) => (language === 'zh' ? zh : en);
  const reason = answer.reason && reasonText(answer.reason, language);
  const { owner, allowed_at: at } = answer;
  return [
    answer.state === 'waiting' ? say(WAITS.en, WAITS.zh) : outcomeText(wish, answer, view),
    ...(reason ? [reason.message] : []),
    ...(at === undefined ? [] : [say(`  allowed at ${stamp(at)}`, `  ${stamp(at)} 起允许`)]),
    ...(owner ? [`  ${say('owner: ', '控制方：')}${ownerText(owner, view, unit)}`] : []),
    ...(answer.state === 'waiting'
      ? [
          say(
            `  → headgate write ${wish.tag} --release takes it back`,
            `  → 撤回：headgate write ${wish.tag} --release`,
          ),
        ]
      : []),
    ...(reason?.hint === undefined ? [] : [`  → ${reason.hint}`]),
  ].join('\n');
}

const WAITS = {
  en: 'waiting: the gateway keeps it, and writes it when it may',
  zh: 'waiting：网关已接受，允许时自动写入',
};

function outcomeText(
  { value }: TagWish,
  { outcome, read_back: held, ...answer }: Extract<CommandAnswer, { state: 'ended' }>,
  { language, unit }: CommandsView & { readonly unit: string | undefined },
): string {
  const zh = language === 'zh';
  const isReleased = value === undefined && isDone({ outcome, ...answer });
  const meaning = isReleased
    ? { en: 'it is released', zh: '已释放' }[language]
    : MEANINGS[outcome][language];
  const now = held === undefined ? '' : ` (${zh ? '当前值' : 'it holds'} ${valueText(held, unit)})`;
  return `${outcome}: ${meaning}${now}`;
}

/** The JSON of a write. */
export function answerFields(
  { tag, by, value, hold }: TagWish,
  { reason, id, ...answer }: CommandAnswer,
  language: Language,
) {
  const text = reason && reasonText(reason, language);
  return {
    ...answer,
    tag,
    ...(id !== '' && { id }),
    ...(value === undefined ? { release: true } : { value, hold_ms: hold }),
    by,
    ...(text && {
      code: text.code,
      reason: text.message,
      ...(text.hint !== undefined && { hint: text.hint }),
    }),
  };
}
