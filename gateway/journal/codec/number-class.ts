/**
 * The fewest digits of a double that give back the same bits: as the decimal number the device showed, as a float32, or
 * as it is. Pure; the classes are FORMAT.md.
 */

const POWERS = Float64Array.of(1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7);
const DECIMALS_MAX = POWERS.length - 1;
/** Added to the decimals where the quotient is rounded to float32. */
export const ROUNDED = 8;
export const FLOAT32 = 16;
export const FLOAT64 = 17;
export const CLASS_COUNT = 18;
/** Of a tag without an earlier number. */
export const NO_CLASS = 255;

/** No integer is larger: the difference of two keeps well below 2^53. */
export const INTEGER_MAX = 2 ** 48;
/** An arbitrary float32 hardly ever has so few digits. */
const FLOAT32_DIGITS_MAX = 2 ** 20;
/** Beyond this a float32 has no more digits to give. */
const ROUNDED_AGAIN_MAX = 2 ** 24;
/** A tag of arbitrary float32s is not taken for one of decimals because of one that looks like it. */
const FEW_DIGITS_MAX = 2 ** 14;
/** Below this size all doubles with at most seven decimals are met by the quotient of seven. */
const SEVEN_DECIMALS_MAX = 2 ** 26;

/** What the integer of classes 0 to 15 stands for. */
export function valueOfInteger(integer: number, numberClass: number): number {
  const quotient = integer / (POWERS[numberClass & 7] as number);
  return numberClass < ROUNDED ? quotient : Math.fround(quotient);
}

/** The integer nearest to a value in the scale of a class below 16, halves upwards. */
export const integerOf = (value: number, numberClass: number): number =>
  Math.round(value * (POWERS[numberClass & 7] as number));

/** The number before in the scale of this one; 0 where that is beyond what is coded as an integer. */
export function expectedInteger(last: number, numberClass: number): number {
  const integer = integerOf(last, numberClass);
  return integer >= -INTEGER_MAX && integer <= INTEGER_MAX ? integer : 0;
}

/**
 * The class of `value`; `before` is that of the tag's number before, which is kept where it fits, so that a tag's
 * values have one scale.
 */
export function classOf(value: number, before: number): number {
  if (before < FLOAT32 && fits(value, before, before < ROUNDED ? INTEGER_MAX : ROUNDED_AGAIN_MAX))
    return before;
  if (Object.is(value, -0)) return FLOAT32;
  const isFloat32 = Math.fround(value) === value;
  const most = !isFloat32 ? INTEGER_MAX : before === FLOAT32 ? FEW_DIGITS_MAX : FLOAT32_DIGITS_MAX;
  if (mayBeDecimal(value))
    for (let decimals = 0; decimals <= DECIMALS_MAX; decimals++)
      if (fits(value, decimals, decimals === 0 && before !== FLOAT32 ? INTEGER_MAX : most))
        return decimals;
  if (!isFloat32) return FLOAT64;
  for (let decimals = 0; decimals <= DECIMALS_MAX; decimals++) {
    if (Math.abs(integerOf(value, decimals)) > most) break;
    if (fits(value, ROUNDED + decimals, most)) return ROUNDED + decimals;
  }
  return FLOAT32;
}

/** Whether the decoder's formula gives back the same bits. */
function fits(value: number, numberClass: number, most: number): boolean {
  const integer = integerOf(value, numberClass);
  return (
    integer >= -most &&
    integer <= most &&
    valueOfInteger(integer, numberClass) === value &&
    (value !== 0 || !Object.is(value, -0))
  );
}

/** False only where no class of exact decimals fits. */
const mayBeDecimal = (value: number): boolean =>
  Math.abs(value) > SEVEN_DECIMALS_MAX ||
  valueOfInteger(integerOf(value, DECIMALS_MAX), DECIMALS_MAX) === value;

/** As classOf for a tag's first number in a block that stands alone; `hint` is the class it had in an earlier block. */
export function classWithHint(value: number, hint: number): number {
  const own = classOf(value, hint === FLOAT32 ? FLOAT32 : NO_CLASS);
  if (hint >= FLOAT32 || own >= FLOAT32) return own;
  const more = (hint & 7) - (own & 7);
  const most = hint < ROUNDED ? INTEGER_MAX : ROUNDED_AGAIN_MAX;
  return more >= 0 && more <= HINT_DECIMALS_MAX && fits(value, hint, most) ? hint : own;
}

/** A tag that once had many decimals gets rid of them with the next block that stands alone. */
const HINT_DECIMALS_MAX = 2;
