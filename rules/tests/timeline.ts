/**
 * A failed test of a rule, drawn over time for a terminal: what each tag showed, where each condition was true, what the
 * rule was in, what it was expected to do and did; below it a sentence a difference. Pure.
 */
import { printable } from '../../gateway/host/quoted.ts';
import { cutTo, padTo, widthOf } from '../../gateway/host/text-width.ts';
import type { Language } from '../../gateway/model/errors.ts';
import type { Quality } from '../../gateway/model/quality.ts';
import type { Plain } from '../expression.ts';
import { type RuleConfig, ruleOfAlarm } from '../rule.ts';
import {
  type Deed,
  expectedDeeds,
  isAsExpected,
  kindsOf,
  MOST_DIFFERENCES,
  type TimedDeed,
} from './rule-test-compare.ts';
import { namedAlarms } from './rule-test-subject.ts';
import type { TagTrack, TestTrack } from './rule-test-track.ts';
import {
  changeText,
  differenceText,
  durationText,
  recordValueText,
  valueText,
} from './rule-test-words.ts';
import {
  axisRows,
  type BandText,
  bandRow,
  type Mark,
  markRow,
  type Scale,
  truthRow,
} from './timeline-row.ts';

export interface TimelineOptions {
  readonly language: Language;
  /** Of the terminal. */
  readonly columns: number;
  readonly paint?: (color: 'red' | 'dim', text: string) => string;
}

type Words = Readonly<Record<Language, string>>;
const EXPECTED: Words = { en: 'expected', zh: '预期' };
const GOT: Words = { en: 'got', zh: '实际' };
const STATE: Words = { en: 'state', zh: '状态' };
const ALARM: Words = { en: 'alarm', zh: '报警' };
const RECORD: Words = { en: 'record', zh: '记录' };

const NARROWEST = 60;
const WIDEST_LABEL = 32;
/** Behind the end of time, for the texts of marks there. */
const MARGIN = 8;
const MOST_TAGS = 24;
const MOST_SUBJECTS = 16;
const MOST_SENTENCES = 12;

type Labelled = readonly [label: string, row: string];

export function renderTimeline(
  track: TestTrack,
  rule: RuleConfig,
  { language, columns, paint = (_, text) => text }: TimelineOptions,
): string {
  const { test, differences } = track.result;
  const labels = labelsOf(track, rule, language);
  const labelWidth = Math.min(WIDEST_LABEL, Math.max(...labels.map(widthOf)));
  const room = Math.max(NARROWEST, columns) - labelWidth - 3;
  const scale = scaleOf(test, room - MARGIN);
  const rows = rowsOf(track, rule, { language, scale, room });
  const drawn = rows.map(([label, row]) => {
    const line = `${padTo(cutTo(label, labelWidth), labelWidth)}  ${row}`.trimEnd();
    return line.includes('  !') || row.startsWith('!') ? paint('red', line) : line;
  });
  const [times, ruler] = axisRows(scale, room, durationText);
  const { file, line, col } = test.place;
  return [
    `${file}:${line}:${col} ${rule.name}: ${printable(test.name, 200)}`,
    '',
    ...[times, ruler].map((row) => paint('dim', `${' '.repeat(labelWidth)}  ${row}`)),
    ...drawn,
    '',
    ...differences
      .slice(0, MOST_SENTENCES)
      .map((one) => paint('red', `- ${differenceText(one, rule.name, language)}`)),
    ...moreText(differences.length - MOST_SENTENCES, language),
  ].join('\n');
}

function moreText(more: number, language: Language): readonly string[] {
  if (more <= 0) return [];
  const isAll = more + MOST_SENTENCES < MOST_DIFFERENCES;
  if (language === 'zh') return [`- 另有${isAll ? '' : '至少'} ${more} 处`];
  return [`- and ${isAll ? '' : 'at least '}${more} more`];
}

/** Whole columns to a step where there is room for it, so that equal times look equal. */
function scaleOf({ length, step }: TestTrack['result']['test'], room: number): Scale {
  const steps = Math.ceil(length / step);
  return steps > 0 && steps <= room
    ? { length: steps * step, columns: steps * Math.floor(room / steps) }
    : { length: Math.max(1, length), columns: room };
}

interface Drawing {
  readonly language: Language;
  readonly scale: Scale;
  readonly room: number;
}

/** Of all rows, before there is a scale to draw them to. */
const labelsOf = (track: TestTrack, rule: RuleConfig, language: Language): readonly string[] =>
  rowsOf(track, rule, { language, scale: { length: 1, columns: 1 }, room: 1 }).map(
    ([label]) => label,
  );

function rowsOf(track: TestTrack, rule: RuleConfig, drawing: Drawing): readonly Labelled[] {
  const { language, scale } = drawing;
  const { tags, truths, states } = track;
  return [
    ...tags.slice(0, MOST_TAGS).flatMap((tag) => tagRows(tag, track, drawing)),
    ...truths.map(({ role, changes }): Labelled => [role, truthRow(changes, scale)]),
    ...(states.length === 0 || rule.kind === 'derive'
      ? []
      : [[STATE[language], bandRow(states, scale, stateText)] satisfies Labelled]),
    ...deedRows(track, rule, drawing),
  ];
}

/** Without the time at which it ends: the row shows that. */
const stateText = (state: string): BandText => {
  const short = state.replace(/ until \d+.*$/, '');
  return { texts: [short, short.replace(/^(.+)_pending$/, '…$1')], fill: '─' };
};

function tagRows({ tag, unit, changes }: TagTrack, track: TestTrack, drawing: Drawing): Labelled[] {
  const { test, differences } = track.result;
  const { language, scale, room } = drawing;
  const label = unit === undefined ? tag : `${tag} ${unit}`;
  const shown: Labelled = [label, bandRow(changes, scale, shownText)];
  const marks = (test.expect.values ?? [])
    .filter((one) => one.tag === tag)
    .map(({ at, value, quality }): Mark => {
      const isWrong = differences.some(
        (one) => one.kind === 'value' && one.tag === tag && one.at === at,
      );
      return { at, text: value === null ? (quality ?? 'bad') : valueText(value), isWrong };
    });
  return marks.length === 0
    ? [shown]
    : [shown, [`  ${EXPECTED[language]}`, markRow(marks, scale, room)]];
}

function shownText({ value, quality }: { value: Plain | null; quality: Quality }): BandText {
  if (value === null)
    return quality === 'bad:waiting'
      ? { texts: [''], fill: ' ' }
      : { texts: [quality, 'bad'], fill: '.' };
  const text = quality.startsWith('good') ? valueText(value) : `${valueText(value)}?`;
  const number = typeof value === 'number' ? { number: value } : {};
  return { texts: [text], fill: '─', ...number };
}

/** Two rows for each subject of deeds that the test looks at. */
function deedRows(track: TestTrack, rule: RuleConfig, drawing: Drawing): readonly Labelled[] {
  const { test } = track.result;
  const { language, scale, room } = drawing;
  const kinds = kindsOf(test.expect);
  const named = namedAlarms(test);
  const got = track.deeds.filter(
    ({ deed }) =>
      kinds.has(deed.kind) &&
      (deed.kind !== 'alarm' || ruleOfAlarm(deed.rule) === rule.name || named.has(deed.rule)),
  );
  const expected = expectedDeeds(test.expect).flat();
  const titleOf = ({ deed }: TimedDeed) => subjectText(deed, rule.name, language);
  const subjects = [...new Set([...expected, ...got].map(titleOf))].slice(0, MOST_SUBJECTS);
  const marksOf = (deeds: readonly TimedDeed[], hasPartner: (one: TimedDeed) => boolean) =>
    deeds.map((one): Mark => {
      const { at, deed } = one;
      return { at, text: markText(deed, language), isWrong: !hasPartner(one) };
    });
  const expectedMarks = marksOf(expected, (one) => got.some((other) => isPair(one, other)));
  const gotMarks = marksOf(got, (one) => expected.some((other) => isPair(other, one)));
  return subjects.flatMap((title): Labelled[] => {
    const own = (deeds: readonly TimedDeed[], marks: readonly Mark[]) =>
      marks.filter((_, i) => deeds[i] !== undefined && titleOf(deeds[i]) === title);
    return [
      [`${title} ${EXPECTED[language]}`, markRow(own(expected, expectedMarks), scale, room)],
      [`${' '.repeat(widthOf(title))} ${GOT[language]}`, markRow(own(got, gotMarks), scale, room)],
    ];
  });
}

const isPair = (expected: TimedDeed, got: TimedDeed): boolean =>
  expected.at === got.at && isAsExpected(expected.deed, got.deed);

function subjectText(deed: Deed, rule: string, language: Language): string {
  if (deed.kind === 'alarm')
    return deed.rule === rule ? ALARM[language] : `${ALARM[language]} ${deed.rule}`;
  return deed.kind === 'write' ? deed.tag : `${RECORD[language]} ${deed.name}`;
}

function markText(deed: Deed, language: Language): string {
  if (deed.kind === 'alarm') return changeText(deed.to, language);
  if (deed.kind === 'write') return valueText(deed.value);
  const [first] = Object.entries(deed.values);
  return first ? `${first[0]} ${first[1] === null ? 'bad' : recordValueText(first[1])}` : '';
}
