/**
 * All that a few registers may mean, side by side, for people who stand before a device whose manual
 * does not say the order of its words. Pure.
 */
import type { Decimal } from '../../gateway/model/sample.ts';
import {
  decoder,
  isFloatType,
  NUMBER_TYPES,
  type NumberType,
  ORDERS,
  type Order,
  registersOf,
} from './registers.ts';
import { parseDecimal } from './scale.ts';

/** One reading of a block of registers. */
export interface Interpretation {
  /** `float_CDAB`, `int32_ABCD`, `uint64`, `bcd`, `m10k_lowfirst`. */
  readonly name: string;
  readonly type: NumberType;
  readonly order: Order;
  /** A float32 as the shortest decimal that is nearest to it. */
  readonly value: number | bigint;
}

/**
 * Every number that the whole block can be: 1 to 4 registers of two bytes each; of other blocks none.
 * Left out is what no device means: broken BCD, floats beyond 10^±20; and what another reading says too.
 */
export function interpretations(block: Uint8Array): readonly Interpretation[] {
  const registers = block.length / 2;
  return NUMBER_TYPES.filter((type) => registersOf({ type, length: 0 }) === registers).flatMap(
    (type) =>
      ordersOf(type).flatMap((order) => {
        const value = readingOf(block, type, order);
        return value === undefined ? [] : [{ name: nameOf(type, order), type, order, value }];
      }),
  );
}

/** Orders that make a difference, the commonest first. */
function ordersOf(type: NumberType): readonly Order[] {
  if (isModulo(type)) return ['abcd', 'cdab'];
  return registersOf({ type, length: 0 }) === 1 ? ['abcd', 'badc'] : ORDERS;
}

const isModulo = (type: NumberType): boolean => type.includes('m10k');

const LONG_ORDERS = {
  abcd: 'ABCDEFGH',
  cdab: 'GHEFCDAB',
  badc: 'BADCFEHG',
  dcba: 'HGFEDCBA',
} as const;

function nameOf(type: NumberType, order: Order): string {
  if (isModulo(type))
    return `${type.replace(/\d\d$/, '')}_${order === 'abcd' ? 'highfirst' : 'lowfirst'}`;
  const base = type.startsWith('bcd') ? 'bcd' : type === 'float32' ? 'float' : type;
  const isPlain = order === 'abcd';
  switch (registersOf({ type, length: 0 })) {
    case 1:
      return isPlain ? base : `${base}_BA`;
    case 4:
      return isPlain ? base : `${base}_${LONG_ORDERS[order]}`;
    default:
      return isPlain && base === 'bcd' ? base : `${base}_${order.toUpperCase()}`;
  }
}

const SMALLEST_FLOAT = 1e-20;
const LARGEST_FLOAT = 1e20;

function readingOf(block: Uint8Array, type: NumberType, order: Order): number | bigint | undefined {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const value = decoder({ type, order, length: 0, bit: 0 }, undefined)(view, 0);
  if (typeof value === 'bigint') return value;
  if (typeof value !== 'number') return undefined;
  if (type.startsWith('sm10k') && value >= 0) return undefined;
  if (!isFloatType(type)) return value;
  const size = Math.abs(value);
  if (size !== 0 && (size < SMALLEST_FLOAT || size > LARGEST_FLOAT)) return undefined;
  return type === 'float32' ? shortestFloat32(value) : value;
}

/** 9 significant digits tell any two floats of 32 bits apart. */
const MOST_FLOAT_DIGITS = 9;
/** A number as short as this is meant, also where the device's arithmetic was off by one step. */
const MEANT_DIGITS = 6;

/**
 * The number with the fewest digits that stands for this float32: 230.2, not 230.1999969482422 and not
 * 230.20001, which is one step beside it.
 */
export function shortestFloat32(value: number): number {
  const step = 2 ** (Math.floor(Math.log2(Math.abs(value))) - 23);
  for (let digits = 1; digits < MOST_FLOAT_DIGITS; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return shorter;
    if (digits <= MEANT_DIGITS && Math.abs(shorter - value) <= step) return shorter;
  }
  return Number(value.toPrecision(MOST_FLOAT_DIGITS));
}

/** A reading that gives the number that the device shows: `raw × 10^exponent × ratio`. */
export interface Match {
  /** Registers from the begin of the block. */
  readonly at: number;
  readonly type: NumberType;
  readonly order: Order;
  readonly exponent: number;
  /** Of the transformers that the device counts behind; 1 without any. */
  readonly ratio: number;
  readonly value: number;
  /** Equal in all digits that are shown; else the display had moved on. */
  readonly isExact: boolean;
}

const EXPONENTS = [0, -1, -2, -3, -4, 1, 2, 3];
/** A float is in its unit, or in the one a thousand times larger or smaller. */
const FLOAT_EXPONENTS = [0, -3, 3];
/**
 * Primaries of common current transformers over 5 A and of voltage transformers over 100 V, without
 * their powers of ten.
 */
const RATIOS = [1, 2, 3, 4, 5, 6, 8, 12, 15, 16, 24, 25, 35];
/** With fewer digits nearly every ratio fits something. */
const FEWEST_DIGITS_FOR_RATIO = 3;
const NEAR = 0.02;
const MOST_MATCHES = 10;

/**
 * The readings of a block that give the number somebody reads on the display, `231.4`, the most
 * plausible first; readings near it only when none is equal. Empty for text that is no number, and for 0.
 */
export function rankByExpected(block: Uint8Array, text: string): readonly Match[] {
  const shown = parseDecimal(text.trim().replace(',', '.'));
  if (!shown || shown.unscaled === 0n) return [];
  const all = windowsOf(block).flatMap((window) => matchesOf(window, shown));
  const exact = all.filter(({ isExact }) => isExact);
  return (exact.length > 0 ? exact : all)
    .toSorted((a, b) => costOf(a, shown) - costOf(b, shown))
    .slice(0, MOST_MATCHES);
}

interface Window {
  readonly at: number;
  readonly readings: readonly Interpretation[];
}

const LONGEST_VALUE = 4;

function windowsOf(block: Uint8Array): readonly Window[] {
  const registers = block.length >> 1;
  return Array.from({ length: registers }, (_, at) => at).flatMap((at) =>
    Array.from({ length: Math.min(LONGEST_VALUE, registers - at) }, (_, i) => ({
      at,
      readings: interpretations(block.subarray(2 * at, 2 * (at + i + 1))),
    })),
  );
}

function matchesOf({ at, readings }: Window, shown: Decimal): readonly Match[] {
  const digits = `${shown.unscaled}`.replace('-', '').length;
  const ratios = digits < FEWEST_DIGITS_FOR_RATIO ? [1] : RATIOS;
  return readings.flatMap(({ type, order, value: raw }) =>
    (isFloatType(type) ? FLOAT_EXPONENTS : EXPONENTS).flatMap((exponent) =>
      ratios.flatMap((ratio) => {
        const value = shifted(Number(raw) * ratio, exponent);
        const error = Math.abs(value - numberOf(shown));
        const isExact = isShownAs(value, shown);
        const isNear = ratio === 1 && error < NEAR * Math.abs(numberOf(shown));
        return isExact || isNear ? [{ at, type, order, exponent, ratio, value, isExact }] : [];
      }),
    ),
  );
}

/** What a float's arithmetic leaves of an equality. */
const TOLERANCE = 1e-6;

/** Displays round, or leave out the digits they have no room for. */
function isShownAs(value: number, shown: Decimal): boolean {
  const steps = (Math.abs(value) - Math.abs(numberOf(shown))) * 10 ** shown.decimals;
  const isSameSign = Math.sign(value) === Math.sign(numberOf(shown));
  return isSameSign && steps > -0.5 - TOLERANCE && steps < 1 - TOLERANCE;
}

/** Divided where it can be: 2314 / 10 is 231.4, and 2314 × 0.1 is not. */
const shifted = (value: number, exponent: number): number =>
  exponent < 0 ? value / 10 ** -exponent : value * 10 ** exponent;

const numberOf = ({ unscaled, decimals }: Decimal): number => Number(`${unscaled}e-${decimals}`);

/** Guesses, from what maps of devices have: what is common costs little. */
const TYPE_COSTS: Readonly<Partial<Record<NumberType, number>>> = {
  float32: 0,
  uint16: 1,
  int16: 2,
  uint32: 1,
  int32: 2,
  float64: 3,
};
const RARE_TYPE_COST = 5;
const ORDER_COSTS: Readonly<Record<Order, number>> = { abcd: 0, cdab: 1, badc: 4, dcba: 4 };

function costOf(match: Match, shown: Decimal): number {
  const { at, type, order, exponent, ratio, value } = match;
  const error = Math.abs(value - numberOf(shown));
  const isRounded = error * 10 ** shown.decimals <= 0.5 + TOLERANCE;
  return (
    20 * at +
    (TYPE_COSTS[type] ?? RARE_TYPE_COST) +
    ORDER_COSTS[order] +
    0.5 * Math.abs(exponent + (isFloatType(type) ? 0 : shown.decimals)) +
    (ratio === 1 ? 0 : 15) +
    (isRounded ? 0 : 3) +
    (match.isExact ? 0 : error / Math.abs(numberOf(shown)))
  );
}
