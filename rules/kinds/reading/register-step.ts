/**
 * How a register can have come from one reading to another: by growing, by turning over, by being set back to zero. The
 * order in which that is asked, and what is taken where two answers fit, stand in SEMANTICS-reading.md. Pure and exact.
 */
import { difference, sum } from '../../../gateway/model/decimal.ts';
import type { Decimal } from '../../../gateway/model/sample.ts';
import { minutes } from '../../../gateway/model/units.ts';
import {
  compared,
  magnitude,
  negated,
  product,
  quotient,
  remainder,
  whole,
  ZERO,
} from './exact-number.ts';
import type { RegisterUnit } from './register-unit.ts';

/** What a register is judged by; a part of the configuration. */
export interface RegisterRules {
  /** What it counts in, with the transformer ratios. */
  readonly counts: RegisterUnit;
  /** The value at which it begins again at 0, in its own unit: 2^16, 2^32, 1000000; undefined: nobody said. */
  readonly modulus: Decimal | undefined;
  /** The most it can count in an hour, in its own unit; undefined: nobody said. */
  readonly maxRatePerHour: Decimal | undefined;
  /** Digits behind its point; undefined: as many as its readings have. */
  readonly decimals: number | undefined;
  /** `both`: import less export; it runs backwards, and with a modulus it is in two's complement. */
  readonly direction: 'forward' | 'both';
}

/** A value of the register; UTC in milliseconds. */
export interface Stand {
  readonly value: Decimal;
  /** The earliest that the register can have begun to show it: when it was last seen to show another value. */
  readonly since: number;
  /** When it was last seen to show it. */
  readonly time: number;
}

/** What a register showed, and when. */
export type Shown = Pick<Stand, 'value' | 'time'>;

export type Course = 'growth' | 'rollover' | 'back' | 'reset' | 'jump';

export interface RegisterStep {
  readonly course: Course;
  /** What was counted, in the register's unit; negative where it ran backwards. */
  readonly amount: Decimal;
  /** False where it can have turned over once more without anybody seeing it. */
  readonly isSure: boolean;
}

/**
 * Meters bring their registers up to date now and then, and what was counted meanwhile comes as a lump: growth is measured
 * from when the value last changed, up to this long before it was last seen. A guess, as in the guard of counters.
 */
const LONGEST_REFRESH = minutes(15);

/** Since when a value can have stood of which nothing was seen before. */
export const unseenSince = (time: number): number => time - LONGEST_REFRESH;

const MS_PER_HOUR = whole(3_600_000n);
/** Without a rate, no register counts more than this part of its range between two readings. */
const LARGEST_PART = whole(10n);

/** Whether the register can show such a value at all. */
export function isInRange(value: Decimal, { modulus, direction }: RegisterRules): boolean {
  if (direction === 'both') {
    if (modulus === undefined) return true;
    const twice = product(value, whole(2n));
    return compared(twice, modulus) < 0 && compared(twice, negated(modulus)) >= 0;
  }
  if (value.unscaled < 0n) return false;
  return modulus === undefined || compared(value, modulus) < 0;
}

/** The step that needs no second reading; undefined: the value is suspect. */
export function plainStep(
  from: Stand,
  to: Decimal,
  time: number,
  rules: RegisterRules,
): RegisterStep | undefined {
  const isPossible = possibleAmount(from, to, time, rules);
  if (rules.direction === 'both') return stepBothWays(from.value, to, isPossible, rules.modulus);
  const amount = difference(to, from.value);
  if (amount.unscaled < 0n || !isPossible(amount)) return undefined;
  return stepOf('growth', amount, isPossible, rules.modulus);
}

/**
 * Whether a reading comes soon enough to agree with one: what can have been counted between them is at most a tenth of the
 * register's range. Behind a longer pause nearly every value would agree.
 */
export function isSoon(from: Stand, time: number, rules: RegisterRules): boolean {
  const { modulus, maxRatePerHour } = rules;
  if (modulus === undefined || maxRatePerHour === undefined) return true;
  const tenth = quotient(modulus, LARGEST_PART, modulus.decimals + 1);
  const most = product(maxRatePerHour, whole(BigInt(Math.ceil(time - from.time))));
  return compared(most, product(tenth, MS_PER_HOUR)) <= 0;
}

/**
 * What a suspect value means once a second reading agreed with it. Both may tell a rollover: the first can be a wrong zero
 * that came just before one.
 */
export function confirmedStep(
  from: Stand,
  to: Shown,
  rules: RegisterRules,
  second: Shown = to,
): RegisterStep {
  const { modulus, direction } = rules;
  const plain = plainStep(from, to.value, to.time, rules);
  if (plain !== undefined) return plain;
  const isPossible = possibleAmount(from, to.value, to.time, rules);
  const isReset = isPossible(magnitude(to.value));
  if (direction === 'both') return isReset ? unsure('reset', to.value) : unsure('jump', ZERO);
  const back = difference(from.value, to.value);
  if (back.unscaled < 0n) return unsure('jump', ZERO);
  const turned = modulus && difference(modulus, back);
  if (turned !== undefined && (isPossible(turned) || hasTurned(from, second, rules)))
    return stepOf('rollover', turned, isPossible, modulus);
  const isBack = isPossible(back);
  if (isReset && (!isBack || compared(to.value, back) <= 0)) return unsure('reset', to.value);
  return isBack ? { course: 'back', amount: negated(back), isSure: true } : unsure('jump', ZERO);
}

/** Whether a rollover can lead there. */
function hasTurned(from: Stand, { value, time }: Shown, rules: RegisterRules): boolean {
  const { modulus } = rules;
  const straight = difference(value, from.value);
  if (modulus === undefined || straight.unscaled >= 0n) return false;
  return possibleAmount(from, value, time, rules)(sum(straight, modulus));
}

/**
 * Ranges that registers have when nobody declares them: 2^16, 2^24, 2^32 steps of the last digit, and powers of
 * ten.
 */
export function likelyModulus(
  from: Stand,
  to: Decimal,
  time: number,
  rules: RegisterRules,
): Decimal | undefined {
  const { maxRatePerHour, modulus, decimals = from.value.decimals } = rules;
  if (modulus !== undefined || maxRatePerHour === undefined) return undefined;
  const isPossible = possibleAmount(from, to, time, rules);
  const ranges: Decimal[] = [16n, 24n, 32n].map((bits) => ({ unscaled: 2n ** bits, decimals }));
  for (let digits = 4n; digits <= 9n; digits++) ranges.push(whole(10n ** digits));
  return ranges.find(
    (range) =>
      compared(from.value, range) < 0 && isPossible(sum(difference(range, from.value), to)),
  );
}

/** Whether the register can have counted an amount from one reading to the other, either way. */
function possibleAmount(
  { value, since, time: seen }: Stand,
  to: Decimal,
  time: number,
  { modulus, maxRatePerHour, decimals }: RegisterRules,
): (amount: Decimal) => boolean {
  if (maxRatePerHour === undefined) {
    if (modulus === undefined) return () => true;
    return (amount) => compared(product(magnitude(amount), LARGEST_PART), modulus) <= 0;
  }
  const elapsed = Math.max(0, Math.min(time - since, time - seen + LONGEST_REFRESH));
  const most = product(maxRatePerHour, whole(BigInt(Math.ceil(elapsed))));
  const digits = decimals ?? Math.max(value.decimals, to.decimals);
  const step: Decimal = { unscaled: 1n, decimals: digits };
  return (amount) => compared(product(difference(magnitude(amount), step), MS_PER_HOUR), most) <= 0;
}

function stepBothWays(
  from: Decimal,
  to: Decimal,
  isPossible: (amount: Decimal) => boolean,
  modulus: Decimal | undefined,
): RegisterStep | undefined {
  const straight = difference(to, from);
  const amount = modulus === undefined ? straight : shortest(straight, modulus);
  if (!isPossible(amount)) return undefined;
  const hasTurned = compared(amount, straight) !== 0;
  return stepOf(hasTurned ? 'rollover' : 'growth', amount, isPossible, modulus);
}

/** The same difference in a circle of `modulus`, from minus a half of it to just below a half. */
export function shortest(amount: Decimal, modulus: Decimal): Decimal {
  const half = quotient(modulus, whole(2n), modulus.decimals + 1);
  return difference(remainder(sum(amount, half), modulus), half);
}

function stepOf(
  course: 'growth' | 'rollover',
  amount: Decimal,
  isPossible: (amount: Decimal) => boolean,
  modulus: Decimal | undefined,
): RegisterStep {
  const onceMore = modulus && sum(magnitude(amount), modulus);
  return { course, amount, isSure: onceMore === undefined || !isPossible(onceMore) };
}

const unsure = (course: 'reset' | 'jump', amount: Decimal): RegisterStep => ({
  course,
  amount,
  isSure: false,
});
