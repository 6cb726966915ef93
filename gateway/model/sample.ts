import type { Quality } from './quality.ts';
import type { UtcMs } from './units.ts';

declare const name: unique symbol;
/** A tag's stable name, `device.quantity`, lower case, dotted. */
export type TagId = string & { readonly [name]: 'tag' };
/** A device's name in the site. */
export type DeviceName = string & { readonly [name]: 'device' };
/** A bus's name in the site. */
export type BusName = string & { readonly [name]: 'bus' };

export const tagId = (device: string, quantity: string): TagId => `${device}.${quantity}` as TagId;
export const deviceName = (text: string): DeviceName => text as DeviceName;
export const busName = (text: string): BusName => text as BusName;

/**
 * A number with more digits than a double can hold, as the meter shows it:
 * `unscaled / 10^decimals`, exactly.
 */
export interface Decimal {
  readonly unscaled: bigint;
  readonly decimals: number;
}

/**
 * A tag's value. A `number` is exact to 15 significant digits; what needs more is a `bigint`
 * (integers beyond 2^53) or a `Decimal`. Text is a `string`.
 */
export type Value = boolean | number | bigint | string | Decimal;

/**
 * Whose clock the time is from: the device's own, ours, or ours before it was set. `corrected`: ours before it was set,
 * moved to where it belongs once that was known; only what is read back from the journal says so. A block stores the index,
 * of all but the last: the list only grows at its end.
 */
export const TIME_BASES = ['gateway', 'source', 'unsynced', 'corrected'] as const;
export type TimeBasis = (typeof TIME_BASES)[number];

const BASIS_INDEX = new Map<TimeBasis, number>(TIME_BASES.map((basis, index) => [basis, index]));

/** Its place in TIME_BASES. Most are the gateway's, which is told without a search. */
export const basisIndex = (basis: TimeBasis): number =>
  basis === TIME_BASES[0] ? 0 : (BASIS_INDEX.get(basis) as number);

/**
 * One reading of one tag. `value` is null exactly when the quality is bad: a failed read is a
 * sample too, so silence and "unchanged" never look the same.
 */
export interface Sample {
  readonly tag: TagId;
  readonly value: Value | null;
  readonly quality: Quality;
  readonly time: UtcMs;
  readonly timeBasis: TimeBasis;
}

export const isDecimal = (value: Value | null): value is Decimal =>
  typeof value === 'object' && value !== null;

/**
 * Every digit of it, with the point where it belongs: `{ unscaled: -5n, decimals: 2 }` is `-0.05`.
 */
export function decimalText({ unscaled, decimals }: Decimal): string {
  const sign = unscaled < 0n ? '-' : '';
  const digits = `${unscaled < 0n ? -unscaled : unscaled}`.padStart(decimals + 1, '0');
  const point = digits.length - decimals;
  return decimals === 0 ? sign + digits : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** A value as JSON can hold it: what needs more digits than a double has becomes text. */
export const plainValue = (value: Value | null): boolean | number | string | null =>
  typeof value === 'bigint' ? `${value}` : isDecimal(value) ? decimalText(value) : value;
