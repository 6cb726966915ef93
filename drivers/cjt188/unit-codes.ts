/**
 * The unit byte behind a value, and exact conversions between units. Pure. The codes are those of CJ/T 188
 * and, where they are steps of the same scheme, the multiples that manufacturers use.
 */
import type { Decimal } from '../../gateway/model/sample.ts';

export type Dimension = 'energy' | 'power' | 'volume' | 'flow';

/** A unit as `numerator / denominator` of the base unit: kWh, kW, m3, m3/h. */
export interface Unit {
  readonly name: string;
  readonly dimension: Dimension;
  readonly numerator: bigint;
  readonly denominator: bigint;
}

export const BASE_UNIT: Readonly<Record<Dimension, string>> = {
  energy: 'kWh',
  power: 'kW',
  volume: 'm3',
  flow: 'm3/h',
};

const unit = (name: string, dimension: Dimension, numerator: bigint, denominator = 1n): Unit => ({
  name,
  dimension,
  numerator,
  denominator,
});

/** 1 kWh = 3 600 000 J. */
const joules = (name: string, size: bigint) => unit(name, 'energy', size, 3_600_000n);
const wattHours = (name: string, size: bigint) => unit(name, 'energy', size, 1_000n);
const watts = (name: string, size: bigint) => unit(name, 'power', size, 1_000n);
const litres = (name: string, size: bigint) => unit(name, 'volume', size, 1_000n);
const cubicMetres = (name: string, size: bigint) => unit(name, 'volume', size);

const UNITS: ReadonlyMap<number, Unit> = new Map([
  [0x01, joules('J', 1n)],
  [0x02, wattHours('Wh', 1n)],
  [0x05, wattHours('kWh', 1_000n)],
  [0x06, wattHours('kWh x 10', 10_000n)],
  [0x07, wattHours('kWh x 100', 100_000n)],
  [0x08, wattHours('MWh', 1_000_000n)],
  [0x09, wattHours('MWh x 10', 10_000_000n)],
  [0x0a, wattHours('MWh x 100', 100_000_000n)],
  [0x0b, joules('kJ', 1_000n)],
  [0x0c, joules('kJ x 10', 10_000n)],
  [0x0d, joules('kJ x 100', 100_000n)],
  [0x0e, joules('MJ', 1_000_000n)],
  [0x0f, joules('MJ x 10', 10_000_000n)],
  [0x10, joules('MJ x 100', 100_000_000n)],
  [0x11, joules('GJ', 1_000_000_000n)],
  [0x12, joules('GJ x 10', 10_000_000_000n)],
  [0x13, joules('GJ x 100', 100_000_000_000n)],
  [0x14, watts('W', 1n)],
  [0x17, watts('kW', 1_000n)],
  [0x1a, watts('MW', 1_000_000n)],
  [0x29, litres('L', 1n)],
  [0x2a, litres('L x 10', 10n)],
  [0x2b, litres('L x 100', 100n)],
  [0x2c, cubicMetres('m3', 1n)],
  [0x2d, cubicMetres('m3 x 10', 10n)],
  [0x2e, cubicMetres('m3 x 100', 100n)],
  [0x32, unit('L/h', 'flow', 1n, 1_000n)],
  [0x35, unit('m3/h', 'flow', 1n)],
]);

/** The unit of a code; undefined for a code that nobody documented. */
export const unitOfCode = (code: number): Unit | undefined => UNITS.get(code);

/** As it is published: `GJ`, `unknown(00)`. */
export const unitName = (code: number): string =>
  UNITS.get(code)?.name ?? `unknown(${code.toString(16).padStart(2, '0').toUpperCase()})`;

/** The units that a value can be asked for in, without the multiples. */
export const TARGET_UNITS: ReadonlyMap<string, Unit> = new Map(
  [...UNITS.values()].filter(({ name }) => !name.includes(' ')).map((one) => [one.name, one]),
);

/** The part of a meter's smallest step that a value without end is rounded to. */
const STEP_SHARE = 1_000n;

/**
 * `value` in another unit of the same dimension. Exact wherever the result has an end; 1 GJ is 2500/9 kWh and
 * has none, so it is rounded, half away from zero, to the first digit that is at most a thousandth of the
 * meter's smallest step: 12.34 GJ are 3427.778 kWh. Rounding so keeps the order of readings, and the meter's
 * own digits can be got back. `decimals` rounds to what somebody asked for instead.
 */
export function converted(value: Decimal, from: Unit, to: Unit, decimals?: number): Decimal {
  const numerator = from.numerator * to.denominator;
  const denominator = from.denominator * to.numerator;
  const divisor = gcd(numerator, denominator);
  const factor = numerator / divisor;
  const quotient = (denominator / divisor) * 10n ** BigInt(value.decimals);
  const shown = decimals ?? decimalsFor(factor, quotient);
  return {
    unscaled: rounded(value.unscaled * factor * 10n ** BigInt(shown), quotient),
    decimals: shown,
  };
}

/** Digits that `step / quotient` needs: all of them, or as many as the rule above says. */
function decimalsFor(step: bigint, quotient: bigint): number {
  const reduced = quotient / gcd(step, quotient);
  let rest = reduced;
  let twos = 0;
  let fives = 0;
  for (; rest % 2n === 0n; rest /= 2n) twos++;
  for (; rest % 5n === 0n; rest /= 5n) fives++;
  if (rest === 1n) return Math.max(twos, fives);
  let digits = 0;
  for (let size = step; size < quotient * STEP_SHARE; size *= 10n) digits++;
  return digits;
}

/** Half away from zero; meters show no negative values. */
const rounded = (dividend: bigint, divisor: bigint): bigint =>
  (2n * dividend + divisor) / (2n * divisor);

const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b));
