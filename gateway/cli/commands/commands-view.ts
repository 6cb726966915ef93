/** What can be written and what was, as people read it. Pure. */
import type { CommandsAnswer, PastCommand, ShownTag } from '../../command/command-answers.ts';
import { ORIGIN_WORDS } from '../../model/command.ts';
import { aligned, harmless } from '../columns.ts';
import type { Words } from '../verb.ts';
import {
  type CommandsView,
  limitText,
  nameText,
  OUTCOMES,
  ownerText,
  personText,
  policyText,
  reasonText,
  valueText,
  waitingText,
} from './command-words.ts';

const TAG_HEADINGS: readonly Words[] = [
  { en: 'tag', zh: '点' },
  { en: 'now', zh: '当前值' },
  { en: 'wanted', zh: '要求值' },
  { en: 'owner', zh: '控制方' },
  { en: 'since', zh: '开始' },
  { en: 'until', zh: '截止' },
];
const PAST_HEADINGS: readonly Words[] = [
  { en: 'time', zh: '时间' },
  { en: 'origin', zh: '来源' },
  { en: 'by', zh: '操作者' },
  { en: 'tag', zh: '点' },
  { en: 'value', zh: '值' },
  { en: 'outcome', zh: '结果' },
  { en: 'reason', zh: '原因' },
];

const NO_TAG: Words = { en: 'no tag of this site can be written', zh: '本站点没有可写的点' };
const NO_COMMAND: Words = { en: 'no command so far', zh: '尚无命令' };
const RELEASE: Words = { en: 'release', zh: '释放' };
const RELEASED: Words = { en: 'released', zh: '释放为止' };
const WAITING: Words = { en: 'waiting', zh: '等待中' };
const OPEN: Words = { en: 'under way', zh: '进行中' };
/** What is not known, and what is not there. */
const NOTHING = '—';

/**
 * The tags that can be written, one a line, and under each what stands in the way and what waits; below them the last
 * commands, the newest first.
 */
export function renderCommands({ tags, last }: CommandsAnswer, view: CommandsView): string {
  const { language } = view;
  const above = tags.length === 0 ? [NO_TAG[language]] : tagTable(tags, view);
  const below = last.length === 0 ? [NO_COMMAND[language]] : pastTable(last, view);
  return [...above, '', ...below].join('\n');
}

function tagTable(tags: readonly ShownTag[], view: CommandsView): string[] {
  const headings = TAG_HEADINGS.map((heading) => heading[view.language]);
  const [head = '', ...lines] = aligned([headings, ...tags.map((tag) => tagCells(tag, view))]);
  const notes = tags.map((tag) => noteLines(tag, view).map((line) => `  ${line}`));
  return [head, ...lines.flatMap((line, i) => [line, ...(notes[i] ?? [])])];
}

const pastTable = (last: readonly PastCommand[], view: CommandsView): string[] =>
  aligned([
    PAST_HEADINGS.map((heading) => heading[view.language]),
    ...last.map((past) => pastCells(past, view)),
  ]);

function tagCells({ tag, value, unit, owner }: ShownTag, { language, stamp }: CommandsView) {
  const now = value === undefined ? NOTHING : valueText(value, unit);
  if (owner === undefined) return [tag, now, NOTHING, NOTHING, NOTHING, NOTHING];
  const until = owner.until === undefined ? RELEASED[language] : stamp(owner.until);
  const wanted = valueText(owner.value, unit);
  return [tag, now, wanted, personText(owner, language), stamp(owner.since), until];
}

/** What stands in the way of a write, and what waits. */
function noteLines({ unit, limits, waiting }: ShownTag, view: CommandsView): string[] {
  return [
    ...limits.map((limit) => `! ${limitText(limit, view)}`),
    ...(waiting ? [`${WAITING[view.language]}: ${waitingText(waiting, unit, view)}`] : []),
  ];
}

function pastCells(past: PastCommand, { language, stamp }: CommandsView) {
  const { outcome, reason } = past;
  return [
    stamp(past.time),
    ORIGIN_WORDS[past.origin][language],
    nameText(past.by),
    past.tag,
    past.value === undefined ? RELEASE[language] : valueText(past.value),
    (outcome ? OUTCOMES[outcome] : OPEN)[language],
    reason ? reasonText(reason, language).message : '',
  ].map(harmless);
}

/** What there is about a single tag, for somebody who is about to write it. */
export function renderTag(shown: ShownTag, view: CommandsView): string[] {
  const { value, unit, owner, policy } = shown;
  const say = (words: Words) => words[view.language];
  return [
    value === undefined
      ? say({ en: 'what it holds is not known', zh: '当前值未知' })
      : `${say({ en: 'it holds', zh: '当前值' })} ${valueText(value, unit)}`,
    owner
      ? `${say({ en: 'owner', zh: '控制方' })}: ${ownerText(owner, view, unit)}`
      : say({ en: 'nobody has a say about it', zh: '当前无控制方' }),
    policyText(policy, unit, view.language),
    ...noteLines(shown, view),
  ];
}
