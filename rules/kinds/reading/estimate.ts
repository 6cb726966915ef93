/**
 * What a register must have shown when nobody looked: on the line between the two readings around the instant, or as much
 * more than the last reading as days like these had. Always marked; never taken into the account of the register. Pure.
 */
import { difference, sum } from '../../../gateway/model/decimal.ts';
import { type Decimal, decimalText } from '../../../gateway/model/sample.ts';
import {
  compared,
  exact,
  product,
  quotient,
  remainder,
  shortText,
  whole,
  ZERO,
} from './exact-number.ts';
import type { RegisterRules } from './register-step.ts';
import type { Point } from './series-state.ts';

/** What one whole local day had, measured from real readings at both ends. JSON as it is. */
export type DayTally = {
  readonly start: number;
  readonly end: number;
  /** Monday 1 … Sunday 7. */
  readonly weekday: number;
  /** In total units. */
  readonly amount: string;
};

export interface Estimate {
  readonly value: string | null;
  readonly total: string;
  readonly doubts: number;
  readonly span: number | null;
}

/** Days of which tallies are kept: four weeks, and the week that is estimated. */
export const MOST_TALLIES = 35;
/** So many of the same weekday make a profile. */
const LEAST_SAME_WEEKDAY = 2;
const MOST_SAME_WEEKDAY = 4;
/** And a few hours, for the changes of the clocks. */
const FOUR_WEEKS = (28 * 24 + 3) * 3_600_000;
/** Days of which the daily mean is taken where there is no profile. */
const MEAN_DAYS = 7;
/** Longer than so, nothing is estimated from days before. */
const MOST_DAYS = 62;

/** On the line between two readings, rounded to the register's last digit, a half up. */
export function interpolated(
  before: Point,
  after: Point,
  instant: number,
  rules: RegisterRules,
): Estimate {
  const span = after.time - before.time;
  const all = difference(exact(after.total), exact(before.total));
  const part = product(all, whole(BigInt(instant - before.time)));
  const over = product(rules.counts.scale, whole(BigInt(span)));
  const amount = quotient(part, over, digitsOf(rules, before, after));
  const isOneSeries = before.segment === after.segment;
  return {
    value: isOneSeries ? shownAfter(before, amount, rules) : null,
    total: totalAfter(before, amount, rules),
    doubts: before.doubts,
    span,
  };
}

/** How much more than at its last reading, from what the days before had; undefined: too little is known of them. */
export function profiled(
  last: Point,
  instant: number,
  days: readonly Pick<DayTally, 'start' | 'end' | 'weekday'>[],
  tallies: readonly DayTally[],
  rules: RegisterRules,
): (Estimate & { readonly method: 'weekday_profile' | 'daily_mean' }) | undefined {
  if (days.length === 0 || days.length > MOST_DAYS) return undefined;
  let method: 'weekday_profile' | 'daily_mean' = 'weekday_profile';
  let total = ZERO;
  for (const day of days) {
    const like = meanOf(sameWeekday(day, tallies));
    const mean = like ?? meanOf(tallies.slice(-MEAN_DAYS));
    if (mean === undefined) return undefined;
    if (like === undefined) method = 'daily_mean';
    const overlap = Math.min(day.end, instant) - Math.max(day.start, last.time);
    if (overlap <= 0) continue;
    const part = product(mean.sum, whole(BigInt(overlap)));
    const over = product(rules.counts.scale, whole(BigInt(mean.count * (day.end - day.start))));
    total = sum(total, quotient(part, over, PLACES));
  }
  const amount = quotient(total, whole(1n), digitsOf(rules, last, last));
  return {
    value: shownAfter(last, amount, rules),
    total: totalAfter(last, amount, rules),
    doubts: last.doubts,
    span: null,
    method,
  };
}

/** Digits that the parts of days are added up with, before the sum is rounded to the register's own. */
const PLACES = 12;

function sameWeekday(
  day: Pick<DayTally, 'start' | 'weekday'>,
  tallies: readonly DayTally[],
): readonly DayTally[] {
  const found = tallies.filter(
    ({ weekday, start, end }) =>
      weekday === day.weekday && end <= day.start && day.start - start <= FOUR_WEEKS,
  );
  return found.length < LEAST_SAME_WEEKDAY ? [] : found.slice(-MOST_SAME_WEEKDAY);
}

function meanOf(
  tallies: readonly DayTally[],
): { readonly sum: Decimal; readonly count: number } | undefined {
  if (tallies.length === 0) return undefined;
  return {
    sum: tallies.reduce((all, { amount }) => sum(all, exact(amount)), ZERO),
    count: tallies.length,
  };
}

const digitsOf = ({ decimals }: RegisterRules, ...points: readonly Point[]): number =>
  decimals ?? Math.max(...points.map(({ value }) => exact(value).decimals));

const totalAfter = ({ total }: Point, amount: Decimal, { counts }: RegisterRules): string =>
  shortText(sum(exact(total), product(amount, counts.scale)));

function shownAfter({ value }: Point, amount: Decimal, rules: RegisterRules): string {
  const { modulus, direction } = rules;
  const shown = sum(exact(value), amount);
  const isInside = modulus === undefined || compared(shown, modulus) < 0;
  if (direction === 'both' || isInside || modulus === undefined) return decimalText(shown);
  return decimalText(remainder(shown, modulus));
}
