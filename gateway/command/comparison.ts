/** Values of tags compared exactly: every digit counts, whatever holds it. Pure. */
import { decimalOf, difference } from '../model/decimal.ts';
import { type Decimal, isDecimal, type Value } from '../model/sample.ts';

/** Below 0 where `a` is less than `b`, 0 where they are equal; undefined unless both are finite numbers. */
export function compared(a: Value, b: Value): number | undefined {
  if (typeof a === 'number' && typeof b === 'number')
    return Number.isFinite(a) && Number.isFinite(b) ? Math.sign(a - b) : undefined;
  const [left, right] = [decimalOf(a), decimalOf(b)];
  if (left === undefined || right === undefined) return undefined;
  const { unscaled } = difference(left, right);
  return unscaled < 0n ? -1 : unscaled > 0n ? 1 : 0;
}

/** Numbers by what they are, flags and texts as they stand. */
export const isSame = (a: Value, b: Value): boolean => a === b || compared(a, b) === 0;

/** How far two numbers are apart, never negative; undefined unless both are finite numbers. */
export function distanceOf(a: Value, b: Value): Decimal | undefined {
  const [left, right] = [decimalOf(a), decimalOf(b)];
  if (left === undefined || right === undefined) return undefined;
  const { unscaled, decimals } = difference(left, right);
  return { unscaled: unscaled < 0n ? -unscaled : unscaled, decimals };
}

/** a × b */
export const product = (a: Decimal, b: Decimal): Decimal => ({
  unscaled: a.unscaled * b.unscaled,
  decimals: a.decimals + b.decimals,
});

export const isNumeric = (value: Value): boolean =>
  typeof value === 'number' || typeof value === 'bigint' || isDecimal(value);

/** False, and 0 of any make; a text is never off. */
export const isOff = (value: Value): boolean => value === false || compared(value, 0) === 0;

/** The fewest digits that a single-precision float needs, and the most. */
const FLOAT32_DIGITS = [6, 7, 8, 9];

/** What a single-precision float shows: 20.1, not 20.100000381469727. Other values as they are. */
export function shownAsFloat32(value: Value): Value {
  if (typeof value !== 'number') return value;
  const wanted = Math.fround(value);
  if (wanted !== value) return value;
  for (const digits of FLOAT32_DIGITS) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === wanted) return short;
  }
  return value;
}
