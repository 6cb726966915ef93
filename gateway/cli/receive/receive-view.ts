/** What a receiver did, and what it has, in words. Pure. */
import type { Language } from '../../model/errors.ts';
import type { ReceiverFacts } from '../../receive/receiver.ts';
import type { DayReport, JournalReport } from '../../receive/report.ts';
import { aligned, harmless } from '../columns.ts';
import type { Words } from '../verb.ts';

const STATES: Readonly<Record<ReceiverFacts['state'], Words>> = {
  connecting: { en: 'connecting', zh: '连接中' },
  receiving: { en: 'receiving', zh: '接收中' },
  waiting: { en: 'waiting for the broker', zh: '等待重连' },
};

export function progressLine(facts: ReceiverFacts, language: Language): string {
  const { state, parts, samples, repeats, rejected, holes } = facts;
  const words: Words = {
    en: `stored ${parts} messages, ${samples} samples · repeats ${repeats} · holes ${holes.open} · dropped ${rejected}`,
    zh: `已存消息 ${parts} 条、样本 ${samples} 个 · 重复 ${repeats} · 缺块 ${holes.open} · 已丢弃 ${rejected}`,
  };
  return `${STATES[state][language]} · ${words[language]}`;
}

export function renderSummary(store: string, facts: ReceiverFacts, language: Language): string {
  const { commits, contradictions, holes, rejection } = facts;
  const { asked, gone, unanswered } = holes;
  const work: Words = {
    en: `${commits} commits · asked ${asked} times for blocks · ${gone} blocks gone · ${unanswered} without an answer`,
    zh: `提交 ${commits} 次 · 请求补发 ${asked} 次 · 网关已无 ${gone} 块 · 未获答复 ${unanswered} 块`,
  };
  const doubt: Words = {
    en: `${contradictions} times a day had another link than before, see --report`,
    zh: `${contradictions} 次收到与先前不同的日链值，见 --report`,
  };
  const lines = [`${store}: ${progressLine(facts, language)}`, work[language]];
  if (contradictions > 0) lines.push(doubt[language]);
  if (rejection) lines.push(harmless(rejection.describe(language)));
  return lines.join('\n');
}

const HEADS: Readonly<Record<Language, readonly string[]>> = {
  en: ['day (UTC)', 'blocks', 'stored', 'gone', 'missing', 'complete'],
  zh: ['日期 (UTC)', '块', '已存', '已失', '缺失', '完整'],
};
const NOTHING: Words = { en: 'nothing was received yet', zh: '尚未收到任何数据' };
const NO_WATERMARK: Words = { en: 'no watermark yet', zh: '尚无水位消息' };
const SINCE: Words = { en: 'since', zh: '此后' };
const YES: Words = { en: 'yes', zh: '是' };
const NO: Words = { en: 'NO', zh: '否' };

export function renderReport(journals: readonly JournalReport[], language: Language): string {
  if (journals.length === 0) return NOTHING[language];
  return journals.map((journal) => journalText(journal, language)).join('\n\n');
}

function journalText({ gw, epoch, head, acked, days }: JournalReport, language: Language): string {
  const known: Words = {
    en: `head ${head}, delivered up to ${acked}`,
    zh: `最新块 ${head}，已送达 ${acked}`,
  };
  const rows = days.map((day) => rowOf(day, language));
  const table = days.length === 0 ? [] : aligned([HEADS[language], ...rows]);
  const notes = days.flatMap((day) => notesOf(day, language));
  const title = `${harmless(gw)} ${epoch}: ${(head === undefined ? NO_WATERMARK : known)[language]}`;
  return [title, ...[...table, ...notes].map((line) => `  ${line}`)].join('\n');
}

function rowOf(report: DayReport, language: Language): readonly string[] {
  const { day, first, last, stored, gone, missing, isComplete } = report;
  const verdict = (isComplete ? YES : NO)[language];
  const counts = [stored, gone, missing].map(String);
  return [day ?? SINCE[language], `${first}…${last}`, ...counts, verdict];
}

function notesOf(report: DayReport, language: Language): string[] {
  const { day = SINCE[language], missing, missingRanges, link, otherLink } = report;
  const { omitted, omittedSamples } = report;
  const ranges = missingRanges.map(([from, to]) => (from === to ? `${from}` : `${from}…${to}`));
  const absent: Words = {
    en: `${day}: missing ${ranges.join(', ')}`,
    zh: `${day}: 缺失 ${ranges.join(', ')}`,
  };
  const doubt: Words = {
    en: `${day}: told with two links, first ${link}, later ${otherLink}`,
    zh: `${day}: 收到两个不同的链值，先 ${link}，后 ${otherLink}`,
  };
  const chosen: Words = {
    en: `${day}: ${omitted} blocks, and ${omittedSamples} samples of others, are left out by the "only" of the uplink`,
    zh: `${day}: 上行按 “only” 省略了 ${omitted} 块，以及其他块中的 ${omittedSamples} 个样本`,
  };
  return [
    ...(omitted + omittedSamples > 0 ? [chosen[language]] : []),
    ...(missing > 0 ? [absent[language]] : []),
    ...(otherLink === undefined ? [] : [doubt[language]]),
  ];
}
