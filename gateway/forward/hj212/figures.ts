/**
 * What a factor was over a length of time, and what is said of it. Exact: sums are whole numbers of the last digit times
 * milliseconds, and one division at the end. Pure.
 */
import { decimalOf, sum, withDecimals } from '../../model/decimal.ts';
import { type Decimal, decimalText, type Value } from '../../model/sample.ts';
import { DATA_FLAGS, type DataFlag } from './data-flag.ts';

/** All the time that stood under one flag. */
export interface FlagSpan {
  readonly ms: number;
  /** Of that, how long there was a value, and the value times the milliseconds it stood. */
  readonly valuedMs: number;
  readonly sum: Decimal;
  readonly min: Decimal | undefined;
  readonly max: Decimal | undefined;
}

/** A factor over a length of time. Lengths that follow each other can be joined, in any grouping, to the same. */
export interface Span {
  readonly flags: ReadonlyMap<DataFlag, FlagSpan>;
  /** What a counter showed at the beginning and at the end; undefined: nobody knows. */
  readonly totalFrom: Decimal | undefined;
  readonly totalTo: Decimal | undefined;
}

/** What is said of a factor for one period; texts with all their digits. */
export interface Figure {
  readonly flag: DataFlag;
  readonly min?: string;
  readonly avg?: string;
  readonly max?: string;
  readonly cou?: string;
}

const ZERO: Decimal = { unscaled: 0n, decimals: 0 };
export const NO_SPAN: FlagSpan = { ms: 0, valuedMs: 0, sum: ZERO, min: undefined, max: undefined };

export const product = ({ unscaled, decimals }: Decimal, ms: number): Decimal => ({
  unscaled: unscaled * BigInt(ms),
  decimals,
});

/** Negative, 0 or positive. */
export function compared(a: Decimal, b: Decimal): number {
  const decimals = Math.max(a.decimals, b.decimals);
  const difference = withDecimals(a, decimals).unscaled - withDecimals(b, decimals).unscaled;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export const lesser = (a: Decimal | undefined, b: Decimal | undefined): Decimal | undefined =>
  a === undefined || (b !== undefined && compared(b, a) < 0) ? b : a;
export const greater = (a: Decimal | undefined, b: Decimal | undefined): Decimal | undefined =>
  a === undefined || (b !== undefined && compared(b, a) > 0) ? b : a;

export const joinFlagSpans = (a: FlagSpan, b: FlagSpan): FlagSpan => ({
  ms: a.ms + b.ms,
  valuedMs: a.valuedMs + b.valuedMs,
  sum: sum(a.sum, b.sum),
  min: lesser(a.min, b.min),
  max: greater(a.max, b.max),
});

/** `b` follows `a`. */
export function joinSpans(a: Span | undefined, b: Span): Span {
  if (a === undefined) return b;
  const flags = new Map(a.flags);
  for (const [flag, span] of b.flags)
    flags.set(flag, joinFlagSpans(flags.get(flag) ?? NO_SPAN, span));
  return { flags, totalFrom: a.totalFrom, totalTo: b.totalTo };
}

/**
 * The flag that stood longest, and the figures of what stood under it: a period that was mostly maintenance is told as
 * maintenance, and its values are those of that time. Where two stood equally long, the one that is worse.
 */
export function figureOf({ flags, totalFrom, totalTo }: Span, declared = 0): Figure {
  let flag: DataFlag = 'B';
  let longest = NO_SPAN;
  for (const each of DATA_FLAGS) {
    const span = flags.get(each) ?? NO_SPAN;
    if (span.ms >= longest.ms && span.ms > 0) [flag, longest] = [each, span];
  }
  const { min, max, valuedMs } = longest;
  const decimals = Math.max(declared, longest.sum.decimals);
  const cou = totalFrom && totalTo && totalBetween(totalFrom, totalTo);
  return {
    flag,
    ...(min && { min: digits(min, declared) }),
    ...(valuedMs > 0 && { avg: decimalText(quotient(longest.sum, valuedMs, decimals)) }),
    ...(max && { max: digits(max, declared) }),
    ...(cou && { cou: decimalText(cou) }),
  };
}

/** Undefined where the counter went back: nothing is made up for a new meter or a rollover. */
function totalBetween(from: Decimal, to: Decimal): Decimal | undefined {
  const grown = sum(to, { ...from, unscaled: -from.unscaled });
  return grown.unscaled < 0n ? undefined : grown;
}

/** Rounded to so many digits, a half to the even one (GB/T 8170). */
export function quotient({ unscaled, decimals }: Decimal, by: number, digits: number): Decimal {
  const scaled = withDecimals({ unscaled, decimals }, digits);
  const divisor = BigInt(by) * 10n ** BigInt(scaled.decimals - digits);
  const whole = scaled.unscaled / divisor;
  const twice = 2n * abs(scaled.unscaled % divisor);
  const isUp = twice > divisor || (twice === divisor && whole % 2n !== 0n);
  const away = scaled.unscaled < 0n ? -1n : 1n;
  return { unscaled: isUp ? whole + away : whole, decimals: digits };
}

const abs = (value: bigint): bigint => (value < 0n ? -value : value);

/** The text of a value as the meter shows it, with at least the declared digits. */
export const digits = (value: Decimal, declared = 0): string =>
  decimalText(withDecimals(value, declared));

/** More belongs to no measurement and in no packet. */
const MOST_DIGITS = 20;

/** The digits of a value; undefined for what is no number that can be told. */
export function toldDecimal(value: Value | null): Decimal | undefined {
  const decimal = decimalOf(value);
  return decimal && decimalText(decimal).length <= MOST_DIGITS ? decimal : undefined;
}
