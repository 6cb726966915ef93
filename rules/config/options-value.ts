/** The forms of values that only rules have: expressions, names, offsets, times of day, texts for people. */
import { amountsOf, DURATION } from '../../gateway/host/quantity.ts';
import {
  byForm,
  flag,
  number,
  type Option,
  object,
  optional,
  parsedText,
  type TextOptions,
  text,
  type Words,
} from '../../gateway/host/schema.ts';
import { type Millis, millis, type UtcMs, utcMs } from '../../gateway/model/units.ts';
import type { Plain } from '../expression.ts';

export type OptionValue<O> = O extends Option<infer T> ? T : never;

/** Of expressions and messages, in characters; the checker has limits of its own beside. */
export const LONGEST_EXPRESSION = 4_000;
const LONGEST_MESSAGE = 500;

/** Of rules, templates, records and groups. */
export const RULE_NAME: TextOptions = {
  pattern: /^[a-z][a-z0-9_-]{0,63}$/,
  code: 'rules.name-form',
};
const ALARM_NAME: TextOptions = {
  max: 145,
  pattern: /^[a-z][a-z0-9_-]{0,63}(\/[a-z][a-z0-9_-]{0,79})?$/,
  code: 'rules.name-form',
};
/** Of constants and parameters, which stand bare in expressions. */
export const BARE_NAME: TextOptions = {
  pattern: /^(?!(?:true|false|null|in|step)$)[a-z][a-z0-9_]{0,63}$/,
  code: 'rules.bare-name-form',
};
const DERIVED_TAG: TextOptions = {
  max: 129,
  pattern: /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/,
  code: 'rules.derived-name-form',
};

/** An expression: text, or a bare number, true or false. */
export const expression = (words: Words<string>): Option<Plain> =>
  byForm(
    { text: text({ max: LONGEST_EXPRESSION }), number: number(), flag: flag() },
    { ...words, kind: 'expression', code: 'rules.not-expression' },
  );

/** A value as it is: text, a number, true or false. */
export const literal = (words: Words<string> = {}): Option<Plain> =>
  byForm(
    { text: text(), number: number(), flag: flag() },
    { ...words, kind: 'literal', code: 'rules.not-plain' },
  );

/** The id of a tag, or a template's parameter that stands for one; whether it exists is checked later. */
export const tagReference = (words: Words<string>): Option<string> => text({ ...words, max: 200 });

/** The id of a tag that is made here. */
export const derivedTag = (words: Words<string>): Option<string> =>
  text({ ...words, ...DERIVED_TAG });

/** The name of an alarm: that of its rule, and of kinds with several a key behind a slash. */
export const alarmReference = (words: Words<string>): Option<string> =>
  text({ ...words, ...ALARM_NAME });

/** What people read, in both languages or in one for both; values stand in braces. */
export interface MessageText {
  readonly en?: string | undefined;
  readonly zh?: string | undefined;
}

export const message = (words: Words<string>): Option<string | MessageText> => {
  const words500 = { max: LONGEST_MESSAGE };
  const ofLanguages: Option<MessageText> = object({
    en: optional(text({ ...words500, doc: 'In English.' })),
    zh: optional(text({ ...words500, doc: 'In Chinese.' })),
  });
  return byForm(
    { text: text(words500), map: ofLanguages },
    { ...words, kind: 'message', code: 'config.not-text' },
  );
};

const { pattern: DURATION_TEXT, amountOf } = amountsOf(DURATION);

/** A text that is a length of time, `10s`, as milliseconds; undefined: it is another text. */
export const durationOf = (written: string): Millis | undefined =>
  DURATION_TEXT.test(written) ? millis(amountOf(written)) : undefined;

const LONGEST_OFFSET = durationOf('12h') ?? 0;

/** A length of time before (with a minus) or after something. */
export const signedDuration = (words: Words<string>): Option<Millis> =>
  parsedText((written) => {
    const isBefore = written.startsWith('-');
    const length = durationOf(written.replace(/^[-+]/, ''));
    if (length === undefined) return { code: 'config.not-duration' };
    if (length > LONGEST_OFFSET)
      return { code: 'config.out-of-range', details: { min: '-12h', max: '12h' } };
    return { value: millis(isBefore ? -length : length) };
  }, words);

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

export interface TimeOfDay {
  readonly hour: number;
  readonly minute: number;
}

export const timeOfDay = (words: Words<string>): Option<TimeOfDay> =>
  parsedText(
    (written) => {
      const [, hour, minute] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(written) ?? [];
      return hour === undefined
        ? { code: 'rules.time-of-day' }
        : { value: { hour: Number(hour), minute: Number(minute) } };
    },
    { ...words, wrongType: 'rules.time-of-day' },
  );

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/;

/** A date and time with its offset from UTC. */
export const instant = (words: Words<string>): Option<UtcMs> =>
  parsedText(
    (written) => {
      const at = INSTANT.test(written) ? Date.parse(written) : Number.NaN;
      // The parser makes the third of March of the 31st of February.
      const day = Number(written.slice(8, 10));
      const isDay = day <= 28 || new Date(`${written.slice(0, 10)}T00:00Z`).getUTCDate() === day;
      return Number.isNaN(at) || !isDay ? { code: 'rules.instant' } : { value: utcMs(at) };
    },
    { ...words, wrongType: 'rules.instant' },
  );
