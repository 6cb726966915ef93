/** Values of a one-off write: as typed, and as read back. Pure. */
import { parseDecimal } from '../../../drivers/codec/scale.ts';
import { isSameMoment } from '../../command/read-back.ts';
import { isDecimal, plainValue, type Value } from '../../model/sample.ts';

const YES = new Set(['true', 'on', 'yes', '1']);
const NO = new Set(['false', 'off', 'no', '0']);
/** A double keeps 15 digits. */
const FIFTEEN_DIGITS = 10n ** 15n;

/**
 * A value as somebody typed it, every digit kept; undefined when it is not of the kind that the address takes.
 */
export function typedValue(
  text: string,
  kind: 'flag' | 'number' | 'text' | undefined,
): Value | undefined {
  const word = text.trim().toLowerCase();
  switch (kind) {
    case 'flag':
      return YES.has(word) ? true : NO.has(word) ? false : undefined;
    case 'number':
      return typedNumber(text);
    case 'text':
      return text;
    case undefined:
      return word === 'true' ? true : word === 'false' ? false : (typedNumber(text) ?? text);
  }
}

function typedNumber(text: string): Value | undefined {
  const decimal = parseDecimal(text);
  if (decimal === undefined) return undefined;
  const { unscaled, decimals } = decimal;
  const size = unscaled < 0n ? -unscaled : unscaled;
  if (size < FIFTEEN_DIGITS) return Number(text);
  return decimals === 0 ? unscaled : decimal;
}

/**
 * Whether what was read back is what was written. A number that went through 32 bits of floating point is
 * compared as such, a clock has gone on meanwhile.
 */
export function isSameValue(written: Value, read: Value, isFloat32: boolean): boolean {
  if (typeof written === 'number' && typeof read === 'number' && isFloat32)
    return Math.fround(written) === Math.fround(read);
  const [a, b] = [canonical(written), canonical(read)];
  return a === b || isSameMoment(a, b);
}

/** `1.50` and `1.5` are one number, whatever holds them. */
function canonical(value: Value): string {
  const text = String(plainValue(value)).trim();
  const isNumeric = typeof value === 'number' || typeof value === 'bigint' || isDecimal(value);
  return isNumeric && text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
