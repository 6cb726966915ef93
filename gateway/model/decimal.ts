/** Exact arithmetic on the values of tags: every digit that a meter shows counts. Pure. */
import { type Decimal, isDecimal, type Value } from './sample.ts';

/** `12`, `-0.05`, `1e+21` and `2.5e-7`: how a finite number is written in full. */
const NUMBER = /^(-?\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/;

/**
 * The digits of a numeric value, a `number` by its shortest text (its 15 digits are exact); undefined for
 * switches, texts and what is no number at all.
 */
export function decimalOf(value: Value | null): Decimal | undefined {
  if (typeof value === 'bigint') return { unscaled: value, decimals: 0 };
  if (typeof value !== 'number') return isDecimal(value) ? value : undefined;
  if (Number.isSafeInteger(value)) return { unscaled: BigInt(value), decimals: 0 };
  const match = NUMBER.exec(String(value));
  if (!match) return undefined;
  const [, whole = '', fraction = '', exponent = '0'] = match;
  const decimals = fraction.length - Number(exponent);
  const digits = BigInt(whole + fraction);
  return decimals >= 0
    ? { unscaled: digits, decimals }
    : { unscaled: digits * 10n ** BigInt(-decimals), decimals: 0 };
}

/** The same number with at least so many digits behind the point: 5.5 with 2 is 5.50. */
export const withDecimals = (value: Decimal, least: number): Decimal =>
  value.decimals >= least
    ? value
    : { unscaled: value.unscaled * 10n ** BigInt(least - value.decimals), decimals: least };

/** a + b */
export function sum(a: Decimal, b: Decimal): Decimal {
  const decimals = Math.max(a.decimals, b.decimals);
  const unscaled = withDecimals(a, decimals).unscaled + withDecimals(b, decimals).unscaled;
  return { unscaled, decimals };
}

/** a − b */
export const difference = (a: Decimal, b: Decimal): Decimal =>
  sum(a, { unscaled: -b.unscaled, decimals: b.decimals });

/** For comparisons with what is itself only a guess or a bound. */
export const roughly = ({ unscaled, decimals }: Decimal): number =>
  Number(unscaled) / 10 ** decimals;
