/**
 * When a meter that was missed is asked again: at once three times, then every half hour until six in the morning, then every
 * hour, until it is read or its record closes. Pure.
 */
import type { Quality } from '../../../gateway/model/quality.ts';
import { type Millis, minutes, seconds } from '../../../gateway/model/units.ts';
import type { PeriodKind } from './reading-periods.ts';

/**
 * Why there is no reading, as far as a sample's quality says: `bad:comm` does not tell silence from a damaged
 * answer.
 */
export const FAILURES = [
  'not_asked',
  'not_read',
  'no_answer',
  'bad_frame',
  'no_answer_or_bad_frame',
  'error_reply',
  'implausible',
  'no_value',
  'configuration',
  'out_of_service',
] as const;
export type Failure = (typeof FAILURES)[number];

/** JSON as it is. */
export type Attempts = {
  /** How often it was asked for this record, the reading at the period's end included. */
  readonly count: number;
  /** When last; 0: never. */
  readonly last: number;
  /** How often the meter refused to give what it keeps of that moment. */
  readonly refusals: number;
  /** How often it was asked again although it answered: with something else, or nothing of use. */
  readonly unmet: number;
  readonly failure: Failure;
};

export const NO_ATTEMPTS: Attempts = {
  count: 0,
  last: 0,
  refusals: 0,
  unmet: 0,
  failure: 'not_asked',
};

/** Attempts at once, behind the one at the period's end. */
export const IMMEDIATE = 3;
/** Between these. A guess: a meter that was just disturbed needs some seconds. */
const BETWEEN_IMMEDIATE: Millis = seconds(10);
const HALF_HOUR: Millis = minutes(30);
const HOUR: Millis = minutes(60);
/** A meter that refused so often does not keep what it is asked for. */
const MOST_REFUSALS = 3;
/**
 * Nor does one that was asked again so often and answered: until two in the morning, so that its clock may be
 * late.
 */
const MOST_UNMET = 8;

export interface MissedRecord {
  readonly kind: PeriodKind;
  readonly end: number;
  /** The first 06:00 on the local clock behind the end. */
  readonly morning: number;
  /** When the record closes for good. */
  readonly closes: number;
}

/** When a meter is to be asked (again); a time that has passed means now. Undefined: not any more. */
export function nextAttempt(
  { kind, end, morning, closes }: MissedRecord,
  { count, last }: Attempts,
): number | undefined {
  if (count === 0) return end < closes ? end : undefined;
  if (count <= IMMEDIATE) return within(last + BETWEEN_IMMEDIATE, closes);
  // What is read later is of no use to an interval.
  if (kind === 'interval') return undefined;
  const half = end + (Math.floor((last - end) / HALF_HOUR) + 1) * HALF_HOUR;
  if (half < morning) return within(half, closes);
  const hours = Math.max(0, Math.floor((last - morning) / HOUR) + 1);
  return within(morning + hours * HOUR, closes);
}

const within = (time: number, closes: number): number | undefined =>
  time < closes ? time : undefined;

/** Asked now; `heard`: when the meter last said something. */
export const asked = (attempts: Attempts, now: number, heard: number): Attempts => ({
  ...attempts,
  count: attempts.count + 1,
  last: now,
  unmet: attempts.unmet + (attempts.count > 0 && heard >= attempts.last ? 1 : 0),
  failure: attempts.failure === 'not_asked' ? 'not_read' : attempts.failure,
});

/** It failed; `isKept`: asked was for what the meter keeps. */
export const failed = (attempts: Attempts, failure: Failure, isKept: boolean): Attempts => ({
  ...attempts,
  failure,
  refusals: attempts.refusals + (isKept && failure === 'error_reply' ? 1 : 0),
});

/** Whether the meter has shown that it does not keep it. */
export const isRefused = ({ refusals, unmet }: Attempts): boolean =>
  refusals >= MOST_REFUSALS || unmet >= MOST_UNMET;

/** What a sample's quality says of a reading that is none; undefined: it is one. */
export function failureOf(quality: Quality): Failure | undefined {
  switch (quality) {
    case 'good':
    case 'good:local-override':
    case 'uncertain:suspect':
      return undefined;
    case 'uncertain:last-usable':
    case 'uncertain:range':
      return 'no_value';
    case 'bad:waiting':
      return 'not_read';
    case 'bad:comm':
      return 'no_answer_or_bad_frame';
    case 'bad:device':
      return 'error_reply';
    case 'bad:config':
      return 'configuration';
    case 'bad:out-of-service':
      return 'out_of_service';
    case 'bad:no-value':
      return 'no_value';
  }
}

/** Whether the meter itself said something: then what else was missed of it is asked for at once. */
export const isAnswer = (failure: Failure): boolean =>
  failure === 'error_reply' || failure === 'implausible' || failure === 'no_value';
