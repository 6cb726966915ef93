/**
 * Scale and offset, exact: `raw × scale + offset` in whole numbers, with the decimal point set at
 * the end. 23145 × 0.01 is 231.45, and a counter of 19 digits keeps each of them.
 */
import { type Decimal, isDecimal, type Value } from '../../gateway/model/sample.ts';

/** How a raw number becomes the value of a tag. */
export interface Scaling {
  readonly scale: Decimal;
  readonly offset: Decimal;
  /** Digits behind the point to round to, half away from zero; undefined: as many as there are. */
  readonly decimals: number | undefined;
}

/** Turns raw numbers into values; undefined for a raw that is no number (NaN, infinite). */
export type Scaler = (raw: number | bigint) => number | bigint | Decimal | undefined;

/** 10^22 is the largest power of ten that a double holds exactly. */
export const MOST_DECIMALS = 22;
/** A number below this has at most 15 digits, and a double keeps 15 digits. */
const FIFTEEN_DIGITS = 1e15;

/** Reads `0.01`, `-2.5`, `1e-3`; undefined for anything else and beyond 22 decimals. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = /^([+-]?)(\d+)(?:\.(\d+))?(?:e([+-]?\d{1,2}))?$/i.exec(text.trim());
  if (!match) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const decimals = fraction.length - Number(exponent);
  if (decimals > MOST_DECIMALS || decimals < -MOST_DECIMALS) return undefined;
  const digits = BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n);
  return decimals >= 0
    ? { unscaled: digits, decimals }
    : { unscaled: digits * 10n ** BigInt(-decimals), decimals: 0 };
}

/** A scaler for raw integers: every digit of the result is exact. */
export function integerScaler({ scale, offset, decimals: wanted }: Scaling): Scaler {
  const decimals = Math.max(scale.decimals, offset.decimals);
  const factor = scale.unscaled * 10n ** BigInt(decimals - scale.decimals);
  const summand = offset.unscaled * 10n ** BigInt(decimals - offset.decimals);
  const shown = wanted === undefined ? decimals : Math.min(wanted, decimals);
  const finish = (raw: bigint) =>
    placePoint(roundedQuotient(raw * factor + summand, decimals - shown), shown);
  if (shown !== decimals) return (raw) => finish(BigInt(raw));

  const factorNumber = Number(factor);
  const summandNumber = Number(summand);
  const divisor = 10 ** decimals;
  const largest = decimals === 0 ? Number.MAX_SAFE_INTEGER : FIFTEEN_DIGITS - 1;
  /** Up to this raw, product and sum stay whole numbers that a double holds. */
  const safeRaw = (largest - Math.abs(summandNumber)) / Math.max(1, Math.abs(factorNumber));
  return (raw) =>
    typeof raw === 'number' && Math.abs(raw) <= safeRaw
      ? (raw * factorNumber + summandNumber) / divisor
      : finish(BigInt(raw));
}

/** A scaler for raw floating-point numbers, which are rounded only when `decimals` says so. */
export function floatScaler({ scale, offset, decimals }: Scaling): Scaler {
  const divisor = 10 ** scale.decimals;
  const factor = Number(scale.unscaled);
  const summand = Number(offset.unscaled) / 10 ** offset.decimals;
  const shift = decimals === undefined ? undefined : 10 ** decimals;
  return (raw) => {
    const value = (Number(raw) * factor) / divisor + summand;
    if (!Number.isFinite(value)) return undefined;
    return shift === undefined ? value : roundedFloat(value, shift);
  };
}

/** `decimal × 10^exponent`. */
export const timesPowerOfTen = ({ unscaled, decimals }: Decimal, exponent: number): Decimal =>
  decimals >= exponent
    ? { unscaled, decimals: decimals - exponent }
    : { unscaled: unscaled * 10n ** BigInt(exponent - decimals), decimals: 0 };

/** A value as a decimal, exactly; undefined for what is no number, and beyond 22 decimals. */
export function asDecimal(value: Value): Decimal | undefined {
  if (typeof value === 'bigint') return { unscaled: value, decimals: 0 };
  if (typeof value === 'number') return parseDecimal(String(value));
  return isDecimal(value) ? value : undefined;
}

/**
 * The raw integer that stands for a value: the inverse of `integerScaler`, after rounding to the
 * `decimals` that are shown. Undefined when the value falls between two raw integers.
 */
export function rawOf(value: Decimal, scaling: Scaling): bigint | undefined {
  const { decimals } = scaling;
  const shown = decimals === undefined ? value : roundedTo(value, decimals);
  const { numerator, denominator } = unscaledOf(shown, scaling);
  return numerator % denominator === 0n ? numerator / denominator : undefined;
}

/** More than a double holds. */
const FLOAT_DIGITS = 30;

/** The double nearest to the raw number that stands for a value. */
export function rawFloatOf(value: Decimal, scaling: Scaling): number {
  const { numerator, denominator } = unscaledOf(value, scaling);
  const shift = Math.max(0, FLOAT_DIGITS + `${denominator}`.length - `${numerator}`.length);
  return Number(`${(numerator * 10n ** BigInt(shift)) / denominator}e-${shift}`);
}

interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** `(value - offset) / scale` */
function unscaledOf(value: Decimal, { scale, offset }: Scaling): Fraction {
  const places = Math.max(value.decimals, offset.decimals);
  const difference = aligned(value, places) - aligned(offset, places);
  return {
    numerator: difference * 10n ** BigInt(scale.decimals),
    denominator: scale.unscaled * 10n ** BigInt(places),
  };
}

const aligned = ({ unscaled, decimals }: Decimal, places: number): bigint =>
  unscaled * 10n ** BigInt(places - decimals);

const roundedTo = (value: Decimal, decimals: number): Decimal =>
  value.decimals <= decimals
    ? value
    : { unscaled: roundedQuotient(value.unscaled, value.decimals - decimals), decimals };

function roundedFloat(value: number, shift: number): number {
  const shifted = Math.abs(value) * shift;
  if (shifted >= FIFTEEN_DIGITS) return value;
  const rounded = Math.round(shifted) / shift;
  return value < 0 && rounded !== 0 ? -rounded : rounded;
}

/** `number / 10^digits`, half away from zero. */
function roundedQuotient(number: bigint, digits: number): bigint {
  if (digits === 0) return number;
  const divisor = 10n ** BigInt(digits);
  const half = number < 0n ? -divisor / 2n : divisor / 2n;
  return (number + half) / divisor;
}

function placePoint(unscaled: bigint, decimals: number): number | bigint | Decimal {
  const size = unscaled < 0n ? -unscaled : unscaled;
  if (decimals === 0) return size <= Number.MAX_SAFE_INTEGER ? Number(unscaled) : unscaled;
  return size < FIFTEEN_DIGITS ? Number(unscaled) / 10 ** decimals : { unscaled, decimals };
}
