/**
 * Exact arithmetic for registers: numbers are kept as text with every digit, and no double comes near them. Pure.
 */
import { difference } from '../../../gateway/model/decimal.ts';
import { type Decimal, decimalText } from '../../../gateway/model/sample.ts';

/** Longest text that is taken for a number: registers have at most 20 digits, totals in joules some more. */
export const MOST_DIGITS = 60;

export const whole = (value: bigint): Decimal => ({ unscaled: value, decimals: 0 });
export const ZERO: Decimal = whole(0n);

/** The number behind `-12.50`; undefined for anything else, and for what has more than 60 characters. */
export function exactOf(text: string): Decimal | undefined {
  if (text.length > MOST_DIGITS) return undefined;
  const match = /^(-?\d+)(?:\.(\d+))?$/.exec(text);
  if (!match) return undefined;
  const [, whole = '', fraction = ''] = match;
  return { unscaled: BigInt(whole + fraction), decimals: fraction.length };
}

/** The number behind a text that this room wrote itself; a text that is none is a bug of ours and throws. */
export function exact(text: string): Decimal {
  const found = exactOf(text);
  if (found === undefined) throw new RangeError(`not a number: ${text.slice(0, MOST_DIGITS)}`);
  return found;
}

/** Negative, 0 or positive as a is below, at or above b. */
export function compared(a: Decimal, b: Decimal): number {
  const { unscaled } = difference(a, b);
  return unscaled < 0n ? -1 : unscaled > 0n ? 1 : 0;
}

/** a × b */
export const product = (a: Decimal, b: Decimal): Decimal => ({
  unscaled: a.unscaled * b.unscaled,
  decimals: a.decimals + b.decimals,
});

export const negated = ({ unscaled, decimals }: Decimal): Decimal => ({
  unscaled: -unscaled,
  decimals,
});

/** Without its sign. */
export const magnitude = (value: Decimal): Decimal =>
  value.unscaled < 0n ? negated(value) : value;

/** a ÷ b with so many digits behind the point, a half away from zero. b is not 0. */
export function quotient(a: Decimal, b: Decimal, decimals: number): Decimal {
  const dividend = a.unscaled * 10n ** BigInt(decimals + b.decimals);
  const divisor = b.unscaled * 10n ** BigInt(a.decimals);
  const isNegative = dividend < 0n !== divisor < 0n;
  const [over, by] = [size(dividend), size(divisor)];
  const rounded = (2n * over + by) / (2n * by);
  return { unscaled: isNegative ? -rounded : rounded, decimals };
}

/** The shortest text of a number: 5.50 is `5.5`. */
export function shortText({ unscaled, decimals }: Decimal): string {
  let [digits, places] = [unscaled, decimals];
  while (places > 0 && digits % 10n === 0n) {
    digits /= 10n;
    places--;
  }
  return decimalText({ unscaled: digits, decimals: places });
}

/** a modulo b, 0 or more and less than b; b is positive. */
export function remainder(a: Decimal, b: Decimal): Decimal {
  const decimals = a.decimals > b.decimals ? a.decimals : b.decimals;
  const [over, by] = [scaledTo(a, decimals), scaledTo(b, decimals)];
  return { unscaled: ((over % by) + by) % by, decimals };
}

const scaledTo = ({ unscaled, decimals }: Decimal, places: number): bigint =>
  unscaled * 10n ** BigInt(places - decimals);
const size = (value: bigint): bigint => (value < 0n ? -value : value);
