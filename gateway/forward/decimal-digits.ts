/** Decimals as text, by tables of their digits: without a string, a division or a guess about their length. Pure. */

const LARGEST_INT32 = 2 ** 31 - 1;
const ZERO = 0x30;
const MINUS = 0x2d;
const POINT = 0x2e;
/** Of an integer of 32 bits, with sign and point, and what is written over behind it. */
export const MOST_DIGITS = 16;
const EIGHT_DIGITS = 1e8;
/** The most decimals are three. */
export const LARGEST_SCALE = 1_000;
/** As doubles this, 0.01 and 0.1 are a hair too large: of 32 bits no quotient is too small, or reaches the next. */
const THOUSANDTH = 0.001;

/** Whether `rounded` and its scale are all that is printed of a number; 0 is a scale that nobody has declared. */
export const isShort = (number: number, rounded: number, scale: number): boolean =>
  (scale > 0 ? scale <= LARGEST_SCALE : rounded / LARGEST_SCALE === number) &&
  rounded <= LARGEST_INT32 &&
  rounded >= -LARGEST_INT32;

/**
 * `value`, of 32 bits, / `scale`, a power of ten up to a thousand, without zeros behind the last digit; `step` is a
 * thousand / `scale`. Gives back where it ends.
 */
export function writeDecimal(
  view: DataView,
  from: number,
  value: number,
  scale: number,
  step: number,
): number {
  let at = from;
  let size = value;
  if (value < 0) {
    view.setInt8(at++, MINUS);
    size = -value;
  }
  const whole = (size * (step * THOUSANDTH)) | 0;
  const thousandths = Math.imul(size - Math.imul(whole, scale), step);
  at = writeInteger(view, at, whole);
  view.setInt32(at, FRACTIONS[thousandths] as number, true);
  return at + (FRACTION_LENGTHS[thousandths] as number);
}

/** From 0 to 2^53. Gives back where it ends. */
export function writeWhole(view: DataView, at: number, value: number): number {
  if (value < EIGHT_DIGITS) return writeInteger(view, at, value);
  const high = Math.floor(value / EIGHT_DIGITS);
  const low = value - high * EIGHT_DIGITS;
  const upper = (low / 10_000) | 0;
  return writeFour(
    view,
    writeFour(view, writeInteger(view, at, high), upper),
    low - upper * 10_000,
  );
}

/** From 0 to 2^31. */
function writeInteger(view: DataView, at: number, value: number): number {
  if (value < 10_000) {
    // 1, and one more for each of 9, 99 and 999 that is less.
    const digits = 1 + ((9 - value) >>> 31) + ((99 - value) >>> 31) + ((999 - value) >>> 31);
    view.setInt32(at, (FOURS[value] as number) >>> (8 * (4 - digits)), true);
    return at + digits;
  }
  const high = (value / 10_000) | 0;
  return writeFour(view, writeInteger(view, at, high), value - high * 10_000);
}

function writeFour(view: DataView, at: number, value: number): number {
  view.setInt32(at, FOURS[value] as number, true);
  return at + 4;
}

/** The four digits of 0000 to 9999 as one number, the first of them in the lowest byte. */
const FOURS = new Int32Array(10_000);
/** What stands behind a number of so many thousandths, as four bytes of which so many count: `.125`, `.5`, nothing. */
const FRACTIONS = new Int32Array(1_000);
const FRACTION_LENGTHS = new Uint8Array(1_000);
for (let value = 0; value < FOURS.length; value++)
  for (let digit = 3, rest = value; digit >= 0; digit--, rest = (rest / 10) | 0)
    (FOURS[value] as number) |= (ZERO + (rest % 10)) << (8 * digit);
for (let value = 0; value < FRACTIONS.length; value++) {
  FRACTIONS[value] = ((FOURS[value] as number) & ~0xff) | POINT;
  FRACTION_LENGTHS[value] = value % 100 > 0 ? (value % 10 > 0 ? 4 : 3) : value > 0 ? 2 : 0;
}
