/** What a combined reading tells the engine: records, alarms in both languages, reads, the freeze command. Pure. */
import type { Language } from '../../gateway/model/errors.ts';
import type { TagId } from '../../gateway/model/sample.ts';
import { alarmKey } from '../combined-reading-alarms.ts';
import type { CombinedReadingRule, InputRole } from '../combined-reading-rule.ts';
import type { AlarmTurn, MadeRecord, StepOutput } from '../kind.ts';
import { type Finding, findingText } from './reading/finding.ts';
import { type Ask, type Book, meterBook } from './reading/reading-book.ts';
import type { ReadingRecord } from './reading/reading-record.ts';
import { FAILURES, type Failure } from './reading/reread-plan.ts';
import { type SeriesEvent, seriesEventText } from './reading/series-event.ts';

/** A record of readings, and one of what happened to a register. */
export const READING_RECORD = 'reading';
export const METER_EVENT_RECORD = 'meter_event';

/** What came of one step. */
export interface ReadingResult {
  readonly records: readonly ReadingRecord[];
  readonly events: readonly (SeriesEvent & { readonly meter: string })[];
  readonly findings: readonly Finding[];
  readonly asks: readonly Ask[];
  readonly isFreezing: boolean;
  /** What stands: alarms that stand for nothing are cleared. Undefined: it is known that there are none. */
  readonly standing: Book | undefined;
}

export function readingOutput(rule: CombinedReadingRule): (result: ReadingResult) => StepOutput {
  const { group, premises = null, inputs, freezeCommand, alarms = {} } = rule;
  const main = group.balance?.main;

  const tagsFor = ({ meter, what, last }: Ask): readonly TagId[] => {
    const of = (as: InputRole, place: number) =>
      inputs.filter((one) => one.meter === meter && one.as === as && one.place === place);
    if (what === 'day_freeze') return of('day', last).map(({ tag }) => tag);
    if (what === 'month_freeze') return of('month', last).map(({ tag }) => tag);
    return [...of('instant', 0), ...of('total', 0)].map(({ tag }) => tag);
  };
  const turnOf = (finding: Finding): AlarmTurn[] => {
    const key = keyOf(finding);
    if (!Object.hasOwn(alarms, key)) return [];
    const message = { en: textOf(finding, 'en'), zh: textOf(finding, 'zh') };
    return [finding.isActive ? { key, turn: 'active', message } : { key, turn: 'cleared' }];
  };
  const cleared = (book: Book): AlarmTurn[] => {
    const standing = new Set<string>();
    for (const { name } of group.meters)
      for (const key of Object.keys(meterBook(book, name).standing) as Finding['key'][])
        standing.add(alarmKey(key, name));
    for (const key of Object.keys(book.balance) as Finding['key'][])
      standing.add(alarmKey(key, undefined));
    return Object.keys(alarms)
      .filter((key) => !standing.has(key))
      .map((key) => ({ key, turn: 'cleared' }));
  };
  const keyOf = ({ key, meter }: Finding): string =>
    alarmKey(key, meter === main && OF_BALANCE.has(key) ? undefined : meter);
  const eventRecord = (event: SeriesEvent & { readonly meter: string }): MadeRecord => {
    const { kind, meter, time, from, to, amount, isDeclared, hint } = event;
    return {
      name: METER_EVENT_RECORD,
      values: {
        ...{ group: group.name, premises, meter, kind, time: new Date(time).toISOString() },
        ...{ from, to, amount, unit: unitOf(meter), is_declared: isDeclared, hint },
        text: {
          en: seriesEventText(event, meter, 'en'),
          zh: seriesEventText(event, meter, 'zh'),
        },
      },
    };
  };
  const unitOf = (name: string): string =>
    group.meters.find((meter) => meter.name === name)?.rules.counts.unit ?? '';

  return ({ records, events, findings, asks, isFreezing, standing }) => ({
    alarms: [...(standing ? cleared(standing) : []), ...findings.flatMap(turnOf)],
    records: [
      ...events.map(eventRecord),
      ...records.map((record) => ({ name: READING_RECORD, values: { premises, ...record } })),
    ],
    writes: isFreezing && freezeCommand ? [freezeCommand] : [],
    reads: [...new Set(asks.flatMap(tagsFor))],
  });
}

const OF_BALANCE: ReadonlySet<Finding['key']> = new Set(['loss', 'loss_negative']);

function textOf(finding: Finding, language: Language): string {
  const { why } = finding.details;
  const failure = FAILURES.find((one) => one === why);
  const details =
    failure === undefined
      ? finding.details
      : { ...finding.details, why: FAILURE_WORDS[failure][language] };
  return findingText({ ...finding, details }, language);
}

const FAILURE_WORDS: Readonly<Record<Failure, Readonly<Record<Language, string>>>> = {
  not_asked: { en: 'not asked', zh: '未抄' },
  not_read: { en: 'not read', zh: '未抄到' },
  no_answer: { en: 'no answer', zh: '无应答' },
  bad_frame: { en: 'damaged answer', zh: '应答报文错误' },
  no_answer_or_bad_frame: { en: 'no answer, or a damaged one', zh: '无应答或报文错误' },
  error_reply: { en: 'the meter refused', zh: '表计返回异常应答' },
  implausible: { en: 'the reading cannot be right', zh: '读数不合理' },
  no_value: { en: 'no value', zh: '无有效值' },
  configuration: { en: 'wrong configuration', zh: '配置有误' },
  out_of_service: { en: 'out of service', zh: '已停用' },
};
