/** The options of the tests that stand in a rule. Keys that are tags are checked where the tags are known. */
import {
  anything,
  byForm,
  duration,
  flag,
  list,
  map,
  number,
  object,
  oneKeyOf,
  oneOf,
  openObject,
  optional,
  text,
} from '../../gateway/host/schema.ts';
import { QUALITIES } from '../../gateway/model/quality.ts';
import { ALARM_CHANGES } from '../effect.ts';
import { alarmReference, instant, literal, type OptionValue } from './options-value.ts';

export const MOST_SERIES = 64;
const MOST_EXPECTED = 1_000;
const LONGEST_TEST = '365d';
/** A guess: three hundred items of a series by hand are more than anybody writes. */
const LONGEST_SERIES_TEXT = 20_000;
const LONGEST_TAG_KEY = 200;

const moment = duration({ doc: 'Time from the beginning.', min: '0ms', max: LONGEST_TEST });
const step = duration({ doc: 'The time of one step.', min: '1ms', max: '1d' });

/** The samples of one tag, one item each step: `60x10 80x20`. */
export const seriesText = byForm(
  { text: text({ max: LONGEST_SERIES_TEXT }), number: number(), flag: flag() },
  { code: 'rules.not-plain' },
);

const actOptions = oneKeyOf({
  acknowledge: object({
    at: moment,
    acknowledge: alarmReference({ doc: 'The rule whose alarm somebody acknowledges.' }),
  }),
  shelve: object({
    at: moment,
    shelve: alarmReference({ doc: 'The rule whose alarm somebody shelves.' }),
    for: duration({ doc: 'For how long.', min: '1s', max: LONGEST_TEST }),
  }),
  unshelve: object({
    at: moment,
    unshelve: alarmReference({ doc: 'The rule whose alarm somebody puts back.' }),
  }),
});

const alarmExpected = object({
  at: moment,
  to: oneOf(ALARM_CHANGES, { doc: 'What happens to the alarm.' }),
  rule: optional(alarmReference({ doc: 'Whose alarm; that of this rule when left out.' })),
  message: optional(text({ doc: 'What it says, in either language.' })),
});

/** A time, and beside it tags or records, which others check. */
const timed = openObject({ at: moment });
const timedList = (doc: string) => optional(list(timed, { doc, max: MOST_EXPECTED }));

/** A value that a tag has, or how it has none. */
export const tagValueOptions = object({
  value: optional(literal({ doc: 'The value; left out where the quality is bad.' })),
  quality: optional(oneOf(QUALITIES, { doc: 'The quality.' })),
});

export const testOptions = object({
  name: text({ doc: 'What the test shows, as a sentence.', max: 200 }),
  start: instant({
    doc: 'What the wall clock shows at the beginning.',
    default: '2026-01-01T00:00:00Z',
    example: '2026-01-01T08:00:00+08:00',
  }),
  step: optional(step),
  series: map({ max: LONGEST_TAG_KEY }, anything(), {
    doc: 'The samples of tags, by tag, one item each step: 60x10 80x20 is ten steps of 60 and twenty of 80. `step` among them is the time of one step, 1s when left out.',
    default: {},
  }),
  length: optional(
    duration({
      doc: 'How long the test runs; to the end of the longest series, or of what is expected, when left out.',
      min: '1ms',
      max: LONGEST_TEST,
    }),
  ),
  acts: optional(list(actOptions, { doc: 'What people do meanwhile.', max: MOST_EXPECTED })),
  expect: object({
    alarms: optional(
      list(alarmExpected, {
        doc: 'What happens to alarms, all of it; an empty list: nothing.',
        max: MOST_EXPECTED,
      }),
    ),
    writes: timedList('All writes, as { at, tag: value }.'),
    records: timedList('All records, as { at, name: { key: value } }.'),
    values: timedList('What tags show at a time, as { at, tag: value }; bad: no value.'),
  }),
});

export const stepOption = step;
export type TestOptions = OptionValue<typeof testOptions>;
export type ActOptions = OptionValue<typeof actOptions>;
