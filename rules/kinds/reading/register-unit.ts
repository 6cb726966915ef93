/**
 * What a register counts in, and the unit that records state it in: energy in kWh, volume in m³, everything else as it is.
 * The factors are whole numbers over whole numbers, so that nothing is lost but what is said to be rounded. Pure.
 */
import type { Decimal } from '../../../gateway/model/sample.ts';
import { canonicalUnit, conversionOf, dimensionOf } from '../../language/units.ts';
import { compared, exact, product, quotient, shortText, whole } from './exact-number.ts';

/** Units that records are in, by what is measured. */
const RECORD_UNITS: Readonly<Record<string, string>> = {
  energy: 'kWh',
  volume: 'm³',
  'reactive energy': 'kvarh',
  'apparent energy': 'kVAh',
};
/** Units that totals are added up in: the largest of which every other unit is a decimal multiple. */
const TOTAL_UNITS: Readonly<Record<string, string>> = {
  energy: 'J',
  volume: 'm³',
  'reactive energy': 'varh',
  'apparent energy': 'VAh',
};
/** Part of the last digit that a number without end is rounded to, as in the drivers of heat meters. */
const DIGIT_SHARE = 1000n;

/** A number of a record. */
export interface Normal {
  readonly value: Decimal;
  readonly unit: string;
  /** Whether digits were lost: GJ in kWh has no end. */
  readonly isRounded: boolean;
}

/** How one register's numbers become totals and records. */
export interface RegisterUnit {
  readonly unit: string;
  readonly recordUnit: string;
  readonly totalUnit: string;
  /** Total units to one unit of the register, transformer ratios included. */
  readonly scale: Decimal;
  /** Record units to one total unit. */
  readonly recordTimes: bigint;
  readonly recordOver: bigint;
}

/** `factor` is the product of current and voltage transformer ratios; 1 where there are none. */
export function registerUnit(written: string | undefined, factor: string): RegisterUnit {
  const unit = canonicalUnit(written ?? '');
  const dimension = dimensionOf(unit) ?? '';
  const totalUnit = TOTAL_UNITS[dimension] ?? unit;
  const recordUnit = RECORD_UNITS[dimension] ?? unit;
  const toRecord = wholeConversion(totalUnit, recordUnit);
  return {
    unit,
    recordUnit,
    totalUnit,
    scale: product(scaleOf(unit, totalUnit), exact(factor)),
    recordTimes: toRecord.times,
    recordOver: toRecord.over,
  };
}

/** A value in another unit, exactly; undefined where that has no end, or the units measure different things. */
export function inUnit(value: Decimal, from: string, to: string): Decimal | undefined {
  if (canonicalUnit(from) === canonicalUnit(to)) return value;
  const found = conversionOf(from, to);
  if (found === undefined || found.before !== 0 || found.after !== 0) return undefined;
  const places = placesOf(BigInt(found.over));
  if (places === undefined || !Number.isSafeInteger(found.times)) return undefined;
  const times = { unscaled: value.unscaled * BigInt(found.times), decimals: value.decimals };
  return quotient(times, whole(BigInt(found.over)), value.decimals + places);
}

/** A total as records state it, `digits` being those of the register behind its point. */
export function normal(total: Decimal, digits: number, of: RegisterUnit): Normal {
  const { recordTimes, recordOver, recordUnit: unit } = of;
  const over = whole(recordOver);
  const times = { unscaled: total.unscaled * recordTimes, decimals: total.decimals };
  const decimals = digitsFor(digits, of);
  const value = quotient(times, over, decimals);
  return { value, unit, isRounded: compared(product(value, over), times) !== 0 };
}

/** A total for people: `0.08 m³`. */
export const stated = (total: Decimal, digits: number, of: RegisterUnit): string =>
  `${shortText(normal(total, digits, of).value)} ${of.recordUnit}`;

/**
 * Digits behind the point of a record: all that one step of the register's last digit has in the record's unit; where that
 * has no end, down to the first that is at most a thousandth of the step. 0.01 GJ are 2.777… kWh, and 3 digits are kept.
 */
export function digitsFor(
  digits: number,
  { scale, recordTimes, recordOver }: RegisterUnit,
): number {
  const step = scale.unscaled * recordTimes;
  const under = recordOver * 10n ** BigInt(scale.decimals + digits);
  const divisor = greatestShared(step < 0n ? -step : step, under);
  const places = placesOf(under / divisor);
  if (places !== undefined) return places;
  let kept = 0;
  for (let size = step; size < under * DIGIT_SHARE; size *= 10n) kept++;
  return kept;
}

function scaleOf(unit: string, totalUnit: string): Decimal {
  const { times, over } = wholeConversion(unit, totalUnit);
  return quotient(whole(times), whole(over), placesOf(over) ?? 0);
}

function wholeConversion(
  from: string,
  to: string,
): { readonly times: bigint; readonly over: bigint } {
  const found = conversionOf(from, to);
  if (found === undefined) return { times: 1n, over: 1n };
  return { times: BigInt(found.times), over: BigInt(found.over) };
}

/** Digits behind the point of 1 ÷ over; undefined: it has no end. */
function placesOf(over: bigint): number | undefined {
  let [rest, twos, fives] = [over, 0, 0];
  for (; rest % 2n === 0n; rest /= 2n) twos++;
  for (; rest % 5n === 0n; rest /= 5n) fives++;
  return rest === 1n ? Math.max(twos, fives) : undefined;
}

const greatestShared = (a: bigint, b: bigint): bigint => (b === 0n ? a : greatestShared(b, a % b));
